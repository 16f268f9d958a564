"""One part of a corpus: its sources, cut where documents end.

`cutting` divides bytes; here each cut is moved to where a document begins, which takes a look at
the file. Whatever is cut has a `Span`, and its digest is taken while it is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence

import pyarrow.parquet as pq

from corpus2vec.pipeline.config import CorpusConfig, Part
from corpus2vec.pipeline.corpus.cutting import Piece, cut, document_start
from corpus2vec.pipeline.corpus.readers import READERS
from corpus2vec.pipeline.corpus.sources import Source
from corpus2vec.pipeline.corpus.spans import Span
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import reading


def sizes_of(sources: Sequence[Source]) -> list[int]:
    """Return the size of each source in bytes. Raises UsageError for what cannot be cut."""
    sizes = []
    for source in sources:
        if source.is_stream:
            raise UsageError(
                f"{source.title} cannot be read in parts", hint="save it as a file first"
            )
        with reading(source.name):
            if not source.path.is_file():
                raise UsageError(
                    f"{source.name} is not a regular file, so it cannot be read in parts",
                    hint="save it as a file first",
                )
            sizes.append(source.path.stat().st_size)
    return sizes


def sources_of(sources: Sequence[Source], config: CorpusConfig, part: Part) -> list[Source]:
    """Return what of these sources is in a part, in order; each has a span.

    The sources of all parts, one part after the other, have every document once.
    """
    whole = [_document_of(source, config) is None for source in sources]
    pieces = cut(sizes_of(sources), whole, part.number, part.of)
    spans = ((sources[each.place], _span(sources[each.place], each, config)) for each in pieces)
    return [
        dataclasses.replace(source, span=span, digest=hashlib.sha256())
        for source, span in spans
        if span
    ]


def digest_of(source: Source, config: CorpusConfig) -> str:
    """Return the digest of a source that has a span, by reading it."""
    fresh = dataclasses.replace(source, digest=hashlib.sha256())
    with fresh.open() as opened:
        if source.row_groups:
            for _ in READERS[source.kind](opened, fresh, config):
                pass
    found: str = fresh.digest.hexdigest()
    return found


def _is_parquet(source: Source) -> bool:
    return source.kind == "parquet" and not source.is_compressed


def _document_of(source: Source, config: CorpusConfig) -> str | None:
    """Return what a file can be cut into: lines, paragraphs, row groups; None if it cannot."""
    if source.is_compressed:
        return None
    if source.kind == "text":
        return None if config.doc_per == "file" else config.doc_per
    return {"jsonl": "line", "parquet": "row group"}.get(source.kind)


def _span(source: Source, piece: Piece, config: CorpusConfig) -> Span | None:
    """Return the documents that begin in a piece of the file, as a span; None if there are none."""
    with reading(source.name):
        size = source.path.stat().st_size
        if _is_parquet(source):
            return _row_groups(source, piece, size)
        document = _document_of(source, config)
        if document is None or piece.end == 0:
            return Span("bytes", 0, size, of=size, size=size)
        with source.path.open("rb") as file:
            begin, end = (document_start(file, at, document) for at in (piece.begin, piece.end))
    return Span("bytes", begin, end, of=size, size=end - begin) if begin < end else None


def _row_groups(source: Source, piece: Piece, size: int) -> Span | None:
    """Return the row groups whose middle is in the piece, if their bytes are spread over the file.

    The footer has their sizes before compression; where they are in the file, it has for each
    column, and pyarrow aborts where that is damaged.
    """
    footer = pq.ParquetFile(source.path).metadata
    groups = [max(0, footer.row_group(n).total_byte_size) for n in range(footer.num_row_groups)]
    before = [0, *itertools.accumulate(groups)]
    places = [size * each // max(1, before[-1]) for each in before[:-1]] + [size]
    middles = [(begin + end) // 2 for begin, end in itertools.pairwise(places)]
    among = [
        number for number, middle in enumerate(middles) if piece.begin <= middle < piece.end
    ] or [number for number, middle in enumerate(middles) if middle == piece.end == size]
    if not among:
        return None
    begin, end = among[0], among[-1] + 1
    bytes_there = places[end] - places[begin]
    return Span("row groups", begin, end, of=len(groups), size=bytes_there)


def listing(sources: Sequence[Source]) -> Iterator[list[object]]:
    """Yield what decides where a corpus is cut: of each file its size and what its name decides."""
    for source, size in zip(sources, sizes_of(sources), strict=True):
        yield [dict(source.traits), size]
