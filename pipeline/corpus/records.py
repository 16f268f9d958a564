"""JSON Lines, CSV and TSV: each record is a document, with its text and its label in fields.

Records of ordinary length are read by the `json` and `csv` modules; one of more than
`limits.RECORD_CHARACTERS` is read piece by piece, to the same documents. What cannot be read is
reported by its line.
"""

from __future__ import annotations

import contextlib
import csv
import json
import threading
from collections.abc import Iterator

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.decoding import lines, without_halves
from corpus2vec.pipeline.corpus.documents import (
    Rows,
    column_number,
    id_text,
    in_batches,
    label_text,
    listed,
)
from corpus2vec.pipeline.corpus.json_strings import NotJsonError
from corpus2vec.pipeline.corpus.long_json import LongJson, TooDeepError, TooLongError
from corpus2vec.pipeline.corpus.long_rows import Feed, LongRowError, read_long_row
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import Beginning, LongText, Sink
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError

LONGEST_FIELD = 2**31 - 1

_lifting = threading.Lock()
_limits_before: list[int] = []
"""One for each file that is being read; the first is the limit to restore after the last."""


def read_jsonl(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a file with a JSON object on each line (jsonlines.org)."""
    return in_batches(_jsonl_rows(opened, source, config), opened, config)


def _jsonl_rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    with LongText(config.encoding_errors) as long_text:
        for number, line in enumerate(lines(opened, source, config.encoding_errors), start=1):
            where = f"{source.title} line {number}"
            if not isinstance(line, str):
                record = _long_object(line, where, long_text, config)
            elif line and not line.isspace():
                record = _json_object(line, where)
            else:
                record = None
            if record is None:
                yield None, source.label, None
                continue
            text = _field(record, config.text_field, "--text-field", where)
            if text is not None and not isinstance(text, str):
                raise DataError(f"{where}: the field {config.text_field} is not a string")
            label = source.label
            if config.label_field:
                value = _field(record, config.label_field, "--label-field", where)
                label = without_halves(label_text(value, where), where, config.encoding_errors)
            own_id = None
            if config.id_field:
                own_id = id_text(_field(record, config.id_field, "--id-field", where), where)
                own_id = without_halves(own_id, where, config.encoding_errors)
            if isinstance(line, str) or text is None:
                yield without_halves(text or "", where, config.encoding_errors), label, own_id
            else:
                yield from ((piece, label, own_id) for piece in long_text.pieces(opened, where))


def _long_object(
    line: Iterator[str], where: str, text: LongText, config: CorpusConfig
) -> dict[str, object] | None:
    """Read a long line: its text into `text`, and "" in the record. Return None if it is blank."""
    short = {
        name: Beginning(limits.SIGHT_CHARACTERS)
        for name in (config.label_field, config.id_field)
        if name
    }

    def begin(name: str) -> Sink:
        sinks: list[Sink] = []
        if name == config.text_field:
            text.clear()
            sinks.append(text.write)
        if name in short:
            short[name].clear()
            sinks.append(short[name].write)
        return lambda piece: [sink(piece) for sink in sinks]

    reader = LongJson(line, {config.text_field, *short}, begin)
    try:
        if reader.is_blank():
            return None
        record = reader.read()
    except NotJsonError as problem:
        raise _not_json(where, problem.reason, problem.column) from problem
    except TooDeepError as problem:
        raise _too_deep(where) from problem
    except TooLongError as problem:
        raise _too_long(where) from problem
    if record is None:
        raise _no_object(where)
    for name, value in short.items():
        if isinstance(record.get(name), str):
            record[name] = _whole(value, where, "label" if name == config.label_field else "id")
    return record


def _whole(value: Beginning, where: str, what: str) -> str:
    if not value.whole:
        raise DataError(f"{where}: its {what} has more than {limits.SIGHT_CHARACTERS:,} characters")
    return value.text


def _json_object(line: str, where: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as problem:
        raise _not_json(where, problem.msg, problem.colno) from problem
    except RecursionError as problem:
        raise _too_deep(where) from problem
    except ValueError as problem:
        raise _too_long(where) from problem
    if not isinstance(record, dict):
        raise _no_object(where)
    return record


def _not_json(where: str, reason: str, column: int) -> DataError:
    return DataError(f"{where} is not JSON: {reason.removesuffix(' at')} at column {column}")


def _too_deep(where: str) -> DataError:
    return DataError(f"{where} is nested too deeply to be read")


def _too_long(where: str) -> DataError:
    return DataError(f"{where} has a number of too many digits to be read")


def _no_object(where: str) -> DataError:
    return DataError(f"{where} is not a JSON object", hint="one object a line is expected")


def _field(record: dict[str, object], name: str, option: str, where: str) -> object:
    if name not in record:
        raise DataError(
            f"{where} has no field {name}",
            hint=f"it has {listed(record)}; choose one with {option}",
        )
    return record[name]


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
    """Yield the documents of a CSV or TSV file, whose first row names its columns (RFC 4180)."""
    with _fields_of_any_length():
        yield from in_batches(_csv_rows(opened, source, config), opened, config)


def _csv_rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    delimiter = "\t" if source.kind == "tsv" else ","
    feed = Feed(lines(opened, source, config.encoding_errors))
    reader = csv.reader(feed.lines(), delimiter=delimiter, strict=True)
    line = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        feed.row_ended()
        text_column = column_number(header, config.text_field, "--text-field", source)
        label_column = id_column = None
        if config.label_field:
            label_column = column_number(header, config.label_field, "--label-field", source)
        if config.id_field:
            id_column = column_number(header, config.id_field, "--id-field", source)
        with LongText(config.encoding_errors) as long_text:
            while True:
                line = feed.number + 1
                label = source.label
                try:
                    row = next(reader, None)
                except LongRowError:
                    row = None
                    long_text.clear()
                    long_label, long_id = (Beginning(limits.SIGHT_CHARACTERS) for _ in "12")
                    sinks = [
                        (text_column, long_text.write),
                        (label_column, long_label.write),
                        (id_column, long_id.write),
                    ]
                    columns = read_long_row(feed.rest_of_row(), delimiter, sinks)
                    reader = csv.reader(feed.lines(), delimiter=delimiter, strict=True)
                else:
                    if row is None:
                        return
                    columns = len(row)
                feed.row_ended()
                if columns not in (0, len(header)):
                    raise DataError(
                        f"{source.title} line {line} has {columns} columns, "
                        f"the header {len(header)}",
                        hint="is a quote or a separator missing?",
                    )
                where = f"{source.title} line {line}"
                own_id = None
                if row:
                    label = label if label_column is None else row[label_column]
                    own_id = None if id_column is None else id_text(row[id_column], where)
                    yield row[text_column], label, own_id
                elif columns:
                    if label_column is not None:
                        label = _whole(long_label, where, "label")
                    if id_column is not None:
                        own_id = id_text(_whole(long_id, where, "id"), where)
                    for piece in long_text.pieces(opened, where):
                        yield piece, label, own_id
    except LongRowError as problem:
        raise DataError(
            f"{source.title}: the first row has more than {limits.RECORD_CHARACTERS:,} characters",
            hint="it must name the columns",
        ) from problem
    except csv.Error as problem:
        raise DataError(
            f"{source.title} line {line} cannot be read as {source.kind.upper()}: {problem}",
            hint="a cell that holds a quote, a separator or a line break must be quoted",
        ) from problem
