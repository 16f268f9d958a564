"""Rows for new words, from their contexts in a corpus and from how they are spelt.

V known words   N new words   E columns of all tables together
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus2vec.pipeline.artifacts.weights import EMBEDDING, OUTPUT, require_table
from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.training.documents import Documents, generator
from corpus2vec.pipeline.use.context import (
    LEVELS,
    Blocks,
    fit_map,
    held_out,
    mean_contexts,
    window_contexts,
)
from corpus2vec.pipeline.use.form import fit_form
from corpus2vec.pipeline.use.newcomers import Extended

if TYPE_CHECKING:
    from corpus2vec.pipeline.training.inference import Network

ENOUGH = 4_000_000
"""Tokens that the map is fitted on: documents without new words are read up to this number."""

BIAS = "output.bias"
"""The name of the array with which an output layer knows how frequent words are."""

Contexts = Callable[[Documents], Blocks]


@dataclass(frozen=True)
class Rows:
    """Rows of new words for each table of a model, and how they came about."""

    tables: Sequence[np.ndarray]
    """(N, ·) float32 each."""
    facts: dict[str, Any]


def new_rows(tables: Sequence[np.ndarray], extended: Extended, contexts: Contexts) -> Rows:
    """Return rows for the new words of a vocabulary.

    `tables` are the model's, with a row for each known word. What is looked for is the direction of
    a word's rows in all tables at once; each new row is as long as the median row of its table.
    """
    known, vocabulary = extended.known, extended.vocabulary
    tokens = vocabulary.tokens.to_pylist()
    target_VE = unit_rows(np.concatenate([unit_rows(each) for each in tables], axis=1))
    is_word_V = np.ones(known, bool)
    if vocabulary.unk_id is not None:
        is_word_V[vocabulary.unk_id] = False

    documents = _enough(extended)
    counts = np.bincount(documents.ids_n, minlength=len(vocabulary))
    held_H = held_out(counts[:known], is_word_V)
    left_out = np.union1d(held_H, np.flatnonzero(~is_word_V))
    form = fit_form(tokens[:known], target_VE, vocabulary.counts[:known], left_out)
    form_NE, spelt_N = form.directions(tokens[known:])
    form_HE, _ = form.directions([tokens[each] for each in held_H])

    means = mean_contexts(contexts(documents), documents.ids_n, len(vocabulary), held_H)
    found = fit_map(means, target_VE, form_HE)
    counts_N = means.counts_V[known:]
    mixed_NE = form_NE
    facts: dict[str, Any] = {"new": len(form_NE), "spelt_like_others": int(spelt_N.sum())}
    if found is not None:
        mixed_NE = found.mixed(means.means_VD[known:], counts_N, form_NE)
        facts["held_out"] = len(held_H)
        facts["weight_of_context"] = dict(zip(map(str, LEVELS), found.shares, strict=True))
    return Rows(_as_long(mixed_NE, tables), facts)


def _as_long(mixed_NE: np.ndarray, tables: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Cut the directions into those of each table, and give them its median length."""
    ends = np.cumsum([each.shape[1] for each in tables])
    rows = []
    for part, table in zip(np.split(mixed_NE, ends[:-1], axis=1), tables, strict=True):
        length = np.float32(np.median(np.linalg.norm(table, axis=1)))
        rows.append(unit_rows(np.ascontiguousarray(part, np.float32)) * length)
    return rows


def _enough(extended: Extended) -> Documents:
    """Return the documents that have a new word, and others, drawn at random, for the map."""
    documents = extended.documents
    lengths = documents.lengths
    owner = np.repeat(np.arange(len(documents)), lengths)
    has_new = np.zeros(len(documents), bool)
    has_new[owner[documents.ids_n >= extended.known]] = True
    others = generator(0, 6).permutation(np.flatnonzero(~has_new))
    room = ENOUGH - int(lengths[has_new].sum())
    others = others[np.cumsum(lengths[others]) <= room]
    return documents.select(np.sort(np.concatenate([np.flatnonzero(has_new), others])))


# --- what a context is -----------------------------------------------------------------------


def contexts_of_network(network: Network, extended: Extended) -> Contexts:
    """Return the contexts that a network of `context` predicts at each place of a document.

    In a context, a new word reads as <unk>, or as nothing where there is none.
    """
    stand_in = extended.vocabulary.unk_id
    if stand_in is None:
        stand_in = network.add_blank_row()

    def contexts(documents: Documents) -> Blocks:
        readable = _readable(documents, extended.known, stand_in)
        alone_n = np.repeat(documents.lengths == 1, documents.lengths)
        for document_B, begin_B, contexts_BTD in network.contexts(readable):
            first_B = documents.offsets[document_B] + begin_B
            places = (first_B[:, None] + np.arange(contexts_BTD.shape[1])).reshape(-1)
            some = ~alone_n[places]
            yield places[some], contexts_BTD.reshape(len(places), -1)[some]

    return contexts


def contexts_of_table(table_VD: np.ndarray, extended: Extended) -> Contexts:
    """Return the means of the rows around each place, for a model without such a network."""
    stand_in = extended.vocabulary.unk_id
    blank_D = np.zeros((1, table_VD.shape[1]), np.float32)
    rows_VD = np.concatenate([unit_rows(table_VD), blank_D])

    def contexts(documents: Documents) -> Blocks:
        place = len(table_VD) if stand_in is None else stand_in
        return window_contexts(_readable(documents, extended.known, place), rows_VD)

    return contexts


def _readable(documents: Documents, known: int, stand_in: int) -> Documents:
    ids_n = np.where(documents.ids_n < known, documents.ids_n, stand_in).astype(np.int32)
    return Documents(ids_n, documents.offsets)


# --- a model's arrays ------------------------------------------------------------------------


def tables_of(path: Path, arrays: Mapping[str, np.ndarray], rows: int) -> dict[str, np.ndarray]:
    """Return the model's tables by name. Raises DataError if they do not have so many rows."""
    names = [name for name in (EMBEDDING, OUTPUT) if name in arrays or name == EMBEDDING]
    for name in names:
        require_table(path, name, arrays.get(name), rows)
    return {name: arrays[name] for name in names}


def with_rows(
    arrays: Mapping[str, np.ndarray], rows: Mapping[str, np.ndarray], extended: Extended
) -> dict[str, np.ndarray]:
    """Return the arrays that have a row for each word, with those of the new words at the end.

    A bias begins at the log of how frequent a word is, as in training.
    """
    grown = {name: np.concatenate([arrays[name], more]) for name, more in rows.items()}
    if BIAS in arrays:
        smoothed = extended.vocabulary.counts.astype(np.float64) + 1
        biases_N = np.log(smoothed[extended.known :] / smoothed[: extended.known].sum())
        more = biases_N.astype(np.float32).reshape(-1, *arrays[BIAS].shape[1:])
        grown[BIAS] = np.concatenate([arrays[BIAS], more])
    return grown
