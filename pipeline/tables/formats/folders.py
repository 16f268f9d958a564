"""The table as several files in a folder.

    tsv           for the TensorFlow Projector: vectors.tsv, a line a row, its numbers parted by
                  tabs; metadata.tsv, headed `token count id`, a line a row
    npy           vectors.npy, (V, D), and vocab.tsv, in which an id is the row's number and a count
                  that is not known is 0
    safetensors   what model2vec's StaticModel and sentence-transformers' StaticEmbedding load:
                  model.safetensors with the array `embeddings`, (V, D); tokenizer.json, a WordLevel
                  vocabulary behind a splitting at white space and punctuation (and lower-casing, if
                  no token has a capital); config.json and modules.json. A word that is not in the
                  vocabulary needs a row there: that of <unk>, or one of zeros added as the last,
                  which config.json tells of as `unk_added`
    spacy         a pipeline without components that `spacy.load` reads, as `spacy init vectors`
                  makes one: `vocab` in it is the folder that `Vectors.from_disk` reads

This room knows the names of the files in the folder that it is given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats.binary import stored
from corpus2vec.pipeline.tables.formats.text import formatted
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, vocabulary_lines

ROWS = "embeddings"  # the array's name in model.safetensors
UNK = "[UNK]"  # of the row of zeros


def write_tsv(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write vectors.tsv and metadata.tsv."""
    with (folder / "vectors.tsv").open("wb") as vectors, _metadata(folder) as metadata:
        metadata.write(b"token\tcount\tid\n")
        for rows, numbers in formatted(table, config, "\t"):
            vectors.write(joined_lines(numbers))
            ids = _ids(table)[rows]
            counts = _counts(table)[rows]
            cells = [pa.array(each).cast(pa.string()) for each in (counts, ids)]
            metadata.write(joined_lines(table.tokens[rows], "\t", cells[0], "\t", cells[1]))


def _metadata(folder: Path) -> Any:
    return (folder / "metadata.tsv").open("wb")


def _ids(table: Table) -> np.ndarray:
    return np.arange(len(table)) if table.ids is None else table.ids


def _counts(table: Table) -> np.ndarray:
    return np.zeros(len(table), np.int64) if table.counts is None else table.counts


def write_npy(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write vectors.npy and vocab.tsv."""
    with (folder / "vectors.npy").open("wb") as file:
        np.save(file, stored(table.vectors_VD, config), allow_pickle=False)
    with (folder / "vocab.tsv").open("wb") as file:
        file.writelines(vocabulary_lines(Vocabulary(table.tokens, _counts(table))))


def write_static_embedding(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write model.safetensors, tokenizer.json, config.json and modules.json."""
    tokens = table.tokens.to_pylist()
    vectors, unk = stored(table.vectors_VD, config), table.unk
    added = unk is None or unk not in tokens
    if unk is None or added:
        taken, unk = set(tokens), UNK
        while unk in taken:
            unk = f"[{unk}]"
        tokens = [*tokens, unk]
        vectors = np.concatenate([vectors, np.zeros((1, table.dim), vectors.dtype)])
    write_arrays(folder / "model.safetensors", {ROWS: vectors}, {"kind": "table"})
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
    _write_json(folder / "tokenizer.json", tokenizer)
    _write_json(folder / "config.json", settings)
    _write_json(folder / "modules.json", modules)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write_spacy(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write a blank pipeline whose vocabulary has the vectors."""
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import import_spacy

    spacy = import_spacy(with_torch=False)
    from spacy.vectors import Vectors

    language = spacy.blank(table.language)
    tokens = table.tokens.to_pylist()
    for token in tokens:  # a vector's key is a hash: without its string nobody could tell whose
        language.vocab.strings.add(token)
    language.vocab.vectors = Vectors(
        strings=language.vocab.strings,
        data=stored(table.vectors_VD, config),
        keys=tokens,
        name="corpus2vec",
    )
    language.to_disk(folder)
