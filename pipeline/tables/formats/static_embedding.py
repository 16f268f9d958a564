"""What model2vec's StaticModel and sentence-transformers' StaticEmbedding load, in a folder.

    model.safetensors   the array `embeddings`, (V, D), float32 or float16
    tokenizer.json      a WordLevel vocabulary behind a splitting by the language's rules, nearly
                        as spaCy splits (and lower-casing, if no token has a capital); at white
                        space and punctuation for a language whose tokenizer has no rules
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
import safetensors

from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import COUNT, parse_json, require_shape
from corpus2vec.pipeline.tables.formats.arrays import mapped_matrix, stored
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tokenizer.hugging_face import pre_tokenizer

WEIGHTS, TOKENIZER = FILES = ("model.safetensors", "tokenizer.json")
PLACES = ("", "0_StaticEmbedding")
SETTINGS, MODULES = "config.json", "modules.json"
ARRAYS = ("embeddings", "embedding.weight")  # model2vec's name, sentence-transformers' name
TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
ENTRY = {"dtype": str, "shape": [COUNT], "data_offsets": [COUNT]}
TOKENIZER_SHAPE = {
    "model": {"vocab": ({...: COUNT}, [[Any]]), ...: Any},
    "added_tokens": (None, [{"content": str, "id": COUNT, ...: Any}]),
    ...: Any,
}
BY_PUNCTUATION = {"type": "BertPreTokenizer"}
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
        "pre_tokenizer": pre_tokenizer(table.language, bool(caseless)) or BY_PUNCTUATION,
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
    tokens = _tokens(place / TOKENIZER, len(vectors))
    settings = _json(place / SETTINGS, {"unk_added": (None, bool), ...: Any})
    if settings.get("unk_added"):
        tokens, vectors = tokens[:-1], vectors[:-1]
    yield Table(tokens, vectors)


def _tokens(path: Path, rows: int) -> pa.StringArray:
    """Return the tokens of a tokenizer.json in the order of their ids, which must be the rows'."""
    tokenizer = _json(path, TOKENIZER_SHAPE)
    vocabulary = tokenizer["model"]["vocab"]
    if isinstance(vocabulary, list):  # Unigram: each with its score, in the order of ids
        vocabulary = {_first_text(each, path): row for row, each in enumerate(vocabulary)}
    added = {each["content"]: each["id"] for each in tokenizer.get("added_tokens") or ()}
    by_row = {row: token for token, row in {**vocabulary, **added}.items()}
    if len(by_row) != rows or (by_row and max(by_row) != rows - 1):
        raise DataError(f"{path} does not fit the vectors: it has {len(by_row)} ids for {rows}")
    try:
        return pa.array([by_row[row] for row in range(rows)], pa.string())
    except UnicodeEncodeError as problem:
        raise DataError(f"{path} has a token that is no text: {problem.reason}") from problem


def _first_text(entry: list[Any], path: Path) -> str:
    if not entry or not isinstance(entry[0], str):
        raise DataError(f"{path} has an entry without a token")
    return entry[0]


def _json(path: Path, shape: Any) -> dict[str, Any]:
    """Return the object in a file, or an empty one where there is no file."""
    with reading(path):
        content = path.read_bytes() if path.exists() else b"{}"
    value: dict[str, Any] = parse_json(content, path)
    require_shape(value, shape, path, "does not fit")
    return value


def _matrix(path: Path) -> np.ndarray:
    """Return the matrix in a safetensors file, whose layout `weights.write_arrays` describes."""
    not_it = "holds no table of vectors"
    # The library checks the header, but copies what it reads.
    with reading(path, not_it, also=(safetensors.SafetensorError,)):
        with safetensors.safe_open(path, framework="np") as opened:
            names = set(opened.keys())
    with reading(path), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length)
    name = next((each for each in ARRAYS if each in names), None)
    if name is None or "mapping" in names:
        raise DataError(f"{path} has not a row for each token")
    entries = parse_json(text, path, not_it)
    require_shape(entries, {name: ENTRY, ...: Any}, path, not_it)
    entry = entries[name]
    if entry["dtype"] not in TYPES or len(entry["shape"]) != 2:
        raise DataError(f"{path} holds no matrix of floats")
    begin = 8 + length + entry["data_offsets"][0]
    return mapped_matrix(path, TYPES[entry["dtype"]], begin, tuple(entry["shape"]))
