"""Word vectors read from files, of whatever tool: for --init, and for looking things up.

What a file is, is told by its content: Parquet's magic, the grid's first rule, a first line of two
numbers (word2vec, fastText's .vec; binary if what follows is no text), else GloVe's lines.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from io import BufferedIOBase, BufferedReader, RawIOBase
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.display import restored
from pipeline.errors import DataError, UsageError
from pipeline.sources import COMPRESSIONS, decompressed, reading
from pipeline.tables import Table

Stream = BufferedIOBase
Rows = Iterator[tuple[str, Callable[[], np.ndarray]]]  # a token, and its vector when asked for
PROBE_BYTES = 1 << 20  # holds the first row of any table that has less than 50,000 columns
PARQUET = b"PAR1\x15"  # the magic, and how the Thrift struct behind it begins: no text does
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
RULE = re.compile(rb"\+(-+\+)+\r?")
HEADER = re.compile(rb"([0-9]{1,12})[ \t]([0-9]{1,7})[ \t\r]*")
TEXT_BYTES = bytes([*range(32, 127), *b"\t\r\n"])


def read_vectors(path: Path, wanted: Collection[str] | None = None) -> Table:
    """The table in `path`; with `wanted`, only the rows of those tokens, in the file's order.

    A token that stands there twice keeps its first row, as in every reader of these formats.
    Raises DataError, with the line, for a row that does not fit the others, or that is wanted and
    does not hold numbers.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="check the path")
    with reading(str(path)):
        with _opened(path) as stream:
            probe = stream.read(PROBE_BYTES)
        if probe.startswith(PARQUET):
            return _chosen(*_read_parquet(path), wanted)
        tokens: dict[str, None] = {}
        vectors = []
        with _opened(path) as stream:
            for token, row in _rows(stream, probe, path):
                # Most of a large file's rows are not wanted, and making numbers is what costs.
                if (wanted is None or token in wanted) and token not in tokens:
                    tokens[token] = None
                    vectors.append(row())
    matrix = np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
    return Table(pa.array(list(tokens), pa.string()), matrix)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Stream]:
    compression = COMPRESSIONS.get(path.suffix.lower(), "")
    with path.open("rb") as raw, decompressed(raw, compression) as stream:
        yield BufferedReader(cast("RawIOBase", stream), PROBE_BYTES)


def _rows(stream: Stream, probe: bytes, path: Path) -> Rows:
    first, _, sample = probe.partition(b"\n")
    bare = first.removeprefix(BYTE_ORDER_MARK)
    if RULE.fullmatch(bare):
        return _grid_rows(stream, path)
    if header := HEADER.fullmatch(bare):
        count, dim = int(header[1]), int(header[2])
        stream.readline()
        if _is_binary(sample, dim):
            return _binary_rows(stream, count, dim, path)
        return _text_rows(stream, dim, path, header=True, count=count)
    return _text_rows(stream, first.rstrip(b" \r").count(b" "), path)


def _is_binary(sample: bytes, dim: int) -> bool:
    """Whether what follows the header is word2vec's binary format: look at the first row."""
    line = sample.split(b"\n", 1)[0].rstrip(b" \r")
    with contextlib.suppress(ValueError):
        if len([float(each) for each in line.rsplit(b" ", dim)[1:]]) == dim:
            return False
    numbers = sample.partition(b" ")[2][: 4 * dim]
    return bool(numbers.translate(None, TEXT_BYTES))


def _text_rows(stream: Stream, dim: int, path: Path, header: bool = False, count: int = 0) -> Rows:
    if dim < 1:
        raise DataError(f"{path} holds no word vectors: its first line is not a token and numbers")
    rows = 0
    for rows, line in enumerate(stream, start=1):
        # From the right: GloVe has tokens with spaces in them.
        token, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        place = f"{path} line {rows + header}"
        yield _text(token), _fitting(numbers, dim, place)
    if rows < count:
        raise DataError(f"{path} ends after {rows} of {count} rows", hint="is it complete?")


def _text(token: bytes | bytearray) -> str:
    return token.decode("utf-8", "replace")


def _fitting(numbers: list[bytes], dim: int, place: str) -> Callable[[], np.ndarray]:
    """The numbers of a row, still to be read; there must be as many as in the others."""
    if len(numbers) != dim:
        # What is no number at all is the better thing to tell.
        _vector(numbers, place)
        raise DataError(f"{place} has {len(numbers)} numbers where {dim} are expected")
    return partial(_vector, numbers, place)


def _vector(numbers: list[bytes], place: str) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(each) for each in numbers], np.float32)
    except ValueError as problem:
        raise DataError(
            f"{place}: {problem}",
            hint="word vectors are read from word2vec, GloVe, fastText .vec, Parquet and dumps",
        ) from problem
    return _finite(vector, place)


def _finite(vector: np.ndarray, place: str) -> np.ndarray:
    if not np.isfinite(vector).all():
        raise DataError(f"{place} has a number that is not finite")
    return vector


def _binary_rows(stream: Stream, count: int, dim: int, path: Path) -> Rows:
    """Token, a space, 4·D bytes little-endian; a newline may follow, as in Mikolov's own files."""
    for row in range(1, count + 1):
        token = bytearray()
        while (byte := stream.read(1)) not in (b" ", b""):
            if byte != b"\n" or token:
                token += byte
        data = stream.read(4 * dim)
        if len(data) != 4 * dim:
            raise DataError(f"{path} ends in row {row} of {count}", hint="is it complete?")
        vector = np.frombuffer(data, "<f4")
        yield _text(token), partial(_finite, vector, f"{path} row {row}")
    if stream.read(2).strip(b"\n"):
        raise DataError(f"{path} goes on after the {count} rows that its first line tells of")


def _grid_rows(stream: Stream, path: Path) -> Rows:
    """The rows of our own grid, whatever its columns, as long as token and embedding are there."""
    columns: list[str] = []
    dim = 0
    rules = 0
    for number, line in enumerate(stream, start=1):
        text = _text(line).rstrip("\r\n")
        if text.startswith("+"):
            rules += 1
            continue
        if not columns:
            columns = [each.strip() for each in text.strip("|").split("|")]
            if not {"token", "embedding"} <= set(columns):
                raise DataError(
                    f"{path} has the columns {', '.join(columns)}; token and embedding are needed",
                    hint="dump it with --columns index,token,embedding, or as --format parquet",
                )
            continue
        # A token may be "|", but no token has a space: the separators are those with one beside.
        cells = [each.strip(" ") for each in text[2:-2].split(" | ")]
        if len(cells) != len(columns):
            raise DataError(f"{path} line {number} has {len(cells)} cells, not {len(columns)}")
        row = dict(zip(columns, cells, strict=True))
        numbers = row["embedding"].strip("[]").encode().split(b", ")
        dim = dim or len(numbers)
        yield restored(row["token"]), _fitting(numbers, dim, f"{path} line {number}")
    if rules < 3:
        raise DataError(f"{path} ends without its last rule", hint="is it complete?")


def _read_parquet(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        # Of the open file: of its name pyarrow might make a data set, with columns from folders.
        with path.open("rb") as file:
            table = pq.ParquetFile(file, page_checksum_verification=True).read(["token", "vector"])
        tokens = table.column("token").cast(pa.string()).to_pylist()
        vectors = table.column("vector").combine_chunks()
        kind = vectors.type
        if not (pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type)):
            raise DataError(f"{path}: its column vector is not a list of floats of a fixed size")
        if None in tokens or vectors.null_count or vectors.flatten().null_count:
            raise DataError(f"{path} has a row without a token or without a vector")
        with np.errstate(over="ignore"):
            flat = vectors.flatten().to_numpy().astype(np.float32, copy=False)
    except (KeyError, pa.ArrowException) as problem:
        raise DataError(f"{path} holds no word vectors: {problem}") from problem
    matrix = flat.reshape(len(tokens), kind.list_size)
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        raise DataError(f"{path} row {finite.argmin() + 1} has a number that is not finite")
    return tokens, matrix


def _chosen(tokens: list[str], vectors_VD: np.ndarray, wanted: Collection[str] | None) -> Table:
    """The table of the wanted tokens, each at its first row."""
    rows: dict[str, int] = {}
    for row, token in enumerate(tokens):
        if wanted is None or token in wanted:
            rows.setdefault(token, row)
    places = np.fromiter(rows.values(), np.int64, len(rows))
    return Table(pa.array(list(rows), pa.string()), vectors_VD[places])
