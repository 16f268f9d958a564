"""Every kind of file, from anywhere: documents or one error, the same however it is read."""

import codecs
import io
import sys
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.readers import READERS
from corpus2vec.pipeline.errors import DataError
from tests.support.corpora import (
    COMPRESS,
    Endless,
    any_block,
    corpus_of,
    documents,
    opened,
    parquet,
    reading,
    refusal,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


FRAGMENTS = [b"text", b"\n", b"\r\n", b"\r", b",", b"\t", b'"', b'{"text": "', b'"}', b"\\ud800"]
NASTY = [codecs.BOM_UTF8, b"\0", b"\xff", b"\xe2\x82", "\u2028\x85".encode(), b"PAR1", b"[" * 9999]
some_bytes = st.lists(st.sampled_from(FRAGMENTS + NASTY) | st.binary(max_size=9)).map(b"".join)


@settings(max_examples=500)
@given(
    start=st.sampled_from([b"", b"text\n", b"text,n\n"]),
    content=some_bytes,
    kind=st.sampled_from(list(READERS)),
    errors=st.sampled_from(["strict", "replace"]),
    doc_per=st.sampled_from(["line", "paragraph", "file"]),
    sizes=st.tuples(any_block, st.integers(4, 30)),
)
def test_whatever_the_bytes_they_are_documents_or_refused(
    start, content, kind, errors, doc_per, sizes
):
    """And the same ones, or for the same reason, however the bytes are read in blocks."""
    corpus = corpus_of(start + content, kind=kind, encoding_errors=errors, doc_per=doc_per)
    block_bytes, document_bytes = sizes
    with mock.patch.object(limits, "DOCUMENT_BYTES", document_bytes):
        with mock.patch.object(limits, "BLOCK_BYTES", block_bytes):
            found = outcome(corpus)
        assert found == outcome(corpus)


def outcome(corpus):
    corpus.cuts = 0
    try:
        return documents(corpus), corpus.cuts
    except DataError as refused:
        # Of several faults, which one is found first may depend on the blocks.
        return refused.message if corpus.config.kind == "text" else None


# --- every kind, compressed, from files and from standard input -------------------------------


SAME = {
    "text": b"Hope to\n\nsee you\n",
    "jsonl": b'{"text": "Hope to"}\n{"text": ""}\n{"text": "see you"}\n',
    "csv": b'n,text\n1,"Hope to"\n2,\n3,see you\n',
    "tsv": b"n\ttext\n1\tHope to\n2\t\n3\tsee you\n",
    "parquet": parquet(text=["Hope to", "", "see you"]),
}

every_kind = pytest.mark.parametrize("kind", SAME)


@every_kind
@pytest.mark.parametrize("extension", ["", *COMPRESS])
def test_every_kind_is_read_under_every_compression(kind, extension):
    content = COMPRESS[extension](SAME[kind]) if extension else SAME[kind]
    corpus = corpus_of(content, f"corpus.{kind}{extension}")
    assert documents(corpus) == [{"text": "Hope to"}, {"text": ""}, {"text": "see you"}]
    assert corpus.bytes_read == corpus.size == len(content)


@every_kind
def test_every_kind_is_read_from_standard_input(kind, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SAME[kind])))
    corpus = opened("-", kind=kind)
    assert documents(corpus) == [{"text": "Hope to"}, {"text": ""}, {"text": "see you"}]
    assert corpus.size is None
    assert corpus.bytes_read == len(SAME[kind])


@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "tsv"])
def test_a_compressed_file_that_breaks_off_is_reported_by_name(kind):
    content = COMPRESS[".gz"](SAME[kind])[:-9]
    assert (
        refusal(content, f"a.{kind}.gz") == f"a.{kind}.gz is damaged: Truncated compressed stream"
    )


# --- streaming -------------------------------------------------------------------------------


SOON = "Hope to see you soon"


@pytest.mark.parametrize(
    ("kind", "doc_per", "header", "line"),
    [
        ("text", "line", b"", b"Hope to see you soon\n"),
        ("text", "paragraph", b"", b"Hope to see you soon\n\n"),
        ("jsonl", "line", b"", b'{"text": "Hope to see you soon"}\n'),
        ("csv", "line", b"text\n", b'"Hope to see you soon"\n'),
    ],
)
def test_a_file_is_read_in_blocks_as_its_documents_are_taken(
    kind, doc_per, header, line, monkeypatch
):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4096)
    stream = Endless(header, line)
    taken = 0
    for _, batch in zip(range(20), reading(stream, kind, doc_per=doc_per), strict=False):
        assert set(batch.decoded()) == {SOON}
        taken += len(batch) * len(line)
        assert taken <= stream.given <= len(header) + taken + 2 * 4096
