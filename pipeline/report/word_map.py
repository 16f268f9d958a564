"""The words of a table: which are on its map, and the nearest neighbours of some.

It joins the table with the vocabulary (counts) and the documents (labels), and does not draw.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.report import measures
from corpus2vec.pipeline.report.measures import Map
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

FREQUENT = 12
"""How many of the most frequent words are listed with their neighbours."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """A word, and the words whose vectors are nearest to its own."""

    word: str
    count: int | None
    chosen: bool
    """Whether the user asked for it."""
    nearest: tuple[tuple[str, float], ...]
    """(word, cosine)"""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """How often the documents of each label use each type: G groups of labels, V types."""

    names: list[str]
    counts_GV: np.ndarray


@dataclass(frozen=True, kw_only=True)
class WordMap:
    """The map and the words on it, all in the order of `map.rows`."""

    map: Map
    words: tuple[str, ...]
    counts: tuple[int, ...] | None
    labels: tuple[int, ...] | None
    """Indices into `label_names`; -1 for none."""
    label_names: tuple[str, ...]
    of: int
    """The number of rows of the whole table."""


def facts_of_table(
    table: Table,
    vocabulary: Vocabulary | None,
    labels: Labels | None,
    mapped: int,
    chosen: Sequence[str],
    lower: bool,
) -> dict[str, Any]:
    """Return the fields of `Facts` that come from the table, with `mapped` words on the map."""
    tokens = table.tokens.to_pylist()
    ids_V = _ids_of(table, vocabulary)
    counts_V = None
    if vocabulary is not None:
        counts_V = np.where(ids_V >= 0, vocabulary.counts[ids_V], 0)
    order_V = np.arange(len(tokens)) if counts_V is None else np.argsort(-counts_V, kind="stable")
    rows_M = order_V[:mapped]
    label_of_M = None
    if labels:
        label_of_V = np.append(measures.label_of_words(labels.counts_GV), -1)  # at -1: no type
        label_of_M = tuple(label_of_V[ids_V[rows_M]].tolist())
    unk = vocabulary.unk if vocabulary else None
    spelt = (row for row in order_V.tolist() if is_word(tokens[row]) and tokens[row] != unk)
    frequent = list(itertools.islice(spelt, FREQUENT))
    row_of = {token: row for row, token in enumerate(tokens)}
    asked = {word: _row_of(word, row_of, lower) for word in chosen}
    wanted = dict.fromkeys(row for row in asked.values() if row is not None)
    return {
        "shape": (len(tokens), table.dim),
        "map": WordMap(
            map=measures.map_rows(table.vectors_VD, rows_M),
            words=tuple(tokens[row] for row in rows_M),
            counts=None if counts_V is None else tuple(counts_V[rows_M].tolist()),
            labels=label_of_M,
            label_names=tuple(labels.names) if labels else (),
            of=len(tokens),
        ),
        "neighbours": _neighbours(table.vectors_VD, tokens, counts_V, list(wanted), frequent),
        "not_found": tuple(word for word, row in asked.items() if row is None),
    }


def _ids_of(table: Table, vocabulary: Vocabulary | None) -> np.ndarray:
    """Return the ids of the table's tokens, -1 for a token that the vocabulary lacks."""
    if vocabulary is None:
        return np.full(len(table), -1)
    places = pc.index_in(table.tokens, value_set=vocabulary.tokens.cast(pa.string()))
    ids: np.ndarray = places.fill_null(-1).to_numpy()
    return ids


def is_word(token: str) -> bool:
    """Return whether a token has a letter: neighbours of digits and punctuation are of no use."""
    return any(map(str.isalpha, token))


def _row_of(word: str, row_of: Mapping[str, int], lower: bool) -> int | None:
    """Return the word's row; a lower-cased corpus has only its lower-case form."""
    return row_of.get(word, row_of.get(word.lower()) if lower else None)


def _neighbours(
    vectors_VD: np.ndarray,
    tokens: list[str],
    counts_V: np.ndarray | None,
    chosen: list[int],
    frequent: list[int],
) -> tuple[Neighbours, ...]:
    rows = np.array([*chosen, *(row for row in frequent if row not in chosen)], np.int64)
    unit_VD = unit_rows(vectors_VD)
    near_QK, cosines_QK = nearest(unit_VD, unit_VD[rows], measures.NEIGHBOURS, rows[:, None])
    return tuple(
        Neighbours(
            word=tokens[row],
            count=None if counts_V is None else int(counts_V[row]),
            chosen=row in chosen,
            nearest=tuple(
                (tokens[other], cosine)
                for other, cosine in zip(near.tolist(), cosines.tolist(), strict=True)
                if other >= 0
            ),
        )
        for row, near, cosines in zip(rows.tolist(), near_QK, cosines_QK, strict=True)
    )
