"""A vector for a word that the table does not have, from how it is spelt.

A word is `<word>`, with a mark at each end, and its n-grams are the 3 to 9 characters that follow
each other in it (Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", has 3
to 6; on words that were left out, longer ones foretold rows a little better). Each n-gram that two
words or more share gets a vector, so that the sum of a word's n-gram vectors is close to the
direction of the word's row. It is learned from the table alone (Pinter et al. 2017, "Mimicking Word
Embeddings using Subword RNNs"), here by a weighted ridge regression: the row of a word that occurs
c times weighs c / (c + 20), since a row that few occurrences made is mostly noise, and one that
many made is none the better for more. The normal equations are solved by conjugate gradients, and
how strong the ridge is, is chosen on words that are left out. No randomness but a fixed seed: the
same table gives the same vectors.

V words   D columns   G n-grams   n n-grams of all words, one after the other
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.tables.similarity import unit_rows

SHORTEST, LONGEST = 3, 9
MOST_WORDS = 100_000
"""The most frequent words, which the vectors of n-grams are learned from."""
RIDGES = (1.0, 3.0, 10.0, 30.0)
HALF = 20
"""Occurrences with which a row weighs half as much as one can."""
LEFT_OUT = 1000
"""Words on which the ridge is chosen; a tenth of the words where there are fewer."""
SKETCH = 16
"""Columns in which it is chosen: random directions of the rows, since all behave alike."""
STEPS = 10
"""Conjugate gradients change little after half as many."""
CLOSE = 0.02
"""They stop where the residual is this part of what it was."""
GATHERED = 1 << 12
"""Vectors gathered at a time, so that they stay in the processor's cache."""
FACTOR, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)


@dataclass(frozen=True)
class Form:
    """Vectors of n-grams, from which those of words are made."""

    grams_G: np.ndarray
    """(G,) uint64, sorted: the hashes of the n-grams."""
    vectors_GD: np.ndarray
    """(G, D) float32."""
    mean_D: np.ndarray
    """(D,) float32: the mean direction of the rows, to which a word's n-grams add."""
    length: float
    """The median length of the rows, which the vectors get."""
    ridge: float
    """How strong the ridge is that was chosen."""

    def directions(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return (N, D) float32 sums, as they are, and (N,) whether a word has any known n-gram."""
        hashes_n, owner_n = grams_of(words)
        at_n = np.searchsorted(self.grams_G, hashes_n)
        at_n = at_n.clip(max=max(0, len(self.grams_G) - 1))
        known_n = self.grams_G[at_n] == hashes_n if len(self.grams_G) else hashes_n < 0
        spelling = _spelling(at_n[known_n], owner_n[known_n], len(words))
        return spelling.of_words(self.vectors_GD) + self.mean_D, spelling.scale_V > 0

    def vectors(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the words' vectors (N, D) float32, zeros for a word without a known n-gram.

        And (N,) bool: which words have one.
        """
        sums_ND, known_N = self.directions(words)
        return unit_rows(sums_ND) * (known_N[:, None] * np.float32(self.length)), known_N


def fit_form(
    words: Sequence[str],
    vectors_VD: np.ndarray,
    counts_V: np.ndarray | None = None,
    left_out: np.ndarray | None = None,
) -> Form:
    """Learn the vectors of n-grams from the rows of words.

    `counts_V` is how often each word occurs; without it all weigh the same. `left_out` are rows
    that are not learned from.

    >>> words = ["walk", "walked", "walking", "talk", "talked", "talking", "jump", "leaping"]
    >>> rows = np.array([[1, 0], [1, 1], [1, -1]] * 2 + [[1, 0], [1, -1]], np.float32)
    >>> form = fit_form(words, rows)
    >>> found, known = form.vectors(["jumping", "xyz"])
    >>> bool(found[0, 1] < 0), known.tolist()
    (True, [True, False])
    """
    counts_V = np.ones(len(words), np.int64) if counts_V is None else counts_V
    usable_V = np.einsum("vd,vd->v", vectors_VD, vectors_VD) > 0
    if left_out is not None:
        usable_V[left_out] = False
    rows = np.argsort(-counts_V, kind="stable")
    rows = np.sort(rows[usable_V[rows]][:MOST_WORDS])
    length = float(np.median(np.linalg.norm(vectors_VD[rows], axis=1))) if len(rows) else 1.0

    hashes_n, owner_n = grams_of([words[row] for row in rows])
    grams_G, place_n, shared_G = np.unique(hashes_n, return_inverse=True, return_counts=True)
    kept_G = shared_G > 1
    kept_n = kept_G[place_n]
    renumbered_G = np.cumsum(kept_G) - 1
    spelling = _spelling(renumbered_G[place_n[kept_n]], owner_n[kept_n], len(rows))
    grams_G = grams_G[kept_G]

    count_V = np.maximum(counts_V[rows], 1)
    weight_V = (count_V / (count_V + HALF)).astype(np.float32)
    weight_V /= weight_V.mean() if len(rows) else 1
    unit_VD = unit_rows(np.ascontiguousarray(vectors_VD[rows], np.float32))
    mean_D = np.average(unit_VD, axis=0, weights=weight_V).astype(np.float32) if len(rows) else 0
    unit_VD -= mean_D
    ridge = _chosen_ridge(spelling, unit_VD, weight_V, len(grams_G))
    vectors_GD = _solved(spelling, unit_VD, weight_V, len(grams_G), ridge)
    mean_D = np.broadcast_to(np.float32(mean_D), (vectors_VD.shape[1],))
    return Form(grams_G, vectors_GD, mean_D, length, ridge)


# --- n-grams ---------------------------------------------------------------------------------


def grams_of(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of all words' n-grams, (n,) uint64, and whose each one is, (n,) int64.

    An n-gram that a word has twice is there once. The hashes have 64 bits, so that two n-grams with
    the same one are as good as impossible.

    >>> hashes, owners = grams_of(["as", "has"])  # <as as> <as> | <ha has as> <has has> <has>
    >>> owners.tolist(), len(set(hashes[:3].tolist()) & set(hashes[3:].tolist()))
    ([0, 0, 0, 1, 1, 1, 1, 1, 1], 1)
    """
    text = "".join(f"<{word}>" for word in words)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    lengths = np.array([len(word) + 2 for word in words], np.int64)
    owner = np.repeat(np.arange(len(words)), lengths)
    left = np.cumsum(lengths)[owner] - np.arange(len(codes))  # characters from here to the end
    hashes, owners = [], []
    rolling = np.zeros(len(codes), np.uint64)
    for size in range(1, LONGEST + 1):
        begins = max(0, len(codes) - size + 1)
        rolling = rolling[:begins] * FACTOR + codes[size - 1 : size - 1 + begins] + np.uint64(1)
        rolling ^= rolling >> SHIFT
        if size >= SHORTEST:
            within = left[:begins] >= size
            hashes.append(rolling[within])
            owners.append(owner[:begins][within])
    hashes_n, owner_n = np.concatenate(hashes), np.concatenate(owners)
    order = np.lexsort((hashes_n, owner_n))
    hashes_n, owner_n = hashes_n[order], owner_n[order]
    first = np.ones(len(order), bool)
    first[1:] = (hashes_n[1:] != hashes_n[:-1]) | (owner_n[1:] != owner_n[:-1])
    return hashes_n[first], owner_n[first]


@dataclass(frozen=True)
class _Rows:
    """Sums of rows: which rows each of R sums takes. A sparse matrix of ones."""

    place_n: np.ndarray
    offsets_R: np.ndarray
    """(R + 1,) int64."""

    def summed(self, values_XD: np.ndarray) -> np.ndarray:
        """Return the sums (R, D). Sums of as many rows are formed together, by plain indexing."""
        sizes_R = np.diff(self.offsets_R)
        sums_RD = np.zeros((len(sizes_R), values_XD.shape[1]), np.float32)
        order = np.argsort(sizes_R, kind="stable")
        for same in np.split(order, np.flatnonzero(np.diff(sizes_R[order])) + 1):
            size = int(sizes_R[same[0]]) if len(same) else 0
            step = max(1, GATHERED // max(1, size))
            for begin in range(0, len(same) if size else 0, step):
                chosen = same[begin : begin + step]
                places = self.place_n[self.offsets_R[chosen][:, None] + np.arange(size)]
                sums_RD[chosen] = values_XD[places].sum(1)
        return sums_RD


@dataclass(frozen=True)
class _Spelling:
    """Which n-grams the words have: V×G ones."""

    words: _Rows
    grams: _Rows
    """The same, transposed."""
    scale_V: np.ndarray
    """(V,) float32: 0 for a word without n-grams, else 1."""

    def of_words(self, vectors_GD: np.ndarray) -> np.ndarray:
        rows_VD: np.ndarray = self.words.summed(vectors_GD) * self.scale_V[:, None]
        return rows_VD

    def of_grams(self, rows_VD: np.ndarray) -> np.ndarray:
        return self.grams.summed(rows_VD * self.scale_V[:, None])

    def squares_of_grams(self, weight_V: np.ndarray) -> np.ndarray:
        squares: np.ndarray = self.grams.summed((weight_V * self.scale_V**2)[:, None])[:, 0]
        return squares


def _spelling(place_n: np.ndarray, owner_n: np.ndarray, words: int) -> _Spelling:
    """Return it from pairs of n-gram and word, sorted by the word."""
    sizes_V = np.bincount(owner_n, minlength=words)
    sizes_G = np.bincount(place_n)
    scale_V = (sizes_V > 0).astype(np.float32)
    by_gram = np.argsort(place_n, kind="stable")
    return _Spelling(
        _Rows(place_n, np.concatenate([[0], np.cumsum(sizes_V)])),
        _Rows(owner_n[by_gram], np.concatenate([[0], np.cumsum(sizes_G)])),
        scale_V,
    )


# --- the regression --------------------------------------------------------------------------


def _chosen_ridge(
    spelling: _Spelling, unit_VD: np.ndarray, weight_V: np.ndarray, grams: int
) -> float:
    """Return the ridge that foretells words best which are left out."""
    number = min(LEFT_OUT, len(unit_VD) // 10)
    random = np.random.default_rng(0)
    tested = random.permutation(len(unit_VD))[:number]
    if not grams or not number:
        return 1.0
    sketch_DK = random.standard_normal((unit_VD.shape[1], SKETCH)).astype(np.float32)
    target_VK = unit_VD @ sketch_DK
    weight_V = weight_V.copy()
    weight_V[tested] = 0
    errors = []
    for ridge in RIDGES:
        found_GK = _solved(spelling, target_VK, weight_V, grams, ridge)
        left_VK = target_VK - spelling.of_words(found_GK)
        errors.append(float((left_VK[tested] ** 2).sum()))
    return RIDGES[int(np.argmin(errors))]


def _solved(
    spelling: _Spelling, target_VD: np.ndarray, weight_V: np.ndarray, grams: int, ridge: float
) -> np.ndarray:
    """Return the ridge regression's vectors (G, D), by conjugate gradients in each column.

    Preconditioned by the diagonal (Shewchuk 1994, "An Introduction to the Conjugate Gradient Method
    Without the Agonizing Pain").
    """
    found_GD = np.zeros((grams, target_VD.shape[1]), np.float32)
    if not grams:
        return found_GD
    weights = weight_V[:, None]
    inverse_G1 = 1 / (spelling.squares_of_grams(weight_V) + np.float32(ridge))[:, None]
    left_GD = spelling.of_grams(target_VD * weights)
    start = float(np.linalg.norm(left_GD))
    ahead_GD = inverse_G1 * left_GD
    product_D = np.einsum("gd,gd->d", left_GD, ahead_GD)
    for _ in range(STEPS):
        image_GD = spelling.of_grams(spelling.of_words(ahead_GD) * weights)
        image_GD += np.float32(ridge) * ahead_GD
        energy_D = np.einsum("gd,gd->d", ahead_GD, image_GD)
        step_D = product_D / np.where(energy_D > 0, energy_D, 1)
        found_GD += step_D * ahead_GD
        left_GD -= step_D * image_GD
        if np.linalg.norm(left_GD) <= CLOSE * start:
            break
        before_D, scaled_GD = product_D, inverse_G1 * left_GD
        product_D = np.einsum("gd,gd->d", left_GD, scaled_GD)
        ahead_GD *= product_D / np.where(before_D > 0, before_D, 1)
        ahead_GD += scaled_GD
    return found_GD
