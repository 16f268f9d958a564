"""JSON Lines, CSV and TSV: each record is a document, with its text and its label in fields.

A record must fit in memory. What cannot be read is reported by its line.
"""

from __future__ import annotations

import contextlib
import csv
import json
import threading
from collections.abc import Iterator

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.decoding import lines, without_halves
from corpus2vec.pipeline.corpus.documents import (
    Rows,
    column_number,
    in_batches,
    label_text,
    listed,
)
from corpus2vec.pipeline.corpus.sources import Opened, Source
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
    for number, line in enumerate(lines(opened, source, config.encoding_errors), start=1):
        where = f"{source.title} line {number}"
        if not line or line.isspace():
            yield None, source.label
            continue
        record = _json_object(line, where)
        text = _field(record, config.text_field, "--text-field", where)
        if text is not None and not isinstance(text, str):
            raise DataError(f"{where}: the field {config.text_field} is not a string")
        label = source.label
        if config.label_field:
            label = label_text(_field(record, config.label_field, "--label-field", where), where)
            label = without_halves(label, where, config.encoding_errors)
        yield without_halves(text or "", where, config.encoding_errors), label


def _json_object(line: str, where: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as problem:
        reason = f"{problem.msg.removesuffix(' at')} at column {problem.colno}"
        raise DataError(f"{where} is not JSON: {reason}") from problem
    except RecursionError as problem:
        raise DataError(f"{where} is nested too deeply to be read") from problem
    except ValueError as problem:
        raise DataError(f"{where} has a number of too many digits to be read") from problem
    if not isinstance(record, dict):
        raise DataError(f"{where} is not a JSON object", hint="one object a line is expected")
    return record


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
    ended = (line + "\n" for line in lines(opened, source, config.encoding_errors))
    reader = csv.reader(ended, delimiter="\t" if source.kind == "tsv" else ",", strict=True)
    line = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        text_column = column_number(header, config.text_field, "--text-field", source)
        label_column = None
        if config.label_field:
            label_column = column_number(header, config.label_field, "--label-field", source)
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                raise DataError(
                    f"{source.title} line {line} has {len(row)} columns, the header {len(header)}",
                    hint="is a quote or a separator missing?",
                )
            if row:
                yield row[text_column], source.label if label_column is None else row[label_column]
            line = reader.line_num + 1
    except csv.Error as problem:
        raise DataError(
            f"{source.title} line {line} cannot be read as {source.kind.upper()}: {problem}",
            hint="a cell that holds a quote, a separator or a line break must be quoted",
        ) from problem
