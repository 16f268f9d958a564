"""A corpus: the documents of all its files, in order, in batches of a size worth working on.

A batch is a `Texts`, and small files share one. Only a batch is in memory at a time, whatever the
size of the corpus or of a line in it. `readers.py` knows how a file of each kind is read.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.documents import labelled
from corpus2vec.pipeline.corpus.readers import READERS
from corpus2vec.pipeline.corpus.sources import Source
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.progress import Progress


class Corpus:
    """The documents of some sources."""

    def __init__(self, sources: Sequence[Source], config: CorpusConfig) -> None:
        self.sources = sources
        self.config = config
        self.cuts = 0
        """Cuts made in documents that were too long, in the sources read so far."""
        self.missing = 0
        """Records that were left out, since they lack a field, in the sources read so far."""
        self._notices: dict[str, str | None] = {}
        self.bytes_read = 0
        """Bytes read so far, compressed files as they are on the disk."""

    @functools.cached_property
    def size(self) -> int | None:
        """Bytes of all files together; None if one is a stream."""
        sizes = [source.size for source in self.sources]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def labelled(self) -> bool:
        """Whether the documents have labels."""
        return labelled(self.config)

    def report(self, progress: Progress, documents: int) -> None:
        """Report how far the files are read, and what a person should know of how they are read.

        What is true of many files is said of the first.
        """
        for about, text in list(self._notices.items()):
            if text:
                progress.notice(text)
                self._notices[about] = None
        progress.advance(self.bytes_read, self.size, "bytes", documents=documents)

    def batches(self) -> Iterator[Texts]:
        """Yield the documents, blank ones too, in corpus order."""
        held: list[Texts] = []
        size = 0
        for texts in self._texts():
            held.append(texts)
            size += len(texts.data)
            if size >= limits.BATCH_BYTES:
                yield Texts.joined(held)
                held, size = [], 0
        if held:
            yield Texts.joined(held)

    def _texts(self) -> Iterator[Texts]:
        # The counts may be read from another thread than the one that reads the files.
        finished = 0
        for source in self.sources:
            with source.open() as opened:
                for texts in READERS[source.kind](opened, source, self.config):
                    self.bytes_read = finished + opened.position
                    self._notices = {**opened.notices, **self._notices}
                    yield texts
                finished += source.span.size if source.span else opened.position
            self.bytes_read = finished
            self.cuts += opened.cuts
            self.missing += opened.missing
