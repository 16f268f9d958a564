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

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import misfit, parse_json, require_shape
from corpus2vec.pipeline.tables.formats.arrays import mapped, stored
from corpus2vec.pipeline.tables.formats.foreign import floret
from corpus2vec.pipeline.tables.table import Table

VECTORS, ROW_OF_KEY, STRINGS = FILES = ("vectors", "key2row", "strings.json")
PLACES = ("", "vocab")
SETTINGS = "vectors.cfg"
HASH = range(1 << 64)


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
    from spacy.strings import StringStore

    _refuse_floret(place)
    vectors = mapped(place / VECTORS)
    row_of = _rows_of_keys(place / ROW_OF_KEY, len(vectors))
    strings: Any = StringStore(_strings(place / STRINGS))
    found = sorted((row, strings[key]) for key, row in row_of.items() if key in strings)
    if len(vectors) and not found:
        raise DataError(f"{place} names no token of its vectors")
    tokens = pa.array([token for _, token in found], pa.string())
    rows = np.array([row for row, _ in found], np.int64)
    if not np.array_equal(rows, np.arange(len(vectors))):
        vectors = vectors[rows]
    yield Table(tokens, vectors)


def _refuse_floret(place: Path) -> None:
    """Raise DataError for a pipeline in whose table no word has a row of its own."""
    with reading(place / SETTINGS):
        content = (place / SETTINGS).read_bytes() if (place / SETTINGS).exists() else b"{}"
    settings = parse_json(content, place / SETTINGS)
    if isinstance(settings, dict) and settings.get("mode") == "floret":
        raise floret(place)


def _rows_of_keys(path: Path, rows: int) -> dict[int, int]:
    """Return the row of each hash, without those of hashes that have no row: spaCy writes -1."""
    from srsly import msgpack

    with reading(path):
        content = path.read_bytes()
    try:
        # With a hook of its own, for otherwise srsly makes arrays and numbers of some objects.
        found = msgpack.unpackb(content, raw=False, object_pairs_hook=dict)
    except (ValueError, TypeError, OverflowError) as problem:
        raise DataError(f"{path} is not MessagePack: {problem}") from problem
    if type(found) is not dict or misfit([*found], [HASH]) or misfit([*found.values()], [int]):
        raise DataError(f"{path} is not a list of hashes and their rows")
    return {key: row for key, row in found.items() if 0 <= row < rows}


def _strings(path: Path) -> list[str]:
    with reading(path):
        content = path.read_bytes()
    strings: list[str] = parse_json(content, path)
    require_shape(strings, [str], path)
    try:
        "".join(strings).encode()
    except UnicodeEncodeError as problem:
        raise DataError(f"{path} has a string that is no text: {problem.reason}") from problem
    return strings
