"""Small corpora for the tests, and their documents as rows."""

import bz2
import gzip
import io
import lzma
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.corpus import Corpus
from corpus2vec.pipeline.corpus.finding import find_sources
from corpus2vec.pipeline.corpus.readers import READERS
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.errors import DataError


def corpus_of(content, name="corpus.txt", **settings):
    """The corpus of one file, which is written here."""
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return opened(name, **settings)


def opened(*names, **settings):
    config = CorpusConfig(**settings)
    return Corpus(find_sources(names, config), config)


def documents(corpus):
    """The documents as rows, blank ones too."""
    return [row for batch in corpus.batches() for row in rows_of(batch)]


def rows_of(texts):
    """The documents of a batch, once it has shown to be one."""
    assert_sound(texts)
    named = [{}] * len(texts)
    if texts.labels is not None:
        named = [{"label": label} for label in texts.labels.to_pylist()]
    return [{"text": text, **name} for text, name in zip(texts.decoded(), named, strict=True)]


def assert_sound(texts):
    """What `Texts` promises of its bytes, and that its documents are in order."""
    assert (texts.begins <= texts.ends).all()
    assert (texts.ends[:-1] < texts.begins[1:]).all()
    assert (texts.ends < len(texts.used)).all()
    outside = np.ones(len(texts.used), bool)
    for begin, end in zip(texts.begins.tolist(), texts.ends.tolist(), strict=True):
        outside[begin:end] = False
        assert outside[end]
    assert not texts.used[outside].tobytes().strip()


def is_blank(row):
    return not row["text"].strip()


def rows(corpus):
    """The documents that are not blank."""
    return [row for row in documents(corpus) if not is_blank(row)]


def blank(corpus):
    """How many documents are blank."""
    return sum(map(is_blank, documents(corpus)))


def texts(*given, **settings):
    return [row["text"] for row in rows(corpus_of(*given, **settings))]


def labels(*given, **settings):
    return [row["label"] for row in rows(corpus_of(*given, **settings))]


def refused(corpus):
    with pytest.raises(DataError) as refusal:
        documents(corpus)
    return refusal.value


def refusal(*given, **settings):
    return refused(corpus_of(*given, **settings)).message


def hint(*given, **settings):
    return refused(corpus_of(*given, **settings)).hint


class Listener:
    """A progress that keeps the notices."""

    def __init__(self):
        self.notices = []

    def notice(self, text):
        self.notices.append(text)

    def advance(self, *given, **facts):
        pass


def notices(corpus):
    """The notices of how a corpus was read, which has been read."""
    documents(corpus)
    listener = Listener()
    corpus.report(listener, 0)
    return listener.notices


# --- bytes -----------------------------------------------------------------------------------

any_block = st.integers(1, 9) | st.just(1 << 20)


def zstandard(plain):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(plain)
    return sink.getvalue().to_pybytes()


COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard,
}


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


class Endless(io.RawIOBase):
    """The same bytes for ever, or for a while; knows how many it gave out."""

    def __init__(self, header, line, most=1 << 60):
        self.given = 0
        self.most = most
        self.rest = header
        self.line = line

    def read(self, size=-1):
        assert size > 0, "a stream must not be read whole"
        while len(self.rest) < size:
            self.rest += self.line * 1000
        size = min(size, self.most - self.given)
        piece, self.rest = self.rest[:size], self.rest[size:]
        self.given += size
        return piece

    def tell(self):
        return self.given


def reading(stream, kind="text", **settings):
    source = Source(name="endless", kind=kind)
    return READERS[kind](Opened(stream, stream), source, CorpusConfig(**settings))
