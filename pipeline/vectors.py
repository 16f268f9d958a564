"""Word vectors read from files, of whatever tool: for --init, and for looking things up.

What a file is, is told by its content: Parquet's magic, the grid's first rule, a first line of two
numbers (word2vec, fastText's .vec; binary if what follows is no text), else GloVe's lines.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from io import BufferedIOBase, BufferedReader, RawIOBase
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import DataError
from pipeline.sources import COMPRESSIONS, decompressed, reading
from pipeline.tables import Table

Stream = BufferedIOBase
Rows = Iterator[tuple[str, np.ndarray]]
PROBE_BYTES = 1 << 16


def read_vectors(path: Path, wanted: Collection[str] | None = None) -> Table:
    """The table in `path`; with `wanted`, only the rows of those tokens, in the file's order.

    A token that stands there twice keeps its first row, as in every reader of these formats.
    Raises DataError, with the line, for a row that does not fit the others.
    """
    if not path.exists():
        raise DataError(f"there is no {path}")
    with reading(str(path)), contextlib.ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        compression = COMPRESSIONS.get(path.suffix.lower(), "")
        file = stack.enter_context(decompressed(raw, compression))
        stream = BufferedReader(cast("RawIOBase", file), PROBE_BYTES)
        probe = stream.peek(PROBE_BYTES)
        if probe.startswith(b"PAR1"):
            return _read_parquet(path, wanted)
        rows = _rows(stream, probe, path)
        tokens: dict[str, None] = {}
        vectors = []
        for token, vector in rows:
            if (wanted is None or token in wanted) and token not in tokens:
                tokens[token] = None
                vectors.append(vector)
    matrix = np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
    return Table(pa.array(list(tokens), pa.string()), matrix)


def _rows(stream: Stream, probe: bytes, path: Path) -> Rows:
    first = probe.split(b"\n", 1)[0]
    if first.startswith(b"+-"):
        return _grid_rows(stream, path)
    fields = first.split()
    if len(fields) == 2 and all(each.isdigit() for each in fields):
        count, dim = int(fields[0]), int(fields[1])
        stream.readline()
        if _is_binary(probe[len(first) + 1 :], dim):
            return _binary_rows(stream, count, dim, path)
        return _text_rows(stream, dim, path, number=2)
    return _text_rows(stream, len(first.split(b" ")) - 1, path, number=1)


def _is_binary(sample: bytes, dim: int) -> bool:
    """Whether what follows the header is word2vec's binary format: look at the first row."""
    line = sample.split(b"\n", 1)[0].rstrip(b" \r")
    numbers = line.rsplit(b" ", dim)[1:]
    if len(numbers) < dim and len(sample) >= PROBE_BYTES // 2:
        return b"\0" in sample  # a row longer than the sample
    try:
        return len([float(each) for each in numbers]) != dim
    except ValueError:
        return True


def _text_rows(stream: Stream, dim: int, path: Path, number: int) -> Rows:
    if dim < 1:
        raise DataError(f"{path} holds no word vectors: its first line is not a token and numbers")
    for line_number, line in enumerate(stream, start=number):
        # From the right: GloVe has tokens with spaces in them.
        token, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        yield token.decode("utf-8", "replace"), _vector(numbers, dim, path, line_number)


def _vector(numbers: list[bytes], dim: int, path: Path, line: int) -> np.ndarray:
    try:
        vector = np.array([float(each) for each in numbers], np.float32)
    except ValueError as problem:
        raise DataError(f"{path} line {line}: {problem}") from problem
    if len(vector) != dim:
        raise DataError(f"{path} line {line} has {len(vector)} numbers where {dim} are expected")
    if not np.isfinite(vector).all():
        raise DataError(f"{path} line {line} has a number that is not finite")
    return vector


def _binary_rows(stream: Stream, count: int, dim: int, path: Path) -> Rows:
    """Token, a space, 4·D bytes little-endian; a newline may follow, as in Mikolov's own files."""
    for row in range(count):
        token = bytearray()
        while (byte := stream.read(1)) not in (b" ", b""):
            if byte != b"\n" or token:
                token += byte
        data = stream.read(4 * dim)
        if len(data) != 4 * dim:
            raise DataError(f"{path} ends in row {row} of {count}", hint="is it complete?")
        yield token.decode("utf-8", "replace"), np.frombuffer(data, "<f4")


def _grid_rows(stream: Stream, path: Path) -> Rows:
    """The rows of our own grid, whatever its columns, as long as token and embedding are there."""
    columns: list[str] = []
    for number, line in enumerate(stream, start=1):
        if line.startswith(b"+"):
            continue
        text = line.decode("utf-8", "replace").rstrip("\n")
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
        numbers = row["embedding"].strip("[]").split(", ")
        yield row["token"], _vector([each.encode() for each in numbers], len(numbers), path, number)


def _read_parquet(path: Path, wanted: Collection[str] | None) -> Table:
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        tokens = table.column("token").combine_chunks().cast(pa.string())
        vectors = table.column("vector").combine_chunks()
        if not pa.types.is_fixed_size_list(vectors.type):
            raise DataError(f"{path}: its column vector is not a list of fixed size")
        matrix = vectors.flatten().to_numpy().reshape(len(tokens), -1).astype(np.float32)
    except (KeyError, pa.ArrowException) as problem:
        raise DataError(f"{path} holds no word vectors: {problem}") from problem
    if wanted is not None:
        chosen = np.array([each in wanted for each in tokens.to_pylist()], bool)
        tokens, matrix = tokens.filter(pa.array(chosen)), matrix[chosen]
    return Table(tokens, matrix)
