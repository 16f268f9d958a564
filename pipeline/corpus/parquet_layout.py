"""Where the pages of a Parquet file are, and which columns have long ones.

Arrow shows no pages, so the file's metadata and the header of each page are read here.

Source: https://parquet.apache.org/docs/file-format/metadata/
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

import pyarrow.parquet as pq

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.thrift import Compact, Wanted

FOOTER: Wanted = {4: {1: {3: {n: {} for n in (3, 4, 6, 7, 9, 11)}}}}
HEADER: Wanted = {
    **{n: {} for n in (1, 2, 3)},
    **{5: {n: {} for n in (1, 2, 3)}, 7: {1: {}, 2: {}}, 8: {n: {} for n in (1, 4, 5, 6, 7)}},
}
LONGEST_FOOTER = 1 << 24
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
DATA, DICTIONARY, DATA_2 = 0, 2, 3
SNAPPY = 1
CODECS = {0: "", SNAPPY: "snappy", 2: "gzip", 4: "brotli", 6: "zstd"}
DAMAGES = (OSError, LookupError, TypeError, AttributeError)
"""What damaged metadata raises: a field may be missing, or a number where a list should be."""
DAMAGED = "a page is shorter or longer than it should be"


class Page(NamedTuple):
    """A page, as its header describes it."""

    kind: int
    encoding: int
    values: int
    at: int
    stored: int
    size: int
    """Bytes when it is decompressed."""
    levels: int
    """Bytes at its begin that say which rows are null and are never compressed; in version 2."""
    is_compressed: bool


class Chunk(NamedTuple):
    """A column in a row group."""

    codec: int
    depth: int
    """The level of a row that is not null."""
    pages: Sequence[Page]


class Layout:
    """Where the columns of a file are. A file whose metadata is damaged has no long column."""

    def __init__(self, stream: IO[bytes], schema: pq.ParquetSchema) -> None:
        self._stream, self._schema = stream, schema
        self._groups: list[dict[int, Any]] = []
        end = stream.seek(-8, os.SEEK_END)
        size = int.from_bytes(stream.read(4), "little")
        if size <= min(LONGEST_FOOTER, end):
            with contextlib.suppress(*DAMAGES):
                self._groups = Compact(stream, end - size, end).struct(FOOTER)[4]

    def long(self, group: int, path: Sequence[str]) -> Chunk | None:
        """Return a column of a row group if a page of it is long, and can be read here.

        Of a damaged file none is: Arrow reads it, and says what is wrong.
        """
        with contextlib.suppress(*DAMAGES):
            names = [each.encode() for each in path]
            for number, column in enumerate(self._groups[group][1][: len(self._schema)]):
                about, schema = column[3], self._schema.column(number)
                if about[3] == names and about[6] > limits.PARQUET_BYTES:
                    if schema.max_repetition_level:
                        return None
                    pages = [*self._pages(about)]
                    chunk = Chunk(about[4], schema.max_definition_level, pages)
                    return chunk if _is_long(chunk) else None
        return None

    def _pages(self, about: dict[int, int]) -> Iterator[Page]:
        at = min(filter(None, (about[9], about.get(11))))
        end = at + about[7]
        while at < end:
            compact = Compact(self._stream, at, end)
            header = compact.struct(HEADER)
            stored, size = header[3], header[2]
            at = compact.at + stored
            if stored < 0 or size < 0 or at > end:
                raise OSError(DAMAGED)
            kind = header[1]
            levels = 0
            if kind == DATA_2:
                of_kind = header[8]
                encoding, levels = of_kind[4], of_kind[5] + of_kind[6]
            else:
                of_kind = header[7 if kind == DICTIONARY else 5]
                encoding = of_kind[2] if of_kind.get(3, RLE) == RLE else -1
            if not 0 <= levels <= min(stored, size):
                raise OSError(DAMAGED)
            is_compressed = of_kind.get(7, True)
            yield Page(kind, encoding, of_kind[1], at - stored, stored, size, levels, is_compressed)


def _is_long(chunk: Chunk) -> bool:
    """Return whether a page of the column is long, and all of them can be read here."""
    kinds = [page.kind for page in chunk.pages]
    encodings = {page.encoding for page in chunk.pages}
    return (
        chunk.codec in CODECS
        and any(page.size > limits.PARQUET_BYTES for page in chunk.pages)
        and set(kinds[:1]) <= {DATA, DICTIONARY, DATA_2}
        and set(kinds[1:]) <= {DATA, DATA_2}
        and encodings <= {PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY}
        and (DICTIONARY in kinds or encodings <= {PLAIN})
    )
