r"""The bytes of one corpus file, of any kind → its documents, streamed.

Only `\n` and `\r\n` end a line (not U+2028, U+0085 or a lone CR), a byte-order mark at the start is
no text, and NUL is a character like any other. What is in memory at a time is a block, whatever the
size of the file. A document of more than `DOCUMENT_BYTES` is cut into several, each at the last
space before that many bytes (or, where there is none, at the last character): lines and files as
they are read; a line of a paragraph, or a record of another kind, must fit in memory.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError

BLOCK_BYTES = 1 << 22
DOCUMENT_BYTES = 1 << 22
BLOCK_DOCUMENTS = 1 << 16
PARQUET_ROWS = 1024
STRINGS = ("string", "large_string", "string_view")

BYTE_ORDER_MARK = codecs.BOM_UTF8
HALF_PAIR = re.compile("[\ud800-\udfff]")

Rows = Iterator[tuple[str | None, str | None]]  # text and label, document by document

csv.field_size_limit(2**31 - 1)  # a document is as long as it is


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
            raise _not_utf8(source, position, problem.object[problem.start]) from problem
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


def _read_text(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    if config.doc_per == "line":
        return _read_lines(opened, source, config)
    if config.doc_per == "file":
        blocks = (text.encode() for text in _decoded(opened, source, config.encoding_errors))
        documents: Iterable[Iterator[bytes]] = [_bounded(blocks, opened)]
    else:
        lines = _lines(opened, source, config.encoding_errors)
        documents = (_bounded(paragraph, opened) for paragraph in _paragraphs(lines))
    rows = ((piece.decode(), source.label) for document in documents for piece in document)
    return _in_batches(rows, opened, config)


def _read_lines(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    label = source.label if labelled(config) else None
    position = 0
    for block in _whole_lines(opened):
        checked = _checked(block, position, source, config.encoding_errors)
        if position == 0:
            checked = checked.removeprefix(BYTE_ORDER_MARK)
        position += len(block)
        if checked.endswith(b"\n"):
            yield Texts.of_lines(checked, label)
        elif checked:  # the end of the file, or of a piece: a return here ends no line
            yield Texts.of([checked.decode()], None if label is None else [label])


def _whole_lines(opened: Opened) -> Iterator[bytes]:
    """The bytes in blocks that end where a line does, or where one is cut."""
    line = b""
    # So that only the first line of a block, or the last, can be too long.
    while block := opened.stream.read(min(BLOCK_BYTES, DOCUMENT_BYTES)):
        block = line + block
        first = block.find(b"\n")
        if first > DOCUMENT_BYTES:
            *pieces, rest = _cut(block[:first], opened)
            yield from pieces
            block = rest + block[first:]
        end = block.rfind(b"\n") + 1
        if end:
            yield block[:end]
        *pieces, line = _cut(block[end:], opened)
        yield from pieces
    if line:
        yield line


def _cut(text: bytes, opened: Opened) -> list[bytes]:
    """The text in pieces of at most DOCUMENT_BYTES, which joined make the text again."""
    pieces = []
    begin = 0
    while len(text) - begin > DOCUMENT_BYTES:
        limit = begin + DOCUMENT_BYTES
        end = text.rfind(b" ", begin, limit) + 1
        if not end:
            end = limit
            while end > limit - 3 and text[end] & 0xC0 == 0x80:  # within a character
                end -= 1
        pieces.append(text[begin:end])
        begin = end
    opened.cuts += len(pieces)
    return [*pieces, text[begin:]]


def _bounded(blocks: Iterator[bytes], opened: Opened) -> Iterator[bytes]:
    """A document that comes block by block, in pieces of at most DOCUMENT_BYTES."""
    held: list[bytes] = []  # a list, since adding up a paragraph line by line would be quadratic
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size > DOCUMENT_BYTES:
            *pieces, rest = _cut(b"".join(held), opened)
            yield from pieces
            held, size = [rest], len(rest)
    yield b"".join(held)


def _checked(block: bytes, position: int, source: Source, errors: str) -> bytes:
    """`block`, which begins at that byte of the source, as valid UTF-8."""
    try:
        block.decode()
    except UnicodeDecodeError as problem:
        if errors == "replace":
            return block.decode("utf-8", "replace").encode()
        raise _not_utf8(source, position + problem.start, block[problem.start]) from problem
    return block


def _not_utf8(source: Source, position: int, byte: int) -> DataError:
    return DataError(
        f"{source.name} is not UTF-8 at byte {position}: 0x{byte:02x}",
        hint="convert it (iconv -f LATIN1 -t UTF-8), or say --encoding-errors replace",
    )


def _paragraphs(lines: Iterator[str]) -> Iterator[Iterator[bytes]]:
    """Runs of lines that are not blank, each as the blocks that it is joined from."""
    for blank, run in itertools.groupby(lines, lambda line: not line or line.isspace()):
        if not blank:
            yield (("\n" * (number > 0) + line).encode() for number, line in enumerate(run))


def _in_batches(rows: Rows, opened: Opened, config: CorpusConfig) -> Iterator[Texts]:
    texts: list[str] = []
    labels: list[str | None] = []
    characters = 0
    for text, label in rows:
        for piece in _pieces(text or "", opened):
            texts.append(piece)
            labels.append(label)
            characters += len(piece)
        if characters >= BLOCK_BYTES or len(texts) >= BLOCK_DOCUMENTS:
            yield Texts.of(texts, labels if labelled(config) else None)
            texts, labels, characters = [], [], 0
    if texts:
        yield Texts.of(texts, labels if labelled(config) else None)


def _pieces(text: str, opened: Opened) -> list[str]:
    if 4 * len(text) <= DOCUMENT_BYTES:  # a character has four bytes at most
        return [text]
    return [piece.decode() for piece in _cut(text.encode(), opened)]


def labelled(config: CorpusConfig) -> bool:
    """Whether the documents of the corpus have labels."""
    return bool(config.label_field) or config.label_from != "none"


def _read_jsonl(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    return _in_batches(_jsonl_rows(opened, source, config), opened, config)


def _jsonl_rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
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


def _read_csv(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    return _in_batches(_csv_rows(opened, source, config), opened, config)


def _csv_rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
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


def _read_parquet(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    if source.is_stream or source.compression:  # Parquet is read from its end: it must be a file
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(opened.stream, spool, BLOCK_BYTES)
            spool.seek(0)
            yield from _parquet_texts(pq.ParquetFile(spool), opened, source, config)
    else:
        yield from _parquet_texts(pq.ParquetFile(opened.stream), opened, source, config)
        opened.raw.seek(0, os.SEEK_END)  # where it was read last says nothing of how much


def _parquet_texts(
    file: pq.ParquetFile, opened: Opened, source: Source, config: CorpusConfig
) -> Iterator[Texts]:
    names = file.schema_arrow.names
    wanted = {config.text_field: "--text-field"}
    if config.label_field:
        wanted[config.label_field] = "--label-field"
    for name, option in wanted.items():
        _column(names, name, option, source)
    kind = file.schema_arrow.field(config.text_field).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if str(kind) not in STRINGS:
        raise DataError(f"{source.name}: the column {config.text_field} holds {kind}, not strings")
    row = 0
    for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=list(wanted)):
        texts = _strings(batch, config.text_field, source, config)
        labels = None
        if config.label_field:
            values = _strings(batch, config.label_field, source, config).to_pylist()
            labels = [
                _label(value, f"{source.name} row {number}")
                for number, value in enumerate(values, start=row + 1)
            ]
        elif labelled(config):
            labels = [source.label] * len(texts)
        row += batch.num_rows
        texts = texts.fill_null("")
        if 4 * max(pc.max(pc.binary_length(texts)).as_py() or 0, 1) <= DOCUMENT_BYTES:
            yield Texts.of(texts, labels)
        else:
            rows = zip(texts.to_pylist(), labels or itertools.repeat(None), strict=False)
            yield from _in_batches(rows, opened, config)


def _strings(batch: pa.RecordBatch, name: str, source: Source, config: CorpusConfig) -> pa.Array:
    """The column, its strings checked: Arrow does not look whether they are UTF-8."""
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if str(column.type) not in STRINGS:  # a label may be a number
        return column
    raw = column.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = [_decode(each, name, source, config) for each in raw.to_pylist()]
        return pa.array(texts, pa.large_string())


def _decode(raw: bytes | None, name: str, source: Source, config: CorpusConfig) -> str | None:
    try:
        return None if raw is None else raw.decode("utf-8", config.encoding_errors)
    except UnicodeDecodeError as problem:
        bad = problem.object[problem.start]
        raise DataError(
            f"{source.name}: the column {name} has a string that is not UTF-8: 0x{bad:02x}",
            hint="mend the text, or say --encoding-errors replace",
        ) from problem


def _listed(names: Sequence[str] | dict[str, object]) -> str:
    shown = list(names)[:8]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")


READERS: dict[str, Callable[[Opened, Source, CorpusConfig], Iterator[Texts]]] = {
    "text": _read_text,
    "jsonl": _read_jsonl,
    "csv": _read_csv,
    "tsv": _read_csv,
    "parquet": _read_parquet,
}
