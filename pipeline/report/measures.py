"""The numbers behind the charts and tables: pure functions of arrays.

No file is read here, and nothing is drawn.

V types or rows   D columns   M words on the map   K neighbours   L labels   G groups of labels
n distinct lengths
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.report.neighbour_map import (
    SPRINGS,
    Region,
    find_regions,
    lay_out,
    share_kept,
)
from corpus2vec.pipeline.report.palette import LABEL_COLOURS
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows

RANKS = 160
BINS = 32
NEIGHBOURS = 8
SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)

Points = tuple[tuple[int, float], ...]


# --- a classifier ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How many held-out documents of each label were predicted each label."""

    names: tuple[str, ...]
    counts_CC: np.ndarray
    """A row for each label that documents have, a column for each that was predicted."""

    @property
    def recall(self) -> list[float | None]:
        """For each label, the share of its documents that were predicted it; None without any."""
        rows = zip(self.counts_CC.diagonal().tolist(), self.counts_CC.sum(1).tolist(), strict=True)
        return [right / of if of else None for right, of in rows]

    @property
    def precision(self) -> list[float | None]:
        """For each label, the share of what was predicted it that has it; None without any."""
        columns = zip(
            self.counts_CC.diagonal().tolist(), self.counts_CC.sum(0).tolist(), strict=True
        )
        return [right / of if of else None for right, of in columns]


# --- words and documents ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Frequency:
    """How the tokens of a corpus are distributed over its types. <unk> is not a type."""

    types: int
    tokens: int
    """All tokens, including those that are <unk>."""
    unknown: int
    once: int
    """Types that occur once."""
    ranks: tuple[tuple[int, int], ...]
    """(rank, count), at ranks that are evenly spaced on a logarithmic scale."""
    coverage: tuple[tuple[int, float], ...]
    """(n, the share of the tokens that are of the n most frequent types), at the same ranks."""
    slope: float | None
    """By how much the logarithm of the count falls as that of the rank rises (Zipf: about -1)."""
    enough: tuple[tuple[float, int | None], ...]
    """(share, number of types needed to cover it); None if all types do not cover it."""


def measure_frequency(counts_V: np.ndarray, unknown: int = 0) -> Frequency:
    """Measure the counts of a vocabulary; `unknown` is the number of tokens that are <unk>.

    >>> measure_frequency(np.array([1, 6, 2]), unknown=1).enough[:3]
    ((0.5, 1), (0.8, 2), (0.9, 3))
    """
    falling_V = np.sort(counts_V)[::-1]
    tokens = int(falling_V.sum()) + unknown
    covered_V = np.cumsum(falling_V)
    ranks = _spread(len(falling_V))
    enough = []
    for share in SHARES:
        need = int(np.searchsorted(covered_V, share * tokens - 1e-9)) + 1
        enough.append((share, need if need <= len(falling_V) else None))
    return Frequency(
        types=len(falling_V),
        tokens=tokens,
        unknown=unknown,
        once=int((falling_V == 1).sum()),
        ranks=tuple((rank, int(falling_V[rank - 1])) for rank in ranks),
        coverage=tuple((rank, float(covered_V[rank - 1] / max(tokens, 1))) for rank in ranks),
        slope=_slope(ranks, falling_V),
        enough=tuple(enough),
    )


def _slope(ranks: list[int], falling_V: np.ndarray) -> float | None:
    """Fit a line to the logarithms of counts at these ranks, by least squares."""
    counts = np.array([falling_V[rank - 1] for rank in ranks])
    x, y = np.log(np.array(ranks)[counts > 0]), np.log(counts[counts > 0])
    if len(x) < 3:
        return None
    x -= x.mean()
    return float(x @ y / (x @ x))


def _spread(last: int) -> list[int]:
    """Return ranks from 1 to `last`, evenly spaced on a logarithmic scale."""
    if not last:
        return []
    return [int(rank) for rank in np.unique(np.geomspace(1, last, RANKS).round())]


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """How long the documents are, in tokens."""

    documents: int
    least: int
    median: int
    mean: float
    most: int
    bins: tuple[tuple[int, int, int], ...]
    """(from, below, documents). The longest 1% of the documents may be beyond the last bin."""
    beyond: int
    """Documents beyond the last bin."""


def measure_lengths(lengths_n: np.ndarray, documents_n: np.ndarray) -> Lengths | None:
    """Measure documents given by their distinct lengths, ascending, and the number of each length.

    >>> measure_lengths(np.array([3, 5]), np.array([1, 2])).median
    5
    """
    total = int(documents_n.sum())
    if not total:
        return None
    reached_n = np.cumsum(documents_n)

    def quantile(share: float) -> int:
        return int(lengths_n[np.searchsorted(reached_n, share * total)])

    most = int(lengths_n[-1])
    width = max(1, -(-(quantile(0.99) + 1) // BINS))
    bins = quantile(0.99) // width + 1
    drawn = lengths_n < bins * width
    found = np.bincount(lengths_n[drawn] // width, documents_n[drawn], bins).astype(int).tolist()
    return Lengths(
        documents=total,
        least=int(lengths_n[0]),
        median=quantile(0.5),
        mean=float(lengths_n @ documents_n / total),
        most=most,
        bins=tuple((place * width, (place + 1) * width, n) for place, n in enumerate(found)),
        beyond=total - sum(found),
    )


def label_of_words(counts_GV: np.ndarray) -> np.ndarray:
    """Return for each type the group that uses it most, as a share of the group's tokens: (V,).

    -1 for a type that no document has.
    """
    totals_G = np.maximum(counts_GV.sum(1, keepdims=True), 1)
    best_V: np.ndarray = (counts_GV / totals_G).argmax(0)
    return np.where(counts_GV.sum(0) > 0, best_V, -1)


# --- the table -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Map:
    """M words at two kinds of places, and their nearest neighbours."""

    rows: np.ndarray
    """(M,) int64: the words' rows in the table, most frequent first."""
    places_M3: np.ndarray
    """(M, 3) int16: the first three principal components of their unit vectors, on one scale: the
    largest absolute value is 32,767."""
    explained: tuple[float, ...]
    """The share of the variance that each component explains."""
    plane_M2: np.ndarray | None
    """(M, 2) int16, scaled likewise: places that keep neighbours (see `neighbour_map`), or None."""
    regions: tuple[Region, ...]
    """What is where on that plane."""
    kept: tuple[float, float | None]
    """Of a word's K nearest, the share that is among its K nearest by the first two components, and
    on the plane."""
    near_MK: np.ndarray
    """(M, K) int64: the nearest of the M words, as indices into `rows`; -1 for none."""
    cosines_MK: np.ndarray
    """(M, K) float32: their cosine similarities."""


def map_rows(vectors_VD: np.ndarray, rows_M: np.ndarray, plane: bool = True) -> Map:
    """Place those rows on a map, and find each one's nearest neighbours on it."""
    unit_MD = unit_rows(vectors_VD[rows_M])
    components_M3, explained = principal_components(unit_MD)
    many = SPRINGS if plane else NEIGHBOURS
    near_MX, cosines_MX = nearest(unit_MD, unit_MD, many, np.arange(len(rows_M))[:, None])
    near_MK = near_MX[:, :NEIGHBOURS]
    plane_M2, kept = None, None
    regions: tuple[Region, ...] = ()
    if plane:
        plane_M2 = _scaled(lay_out(near_MX, cosines_MX, components_M3[:, :2]))
        regions = find_regions(plane_M2, unit_MD)
        kept = share_kept(plane_M2, near_MK)
    return Map(
        rows=rows_M,
        places_M3=_scaled(components_M3),
        explained=explained,
        plane_M2=plane_M2,
        regions=regions,
        kept=(share_kept(components_M3[:, :2], near_MK), kept),
        near_MK=near_MK,
        cosines_MK=cosines_MX[:, :NEIGHBOURS],
    )


def _scaled(places_MX: np.ndarray) -> np.ndarray:
    """Return places as int16; the largest absolute value becomes 32,767."""
    largest = np.abs(places_MX).max(initial=0.0)
    return np.rint(places_MX * (32767 / (largest or 1.0))).astype(np.int16)


def principal_components(rows_MD: np.ndarray) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return the first three principal components of the rows, (M, 3) float64, and their shares.

    By the eigenvectors of the D×D covariance: exact and repeatable. The sign of a component is
    arbitrary; the one that makes its largest weight positive is taken. With fewer than three
    columns, the rest is zero.

    >>> principal_components(np.array([[0.0, 1.0], [0.0, 3.0]]))[0].tolist()
    [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    centered_MD = rows_MD.astype(np.float64)
    centered_MD -= centered_MD.mean(0)
    values, directions = np.linalg.eigh(centered_MD.T @ centered_MD)
    leading = directions[:, ::-1][:, :3]
    signs = np.sign(np.take_along_axis(leading, np.abs(leading).argmax(0)[None], 0))
    places = centered_MD @ (leading * signs)
    missing = 3 - places.shape[1]
    shares = np.maximum(values[::-1][:3], 0) / (values.sum() if values.sum() > 0 else 1)
    padded = np.pad(places, ((0, 0), (0, missing))) + 0.0  # no -0.0
    return padded, tuple(float(share) for share in np.pad(shares, (0, missing)))


def frequency_classes(counts_M: np.ndarray, classes: int) -> np.ndarray:
    """Return each count's class, from 0 (rare) to `classes` - 1, even on a logarithmic scale."""
    logs = np.log(np.maximum(counts_M, 1))
    low, high = logs.min(initial=np.inf), logs.max(initial=-np.inf)
    if not high > low:
        return np.full(len(logs), classes - 1)
    found: np.ndarray = np.minimum((logs - low) / (high - low) * classes, classes - 1).astype(int)
    return found


def group_labels(documents_L: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return each label's group, (L,), and the names of the groups.

    A group is one label. With more labels than colours, those with the fewest documents share one.
    """
    if len(names) <= LABEL_COLOURS:
        return np.arange(len(names)), names
    order = np.argsort(-documents_L, kind="stable")
    group_of_L = np.full(len(names), LABEL_COLOURS - 1)
    kept = order[: LABEL_COLOURS - 1]
    group_of_L[kept] = np.arange(LABEL_COLOURS - 1)
    rest = len(names) - len(kept)
    return group_of_L, [*(names[each] for each in kept), f"{rest} others"]
