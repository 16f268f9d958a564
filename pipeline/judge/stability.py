"""How stable each word's neighbours are over several tables of one corpus, such as those of seeds.

A neighbour that only one run finds is chance, not the corpus (Wendlandt, Kummerfeld and Mihalcea
2018, "Factors Influencing the Surprising Instability of Word Embeddings"). A word's stability is
the share of its K nearest that are the same, as a mean over all pairs of tables.

T tables   S words that all have   W sampled words   K neighbours   D columns (each table its own)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.ask.words import most_frequent
from corpus2vec.pipeline.config import CompareConfig
from corpus2vec.pipeline.judge.comparison import drawn, in_both, require_several
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.use.align import rows_by_word


@dataclass(frozen=True)
class Word:
    """A word, and how stable its neighbours are."""

    word: str
    stability: float
    """0 to 1."""
    neighbors: list[list[str]]
    """In each table, nearest first."""


@dataclass(frozen=True)
class Stability:
    """How stable neighbours are over tables."""

    rows: list[int]
    """The words of each table that were considered, after `restrict`."""
    shared: int
    """Words that all tables have."""
    words: int
    """Shared words whose neighbours were compared."""
    neighbors: int
    """K: how many of each."""
    stability: float
    """The mean over words."""
    pairs: list[tuple[int, int, float]]
    """Two tables, by their places from 0, and the mean share of neighbours that they have alike."""
    least: list[Word]
    """The least stable words, the least first."""


def stability(tables: Sequence[Table], config: CompareConfig, top: int) -> Stability:
    """Compare the neighbours of the words that all tables have; report the `top` least stable.

    Raises DataError if they share fewer than three words.
    """
    tables = [most_frequent(each, config.restrict) for each in tables]
    rows_of = [rows_by_word(each.tokens) for each in tables]
    words = [word for word in rows_of[0] if all(word in each for each in rows_of[1:])]
    require_several(words)
    sample_W = drawn(len(words), config.sample, np.random.default_rng(config.seed))
    k = min(config.neighbors, len(words) - 1)
    near = []
    for table, rows in zip(tables, rows_of, strict=True):
        unit_SD = unit_rows(table.vectors_VD[[rows[word] for word in words]])
        near.append(nearest(unit_SD, unit_SD[sample_W], k, sample_W[:, None])[0])
    pairs, shares = [], []
    for one, other in itertools.combinations(range(len(tables)), 2):
        shares.append(in_both(near[one], near[other]).mean(axis=1))
        pairs.append((one, other, float(shares[-1].mean())))
    stable_W = np.mean(shares, axis=0)
    order = np.argsort(stable_W, kind="stable")[:top]
    return Stability(
        rows=[len(each) for each in tables],
        shared=len(words),
        words=len(sample_W),
        neighbors=k,
        stability=float(stable_W.mean()),
        pairs=pairs,
        least=[
            Word(
                word=words[sample_W[at]],
                stability=float(stable_W[at]),
                neighbors=[[words[row] for row in each[at]] for each in near],
            )
            for at in order
        ],
    )
