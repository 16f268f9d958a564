r"""Corpus files of every supported kind → Arrow batches of documents.

A batch is a record batch with a column `text: string` and, where the corpus has labels,
`label: string`. Files are streamed: what is in memory at a time is a block, whatever the size of
the file; only a single document must fit. Only `\n` and `\r\n` end a line (not U+2028, U+0085 or
a lone CR), a byte-order mark at the start is no text, and NUL is a character like any other.
"""

from __future__ import annotations

import codecs
import csv
import functools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.books import Ledger
from pipeline.config import CorpusConfig
from pipeline.errors import DataError
from pipeline.sources import Opened, Source

BLOCK_BYTES = 1 << 20
BATCH_DOCUMENTS = 8192
BATCH_CHARACTERS = 1 << 20

HALF_PAIR = re.compile("[\ud800-\udfff]")

Rows = Iterator[tuple[str | None, str | None]]  # text and label, document by document

csv.field_size_limit(2**31 - 1)  # a document is as long as it is


class Corpus:
    """The documents of some sources.

    `documents` accounts for what was read and what was blank; whoever takes the batches fills in
    what was kept.
    """

    def __init__(self, sources: Sequence[Source], config: CorpusConfig) -> None:
        self.sources = sources
        self.config = config
        self.documents = Ledger("documents")
        self._finished_bytes = 0
        self._opened: Opened | None = None

    @functools.cached_property
    def size(self) -> int | None:
        """Bytes of all files together; None if one is a stream."""
        if any(source.is_stream for source in self.sources):
            return None
        return sum(source.path.stat().st_size for source in self.sources)

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, of the files as they lie on the disk."""
        return self._finished_bytes + (self._opened.position if self._opened else 0)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The documents that are not blank, in corpus order; small files share a batch."""
        for texts, labels in _chunked(self._rows()):
            batch = self._batch(texts, labels)
            if batch.num_rows:
                yield batch
        if self.documents.read == self.documents.dropped["blank"]:
            names = ", ".join(source.name for source in self.sources[:3])
            raise DataError(
                f"the corpus has no document that is not blank: {names}",
                hint="is it the right file, and the right --text-field?",
            )

    def _rows(self) -> Rows:
        for source in self.sources:
            with source.open() as self._opened:
                yield from READERS[source.kind](self._opened, source, self.config)
                self._finished_bytes += self._opened.position
                self._opened = None

    def _batch(self, texts: list[str | None], labels: list[str | None]) -> pa.RecordBatch:
        filled = [i for i, text in enumerate(texts) if text and not text.isspace()]
        self.documents.read += len(texts)
        self.documents.drop("blank", len(texts) - len(filled))
        columns = {"text": pa.array([texts[i] for i in filled], pa.string())}
        if self.config.label_field or self.config.label_from != "none":
            columns["label"] = pa.array([labels[i] for i in filled], pa.string())
        return pa.RecordBatch.from_pydict(columns)


def _chunked(rows: Rows) -> Iterator[tuple[list[str | None], list[str | None]]]:
    texts: list[str | None] = []
    labels: list[str | None] = []
    characters = 0
    for text, label in rows:
        texts.append(text)
        labels.append(label)
        characters += len(text or "")
        if len(texts) >= BATCH_DOCUMENTS or characters >= BATCH_CHARACTERS:
            yield texts, labels
            texts, labels, characters = [], [], 0
    if texts:
        yield texts, labels


# --- bytes → lines ---------------------------------------------------------------------------


def _decoded(opened: Opened, source: Source, errors: str) -> Iterator[str]:
    """The text, block by block. A bad byte is told by its offset in the decompressed bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    offset = 0
    first = True
    while True:
        block = opened.stream.read(BLOCK_BYTES)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as problem:
            position = offset - pending + problem.start
            bad = problem.object[problem.start]
            raise DataError(
                f"{source.name} is not UTF-8 at byte {position}: 0x{bad:02x}",
                hint="convert it (iconv -f LATIN1 -t UTF-8), or say --encoding-errors replace",
            ) from problem
        offset += len(block)
        if first and text:
            text = text.removeprefix("\ufeff")
            first = False
        if text:
            yield text
        if not block:
            return


def _lines(opened: Opened, source: Source, errors: str) -> Iterator[str]:
    """The lines, without their ends."""
    unfinished: list[str] = []  # a list, since adding up a line of many blocks would be quadratic
    for text in _decoded(opened, source, errors):
        head, *rest = text.split("\n")
        unfinished.append(head)
        if rest:
            yield _without_return("".join(unfinished))
            *whole, tail = rest
            yield from map(_without_return, whole)
            unfinished = [tail]
    last = "".join(unfinished)
    if last:
        yield last  # a return that no newline follows ends no line


def _without_return(line: str) -> str:
    return line[:-1] if line.endswith("\r") else line


# --- lines → documents -----------------------------------------------------------------------


def _read_text(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    if config.doc_per == "file":
        yield "".join(_decoded(opened, source, config.encoding_errors)), source.label
        return
    lines = _lines(opened, source, config.encoding_errors)
    if config.doc_per == "line":
        for line in lines:
            yield line, source.label
        return
    paragraph: list[str] = []
    for line in lines:
        if line and not line.isspace():
            paragraph.append(line)
        elif paragraph:
            yield "\n".join(paragraph), source.label
            paragraph = []
    if paragraph:
        yield "\n".join(paragraph), source.label


def _read_jsonl(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    for number, line in enumerate(_lines(opened, source, config.encoding_errors), start=1):
        where = f"{source.name} line {number}"
        if not line or line.isspace():
            yield None, source.label
            continue
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
        text = _field(record, config.text_field, "--text-field", where)
        if text is not None and not isinstance(text, str):
            raise DataError(f"{where}: the field {config.text_field} is not a string")
        label = source.label
        if config.label_field:
            label = _label(_field(record, config.label_field, "--label-field", where), where)
            label = _without_halves(label, where, config.encoding_errors)
        yield _without_halves(text or "", where, config.encoding_errors), label


def _without_halves(text: str, where: str, errors: str) -> str:
    """The text, in which JSON may have spelled half a surrogate pair: that is no character."""
    half = HALF_PAIR.search(text)
    if half and errors == "strict":
        raise DataError(
            f"{where} has half a surrogate pair, which is no character: {half[0]!r}",
            hint="mend the text, or say --encoding-errors replace",
        )
    return HALF_PAIR.sub("\ufffd", text) if half else text


def _field(record: dict[str, object], name: str, option: str, where: str) -> object:
    if name not in record:
        raise DataError(
            f"{where} has no field {name}",
            hint=f"it has {_listed(record)}; say which with {option}",
        )
    return record[name]


def _label(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise DataError(f"{where}: its label is neither a string nor a number: {value!r:.60}")


def _read_csv(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    lines = (line + "\n" for line in _lines(opened, source, config.encoding_errors))
    reader = csv.reader(lines, delimiter="\t" if source.kind == "tsv" else ",", strict=True)
    line = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        text_column = _column(header, config.text_field, "--text-field", source)
        label_column = None
        if config.label_field:
            label_column = _column(header, config.label_field, "--label-field", source)
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                raise DataError(
                    f"{source.name} line {line} has {len(row)} columns, the header {len(header)}",
                    hint="is a quote or a separator missing?",
                )
            if row:
                yield row[text_column], source.label if label_column is None else row[label_column]
            line = reader.line_num + 1
    except csv.Error as problem:
        raise DataError(
            f"{source.name} line {line} cannot be read as {source.kind.upper()}: {problem}",
            hint="a cell that holds a quote, a separator or a line break must be quoted",
        ) from problem


def _column(header: list[str], name: str, option: str, source: Source) -> int:
    if header.count(name) != 1:
        number = "no column" if name not in header else f"{header.count(name)} columns"
        raise DataError(
            f"{source.name} has {number} {name}",
            hint=f"it has {_listed(header)}; say which with {option}",
        )
    return header.index(name)


def _read_parquet(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    if source.is_stream or source.compression:  # Parquet is read from its end: it must be a file
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(opened.stream, spool, BLOCK_BYTES)
            spool.seek(0)
            yield from _parquet_rows(pq.ParquetFile(spool), source, config)
    else:
        yield from _parquet_rows(pq.ParquetFile(opened.stream), source, config)
        opened.raw.seek(0, os.SEEK_END)  # where it was read last says nothing of how much


def _parquet_rows(file: pq.ParquetFile, source: Source, config: CorpusConfig) -> Rows:
    names = file.schema_arrow.names
    wanted = {config.text_field: "--text-field"}
    if config.label_field:
        wanted[config.label_field] = "--label-field"
    for name, option in wanted.items():
        _column(names, name, option, source)
    kind = file.schema_arrow.field(config.text_field).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if str(kind) not in ("string", "large_string", "string_view"):
        raise DataError(f"{source.name}: the column {config.text_field} holds {kind}, not strings")
    row = 0
    for batch in file.iter_batches(batch_size=BATCH_DOCUMENTS, columns=list(wanted)):
        texts = _values(batch, config.text_field, source, config)
        labels = texts
        if config.label_field:
            labels = _values(batch, config.label_field, source, config)
        for text, label in zip(texts, labels, strict=True):
            row += 1
            if config.label_field:
                yield text, _label(label, f"{source.name} row {row}")
            else:
                yield text, source.label


def _values(batch: pa.RecordBatch, name: str, source: Source, config: CorpusConfig) -> list[Any]:
    """The column as Python values. Arrow does not look whether its strings are UTF-8."""
    column = batch.column(name)
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError as problem:
        if config.encoding_errors == "strict":
            bad = problem.object[problem.start]
            raise DataError(
                f"{source.name}: the column {name} has a string that is not UTF-8: 0x{bad:02x}",
                hint="mend the text, or say --encoding-errors replace",
            ) from problem
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        strings = column.cast(pa.large_binary()).to_pylist()
        values = [None if each is None else each.decode("utf-8", "replace") for each in strings]
    return values


def _listed(names: Sequence[str] | dict[str, object]) -> str:
    shown = list(names)[:8]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")


READERS: dict[str, Callable[[Opened, Source, CorpusConfig], Rows]] = {
    "text": _read_text,
    "jsonl": _read_jsonl,
    "csv": _read_csv,
    "tsv": _read_csv,
    "parquet": _read_parquet,
}
