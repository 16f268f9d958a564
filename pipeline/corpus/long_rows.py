"""Rows of a CSV or TSV file of any length: a long one is read piece by piece.

The `csv` module reads the rows, and holds each cell whole. `Feed` gives it lines until a row has
too many characters; `read_long_row` then reads that row from its beginning, by the rules of the
`csv` module when it is strict (`parse_process_char` in CPython's Modules/_csv.c), and with its
errors.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.decoding import Line
from corpus2vec.pipeline.corpus.spool import Sink
from corpus2vec.pipeline.corpus.window import Window

RETURNS = re.compile("[\r\n]*")


class LongRowError(Exception):
    """The csv module's next row is too long for it."""


class Feed:
    """The lines of a table."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._row: list[Line] = []
        self._size = 0
        self.number = 0
        """Of the last line that was given."""

    def lines(self) -> Iterator[str]:
        """Yield lines with their ends. Raise LongRowError when they are too much for one row."""
        for line in self._lines:
            self.number += 1
            self._row.append(line)
            if not isinstance(line, str):
                raise LongRowError
            self._size += len(line)
            if self._size > limits.RECORD_CHARACTERS:
                raise LongRowError
            yield line + "\n"

    def row_ended(self) -> None:
        """Note that the row is complete, so that the next line begins another."""
        self._row.clear()
        self._size = 0

    def rest_of_row(self) -> Iterator[str]:
        """Yield the lines of the row again, and then those that follow, in pieces."""
        begun, self._row = self._row, []
        for line in begun:
            yield from _pieces(line)
        for line in self._lines:
            self.number += 1
            yield from _pieces(line)


def _pieces(line: Line) -> Iterator[str]:
    if isinstance(line, str):
        yield line + "\n"
    else:
        yield from line
        yield "\n"


def read_long_row(
    blocks: Iterator[str],
    delimiter: str,
    sinks: Sequence[tuple[int | None, Sink]],
    quoting: bool = True,
) -> int:
    """Read a row; return how many columns it has.

    `blocks` are read up to the line end that ends the row: one must end there. `sinks` take the
    pieces of the columns with these numbers. Without `quoting`, a quote is like any other
    character. Raise csv.Error as the csv module does.
    """
    window = Window(blocks)
    end_of_cell = re.compile(f"[{re.escape(delimiter)}\r\n]")
    column = 0
    while True:
        wanted = [sink for number, sink in sinks if number == column]
        window.see(1)
        if quoting and window.text[window.at] == '"':
            _read_quoted(window, wanted)
        else:
            _read_unquoted(window, wanted, end_of_cell)
        column += 1
        window.see(1)
        end = window.text[window.at]
        window.at += 1
        if end == "\n":
            return column
        if end == "\r":
            is_empty = window.position == 1
            _pass_returns(window)
            return 0 if is_empty else column
        if end != delimiter:
            _refuse('""' + end, delimiter)


def _read_unquoted(window: Window, sinks: Sequence[Sink], end_of_cell: re.Pattern[str]) -> None:
    while True:
        end = end_of_cell.search(window.text, window.at)
        _give(sinks, window.text[window.at : end.start() if end else None])
        window.at = end.start() if end else len(window.text)
        if end:
            return
        window.see(1)


def _read_quoted(window: Window, sinks: Sequence[Sink]) -> None:
    window.at += 1
    while True:
        text, begin = window.text, window.at
        quote = text.find('"', begin)
        if quote < 0:
            _give(sinks, text[begin:])
            window.at = len(text)
            window.see(1)
            if window.ended:
                _refuse('"')
        elif quote + 1 == len(text):  # whether it is one of two is not known yet
            _give(sinks, text[begin:quote])
            window.at = quote
            window.see_more()
        elif text[quote + 1] != '"':
            _give(sinks, text[begin:quote])
            window.at = quote + 1
            return
        else:
            # Many pairs of quotes at once. A piece must end within no pair, and a pair that is
            # replaced, from the left, leaves only the quote that ends the cell.
            piece = text[begin : begin + limits.SIGHT_CHARACTERS]
            run = len(piece) - len(piece.rstrip('"'))
            piece = piece[: len(piece) - run % 2]
            end = piece.replace('""', "\0\0").find('"')
            if end >= 0:
                piece = piece[:end]
            _give(sinks, piece.replace('""', '"'))
            window.at = begin + len(piece)


def _give(sinks: Sequence[Sink], piece: str) -> None:
    for sink in sinks:
        sink(piece)


def _pass_returns(window: Window) -> None:
    """Pass what may follow a return that ends a row: returns up to the line's end."""
    while True:
        passed = RETURNS.match(window.text, window.at)
        window.at = passed.end() if passed else window.at
        if window.at and window.text[window.at - 1] == "\n":
            return
        if window.at < len(window.text):
            _refuse("\r" + window.text[window.at])
        window.see(1)


def _refuse(row: str, delimiter: str = ",") -> NoReturn:
    """Raise the csv module's error about a short row in which the same is wrong.

    A csv module that accepts that row (none is known) has no words for it.
    """
    for _ in csv.reader([row], delimiter=delimiter, strict=True):
        pass
    raise csv.Error("a quote or a line end where none can be")
