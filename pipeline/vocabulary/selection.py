"""Decides which of the counted tokens get an id; the others are what <unk> stands for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config import UNK, VocabConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.vocabulary.counting import NOTHING, LeftOut, among
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


def build_vocabulary(
    tokens: pa.Array,
    counts: np.ndarray,
    config: VocabConfig,
    keep: Iterable[str] = (),
    left_out: LeftOut = NOTHING,
) -> tuple[Vocabulary, Ledger]:
    """Return the vocabulary of `tokens`, and the ledger of tokens: read = kept + unk.

    `tokens` are in order of first appearance, with their `counts`. Those in `keep` stay however
    rare they are, and count towards --max-size. `left_out` are rare tokens that the counting has
    already left out.

    >>> tokens = pa.array(["Hope", "to", "see"])
    >>> vocabulary, _ = build_vocabulary(tokens, np.array([1, 2, 2]), VocabConfig(min_count=2))
    >>> vocabulary.tokens.to_pylist(), vocabulary.counts.tolist()
    (['to', 'see', '<unk>'], [2, 2, 1])
    """
    pinned = among(tokens, keep)
    stays = pinned | (counts >= config.min_count)
    if config.max_size and np.count_nonzero(stays) > config.max_size:
        if np.count_nonzero(pinned) > config.max_size:
            raise UsageError(
                f"--keep holds {np.count_nonzero(pinned)} tokens of the corpus, "
                f"more than --max-size {config.max_size}",
                hint="raise --max-size, or keep fewer tokens",
            )
        # Most frequent first; of equals, the first to appear. lexsort sorts by its last key.
        candidates = np.flatnonzero(stays)
        order = np.lexsort((-counts[candidates], ~pinned[candidates]))
        stays = np.zeros(len(counts), bool)
        stays[candidates[order[: config.max_size]]] = True

    kept_tokens, kept_counts = tokens.filter(pa.array(stays)), counts[stays]
    read = int(counts.sum()) + left_out.tokens
    left_out = left_out.and_those(counts[~stays])
    ledger = Ledger("tokens", read=read, kept=int(kept_counts.sum()), unk=left_out.tokens)
    unk = config.unk or (UNK if left_out.tokens else None)
    if unk is None:
        return Vocabulary(kept_tokens, kept_counts), ledger
    if pc.index(kept_tokens, unk).as_py() >= 0:
        raise DataError(
            f"the corpus itself has the token {unk}, so it cannot stand for the tokens left out",
            hint="choose another with --unk",
        )
    if not len(kept_tokens):
        raise DataError(
            f"no token is left: none occurs {config.min_count} times (--min-count)",
            hint=f"the highest count of a token is {left_out.most}",
        )
    kept_tokens = pa.concat_arrays([kept_tokens, pa.array([unk], kept_tokens.type)])
    return Vocabulary(kept_tokens, np.append(kept_counts, left_out.tokens), unk), ledger
