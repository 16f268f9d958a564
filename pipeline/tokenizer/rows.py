"""Tokens → rows of tokens.parquet: what is left out, and where documents are cut.

Both ways of tokenizing, fast and plain, end here, in an `Analysis`. The rest is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import TokenizeConfig

EMPTY = 255
"""The code for leaving out a token without a form; other codes are places in config.drop."""


@dataclass(frozen=True)
class Analysis:
    """The tokens of a batch of documents, all documents concatenated."""

    forms: np.ndarray
    """(tokens,) int32: a number for the string to write"""
    strings: Callable[[np.ndarray], pa.Array]
    """Returns the strings of such numbers. Two numbers may have the same string."""
    lengths: np.ndarray
    """(documents,) int64: the number of tokens of each document"""
    reasons: np.ndarray
    """(tokens,) uint8: 0 to keep it, which of config.drop (from 1) leaves it out, or EMPTY"""
    begins_sentence: np.ndarray | None = None
    """(tokens,) bool: whether a sentence begins there; None without --sentences"""
    blank: int = 0
    """Documents of white space only. They make no row, even if white space is kept."""
    cuts: int = 0
    """Cuts within chunks that were too long."""


@dataclass(frozen=True)
class Tokens:
    """The rows of one batch of documents, and the counts for the ledgers."""

    batch: pa.RecordBatch
    """`tokens: list<dictionary<string>>`, and `label` and `id` where the documents had them."""
    read: int
    """Documents that were read."""
    documents: int
    """Documents that made at least one row."""
    blank: int
    """Documents of white space only."""
    emptied: int
    """Other documents of which no token is left."""
    tokens: int
    """Tokens that spaCy found."""
    dropped: Mapping[str, int]
    """Tokens left out, by reason."""
    cuts: int
    """Cuts that --max-doc-tokens made."""
    chunk_cuts: int
    """Cuts within chunks that were too long."""


def make_rows(
    analysis: Analysis, beside: Mapping[str, pa.Array | None], config: TokenizeConfig
) -> Tokens:
    """Return the rows of a batch of documents, without the tokens that `config` drops.

    `beside` are columns with a value for each document, which each of its rows gets.
    """
    lengths = analysis.lengths
    kept, dropped = _select(analysis.reasons, config)
    ends = np.cumsum(lengths)
    filled = lengths > 0
    first = (ends - lengths)[filled]  # the first token of each document that has tokens
    starts = _starts(first, analysis.begins_sentence)
    documents = np.flatnonzero(filled)
    forms = analysis.forms
    if kept is not None:
        forms = forms[kept]
        # How much is left before each piece, and which pieces have anything left.
        before = np.concatenate([[0], np.cumsum(kept)])
        marks = before[starts]
        left = np.append(marks[1:], len(forms)) > marks
        starts, marks = starts[left], marks[left]
    else:
        marks = starts
    owners = documents[np.searchsorted(first, starts, side="right") - 1] if len(starts) else starts
    uncut = len(marks)
    if config.max_doc_tokens:
        marks, owners = _cut(marks, owners, len(forms), config.max_doc_tokens)

    encoded = pa.array(forms).dictionary_encode()
    # Two forms may have the same string, and a dictionary has each value once.
    unified = analysis.strings(encoded.dictionary.to_numpy()).dictionary_encode()
    indices = encoded.indices
    if len(unified.dictionary) < len(unified):
        indices = unified.indices.take(indices)
    values = pa.DictionaryArray.from_arrays(indices, unified.dictionary)
    offsets = pa.array(np.append(marks, len(forms)), pa.int32())
    columns = {"tokens": pa.ListArray.from_arrays(offsets, values)}
    for name, values in beside.items():
        if values is not None:
            columns[name] = values.take(pa.array(owners))
    kept_documents = int(np.count_nonzero(np.diff(owners, prepend=-1)))
    return Tokens(
        batch=pa.RecordBatch.from_pydict(columns),
        read=len(lengths),
        documents=kept_documents,
        blank=analysis.blank,
        emptied=len(lengths) - kept_documents - analysis.blank,
        tokens=len(analysis.forms),
        dropped=dropped,
        cuts=len(marks) - uncut,
        chunk_cuts=analysis.cuts,
    )


def _select(reasons: np.ndarray, config: TokenizeConfig) -> tuple[np.ndarray | None, Counter[str]]:
    """Return which tokens stay (None: all), and how many are dropped, by reason."""
    if not reasons.any():
        return None, Counter()
    counts = np.bincount(reasons, minlength=EMPTY + 1)
    names = dict(enumerate(config.drop, start=1))
    names[EMPTY] = "empty"
    return reasons == 0, +Counter({name: int(counts[code]) for code, name in names.items()})


def _starts(first: np.ndarray, begins_sentence: np.ndarray | None) -> np.ndarray:
    """Return the first token of each row: of a document, or with --sentences of a sentence."""
    if begins_sentence is None:
        return first
    begins = begins_sentence.copy()
    begins[first] = True
    return np.flatnonzero(begins)


def _cut(
    starts: np.ndarray, owners: np.ndarray, end: int, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut rows into pieces of at most `most` tokens; return their starts and owners.

    >>> starts, owners = _cut(np.array([0, 5]), np.array([7, 8]), 7, 2)
    >>> starts.tolist(), owners.tolist()
    ([0, 2, 4, 5], [7, 7, 7, 8])
    """
    lengths = np.diff(starts, append=end)
    pieces = -(-lengths // most)
    number = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.repeat(starts, pieces) + most * number, np.repeat(owners, pieces)
