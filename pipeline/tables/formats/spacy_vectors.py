"""A pipeline that `spacy.load` reads, as `spacy init vectors` makes one, in a folder.

It has no components. Below `vocab` is what `Vectors.from_disk` reads:

    vectors        (V, D) in NumPy's format, float32 or float16
    key2row        MessagePack: the hash of each token → its row
    strings.json   the tokens, since a hash alone names none

A token can be any string. The reader accepts any spaCy pipeline with vectors, or its `vocab`
folder. It leaves out rows whose key is no known string's hash; strings that share a row each get
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats.arrays import mapped, stored
from corpus2vec.pipeline.tables.table import Table

VECTORS, ROW_OF_KEY, STRINGS = FILES = ("vectors", "key2row", "strings.json")
PLACES = ("", "vocab")


def write(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write the table."""
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import import_spacy

    spacy = import_spacy(with_torch=False)
    from spacy.vectors import Vectors

    language = spacy.blank(table.language)
    tokens = table.tokens.to_pylist()
    for token in tokens:
        language.vocab.strings.add(token)
    language.vocab.vectors = Vectors(
        strings=language.vocab.strings,
        data=stored(table.vectors_VD, config),
        keys=tokens,
        name="corpus2vec",
    )
    language.to_disk(folder)


def read(place: Path) -> Iterator[Table]:
    """Yield the table; its vectors are mapped where each row has one string."""
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import import_spacy

    import_spacy(with_torch=False)
    import srsly
    from spacy.strings import StringStore

    vectors = mapped(place / VECTORS)
    try:
        row_of = srsly.read_msgpack(place / ROW_OF_KEY)
        strings = StringStore(json.loads((place / STRINGS).read_bytes()))
        found = sorted((int(row), strings[key]) for key, row in row_of.items() if key in strings)
    except (ValueError, TypeError, AttributeError) as problem:
        raise DataError(f"{place} is damaged: {problem}") from problem
    found = [(row, token) for row, token in found if 0 <= row < len(vectors)]
    tokens = pa.array([token for _, token in found], pa.string())
    rows = np.array([row for row, _ in found], np.int64)
    if not np.array_equal(rows, np.arange(len(vectors))):
        vectors = vectors[rows]
    yield Table(tokens, vectors)
