"""NumPy's format beside a vocabulary, in a folder.

    vectors.npy   (V, D), float32 or float16
    vocab.tsv     as every vocab.tsv; an id is the row's number, a count that is not known is 0

A token can be any string: vocab.tsv escapes what it must.

A lone .npy is read too, with its tokens from a file beside it (`tokens_beside`): a vocab.tsv, or
lines of UTF-8, a token each, of which what follows a tab is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.tables.formats.arrays import mapped, require_alike, stored
from corpus2vec.pipeline.tables.formats.rows import BYTE_ORDER_MARK, as_text
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.vocabulary.vocabulary import (
    HEADER,
    Vocabulary,
    parse_vocabulary,
    vocabulary_lines,
)

VECTORS, VOCABULARY = FILES = ("vectors.npy", "vocab.tsv")
PLACES = ("",)
BESIDE = ("{}.tsv", "{}.txt", "{}.vocab", "vocab.tsv", "vocab.txt", "words.txt")
"""Where the tokens of a lone .npy are; {} is its name without the extension."""


def write(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write the table."""
    vectors = stored(table.vectors_VD, config)
    with (folder / VECTORS).open("wb") as file:
        # As np.save does, which however does not say why a write failed.
        header = np.lib.format.header_data_from_array_1_0(vectors)
        np.lib.format.write_array_header_1_0(file, header)
        file.write(vectors.reshape(-1).view(np.uint8).data)
    with (folder / VOCABULARY).open("wb") as file:
        file.writelines(vocabulary_lines(Vocabulary(table.tokens, table.known_counts)))


def read(place: Path) -> Iterator[Table]:
    """Yield the table, its vectors mapped."""
    vectors = mapped(place / VECTORS)
    name = place / VOCABULARY
    vocabulary = parse_vocabulary(name.read_bytes(), str(name))
    require_alike(len(vocabulary), len(vectors), place)
    yield Table(vocabulary.tokens.cast(pa.string()), vectors, vocabulary.counts)


# --- a lone .npy -----------------------------------------------------------------------------


def tokens_beside(path: Path) -> Path | None:
    """Return the file of the tokens of a lone .npy: the first of BESIDE that is there."""
    places = [path.with_name(each.format(path.stem)) for each in BESIDE]
    return next((each for each in places if each.is_file()), None)


def read_array(path: Path) -> Iterator[Table]:
    """Yield the table of a lone .npy. Raise DataError where its tokens are not beside it."""
    name = tokens_beside(path)
    if name is None:
        names = ", ".join(each.format(path.stem) for each in BESIDE)
        raise DataError(
            f"{path} has no tokens beside it",
            hint=f"put them beside it, one a line, as one of {names}",
        )
    vectors = mapped(path)
    with reading(name):
        text = name.read_bytes().removeprefix(BYTE_ORDER_MARK)
    counts = None
    if text.startswith(HEADER.encode()):
        vocabulary = parse_vocabulary(text, str(name))
        tokens, counts = vocabulary.tokens.cast(pa.string()), vocabulary.counts
    else:
        lines = text.removesuffix(b"\n").split(b"\n") if text else []
        words = [as_text(line.partition(b"\t")[0].removesuffix(b"\r")) for line in lines]
        tokens = pa.array(words, pa.string())
    if len(tokens) != len(vectors):
        raise DataError(f"{path} has {len(vectors)} rows, and {name} {len(tokens)} tokens")
    yield Table(tokens, vectors, counts)
