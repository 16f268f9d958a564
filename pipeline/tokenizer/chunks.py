"""A batch of documents → where its chunks and its white-space tokens are.

The law of spaCy's `Tokenizer._tokenize_affixes` (spacy/tokenizer.pyx, version 3.8): white space is
what Python's `str.isspace` says; it parts the text into chunks; a single space behind a chunk is
swallowed, and what further white space follows is a token of its own. Documents are bounded by
`corpus.py`; a chunk longer than `CHUNK_BYTES` (minified code, base64, a line of a thousand
brackets) is cut into pieces of at most that, at the boundary of a character, which are tokenized
each by itself: the one place where tokens may differ from spaCy's, whose time is quadratic there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.strings.slices import Slices

CHUNK_BYTES = 1024

SPACE = ord(" ")
ASCII_SPACES = np.zeros(256, bool)
ASCII_SPACES[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = True
# The other characters that are white space, by their first byte in UTF-8: the bytes that follow it.
WIDE_SPACES = {
    first: [tuple(each.encode()[1:]) for each in group]
    for first, group in {
        0xC2: "\u0085\u00a0",
        0xE1: "\u1680",
        0xE2: "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u2028\u2029\u202f\u205f",
        0xE3: "\u3000",
    }.items()
}


@dataclass(frozen=True)
class Chunks:
    """The chunks and white-space tokens of a batch, in the order of the text."""

    slices: Slices
    documents: np.ndarray
    """(documents + 1,) int64: the number of each document's first chunk, and that of all."""
    blank: np.ndarray
    """(documents,) bool: whether nothing but white space is in it."""
    cuts: np.ndarray
    """(cuts,) int64: the numbers of the chunks that begin where one that was too long is cut."""


def split_into_chunks(texts: Texts) -> Chunks:
    """The chunks of `texts`."""
    data = texts.data
    if not len(texts):
        nothing = np.zeros(0, np.int64)
        empty = Slices(data, nothing, nothing)
        return Chunks(empty, np.zeros(1, np.int64), np.zeros(0, bool), nothing)
    spaces, widths = _white_space(texts.used)
    # Virtual white space around all, so that every chunk stands between two.
    begins = np.concatenate([[0], spaces + widths])
    lengths = np.concatenate([spaces, [len(texts.used)]]) - begins
    filled = lengths > 0
    chunk_begins, chunk_lengths = begins[filled], lengths[filled]
    first_chunks = np.searchsorted(chunk_begins, texts.begins)
    blank = np.diff(first_chunks, append=len(chunk_begins)) == 0

    chunk_begins, chunk_lengths, cuts = _cut(data, chunk_begins, chunk_lengths)
    token_begins, token_lengths = _white_space_tokens(texts, spaces, widths, filled[:-1], blank)
    if len(token_begins):
        places = np.searchsorted(chunk_begins, token_begins)
        chunk_begins = np.insert(chunk_begins, places, token_begins)
        chunk_lengths = np.insert(chunk_lengths, places, token_lengths)
    documents = np.append(np.searchsorted(chunk_begins, texts.begins), len(chunk_begins))
    slices = Slices(data, chunk_begins, chunk_lengths)
    return Chunks(slices, documents, blank, np.searchsorted(chunk_begins, cuts))


def _white_space(text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each white-space character begins, and its bytes."""
    found = np.flatnonzero(text <= SPACE)
    seen = text[found]
    real = ASCII_SPACES[seen]
    if not real.all():
        found = found[real]
    widths: np.ndarray = np.ones(1, np.int64)
    wide = _wide_white_space(text)
    if not len(wide):
        return found, np.broadcast_to(widths, len(found))
    widths = np.broadcast_to(widths, len(found))
    for begins, width in wide:
        places = np.searchsorted(found, begins)
        found, widths = np.insert(found, places, begins), np.insert(widths, places, width)
    return found, widths


def _wide_white_space(text: np.ndarray) -> list[tuple[np.ndarray, int]]:
    wide = []
    for first, followers in WIDE_SPACES.items():
        at = np.flatnonzero(text == first)
        if len(at):
            width = 1 + len(followers[0])
            # In valid UTF-8 the bytes that the first one announces are there.
            rest = sum(text[at + i].astype(np.int64) << 8 * (i - 1) for i in range(1, width))
            codes = [sum(byte << 8 * i for i, byte in enumerate(each)) for each in followers]
            at = at[np.isin(rest, codes)]
            wide.append((at, width))
    return [(at, width) for at, width in wide if len(at)]


def _white_space_tokens(
    texts: Texts,
    spaces: np.ndarray,
    widths: np.ndarray,
    behind_chunk: np.ndarray,
    blank: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Begin and length of the tokens that are white space, in documents that are not blank.

    `behind_chunk` tells of every white-space character whether a chunk ends where it begins.
    """
    swallowed = behind_chunk & (texts.used[spaces] == SPACE)
    left = np.flatnonzero(~swallowed)
    document = np.searchsorted(texts.begins, spaces[left], side="right") - 1
    within = (document >= 0) & (spaces[left] < texts.ends[document]) & ~blank[document]
    left = left[within]
    begins, ends = spaces[left], spaces[left] + widths[left]
    if not len(left):
        return begins, ends
    # Documents do not touch each other, so white space that touches is in one document.
    first = np.append(True, begins[1:] != ends[:-1])
    last = np.append(first[1:], True)
    return begins[first], ends[last] - begins[first]


def _cut(
    data: np.ndarray, begins: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The chunks, those that are too long in pieces; and where they are cut."""
    long = np.flatnonzero(lengths > CHUNK_BYTES)
    if not len(long):
        return begins, lengths, np.zeros(0, np.int64)
    pieces = []
    for begin, length in zip(begins[long].tolist(), lengths[long].tolist(), strict=True):
        pieces.append(cut_places(data, begin, begin + length, CHUNK_BYTES))
    cuts = np.concatenate(pieces)
    every = np.sort(np.concatenate([begins, cuts]))
    ends = begins + lengths
    owner = np.searchsorted(begins, every, side="right") - 1
    following = np.append(every[1:], ends[-1])
    return every, np.minimum(following, ends[owner]) - every, cuts


def cut_places(data: np.ndarray, begin: int, end: int, most: int) -> np.ndarray:
    """Where to cut UTF-8 between `begin` and `end` into pieces of at most `most` bytes.

    Pieces end at every multiple of a little less than `most`, or up to three bytes before it,
    where a character begins.
    """
    step = most - 3
    places = np.arange(begin + step, end, step)
    for _ in range(3):  # a character has at most three bytes behind its first
        places = places - ((data[places] & 0xC0) == 0x80)
    return places
