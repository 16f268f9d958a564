"""A plane on which words that are near each other in the table are near each other: t-SNE.

Principal components show the broad shape of a table, and keep almost no neighbours. t-SNE (van der
Maaten & Hinton 2008, "Visualizing Data using t-SNE") gives each word springs to its nearest words,
and makes all words repel each other. The repulsion is summed on a grid by fast Fourier transforms
(Linderman et al. 2019, "Fast interpolation-based t-SNE"), so an iteration over M words takes time
in proportion to M. It begins with the first two principal components, so nothing is random.

M words   K neighbours   E springs   P interpolation points   F frequencies   R regions
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PERPLEXITY = 15
"""The number of neighbours that a word's springs are spread over, roughly."""
SPRINGS = 3 * PERPLEXITY
"""The neighbours that a word has springs to; those beyond would weigh next to nothing."""
TOGETHER, APART = 100, 200
"""Iterations with springs 12 times as strong, which sort the words, and with plain ones."""
EXAGGERATION = 12.0
POINTS = 3
"""Interpolation points in a cell of the grid, on each side."""
CELLS = (30, 400)
"""Least and most cells on a side of the grid; between, a cell is as wide as the forces reach."""
WORDS_IN_A_REGION, MOST_REGIONS = 150, 20
"""How many words make a region, roughly, and how many regions there are at most."""


def lay_out(near_MK: np.ndarray, cosines_MK: np.ndarray, start_M2: np.ndarray) -> np.ndarray:
    """Return places on a plane, (M, 2) float64.

    `near_MK` are each word's nearest words, -1 for none, and `cosines_MK` their cosines. `start_M2`
    are the places to begin with; only their proportions count.
    """
    size = len(start_M2)
    if size < 4:
        return start_M2 - start_M2.mean(0) if size else start_M2
    head_E, tail_E, weight_E = springs(near_MK, cosines_MK)
    places_M2 = 1e-4 * start_M2 / (start_M2.std() or 1.0)
    speed_M2, gain_M2 = np.zeros_like(places_M2), np.ones_like(places_M2)
    rate = max(size / EXAGGERATION, 1.0)
    for turn in range(TOGETHER + APART):
        early = turn < TOGETHER
        strength = EXAGGERATION if early else 1.0
        pull_M2 = attraction(places_M2, head_E, tail_E, strength * weight_E)
        slope_M2 = 4 * (pull_M2 - repulsion(places_M2))
        against_M2 = np.sign(slope_M2) != np.sign(speed_M2)
        gain_M2 = np.maximum(np.where(against_M2, gain_M2 + 0.2, gain_M2 * 0.8), 0.01)
        speed_M2 = (0.5 if early else 0.8) * speed_M2 - rate * gain_M2 * slope_M2
        places_M2 = places_M2 + speed_M2
        places_M2 -= places_M2.mean(0)
    return places_M2


def springs(
    near_MK: np.ndarray, cosines_MK: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return springs as (E,) arrays: the word, the other word, the strength; strengths sum to 1.

    Each word's distances are scaled so that its springs have the wished-for perplexity. A spring is
    there in both directions, equally strong.
    """
    there_MK = near_MK >= 0
    apart_MK = np.where(there_MK, np.maximum(1.0 - cosines_MK, 0.0), np.inf)  # |a - b|² / 2
    apart_MK = apart_MK - apart_MK.min(1, keepdims=True, initial=np.inf, where=there_MK)
    wanted = np.log(np.minimum(PERPLEXITY, np.maximum(there_MK.sum(1), 1) * 0.9))
    low, high = np.full(len(near_MK), 1e-6), np.full(len(near_MK), 1e6)
    for _ in range(60):  # bisection, on a logarithmic scale: entropy falls as sharpness rises
        sharp = np.sqrt(low * high)
        share_MK = np.exp(-sharp[:, None] * apart_MK)
        share_MK /= share_MK.sum(1, keepdims=True)
        entropy = -(share_MK * np.log(np.maximum(share_MK, 1e-300))).sum(1)
        low, high = np.where(entropy > wanted, sharp, low), np.where(entropy > wanted, high, sharp)
    head_E = np.repeat(np.arange(len(near_MK)), near_MK.shape[1])[there_MK.ravel()]
    tail_E, share_E = near_MK[there_MK], share_MK[there_MK]
    keys = np.concatenate((head_E * len(near_MK) + tail_E, tail_E * len(near_MK) + head_E))
    keys, place = np.unique(keys, return_inverse=True)
    weight_E = np.bincount(place, np.tile(share_E, 2))
    return keys // len(near_MK), keys % len(near_MK), weight_E / weight_E.sum()


def attraction(
    places_M2: np.ndarray, head_E: np.ndarray, tail_E: np.ndarray, weight_E: np.ndarray
) -> np.ndarray:
    """Return how far the springs push each word from where it is, (M, 2)."""
    apart_E2 = places_M2[head_E] - places_M2[tail_E]
    push_E = weight_E / (1 + (apart_E2**2).sum(1))
    sides = (np.bincount(head_E, push_E * apart, len(places_M2)) for apart in apart_E2.T)
    return np.stack(list(sides), 1)


def repulsion(places_M2: np.ndarray) -> np.ndarray:
    """Return how strongly all other words push each word away, (M, 2).

    That is the sum of (a - b) / (1 + |a - b|²)² over the others, by the sum of 1 / (1 + |a - b|²)
    over all pairs. Words give charges to the points of a grid around them, the sums from point to
    point are a convolution, and words read theirs off the points.
    """
    low = places_M2.min(0)
    width = float((places_M2 - low).max()) or 1.0
    cells = int(np.clip(np.ceil(width), *CELLS))
    step = width / cells / POINTS * (1 + 1e-9)
    size = cells * POINTS
    # Where each word is: its cell, and its place in it, for the interpolation on three points.
    cell_M2 = np.minimum(((places_M2 - low) / (POINTS * step)).astype(np.int64), cells - 1)
    inner_M2 = (places_M2 - low) / step - cell_M2 * POINTS - 0.5
    share_M2P = np.stack(
        (
            0.5 * (inner_M2 - 1) * (inner_M2 - 2),
            -inner_M2 * (inner_M2 - 2),
            0.5 * inner_M2 * (inner_M2 - 1),
        ),
        2,
    )
    share_MPP = share_M2P[:, 0, :, None] * share_M2P[:, 1, None, :]
    point_M2P = cell_M2[:, :, None] * POINTS + np.arange(POINTS)
    point_MPP = point_M2P[:, 0, :, None] * size + point_M2P[:, 1, None, :]

    def on_grid(charge_M: np.ndarray) -> np.ndarray:
        given = (share_MPP * charge_M[:, None, None]).ravel()
        found: np.ndarray = np.bincount(point_MPP.ravel(), given, size * size)
        return np.fft.rfft2(found.reshape(size, size), (2 * size, 2 * size))

    def read(grid_FF: np.ndarray) -> np.ndarray:
        sums = np.fft.irfft2(grid_FF, (2 * size, 2 * size))[:size, :size].ravel()
        found: np.ndarray = (sums[point_MPP] * share_MPP).sum((1, 2))
        return found

    offset = step * np.minimum(np.arange(2 * size), 2 * size - np.arange(2 * size))
    near = 1 / (1 + offset[:, None] ** 2 + offset[None, :] ** 2)
    once, twice = np.fft.rfft2(near), np.fft.rfft2(near**2)
    ones = on_grid(np.ones(len(places_M2)))
    total = float(read(ones * once).sum()) - len(places_M2)
    around_M = read(ones * twice)
    sides = (side * around_M - read(on_grid(side) * twice) for side in places_M2.T)
    return np.stack(list(sides), 1) / total


def share_kept(places_M2: np.ndarray, near_MK: np.ndarray) -> float:
    """Return the share of the words' K nearest that are among their K nearest on the plane too.

    >>> share_kept(np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0]]), np.array([[1], [0], [0]]))
    0.6666666666666666
    """
    places_M2 = places_M2.astype(np.float64)
    found = there = 0
    for at in range(0, len(places_M2), 512):
        block = slice(at, at + 512)
        apart = ((places_M2[block, None] - places_M2[None]) ** 2).sum(2)
        apart[np.arange(len(apart)), np.arange(at, at + len(apart))] = np.inf
        closest = np.argpartition(apart, min(near_MK.shape[1], len(places_M2)) - 1, 1)
        closest = closest[:, : near_MK.shape[1]]
        wanted = near_MK[block]
        found += int(((wanted[:, :, None] == closest[:, None, :]).any(2) & (wanted >= 0)).sum())
        there += int((wanted >= 0).sum())
    return found / max(there, 1)


# --- what is where ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the map where words lie together."""

    place: tuple[int, int]
    """Its middle."""
    words: np.ndarray
    """Its words, as places in the order of the map, the most typical first."""


def find_regions(places_M2: np.ndarray, unit_MD: np.ndarray) -> tuple[Region, ...]:
    """Divide the words of a map into regions, by k-means on the plane; small maps have none.

    A word is the more typical, the nearer its vector is to the mean vector of its region. The rarer
    half of the words (the map is in order of frequency) is typical of nothing.
    """
    many = min(len(places_M2) // WORDS_IN_A_REGION, MOST_REGIONS)
    if many < 2:
        return ()
    places_M2 = places_M2.astype(np.float64)
    centres_R2 = _spread_out(places_M2, many)
    for _ in range(30):
        region_M = _closest(places_M2, centres_R2)
        sizes_R = np.maximum(np.bincount(region_M, minlength=many), 1)
        sums = (np.bincount(region_M, side, many) for side in places_M2.T)
        centres_R2 = np.stack(list(sums), 1) / sizes_R[:, None]
    found = []
    for region in range(many):
        words = np.flatnonzero(region_M == region)
        if len(words) * 4 * many > len(places_M2):  # else it is a few outliers
            typical = words[: max(len(words) // 2, 1)]
            order = np.argsort(-(unit_MD[typical] @ unit_MD[words].mean(0)), kind="stable")
            x, y = np.median(places_M2[words], 0).astype(int).tolist()
            found.append(Region(place=(x, y), words=typical[order]))
    return tuple(found)


def _spread_out(places_M2: np.ndarray, many: int) -> np.ndarray:
    """Return centres to begin with, each at the word that is farthest from those before."""
    centres = [places_M2.mean(0)]
    least_M = np.full(len(places_M2), np.inf)
    for _ in range(many):
        least_M = np.minimum(least_M, ((places_M2 - centres[-1]) ** 2).sum(1))
        centres.append(places_M2[int(least_M.argmax())])
    return np.array(centres[1:])


def _closest(places_M2: np.ndarray, centres_R2: np.ndarray) -> np.ndarray:
    apart_MR = ((places_M2[:, None] - centres_R2[None]) ** 2).sum(2)
    found: np.ndarray = apart_MR.argmin(1)
    return found
