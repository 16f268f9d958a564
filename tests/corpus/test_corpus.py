"""A corpus: the documents of all its files in order, in batches, of which few are in memory."""

import io
import json
import os
import subprocess
import sys
import types
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from tests.support.corpora import Endless, blank, corpus_of, documents, opened, rows


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_files_follow_each_other_and_small_ones_share_a_batch():
    for number in range(100):
        Path(f"{number:02}.txt").write_text(f"Document {number}\n")
    corpus = opened(*(f"{number:02}.txt" for number in range(100)))
    [batch] = corpus.batches()
    assert batch.decoded() == [f"Document {number}" for number in range(100)]


def test_files_of_several_kinds_share_a_batch():
    Path("a.txt").write_text("Hope\n")
    Path("b.csv").write_text("text\nto\n")
    Path("c.jsonl").write_text('{"text": "see"}')
    Path("d.txt").write_bytes(b"\xef\xbb\xbfyou\r")
    [batch] = opened("a.txt", "b.csv", "c.jsonl", "d.txt", label_from="file").batches()
    assert batch.decoded() == ["Hope", "to", "see", "you\r"]
    assert batch.labels.to_pylist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("blanks", ["", "\n", "\n" * 20_000], ids=len)
def test_a_file_of_blanks_among_others_is_no_fault(blanks):
    Path("a.txt").write_text(blanks)
    Path("b.txt").write_text("Hope\n")
    corpus = opened("a.txt", "b.txt")
    assert rows(corpus) == [{"text": "Hope"}]
    assert blank(corpus) == len(blanks)


def test_a_corpus_of_empty_files_has_no_batch():
    Path("a.txt").touch()
    Path("b.csv").touch()
    assert list(opened("a.txt", "b.csv").batches()) == []


def test_a_batch_is_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 100)
    monkeypatch.setattr(limits, "BATCH_BYTES", 1000)
    corpus = corpus_of("Hope to see you soon\n" * 500 + "a" * 5000 + "\nNice\n")
    batches = [len(batch.used) for batch in corpus.batches()]
    assert sum(batches) == 21 * 500 + 5001 + 5
    [long] = [size for size in batches if size >= 5001]
    assert long <= 5001 + 1000
    assert all(500 < size <= 1000 + 100 for size in batches[:-1] if size != long)


def test_a_batch_is_bounded_in_documents(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_DOCUMENTS", 3)
    monkeypatch.setattr(limits, "BATCH_BYTES", 1)
    corpus = corpus_of('{"text": ""}\n' * 7, "a.jsonl")
    assert [len(batch) for batch in corpus.batches()] == [3, 3, 1]


@given(
    files=st.lists(st.text(st.sampled_from("ab\n\r é"), max_size=30), min_size=1, max_size=4),
    batch_bytes=st.integers(1, 60),
    block_bytes=st.integers(1, 60),
)
def test_however_a_corpus_comes_in_batches_its_documents_are_the_same(
    files, batch_bytes, block_bytes
):
    for number, content in enumerate(files):
        Path(f"{number}.txt").write_text(content, newline="")
    corpus = opened(*(f"{number}.txt" for number in range(len(files))), label_from="file")
    whole = documents(corpus)
    with (
        mock.patch.object(limits, "BATCH_BYTES", batch_bytes),
        mock.patch.object(limits, "BLOCK_BYTES", block_bytes),
    ):
        assert documents(corpus) == whole


def test_a_label_from_the_name_goes_with_each_document():
    for name in ("news.txt", "tale.txt"):
        Path(name).write_text("Hope\n\nto\n")
    found = rows(opened("news.txt", "tale.txt", label_from="file"))
    assert [row["label"] for row in found] == ["news", "news", "tale", "tale"]


def test_cuts_are_counted_over_all_files(monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 4)
    Path("a.txt").write_text("a b c d e\n")
    Path("b.jsonl").write_text(json.dumps({"text": "a b c"}))
    corpus = opened("a.txt", "b.jsonl")
    assert [row["text"] for row in documents(corpus)] == ["a b ", "c d ", "e", "a b ", "c"]
    assert corpus.cuts == 3


# --- how far it is ---------------------------------------------------------------------------


def test_the_size_is_taken_once_since_progress_asks_for_it_at_every_batch():
    corpus = corpus_of("Hope\n")
    with mock.patch.object(Path, "stat", side_effect=Path.stat, autospec=True) as stat:
        assert {corpus.size for _ in range(10)} == {5}
    assert stat.call_count == 1


def test_what_was_read_grows_from_batch_to_batch_up_to_the_size(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 10)
    monkeypatch.setattr(limits, "BATCH_BYTES", 10)
    for name in ("a.txt", "b.txt"):
        Path(name).write_text("Hope to see you\n" * 9)
    corpus = opened("a.txt", "b.txt")
    read = [corpus.bytes_read for _ in corpus.batches()]
    assert read == sorted(read)
    assert len(set(read)) > 9
    assert corpus.bytes_read == corpus.size


def test_a_stream_is_read_as_its_batches_are_taken(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(limits, "BATCH_BYTES", 4096)
    stream = Endless(b"", b"Hope to see you soon\n")
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=stream))
    corpus = opened("-")
    assert corpus.size is None
    taken = 0
    for _, batch in zip(range(20), corpus.batches(), strict=False):
        taken += len(batch) * 21
        assert taken <= stream.given <= taken + 3 * 4096
        assert corpus.bytes_read == stream.given


def test_standard_input_is_read_to_its_end(monkeypatch):
    content = b"Hope to see you soon\n" * 1000
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    corpus = opened("-")
    assert len(rows(corpus)) == 1000
    assert corpus.bytes_read == len(content)


PEAK = """
import re, sys
from pathlib import Path

from tests.support.corpora import opened

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) << 10

for path in sys.argv[1:]:
    pieces = sum(len(batch) for batch in opened(path).batches())
    print(pieces, peak())
"""
"""Reads files; prints the documents of each, and the process's peak memory after it."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "parquet", "zstd", "plain"])
def test_memory_is_bounded_whatever_the_length_of_a_record(kind):
    """A record of 48 MB takes 40 MB more than one of 5 MB: blocks, no whole text."""
    small, large = (f"{name}.{kind if kind in KINDS else 'parquet'}" for name in ("small", "large"))
    for name, size in ((small, 5_000_000), (large, 48_000_000)):
        write_record(name, "Nice to see you again and to hope. " * (size // 35), kind)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, small, large],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    few, before, many, after = map(int, done.stdout.split())
    assert (few, many) == (2, 12)
    assert after - before < 40e6


KINDS = ("txt", "jsonl", "csv", "parquet")


def write_record(name, text, kind):
    """Write one record."""
    if kind == "txt":
        Path(name).write_text(text)
    elif kind == "jsonl":
        Path(name).write_text(json.dumps({"text": text}))
    elif kind == "csv":
        Path(name).write_text(f'text\n"{text}"\n')
    elif kind == "parquet":
        pq.write_table(pa.table({"text": [text]}), name)
    elif kind == "zstd":
        pq.write_table(pa.table({"text": [text]}), name, compression="zstd", use_dictionary=False)
    else:
        pq.write_table(pa.table({"text": [text]}), name, compression="none")
