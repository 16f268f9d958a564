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

from corpus2vec.pipeline.config import MapConfig
from corpus2vec.pipeline.report import measures
from corpus2vec.pipeline.report.measures import Map
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

FREQUENT = 12
"""How many of the most frequent words are listed with their neighbours."""
NAMES_OF_A_REGION = 2


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
    """The number of words of the whole table."""
    regions: tuple[tuple[tuple[int, int], str], ...] = ()
    """Where each region of the map is, and what it is called: by its most typical words."""


def facts_of_table(
    table: Table,
    vocabulary: Vocabulary | None,
    labels: Labels | None,
    config: MapConfig,
    chosen: Sequence[str],
    lower: bool,
) -> dict[str, Any]:
    """Return the fields of `Facts` that come from the table. <unk> is no word of the map."""
    tokens = table.tokens.to_pylist()
    ids_V = _ids_of(table, vocabulary)
    counts_V = None
    if vocabulary is not None:
        counts_V = np.where(ids_V >= 0, vocabulary.counts[ids_V], 0)
    order_V = np.arange(len(tokens)) if counts_V is None else np.argsort(-counts_V, kind="stable")
    unk = vocabulary.unk if vocabulary else table.unk
    words_V = order_V[[tokens[row] != unk for row in order_V]] if unk else order_V
    rows_M = words_V[: config.map_words]
    label_of_M = None
    if labels:
        label_of_V = np.append(measures.label_of_words(labels.counts_GV), -1)  # at -1: no type
        label_of_M = tuple(label_of_V[ids_V[rows_M]].tolist())
    spelt = (row for row in words_V.tolist() if is_word(tokens[row]))
    frequent = list(itertools.islice(spelt, FREQUENT))
    row_of = {token: row for row, token in enumerate(tokens)}
    asked = {word: _row_of(word, row_of, lower) for word in chosen}
    wanted = dict.fromkeys(row for row in asked.values() if row is not None)
    plane = config.layout == "neighbours"
    found = measures.map_rows(table.vectors_VD, rows_M, plane) if len(rows_M) else None
    words = tuple(tokens[row] for row in rows_M)
    return {
        "shape": (len(tokens), table.dim),
        "map": found
        and WordMap(
            map=found,
            words=words,
            regions=_named(found, words),
            counts=None if counts_V is None else tuple(counts_V[rows_M].tolist()),
            labels=label_of_M,
            label_names=tuple(labels.names) if labels else (),
            of=len(words_V),
        ),
        "neighbours": _neighbours(
            table.vectors_VD, tokens, counts_V, list(wanted), frequent, row_of.get(unk or "")
        ),
        "not_found": tuple(word for word, row in asked.items() if row is None),
    }


def _named(found: Map, words: Sequence[str]) -> tuple[tuple[tuple[int, int], str], ...]:
    """Name each region by its most typical words that have a letter."""
    named = []
    for region in found.regions:
        typical = (words[place] for place in region.words.tolist() if is_word(words[place]))
        name = ", ".join(itertools.islice(typical, NAMES_OF_A_REGION))
        if name:
            named.append((region.place, name))
    return tuple(named)


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
    unk: int | None,
) -> tuple[Neighbours, ...]:
    """Return the neighbours of those rows; no row is its own neighbour, and <unk> is none's."""
    rows = np.array([*chosen, *(row for row in frequent if row not in chosen)], np.int64)
    unit_VD = unit_rows(vectors_VD)
    excluded_Q2 = np.stack((rows, np.full_like(rows, -1 if unk is None else unk)), 1)
    near_QK, cosines_QK = nearest(unit_VD, unit_VD[rows], measures.NEIGHBOURS, excluded_Q2)
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
