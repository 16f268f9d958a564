"""A vector for a word from the contexts that it occurs in, "à la carte".

The mean of a word's contexts is mapped to its row by a linear map, which is fitted on words that
have rows (Khodak et al. 2018, "A La Carte Embedding: Cheap but Effective Induction of Semantic
Feature Vectors"). A context is what a `context` network predicts at the place; any other model is
used as a table, and a context is the mean of the rows within 5 tokens, as in that paper.

How many occurrences there were decides how much the contexts count beside the form of the word
(`use.form`): both weights are fitted on words of which only as many occurrences are shown (after
Schick & Schütze 2019, "Learning Semantic Representations for Novel Words: Leveraging Both Form and
Context").

n tokens   V words, new ones too   D columns of a context   E columns of a target   H held-out words
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.training.documents import Documents, generator

REACH = 5
"""Tokens on each side that are a context, without a network."""
LEVELS = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of occurrences that are shown of a held-out word."""
HELD_OUT = 500
"""Words on which the ridge and the weights are fitted; a tenth of the fit ones where fewer."""
LEAST = 8
"""Occurrences that a word needs for the map to be fitted on it."""
FEW_WORDS = 20
"""With fewer words to fit the map on, contexts do not count."""
USUAL = 4
"""With fewer words held out, n contexts weigh n / (n + this), and the form the rest."""
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Relative to the mean variance of the contexts."""
BLOCK = 1 << 14

Blocks = Iterator[tuple[np.ndarray, np.ndarray]]
"""Places of tokens in the corpus (m,), and their contexts (m, D)."""


def window_contexts(documents: Documents, rows_VD: np.ndarray, reach: int = REACH) -> Blocks:
    """Yield the mean of the rows within `reach` tokens of each token that has a neighbour.

    >>> documents = Documents(np.array([0, 1, 1, 0], np.int32), np.array([0, 3, 4]))
    >>> [(places, means)] = window_contexts(documents, np.array([[1.0], [4.0]], np.float32))
    >>> places.tolist(), means.tolist()
    ([0, 1, 2], [[4.0], [2.5], [2.5]])
    """
    n = len(documents.ids_n)
    begin_n, end_n = (
        np.repeat(each, documents.lengths)
        for each in (documents.offsets[:-1], documents.offsets[1:])
    )
    for begin in range(0, n, BLOCK):
        places = np.arange(begin, min(begin + BLOCK, n))
        sums_mD = np.zeros((len(places), rows_VD.shape[1]), np.float32)
        number_m = np.zeros(len(places), np.int64)
        for step in (*range(-reach, 0), *range(1, reach + 1)):
            others = places + step
            inside = (others >= begin_n[places]) & (others < end_n[places])
            sums_mD[inside] += rows_VD[documents.ids_n[others[inside]]]
            number_m += inside
        some = number_m > 0
        yield places[some], sums_mD[some] / number_m[some, None].astype(np.float32)


@dataclass(frozen=True)
class Means:
    """Mean contexts of words, over all their occurrences and over a few."""

    means_VD: np.ndarray
    counts_V: np.ndarray
    """(V,) int64: over how many occurrences."""
    held_H: np.ndarray
    """The ids of the held-out words."""
    few_LHD: np.ndarray
    """Over as many occurrences as each of `LEVELS` says, drawn at random."""


def mean_contexts(blocks: Blocks, ids_n: np.ndarray, words: int, held_H: np.ndarray) -> Means:
    """Return the mean of each word's contexts; words are 0 … `words` - 1."""
    sums_VD = few_LHD = np.zeros((0, 0), np.float32)
    counts_V = np.zeros(words, np.int64)
    place_V = np.full(words, -1)
    place_V[held_H] = np.arange(len(held_H))
    rank_n = _ranks(ids_n, place_V)
    for places, contexts_mD in blocks:
        if not sums_VD.size:
            dim = contexts_mD.shape[1]
            sums_VD = np.zeros((words, dim), np.float32)
            few_LHD = np.zeros((len(LEVELS), len(held_H), dim), np.float32)
        ids = ids_n[places]
        _add(sums_VD, ids, contexts_mD)
        counts_V += np.bincount(ids, minlength=words)
        held = np.flatnonzero(place_V[ids] >= 0)
        rank = rank_n[places[held]]
        for level, most in enumerate(LEVELS):
            chosen = held[rank < most]
            _add(few_LHD[level], place_V[ids[chosen]], contexts_mD[chosen])
    shown_LH = np.minimum(counts_V[held_H], np.array(LEVELS)[:, None]).clip(1)
    if not sums_VD.size:
        return Means(np.zeros((words, 0), np.float32), counts_V, held_H[:0], few_LHD)
    return Means(
        sums_VD / counts_V[:, None].clip(1).astype(np.float32),
        counts_V,
        held_H,
        few_LHD / shown_LH[:, :, None].astype(np.float32),
    )


def _ranks(ids_n: np.ndarray, place_V: np.ndarray) -> np.ndarray:
    """Return for each occurrence of a held-out word its rank in a random order, at most 255."""
    rank_n = np.full(len(ids_n), 255, np.uint8)
    places = np.flatnonzero(place_V[ids_n] >= 0)
    places = generator(0, 5).permutation(places)
    order = np.argsort(ids_n[places], kind="stable")
    ids = ids_n[places][order]
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    within = np.arange(len(ids)) - np.repeat(first, np.diff(np.append(first, len(ids))))
    rank_n[places[order]] = np.minimum(within, 255)
    return rank_n


def _add(sums_VD: np.ndarray, ids: np.ndarray, rows: np.ndarray) -> None:
    """Add rows to the sums of their ids."""
    if len(ids):
        order = np.argsort(ids, kind="stable")
        first = np.flatnonzero(np.diff(ids[order], prepend=-1))
        sums_VD[ids[order][first]] += np.add.reduceat(rows[order], first, axis=0)


# --- the map and the weights -----------------------------------------------------------------


@dataclass(frozen=True)
class Map:
    """A linear map of mean contexts to targets, and the weights of contexts and form."""

    weights_DE: np.ndarray
    from_D: np.ndarray
    to_E: np.ndarray
    mixing_L2: np.ndarray
    """By the number of occurrences (`LEVELS`): what the context's vector, and the form's, count."""

    @property
    def shares(self) -> list[float]:
        """By the number of occurrences: how much of both weights is the context's."""
        sums_L = self.mixing_L2.sum(1)
        shares = self.mixing_L2[:, 0] / np.where(sums_L > 0, sums_L, 1)
        return [round(float(each), 3) for each in shares]

    def targets(self, means_ND: np.ndarray) -> np.ndarray:
        """Return what the contexts alone say, (N, E) float32."""
        found_NE: np.ndarray = (means_ND - self.from_D) @ self.weights_DE + self.to_E
        return found_NE

    def mixed(self, means_ND: np.ndarray, counts_N: np.ndarray, form_NE: np.ndarray) -> np.ndarray:
        """Return what contexts and form say together, (N, E) float32.

        A word without a context has its form only.
        """
        level_N = np.log2(counts_N.clip(1))
        steps = np.log2(LEVELS)
        context_N, form_N = (np.interp(level_N, steps, each) for each in self.mixing_L2.T)
        context_N = np.where(counts_N > 0, context_N, 0)
        form_N = np.where(counts_N > 0, form_N, 1)
        mixed_NE: np.ndarray = (
            context_N[:, None] * self.targets(means_ND) + form_N[:, None] * form_NE
        )
        return mixed_NE.astype(np.float32)


def held_out(counts_V: np.ndarray, known_V: np.ndarray) -> np.ndarray:
    """Return the ids of words that occur often enough to be held out, drawn at random, sorted.

    `known_V` is which words have rows.
    """
    fit = np.flatnonzero(known_V & (counts_V >= LEAST))
    number = min(HELD_OUT, len(fit) // 10)
    return np.sort(generator(0, 4).permutation(fit)[:number])


def fit_map(means: Means, target_VE: np.ndarray, form_HE: np.ndarray) -> Map | None:
    """Fit the map on the words that have targets, and the weights on those held out.

    `target_VE` are the targets of the first words, those that have rows; `form_HE` is what the form
    says of the held-out words. None where there are too few words to fit on.
    """
    counts_V = means.counts_V[: len(target_VE)]
    fit = np.flatnonzero(counts_V >= LEAST)
    fit = fit[~np.isin(fit, means.held_H)]
    if len(fit) < FEW_WORDS:
        return None
    weight_N = np.sqrt(counts_V[fit]).astype(np.float64)
    weight_N /= weight_N.sum()
    x_ND, y_NE = means.means_VD[fit].astype(np.float64), target_VE[fit].astype(np.float64)
    from_D, to_E = weight_N @ x_ND, weight_N @ y_NE
    x_ND, y_NE = x_ND - from_D, y_NE - to_E
    values_D, axes_DD = np.linalg.eigh(x_ND.T @ (weight_N[:, None] * x_ND))
    image_DE = axes_DD.T @ (x_ND.T @ (weight_N[:, None] * y_NE))

    wanted_HE = target_VE[means.held_H].astype(np.float64)
    shown_HD = (means.means_VD[means.held_H] - from_D) @ axes_DD
    errors = []
    for ridge in RIDGES:
        found_DE = image_DE / (values_D.clip(0) + ridge * values_D.mean())[:, None]
        errors.append(float(((shown_HD @ found_DE + to_E - wanted_HE) ** 2).sum()))
    ridge = RIDGES[int(np.argmin(errors))] if len(shown_HD) else 1.0
    weights_DE = axes_DD @ (image_DE / (values_D.clip(0) + ridge * values_D.mean())[:, None])

    mixing = []
    for level, shown in enumerate(LEVELS):
        enough_H = means.counts_V[means.held_H] >= shown
        if np.count_nonzero(enough_H) < FEW_WORDS:
            mixing.append([shown / (shown + USUAL), USUAL / (shown + USUAL)])
            continue
        context_HE = (means.few_LHD[level] - from_D) @ weights_DE + to_E
        mixing.append(_two_weights(context_HE[enough_H], form_HE[enough_H], wanted_HE[enough_H]))
    return Map(
        weights_DE.astype(np.float32),
        from_D.astype(np.float32),
        to_E.astype(np.float32),
        np.array(mixing),
    )


def _two_weights(one_HE: np.ndarray, other_HE: np.ndarray, wanted_HE: np.ndarray) -> list[float]:
    """Return the weights, none below 0, with which two estimates together are closest."""
    one, other, wanted = (each.reshape(-1).astype(float) for each in (one_HE, other_HE, wanted_HE))
    square_22 = np.array([[one @ one, one @ other], [one @ other, other @ other]])
    image_2 = np.array([one @ wanted, other @ wanted])
    both = np.linalg.lstsq(square_22, image_2, rcond=None)[0]
    if (both >= 0).all():
        return [float(each) for each in both]
    alone = image_2 / np.maximum(square_22.diagonal(), 1e-30)
    best = int((alone * image_2).argmax())
    if alone[best] <= 0:  # neither says anything
        return [0.0, 1.0]
    weights = [0.0, 0.0]
    weights[best] = float(alone[best])
    return weights
