"""What model2vec's StaticModel and sentence-transformers' StaticEmbedding load, in a folder.

    model.safetensors   the array `embeddings`, (V, D), float32 or float16
    tokenizer.json      a WordLevel vocabulary behind a splitting at white space and punctuation
                        (and lower-casing, if no token has a capital)
    config.json         what model2vec reads, and `unk_added`
    modules.json        what sentence-transformers reads

A word that is not in the vocabulary needs a row: that of <unk>, or a last one of zeros, which
`unk_added` announces. A token can be any string. The reader also accepts what these libraries save:
added tokens, a Unigram vocabulary, files in `0_StaticEmbedding`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats.arrays import as_float32, stored
from corpus2vec.pipeline.tables.table import Table

WEIGHTS, TOKENIZER = FILES = ("model.safetensors", "tokenizer.json")
PLACES = ("", "0_StaticEmbedding")
SETTINGS, MODULES = "config.json", "modules.json"
ARRAYS = ("embeddings", "embedding.weight")  # model2vec's name, sentence-transformers' name
TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
UNK = "[UNK]"  # the token of the row of zeros


def write(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write the table."""
    tokens = table.tokens.to_pylist()
    vectors, unk = stored(table.vectors_VD, config), table.unk
    added = unk is None or unk not in tokens
    if unk is None or added:
        taken, unk = set(tokens), UNK
        while unk in taken:
            unk = f"[{unk}]"
        tokens = [*tokens, unk]
        vectors = np.concatenate([vectors, np.zeros((1, table.dim), vectors.dtype)])
    write_arrays(folder / WEIGHTS, {ARRAYS[0]: vectors}, {"kind": "table"})
    caseless = pc.all(pc.equal(table.tokens, pc.utf8_lower(table.tokens)), min_count=0).as_py()
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if caseless else None,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {token: row for row, token in enumerate(tokens)},
            "unk_token": unk,
        },
    }
    settings = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "tokenizer_name": "corpus2vec",
        "hidden_dim": table.dim,
        "embedding_dtype": config.dtype,
        "normalize": False,
        "unk_added": added,
    }
    kind = "sentence_transformers.models.StaticEmbedding"
    modules = [{"idx": 0, "name": "0", "path": ".", "type": kind}]
    for name, value in ((TOKENIZER, tokenizer), (SETTINGS, settings), (MODULES, modules)):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def read(place: Path) -> Iterator[Table]:
    """Yield the table, its vectors mapped, without a row that `write` added."""
    vectors = _matrix(place / WEIGHTS)
    tokenizer = _json(place / TOKENIZER)
    settings = _json(place / SETTINGS) if (place / SETTINGS).is_file() else {}
    try:
        vocabulary = tokenizer["model"]["vocab"]
        if isinstance(vocabulary, list):  # Unigram: each with its score, in the order of ids
            vocabulary = {token: row for row, (token, _) in enumerate(vocabulary)}
        added = {each["content"]: each["id"] for each in tokenizer.get("added_tokens", ())}
        by_row = {int(row): str(token) for token, row in {**vocabulary, **added}.items()}
        tokens = [by_row[row] for row in range(len(vectors))]
        if len(by_row) > len(vectors):
            raise ValueError(f"{len(by_row)} tokens, {len(vectors)} vectors")
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise DataError(f"{place / TOKENIZER} does not fit the vectors") from problem
    if settings.get("unk_added"):
        tokens, vectors = tokens[:-1], vectors[:-1]
    yield Table(pa.array(tokens, pa.string()), vectors)


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except ValueError as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    return value if isinstance(value, dict) else {}


def _matrix(path: Path) -> np.ndarray:
    """Return the matrix in a safetensors file, whose layout `weights.write_arrays` describes."""
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
            return as_float32(np.zeros(shape, kind), path)
        vectors = np.memmap(path, kind, "r", 8 + length + begin, shape)
    except (ValueError, KeyError, TypeError, StopIteration, OverflowError) as problem:
        raise DataError(f"{path} holds no table of vectors: {problem}") from problem
    return as_float32(vectors, path)
