"""What differs between two tables of word vectors: neighbourhoods, cosines, the words that moved.

Two training runs give two spaces with unrelated axes, perhaps not even the same number of them. So
vectors of one table are not compared with those of the other. What is compared is what holds
within each: cosines and nearest neighbours, over the words that both tables have. With --aligned
one table is rotated to the other first, and a word's two vectors can be compared.

S shared words   W sampled words   K neighbours   P pairs   D columns (each table its own)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.ask.words import most_frequent
from corpus2vec.pipeline.config import CompareConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.judge.evaluation import spearman
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.use.align import cosines, rotated, rotation, shared_words

NUMBERS = 1 << 24
"""Numbers of gathered vectors in memory at a time."""


@dataclass(frozen=True)
class Moved:
    """A word, how far it moved, and its neighbours in both tables."""

    word: str
    distance: float
    """0 to 2: 1 minus the cosine of its two vectors of cosines, one a table, with the neighbours
    that it has in either table; aligned, 1 minus the cosine of its two vectors."""
    overlap: float
    """The share of its neighbours that are the same."""
    neighbors: tuple[list[str], list[str]]
    """In the first table and in the second, nearest first."""


@dataclass(frozen=True)
class Comparison:
    """How alike two tables are."""

    rows: tuple[int, int]
    """The words of each table that were considered, after `restrict`."""
    shared: int
    """Words that both tables have."""
    words: int
    """Shared words whose neighbours were compared."""
    neighbors: int
    """K: how many of each."""
    overlap: float
    """The mean share of neighbours that are the same: |A ∩ B| / K."""
    jaccard: float
    """The mean of |A ∩ B| / |A ∪ B|."""
    pairs: int
    """Pairs whose cosines were compared."""
    correlation: float | None
    """Spearman's rank correlation of the pairs' cosines; None if undefined."""
    aligned: float | None
    """The mean cosine of shared words after the first table is rotated to the second; None if it
    was not."""
    moved: list[Moved]
    """The words that moved most, the farthest first."""


def compare(one: Table, other: Table, config: CompareConfig, top: int) -> Comparison:
    """Compare two tables over the words that both have; report the `top` words that moved most.

    Raises DataError if they share fewer than three words.
    """
    one, other = (most_frequent(each, config.restrict) for each in (one, other))
    words, rows_S, other_rows_S = shared_words(one, other)
    require_several(words)
    unit = (unit_rows(one.vectors_VD[rows_S]), unit_rows(other.vectors_VD[other_rows_S]))
    random = np.random.default_rng(config.seed)
    pairs_P2 = _pairs(len(words), config.pairs, random)
    sample_W = drawn(len(words), config.sample, random)
    k = min(config.neighbors, len(words) - 1)
    near = [nearest(each, each[sample_W], k, sample_W[:, None])[0] for each in unit]
    same_W = in_both(near[0], near[1]).sum(axis=1)
    aligned_S = None
    if config.aligned:
        turned_SD = rotated(unit[0], rotation(*unit))
        aligned_S = cosines(turned_SD, unit[1])
        distances_W = 1 - aligned_S[sample_W]
    else:
        distances_W = _distances(unit, sample_W, np.concatenate(near, axis=1))
    order = np.argsort(-distances_W, kind="stable")[:top]
    return Comparison(
        rows=(len(one), len(other)),
        shared=len(words),
        words=len(sample_W),
        neighbors=k,
        overlap=float(np.mean(same_W / k)),
        jaccard=float(np.mean(same_W / (2 * k - same_W))),
        pairs=len(pairs_P2),
        aligned=None if aligned_S is None else float(aligned_S.mean()),
        correlation=spearman(_cosines(unit[0], pairs_P2), _cosines(unit[1], pairs_P2)),
        moved=[
            Moved(
                word=words[sample_W[at]],
                distance=float(distances_W[at]),
                overlap=float(same_W[at] / k),
                neighbors=(
                    [words[row] for row in near[0][at]],
                    [words[row] for row in near[1][at]],
                ),
            )
            for at in order
        ],
    )


def _pairs(count: int, wanted: int, random: np.random.Generator) -> np.ndarray:
    """Draw `wanted` pairs of different words, (P, 2); return all pairs if there are no more."""
    if count * (count - 1) // 2 <= wanted:
        return np.stack(np.triu_indices(count, 1), axis=1)
    one_P = random.integers(count, size=wanted)
    other_P = random.integers(count - 1, size=wanted)
    return np.stack([one_P, other_P + (other_P >= one_P)], axis=1)


def _cosines(unit_SD: np.ndarray, pairs_P2: np.ndarray) -> np.ndarray:
    """Return the cosine of each pair: (P,) float64."""
    cosines_P = np.empty(len(pairs_P2))
    size = max(1, NUMBERS // max(1, 2 * unit_SD.shape[1]))
    for begin in range(0, len(pairs_P2), size):
        block = slice(begin, begin + size)
        one, other = unit_SD[pairs_P2[block, 0]], unit_SD[pairs_P2[block, 1]]
        cosines_P[block] = np.einsum("pd,pd->p", one, other, dtype=np.float64)
    return cosines_P


def require_several(words: list[str]) -> None:
    """Raise DataError for too few shared words."""
    if len(words) < 3:
        raise DataError(
            f"the tables share {len(words)} words, which is too few to compare",
            hint="are they of the same language, and both lower-cased or neither?",
        )


def drawn(count: int, wanted: int, random: np.random.Generator) -> np.ndarray:
    """Return `wanted` of `count` words, drawn at random, in order; all if there are no more."""
    if wanted >= count:
        return np.arange(count)
    chosen_W: np.ndarray = np.sort(random.choice(count, wanted, replace=False))
    return chosen_W


def in_both(one_WK: np.ndarray, other_WK: np.ndarray) -> np.ndarray:
    """Return which neighbours of each word are also among its others: (W, K) bool."""
    same_WK = np.empty(one_WK.shape, bool)
    size = max(1, NUMBERS // max(1, one_WK.shape[1] * other_WK.shape[1]))
    for begin in range(0, len(one_WK), size):
        block = slice(begin, begin + size)
        same_WK[block] = np.any(one_WK[block, :, None] == other_WK[block, None, :], axis=2)
    return same_WK


def _distances(
    unit: tuple[np.ndarray, np.ndarray], sample_W: np.ndarray, around_WN: np.ndarray
) -> np.ndarray:
    """Return how far each word moved among its neighbours of both tables: (W,), 0 to 2.

    The local neighbourhood measure of Hamilton, Leskovec and Jurafsky 2016, "Cultural Shift or
    Linguistic Drift?": take the word's cosines with the neighbours as a vector, one for each
    table; the distance is 1 minus the cosine of the two. No table has to be rotated to the other.
    """
    weights_WN = np.ones(around_WN.shape)
    k = around_WN.shape[1] // 2
    weights_WN[:, k:] = ~in_both(around_WN[:, k:], around_WN[:, :k])  # each neighbour once
    cosines = []
    for unit_SD in unit:
        cosines_WN = np.empty(around_WN.shape)
        size = max(1, NUMBERS // max(1, around_WN.shape[1] * unit_SD.shape[1]))
        for begin in range(0, len(sample_W), size):
            block = slice(begin, begin + size)
            words_BD, around_BND = unit_SD[sample_W[block]], unit_SD[around_WN[block]]
            cosines_WN[block] = np.einsum("bd,bnd->bn", words_BD, around_BND)
        cosines.append(cosines_WN * weights_WN)
    dots_W = np.einsum("wn,wn->w", *cosines)
    lengths = [np.linalg.norm(each, axis=1) for each in cosines]
    scale_W = lengths[0] * lengths[1]
    likeness_W = np.divide(dots_W, scale_W, out=np.zeros(len(sample_W)), where=scale_W > 0)
    likeness_W[(lengths[0] == 0) & (lengths[1] == 0)] = 1  # no vector, no move
    found_W: np.ndarray = np.clip(1 - likeness_W, 0, 2)
    return found_W
