r"""A JSON string of any length, read piece by piece; a piece ends within no escape.

The pieces are decoded by the `json` module, which also finds what is wrong with them.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NoReturn

from corpus2vec.pipeline.corpus.spool import Sink
from corpus2vec.pipeline.corpus.window import Window

LONGEST_ESCAPE = len(r"\ud83d\ude00")
HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")


class NotJsonError(Exception):
    """What `json` says about it, and the column, from 1."""

    def __init__(self, reason: str, column: int) -> None:
        super().__init__(reason, column)
        self.reason = reason
        self.column = column


def read_string(window: Window, sink: Sink | None = None) -> None:
    """Read the string that begins here, whose pieces go to `sink`. Raise NotJsonError."""
    opening = window.position
    window.at += 1
    while True:
        try:
            piece, end = scanstring(window.text, window.at)
        except json.JSONDecodeError as problem:
            if window.ended:
                _refuse(problem, window, 0, opening)
            body = window.text[window.at :]
            end = window.at + whole_escapes(body)
            # Characters after the quote, so that an escape before it cannot seem cut off.
            padded = window.text[window.at : end] + '"' + " " * LONGEST_ESCAPE
            try:
                piece, _ = scanstring(padded, 0)
            except json.JSONDecodeError as within:
                _refuse(within, window, window.at, opening)
            closed = False
        else:
            closed = True
        if sink and piece:
            sink(piece)
        window.at = end
        if closed:
            return
        window.see_more()


def _refuse(problem: json.JSONDecodeError, window: Window, shift: int, opening: int) -> NoReturn:
    """Report what is wrong in the string that begins at `opening`."""
    position = window.position - window.at + shift + problem.pos
    if problem.msg.startswith("Unterminated"):
        position = opening
    raise NotJsonError(problem.msg, position + 1) from problem


def whole_escapes(body: str) -> int:
    r"""Return how much of `body`, the inside of a string, ends in no unfinished escape or pair.

    >>> whole_escapes(r"caf\u00e9 \ud83d\ude")
    10
    """
    last = body.rfind("\\", max(0, len(body) - LONGEST_ESCAPE))
    if last < 0:
        return len(body)
    if not _begins_escape(body, last):
        return last + 1  # two backslashes are an escape that is whole
    high = last - 6
    if high >= 0 and HIGH_SURROGATE.match(body, high, last) and _begins_escape(body, high):
        return high
    return last


def _begins_escape(body: str, place: int) -> bool:
    r"""Return whether the backslash at `place` begins an escape, or ends one that is `\\`."""
    run = place + 1 - len(body[: place + 1].rstrip("\\"))
    return run % 2 == 1
