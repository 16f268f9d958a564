"""CSV and TSV: each row is a document, with its text and its label in columns (RFC 4180).

The first row names the columns; with --no-header, they are named by their numbers, from 1. Rows of
ordinary length are read by the `csv` module; one of more than `limits.RECORD_CHARACTERS` is read
piece by piece, to the same documents. What cannot be read is reported by its line.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.columns import SAMPLE_LINES, Columns, columns_of, delimiter_of
from corpus2vec.pipeline.corpus.decoding import Line, lines
from corpus2vec.pipeline.corpus.documents import Rows, bounded, in_batches
from corpus2vec.pipeline.corpus.fields import (
    JOINT,
    MissingFieldError,
    id_text,
    skipped,
)
from corpus2vec.pipeline.corpus.long_rows import Feed, LongRowError, read_long_row
from corpus2vec.pipeline.corpus.records import whole_text
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import Beginning, LongText
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError

LONGEST_FIELD = 2**31 - 1

_lifting = threading.Lock()
_limits_before: list[int] = []
"""One for each file that is being read; the first is the limit to restore after the last."""


@contextlib.contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Lift the csv module's limit, which all threads share, until no file is being read."""
    with _lifting:
        _limits_before.append(csv.field_size_limit(LONGEST_FIELD))
    try:
        yield
    finally:
        with _lifting:
            before = _limits_before.pop()
            if not _limits_before:
                csv.field_size_limit(before)


def read_csv(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a CSV or TSV file."""
    with _fields_of_any_length():
        yield from in_batches(_rows(opened, source, config), opened, config)


def _rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    given = lines(opened, source, config.encoding_errors)
    sample: list[Line] = []
    for line in given:
        sample.append(line)
        if not isinstance(line, str) or len(sample) == SAMPLE_LINES:
            break  # the pieces of a long line come before the next line
    if not sample:
        return
    delimiter = delimiter_of(sample, opened, source, config)
    table = _Table(itertools.chain(sample, given), delimiter, config)
    try:
        columns = columns_of(table.first_row(), opened, source, config)
        yield from _documents(table, columns, opened, source, config)
    except LongRowError as problem:
        raise DataError(
            f"{source.title}: the first row has more than {limits.RECORD_CHARACTERS:,} characters",
            hint="it must name the columns",
        ) from problem
    except csv.Error as problem:
        raise DataError(
            f"{source.title} line {table.line} cannot be read as {source.kind.upper()}: {problem}",
            hint=_hint(
                config, "a cell that holds a quote, a separator or a line break must be quoted"
            ),
        ) from problem


def _hint(config: CorpusConfig, hint: str) -> str:
    other = '; or, if " is a character like any other, use --quoting none'
    return hint + other * (config.quoting == "minimal")


# --- rows ------------------------------------------------------------------------------------


class _Table:
    """The rows of a file, and where each begins."""

    def __init__(self, given: Iterable[Line], delimiter: str, config: CorpusConfig) -> None:
        self._quoted = config.quoting == "minimal"
        self._delimiter = delimiter
        self._header = config.header
        self._first: list[str] | None = None
        self.feed = Feed(iter(given))
        self.line = 1
        """Where the present row begins."""
        self.new_reader()

    def new_reader(self) -> None:
        self._reader = csv.reader(
            self.feed.lines(),
            delimiter=self._delimiter,
            strict=True,
            quoting=csv.QUOTE_MINIMAL if self._quoted else csv.QUOTE_NONE,
        )

    def first_row(self) -> list[str]:
        """Return the first row; it comes again if it is no header."""
        first = next(self._reader, [])
        if self._header:
            self.feed.row_ended()
        else:
            self._first = first
        return first

    def next_row(self) -> list[str] | None:
        """Return the next row; None at the end. Raise LongRowError for one that is too long."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        self.line = self.feed.number + 1
        return next(self._reader, None)

    def read_long(self, sinks: Sequence[tuple[int | None, _Sink]]) -> int:
        """Read a row that is too long; return how many columns it has."""
        columns = read_long_row(
            self.feed.rest_of_row(),
            self._delimiter,
            [(place, sink.write) for place, sink in sinks],
            self._quoted,
        )
        self.new_reader()
        return columns


_Sink = Beginning | LongText


def _documents(
    table: _Table, columns: Columns, opened: Opened, source: Source, config: CorpusConfig
) -> Rows:
    with contextlib.ExitStack() as stack:
        long_texts = [stack.enter_context(LongText(config.encoding_errors)) for _ in columns.texts]
        long_label, long_id = Beginning(0), Beginning(0)
        while True:
            try:
                row = table.next_row()
            except LongRowError:
                row = None
                for text in long_texts:
                    text.clear()
                long_label, long_id = (Beginning(limits.SIGHT_CHARACTERS) for _ in range(2))
                sinks = [*zip(columns.texts, long_texts, strict=True)]
                found = table.read_long(
                    [*sinks, (columns.label, long_label), (columns.id, long_id)]
                )
            else:
                if row is None:
                    return
                found = len(row)
            where = f"{source.title} line {table.line}"
            _look_for_lone_quote(row, table, opened, source)
            table.feed.row_ended()
            if not found:
                continue
            if found != columns.count:
                whole = "the header" if config.header else "the first row"
                raise DataError(
                    f"{where} has {found} columns, {whole} {columns.count}",
                    hint=_hint(config, "is a quote or a separator missing"),
                )
            label, own_id = source.label, None
            if columns.label is not None:
                label = row[columns.label] if row else whole_text(long_label, where, "label")
            try:
                if columns.id is not None:
                    own_id = row[columns.id] if row else whole_text(long_id, where, "id")
                    own_id = id_text(own_id, where)
            except MissingFieldError as problem:
                skipped(problem, opened, config)
                continue
            if row:
                yield JOINT.join([row[place] for place in columns.texts]), label, own_id
            else:
                for piece in bounded(_blocks(long_texts, where), opened):
                    yield piece.decode(), label, own_id


def _blocks(texts: Sequence[LongText], where: str) -> Iterator[bytes]:
    for number, text in enumerate(texts):
        if number:
            yield JOINT.encode()
        yield from text.checked(where)


def _look_for_lone_quote(
    row: list[str] | None, table: _Table, opened: Opened, source: Source
) -> None:
    """Note that a cell of a TSV seems to hold several rows: then a quote begins no quoted cell."""
    if (
        row
        and table.feed.number > table.line
        and source.kind == "tsv"
        and any("\n" in cell and "\t" in cell for cell in row)
    ):
        opened.notices.setdefault(
            "quote",
            f"a quoted cell of {source.title} goes on from line {table.line} to line "
            f'{table.feed.number}; if " is a character like any other, use --quoting none',
        )
