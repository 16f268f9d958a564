r"""A batch of documents → where its chunks and its white-space tokens are.

The rule is that of `Tokenizer._tokenize_affixes` of spaCy 3.8 (spacy/tokenizer.pyx). White space is
what `str.isspace` says, and it separates chunks. One space after a chunk is swallowed; any further
white space is a token of its own:

    "Hope  to\nsee "   →   "Hope", " ", "to", "\n", "see"

A chunk of more than `CHUNK_BYTES` (minified code, base64, a thousand brackets) is cut into pieces
of at most that, between characters, and each piece is tokenized alone. That is the one place where
tokens may differ from spaCy's, whose time is quadratic there; the cuts are counted.
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
# All other white space, by the first byte in UTF-8: the bytes that follow it.
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
    """(documents + 1,) int64: each document's first chunk, by number, and the number of all."""
    blank: np.ndarray
    """(documents,) bool: whether a document has only white space"""
    cuts: np.ndarray
    """(cuts,) int64: the chunks, by number, that continue a chunk which was too long"""


def split_into_chunks(texts: Texts) -> Chunks:
    r"""Return the chunks and white-space tokens of `texts`.

    >>> split_into_chunks(Texts.of(["Hope  to\nsee "])).slices.decoded()
    ['Hope', ' ', 'to', '\n', 'see']
    """
    data = texts.data
    if not len(texts):
        nothing = np.zeros(0, np.int64)
        empty = Slices(data, nothing, nothing)
        return Chunks(empty, np.zeros(1, np.int64), np.zeros(0, bool), nothing)
    spaces, widths = _white_space(texts.used)
    # As if there were white space before and after everything: a chunk is between two.
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
    """Return where each white-space character begins, and its length in bytes."""
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
    """Return, for each kind of non-ASCII white space in the text, its places and its length."""
    wide = []
    for first, followers in WIDE_SPACES.items():
        at = np.flatnonzero(text == first)
        if len(at):
            width = 1 + len(followers[0])
            # In valid UTF-8 the first byte guarantees the others.
            rest = sum(text[at + i].astype(np.int64) << 8 * (i - 1) for i in range(1, width))
            codes = [sum(byte << 8 * i for i, byte in enumerate(each)) for each in followers]
            at = at[np.isin(rest, codes)]
            wide.append((at, width))
    return [(at, width) for at, width in wide if len(at)]


def _white_space_tokens(
    texts: Texts,
    spaces: np.ndarray,
    widths: np.ndarray,
    follows_chunk: np.ndarray,
    blank: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return begin and length of the white-space tokens of documents that are not blank.

    `follows_chunk`: for each white-space character, whether it directly follows a chunk.
    """
    swallowed = follows_chunk & (texts.used[spaces] == SPACE)
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
    """Cut the chunks that are too long; return begins and lengths of all, and the cuts."""
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
    """Return where to cut UTF-8 between `begin` and `end` into pieces of at most `most` bytes.

    A piece ends every `most - 3` bytes, or up to three bytes before that, where a character begins.
    """
    step = most - 3
    places = np.arange(begin + step, end, step)
    for _ in range(3):  # a character has at most three bytes after its first
        places = places - ((data[places] & 0xC0) == 0x80)
    return places
