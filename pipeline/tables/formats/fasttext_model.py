"""fastText's own models, `.bin`: their words, and any word that is asked for by name. Only read.

The file, little-endian, as `FastText::loadModel` reads it:

    magic, version            int32 each: 793712314, and 11 or 12
    dim … lrUpdateRate        12 int32; bucket, minn and maxn are the 9th to the 11th; then a double
    size, words, labels       int32 each; tokens and pruned, int64 each
    for each entry            its bytes, a zero byte, its count (int64), its type (int8)
    quantized                 a byte, 1 for .ftz, whose rows are compressed: these are refused
    rows, dim                 int64 each, then the input matrix, float32; the rest is not read

A word's vector is the mean of its own row and the rows of its character n-grams (minn to maxn
characters of `<word>`), which are hashed into `bucket` rows behind those of the words (Bojanowski
et al. 2017, "Enriching Word Vectors with Subword Information"). So a word that the model does not
list has a vector too. It gets one where words are asked for by name, as --init does.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.arrays import LARGEST, mapped_matrix
from corpus2vec.pipeline.tables.formats.rows import as_text
from corpus2vec.pipeline.tables.table import Table

MAGIC = struct.pack("<i", 793712314)
VERSIONS = (11, 12)
SUPERVISED = 3
SETTINGS = struct.Struct("<12id")
SIZES = struct.Struct("<3i2q")
ENTRY = struct.Struct("<qb")  # behind the word and its zero byte
SHAPE = struct.Struct("<?2q")
END_OF_SENTENCE = b"</s>"  # has no n-grams
UNLISTED = -1  # in place of the row of a word that is not listed
BLOCK_WORDS = 1 << 12  # whose vectors are made at a time
BLOCK_NUMBERS = 1 << 22  # of rows that are gathered at a time


@dataclass(frozen=True)
class _Model:
    """What the head of a file says, and its matrix."""

    words: list[bytes]
    counts: np.ndarray
    matrix: np.ndarray
    bucket: int
    lengths: tuple[int, int]
    """minn and maxn: the characters of an n-gram."""

    @property
    def has_grams(self) -> bool:
        return self.lengths[1] > 0 and self.bucket > 0


def recognizes(probe: bytes) -> bool:
    """Return whether the file begins with fastText's number."""
    return probe.startswith(MAGIC)


def read(file: VectorFile) -> Iterator[Table]:
    """Yield the words' vectors; of words that are wanted and not listed, those of their n-grams."""
    with file.path.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise DataError(
                f"{file.path} is a compressed fastText model, which is read at many places at once",
                hint="decompress it first",
            )
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                model = _head(content, file.path)
            except (struct.error, ValueError) as problem:
                found = "it ends early" if isinstance(problem, struct.error) else problem
                raise DataError(
                    f"{file.path} is not a whole fastText model: {found}",
                    hint="is it complete? Of floret, read the .vec file",
                ) from problem
    words, rows = model.words, np.arange(len(model.words))
    if file.wanted is not None:
        row_of = {as_text(word): row for row, word in enumerate(words)}
        rows = np.array(sorted(row_of[each] for each in file.wanted if each in row_of), np.int64)
        words = [words[row] for row in rows]
        if model.has_grams:
            others = [each.encode() for each in sorted(file.wanted) if each not in row_of]
            words, rows = [*words, *others], np.append(rows, [UNLISTED] * len(others))
    for begin in range(0, max(1, len(words)), BLOCK_WORDS):
        block = slice(begin, begin + BLOCK_WORDS)
        yield _table(model, words[block], rows[block].astype(np.int64))


def _head(content: mmap.mmap, path: Path) -> _Model:
    """Read all but the matrix, which is mapped. Raise ValueError for a head that is cut off."""
    version, *settings = struct.unpack_from("<i12id", content, len(MAGIC))
    if version not in VERSIONS:
        raise DataError(
            f"{path} is a fastText model of version {version}, and 11 and 12 are read",
            hint="use the .vec file that fastText wrote beside it",
        )
    kind, bucket, least, most = settings[7:11]
    dim = settings[0]
    if version == 11 and kind == SUPERVISED:
        most = 0  # as fastText reads them
    place = len(MAGIC) + 4 + SETTINGS.size
    size, count, _, _, pruned = SIZES.unpack_from(content, place)
    place += SIZES.size
    words: list[bytes] = []
    counts = []
    for _ in range(size):
        end = content.find(b"\0", place)
        if end < 0:
            raise ValueError("its list of words is cut off")
        occurs, is_label = ENTRY.unpack_from(content, end + 1)
        if not is_label:
            words.append(content[place:end])
            counts.append(occurs)
        place = end + 1 + ENTRY.size
    place += 8 * max(0, pruned)
    is_quantized, rows, columns = SHAPE.unpack_from(content, place)
    if is_quantized:
        raise DataError(
            f"{path} is a quantized fastText model, which has no rows of numbers",
            hint="`fasttext print-word-vectors` prints what it has; the .bin of it can be read",
        )
    matrix = mapped_matrix(path, "<f4", place + SHAPE.size, (rows, columns))
    has_grams = most > 0 and bucket > 0
    if len(words) != count or columns != dim or rows < count + bucket * has_grams:
        raise ValueError(f"{rows} rows of {columns} numbers do not fit {count} words")
    if not all(0 <= each <= LARGEST for each in (bucket, most)) or (least < 1 and has_grams):
        raise ValueError("its settings of n-grams are no such numbers")
    return _Model(words, np.array(counts, np.int64), matrix, bucket, (least, most))


def _table(model: _Model, words: list[bytes], rows_V: np.ndarray) -> Table:
    """Return the words' vectors: the mean of each one's rows. A word that has none is left out."""
    of_word, row = np.flatnonzero(rows_V >= 0), rows_V[rows_V >= 0]
    if model.has_grams:
        places, buckets = grams(words, model.lengths, model.bucket)
        of_word = np.concatenate([of_word, places])
        row = np.concatenate([row, len(model.words) + buckets])
    order = np.argsort(of_word, kind="stable")
    of_word, row = of_word[order], row[order]
    dim = model.matrix.shape[1]
    vectors = np.zeros((len(words), dim), np.float32)
    size = max(1, BLOCK_NUMBERS // dim)
    with np.errstate(over="ignore", invalid="ignore"):  # reading refuses what is not finite
        for begin in range(0, len(row), size):
            found, first = np.unique(of_word[begin : begin + size], return_index=True)
            vectors[found] += np.add.reduceat(model.matrix[row[begin : begin + size]], first)
        number = np.bincount(of_word, minlength=len(words))
        vectors /= np.maximum(number, 1).astype(np.float32)[:, None]
    tokens = pa.array([as_text(word) for word in words], pa.string())
    counts = np.where(rows_V >= 0, np.append(model.counts, 0)[rows_V], 0)
    table = Table(tokens, vectors, counts)
    return table if number.all() else replace(table.taken(number > 0), ids=None)


def grams(
    words: list[bytes], lengths: tuple[int, int], bucket: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the n-grams of words: whose each is, and its bucket; `Dictionary::computeSubwords`.

    All words are hashed at once, a byte at a time: FNV-1a, whose bytes are signed in fastText.

    >>> places, buckets = grams([b"to", b"a"], (3, 3), 1000)
    >>> places.tolist()  # <to, to>, <a>
    [0, 0, 1]
    """
    framed = [b"" if word == END_OF_SENTENCE else b"<" + word + b">" for word in words]
    ends = np.cumsum([len(each) for each in framed])
    text = np.frombuffer(b"".join(framed), np.uint8)
    is_start = np.append((text & 0xC0) != 0x80, True)  # of a character
    signed = text.astype(np.int8).astype(np.uint32)
    start: np.ndarray = np.flatnonzero(is_start[:-1])
    word: np.ndarray = np.searchsorted(ends, start, side="right")
    end: np.ndarray = ends[word]
    first: np.ndarray = np.append(0, ends)[word]
    hashes: np.ndarray = np.full(len(start), 2166136261, np.uint32)
    place: np.ndarray = start.copy()
    least, most = lengths
    found_words, found_buckets, found_starts = [], [], []
    for length in range(1, most + 1):
        inside = place < end
        start, word, place = start[inside], word[inside], place[inside]
        end, first, hashes = end[inside], first[inside], hashes[inside]
        if not len(start):
            break
        goes_on = np.ones(len(start), bool)
        while goes_on.any():  # the bytes of one character
            at = place[goes_on]
            hashes[goes_on] = (hashes[goes_on] ^ signed[at]) * np.uint32(16777619)
            place[goes_on] += 1
            goes_on &= (place < end) & ~is_start[np.minimum(place, len(text))]
        if length < least:
            continue
        kept = np.ones(len(start), bool)
        if length == 1:  # `<` and `>` alone are none
            kept = (start != first) & (place != end)
        found_words.append(word[kept])
        found_starts.append(start[kept])
        found_buckets.append(hashes[kept].astype(np.int64) % bucket)
    if not found_words:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.concatenate(found_starts)
    order = np.argsort(starts, kind="stable")
    return np.concatenate(found_words)[order], np.concatenate(found_buckets)[order]
