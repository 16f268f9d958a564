"""Scores of a table on gold files: rank correlation on pairs, accuracy on analogies.

Pure functions of tables and gold. Two measures, each with a 95 % bootstrap interval:

    spearman   pairs: Spearman's rank correlation of cosines and people's scores; ties get the mean
               of their ranks
    accuracy   analogies: the share of questions A : B = C : D for which D is the word nearest to
               B - A + C, among all words but A, B and C (3CosAdd: Mikolov, Yih and Zweig 2013,
               "Linguistic Regularities in Continuous Space Word Representations")

N questions   R resamples   V rows   D columns
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from corpus2vec.pipeline.ask.spelling import spelt_out
from corpus2vec.pipeline.ask.words import Words, most_frequent
from corpus2vec.pipeline.config import EvaluateConfig
from corpus2vec.pipeline.judge.gold import Analogies, Gold, Pairs
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table

CELLS = 1 << 22
"""Resampled values in memory at a time."""
BLOCK = 1024
"""Analogies answered between two reports of progress."""
INTERVAL = (0.025, 0.975)
SYNTACTIC = "gram"
"""How the name of a syntactic section begins."""


@dataclass(frozen=True)
class Score:
    """One score of a table, and the questions it is based on."""

    gold: str
    """The gold file's name."""
    part: Literal["all", "kind", "section"]
    """All questions; of analogies also the semantic or syntactic ones, or a section."""
    section: str
    """The name of the kind or section; empty for all."""
    measure: Literal["spearman", "accuracy"]
    value: float | None
    """None if undefined: no question, fewer than two pairs, or all values the same."""
    interval: tuple[float, float] | None
    """The middle 95 % of the scores on resampled questions."""
    n: int
    """Questions that were scored."""
    total: int
    """Questions in the file."""
    oov: int
    """Questions with a word that the table does not have."""

    @property
    def coverage(self) -> float:
        """The share of questions whose words the table has."""
        return 1 - self.oov / self.total if self.total else 0.0


class Judged:
    """A table, prepared once to be scored on any number of gold files."""

    def __init__(
        self,
        table: Table,
        config: EvaluateConfig,
        progress: Progress = SILENT,
        asked: Sequence[Gold] = (),
    ) -> None:
        """`asked`: the gold files whose words the table may lack, with --unknown form."""
        table = most_frequent(table, config.restrict)
        if config.unknown == "form":
            words = [word for gold in asked for each in gold.words for word in each]
            table = spelt_out(table, words, config.case)
        self._config = config
        self._progress = progress
        self._words = Words(table.tokens, config.case)
        self._unit_VD = unit_rows(table.vectors_VD)

    def known(self, gold: Gold) -> np.ndarray:
        """Return for each question whether the table has all its words: (N,) bool."""
        return _known(self._words.rows(gold.words))

    def scores(self, gold: Gold, asked_N: np.ndarray | None = None) -> list[Score]:
        """Return the scores on a gold file: one for pairs; for analogies all, kinds, sections.

        `asked_N`, (N,) bool: the questions that count, instead of all that the table knows.
        """
        if isinstance(gold, Pairs):
            return [self._pairs(gold, asked_N)]
        return self._analogies(gold, asked_N)

    def _pairs(self, gold: Pairs, asked_N: np.ndarray | None) -> Score:
        rows_N2 = self._words.rows(gold.words)
        known_N = _known(rows_N2)
        unit_N2D = self._unit_VD[rows_N2]
        cosines_N = np.einsum("nd,nd->n", unit_N2D[:, 0], unit_N2D[:, 1], dtype=np.float64)
        cosines_N[rows_N2[:, 0] == rows_N2[:, 1]] = 1  # exactly, so that they are ties
        cosines_N[~known_N] = 0
        scored_N = self._scored(known_N, asked_N)
        cosines_N, people_N = cosines_N[scored_N], np.array(gold.scores)[scored_N]
        return Score(
            gold=gold.name,
            part="all",
            section="",
            measure="spearman",
            value=spearman(cosines_N, people_N),
            interval=spearman_interval(cosines_N, people_N, self._config),
            n=len(people_N),
            total=len(gold),
            oov=int(np.count_nonzero(~known_N)),
        )

    def _analogies(self, gold: Analogies, asked_N: np.ndarray | None) -> list[Score]:
        rows_N4 = self._words.rows(gold.words)
        known_N = _known(rows_N4)
        scored_N = self._scored(known_N, asked_N)
        right_N = np.zeros(len(gold), bool)
        answered_N = scored_N & known_N
        right_N[answered_N] = analogies(
            self._unit_VD, rows_N4[answered_N], self._words.first_V, self._progress
        )

        def score(part: Literal["all", "kind", "section"], section: str, of_N: np.ndarray) -> Score:
            right, n = int((right_N & of_N).sum()), int((scored_N & of_N).sum())
            return Score(
                gold=gold.name,
                part=part,
                section=section,
                measure="accuracy",
                value=right / n if n else None,
                interval=share_interval(right, n, self._config),
                n=n,
                total=int(of_N.sum()),
                oov=int((~known_N & of_N).sum()),
            )

        sections = np.array(gold.sections, object)
        syntactic_N = np.array([name.startswith(SYNTACTIC) for name in gold.sections], bool)
        scores = [score("all", "", np.ones(len(gold), bool))]
        if syntactic_N.any():
            kinds = {"semantic": ~syntactic_N, "syntactic": syntactic_N}
            scores += [score("kind", name, of_N) for name, of_N in kinds.items() if of_N.any()]
        if any(gold.sections):
            names = dict.fromkeys(gold.sections)
            scores += [score("section", name, sections == name) for name in names]
        return scores

    def _scored(self, known_N: np.ndarray, asked_N: np.ndarray | None) -> np.ndarray:
        if asked_N is not None:
            known_N = asked_N & known_N
        return np.ones_like(known_N) if self._config.unknown == "zero" else known_N


def _known(rows_NW: np.ndarray) -> np.ndarray:
    known_N: np.ndarray = np.all(rows_NW >= 0, axis=1)
    return known_N


def known_to_all(tables: Sequence[Judged], gold: Gold) -> np.ndarray:
    """Return for each question whether every table has all its words: (N,) bool."""
    known_N: np.ndarray = np.all([table.known(gold) for table in tables], axis=0)
    return known_N


# --- the measures ----------------------------------------------------------------------------


def spearman(one_N: np.ndarray, other_N: np.ndarray) -> float | None:
    """Return the rank correlation of N pairs of values; None if one side is constant.

    >>> round(spearman(np.array([1, 2, 3, 4]), np.array([10, 30, 20, 30])), 4)
    0.6325
    """
    one_codes_N, other_codes_N = _codes(one_N), _codes(other_N)
    [found] = _correlations(_ranks(one_codes_N[None]), _ranks(other_codes_N[None]))
    return None if np.isnan(found) else float(found)


def spearman_interval(
    one_N: np.ndarray, other_N: np.ndarray, config: EvaluateConfig
) -> tuple[float, float] | None:
    """Return the 95 % interval of the rank correlation, or None where no resample has one.

    The percentile bootstrap: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    count = len(one_N)
    if not count:
        return None
    random = np.random.default_rng(config.seed)
    one_codes_N, other_codes_N = _codes(one_N), _codes(other_N)
    block = max(1, CELLS // count)
    found = []
    for begin in range(0, config.resamples, block):
        picks_RN = random.integers(count, size=(min(block, config.resamples - begin), count))
        ranks = (_ranks(one_codes_N[picks_RN]), _ranks(other_codes_N[picks_RN]))
        found.append(_correlations(*ranks))
    values = np.concatenate(found) if found else np.empty(0)
    return _middle(values[~np.isnan(values)])


def share_interval(right: int, n: int, config: EvaluateConfig) -> tuple[float, float] | None:
    """Return the 95 % interval of the share of right answers, or None without a question.

    The same bootstrap. The number of right ones among n questions drawn with replacement is
    binomial, so the questions themselves need not be drawn.
    """
    if not n:
        return None
    random = np.random.default_rng(config.seed)
    return _middle(random.binomial(n, right / n, config.resamples) / n)


def analogies(
    unit_VD: np.ndarray, rows_N4: np.ndarray, first_V: np.ndarray, progress: Progress = SILENT
) -> np.ndarray:
    """Return which questions A : B = C : D are answered with D: (N,) bool.

    Rows with the same `first_V` are spellings of one word (`Words.first_V`). No spelling of A, B
    or C is an answer, and any spelling of D is right.
    """
    right_N = np.zeros(len(rows_N4), bool)
    for begin in range(0, len(rows_N4), BLOCK):
        block = slice(begin, begin + BLOCK)
        a, b, c, d = rows_N4[block].T
        excluded_BX = _spellings(first_V, rows_N4[block, :3])
        queries_BD = unit_VD[b] - unit_VD[a] + unit_VD[c]
        answers_B = nearest(unit_VD, queries_BD, 1, excluded_BX)[0][:, 0]
        right_N[block] = (answers_B >= 0) & (first_V[answers_B] == first_V[d])
        progress.advance(min(begin + BLOCK, len(rows_N4)), len(rows_N4), "analogies")
    return right_N


def _spellings(first_V: np.ndarray, rows_NW: np.ndarray) -> np.ndarray:
    """Return all rows that spell one of each question's W words: (N, W·S), padded with -1."""
    order = np.argsort(first_V, kind="stable")
    words, places = np.unique(first_V[rows_NW], return_inverse=True)
    begins, ends = (np.searchsorted(first_V[order], words, side) for side in ("left", "right"))
    most = int((ends - begins).max())
    places_US = begins[:, None] + np.arange(most)
    spelt_US = np.where(places_US < ends[:, None], order[places_US.clip(max=len(order) - 1)], -1)
    return spelt_US[places.reshape(rows_NW.shape)].reshape(len(rows_NW), -1)


def _codes(values_N: np.ndarray) -> np.ndarray:
    """Replace values by their places among the distinct values, in order: (N,) int64."""
    codes_N: np.ndarray = np.unique(values_N, return_inverse=True)[1].reshape(-1)
    return codes_N


def _ranks(codes_RN: np.ndarray) -> np.ndarray:
    """Return the ranks in each row minus their mean; ties get the mean of their ranks.

    By counting instead of sorting, since codes are small numbers.
    """
    rows, count = codes_RN.shape
    kinds = int(codes_RN.max(initial=-1)) + 1
    flat = codes_RN + np.arange(rows)[:, None] * kinds
    counts_RK = np.bincount(flat.reshape(-1), minlength=rows * kinds).reshape(rows, kinds)
    ranks_RK = counts_RK.cumsum(axis=1) - (counts_RK - 1) / 2
    ranks_RN: np.ndarray = np.take_along_axis(ranks_RK, codes_RN, axis=1) - (count + 1) / 2
    return ranks_RN


def _correlations(one_RN: np.ndarray, other_RN: np.ndarray) -> np.ndarray:
    """Return the correlation of each two rows of centred ranks; NaN where one is constant."""
    products = np.einsum("rn,rn->r", one_RN, other_RN)
    squares = [np.einsum("rn,rn->r", each, each) for each in (one_RN, other_RN)]
    scale = np.sqrt(squares[0]) * np.sqrt(squares[1])
    found = np.divide(products, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    clipped: np.ndarray = np.clip(found, -1, 1)  # rounding may pass 1
    return clipped


def _middle(values: np.ndarray) -> tuple[float, float] | None:
    if not len(values):
        return None
    low, high = np.quantile(values, INTERVAL)
    return float(low), float(high)
