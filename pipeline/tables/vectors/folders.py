"""Word vectors in folders.

NumPy's format beside a vocabulary, the TensorFlow Projector's two files, the layout of model2vec
and of sentence-transformers' StaticEmbedding, and spaCy's Vectors. What of these is float32 in one
piece is not read but mapped: its pages come as they are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.vectors.text import (
    line_blocks,
    parsed,
    require_fitting,
    table_of,
    vector_of,
)
from corpus2vec.pipeline.vocabulary.vocabulary import parse_vocabulary

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
ARRAYS = ("embeddings", "embedding.weight")  # model2vec's name, sentence-transformers' name


def folder_blocks(path: Path) -> Iterator[Table]:
    """The table in a folder. Raises DataError where it is none of those that we know."""
    places = [path, path / "0_StaticEmbedding", path / "vocab"]
    for names, read in READERS.items():
        for place in places:
            if all((place / name).is_file() for name in names):
                yield from read(place)
                return
    raise DataError(
        f"{path} is a folder, and not one of word vectors",
        hint="folders are read as dumps, model2vec, sentence-transformers and spaCy make them",
    )


def _npy_blocks(folder: Path) -> Iterator[Table]:
    vectors = _mapped(folder / "vectors.npy")
    vocabulary = parse_vocabulary((folder / "vocab.tsv").read_bytes(), str(folder / "vocab.tsv"))
    _require_alike(len(vocabulary), vectors, folder)
    yield Table(vocabulary.tokens.cast(pa.string()), vectors, vocabulary.counts)


def _mapped(path: Path) -> np.ndarray:
    """A matrix in NumPy's format, float32; one that is float32 on the disk stays there."""
    try:
        vectors: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as problem:
        raise DataError(f"{path} holds no vectors: {problem}") from problem
    return _as_float32(vectors, path)


def _as_float32(vectors: np.ndarray, path: Path) -> np.ndarray:
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise DataError(f"{path} holds no matrix of floats")
    with np.errstate(over="ignore"):
        return vectors.astype(np.float32, copy=False)


def _require_alike(tokens: int, vectors: np.ndarray, folder: Path) -> None:
    if tokens != len(vectors):
        raise DataError(f"{folder} has {tokens} tokens and {len(vectors)} vectors")


def _tsv_blocks(folder: Path) -> Iterator[Table]:
    """vectors.tsv and metadata.tsv, which has a header if it has more than one column."""
    text = (folder / "metadata.tsv").read_text(encoding="utf-8", errors="replace")
    rows = [line.rstrip("\r").split("\t") for line in text.removesuffix("\n").split("\n")]
    header = rows.pop(0) if len(rows[0]) > 1 else ["token"]
    if any(len(row) != len(header) for row in rows):
        raise DataError(f"{folder / 'metadata.tsv'} has rows of several lengths")
    column = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    tokens = pa.array(column.get("token") or column.get(header[0]) or [], pa.string())
    counts, ids = (_integers(column.get(name)) for name in ("count", "id"))
    begin = 0
    with (folder / "vectors.tsv").open("rb") as stream:
        for lines in line_blocks(stream):
            dim = lines.partition(b"\n")[0].rstrip(b"\r\t").count(b"\t") + 1
            block = parsed(lines, dim, "\t", with_token=False)
            if block is None:
                block = _rows_of_numbers(lines, dim, begin, folder / "vectors.tsv")
            end = begin + len(block)
            yield Table(
                tokens[begin:end],
                block.vectors_VD[: len(tokens) - begin],
                None if counts is None else counts[begin:end],
                None if ids is None else ids[begin:end],
            )
            begin = end
    if begin != len(tokens):
        raise DataError(f"{folder} has {len(tokens)} tokens and {begin} vectors")


def _rows_of_numbers(lines: bytes, dim: int, before: int, path: Path) -> Table:
    vectors = []
    for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n"), start=before + 1):
        numbers = line.rstrip(b"\r\t").split(b"\t")
        require_fitting(numbers, dim, f"{path} line {number}")
        vectors.append(vector_of(numbers, f"{path} line {number}"))
    return table_of([""] * len(vectors), vectors, dim)


def _integers(column: tuple[str, ...] | None) -> np.ndarray | None:
    """A column of whole numbers, if it is one."""
    try:
        return None if column is None else np.array(column, np.int64)
    except ValueError:
        return None


def _static_embedding_blocks(folder: Path) -> Iterator[Table]:
    vectors = _tensor(folder / "model.safetensors")
    tokenizer = _json(folder / "tokenizer.json")
    settings = _json(folder / "config.json") if (folder / "config.json").is_file() else {}
    try:
        vocabulary = tokenizer["model"]["vocab"]
        if isinstance(vocabulary, list):  # Unigram: each with its score, in the order of ids
            vocabulary = {token: row for row, (token, _) in enumerate(vocabulary)}
        added = {each["content"]: each["id"] for each in tokenizer.get("added_tokens", ())}
        by_row = {int(row): str(token) for token, row in {**vocabulary, **added}.items()}
        tokens = [by_row[row] for row in range(len(vectors))]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise DataError(f"{folder / 'tokenizer.json'} does not fit the vectors") from problem
    if settings.get("unk_added"):
        tokens, vectors = tokens[:-1], vectors[:-1]
    yield Table(pa.array(tokens, pa.string()), vectors)


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except ValueError as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    return value if isinstance(value, dict) else {}


def _tensor(path: Path) -> np.ndarray:
    """The matrix in a file of safetensors' layout, which see in `weights.write_arrays`."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(min(length, path.stat().st_size))
    try:
        entries = json.loads(text)
        entry = next(entries[name] for name in ARRAYS if name in entries)
        kind, shape = np.dtype(TYPES[entry["dtype"]]), tuple(entry["shape"])
        begin, end = entry["data_offsets"]
        if "mapping" in entries or end - begin != kind.itemsize * int(np.prod(shape)):
            raise DataError(f"{path} has not a row for each token")
        if not end - begin:
            return _as_float32(np.zeros(shape, kind), path)
        vectors = np.memmap(path, kind, "r", 8 + length + begin, shape)
    except (ValueError, KeyError, TypeError, StopIteration, OverflowError) as problem:
        raise DataError(f"{path} holds no table of vectors: {problem}") from problem
    return _as_float32(vectors, path)


def _spacy_blocks(folder: Path) -> Iterator[Table]:
    """spaCy's Vectors: `vectors` in NumPy's format, `key2row`, and the strings whose keys they are.

    Rows whose key is no known string's are left out; of several strings with one row, all have it.
    """
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import import_spacy

    import_spacy(with_torch=False)
    import srsly
    from spacy.strings import StringStore

    vectors = _mapped(folder / "vectors")
    try:
        row_of = srsly.read_msgpack(folder / "key2row")
        strings = StringStore(json.loads((folder / "strings.json").read_bytes()))
        found = sorted((int(row), strings[key]) for key, row in row_of.items() if key in strings)
    except (ValueError, TypeError, AttributeError) as problem:
        raise DataError(f"{folder} is damaged: {problem}") from problem
    found = [(row, token) for row, token in found if 0 <= row < len(vectors)]
    tokens = pa.array([token for _, token in found], pa.string())
    places = np.array([row for row, _ in found], np.int64)
    if not np.array_equal(places, np.arange(len(vectors))):
        vectors = vectors[places]
    yield Table(tokens, vectors)


READERS: dict[tuple[str, ...], Callable[[Path], Iterator[Table]]] = {
    ("vectors.npy", "vocab.tsv"): _npy_blocks,
    ("vectors.tsv", "metadata.tsv"): _tsv_blocks,
    ("model.safetensors", "tokenizer.json"): _static_embedding_blocks,
    ("vectors", "key2row", "strings.json"): _spacy_blocks,
}
