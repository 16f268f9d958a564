"""A document that is too long is cut, nothing of it is lost, and memory is bounded."""

import json
import tracemalloc
from unittest import mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from tests.support.corpora import (
    Endless,
    any_block,
    corpus_of,
    documents,
    parquet,
    reading,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(kind, text):
    """A file of that kind, or of plain text in those documents, with one document."""
    if kind == "jsonl":
        return (json.dumps({"text": text}) + "\n").encode()
    if kind in ("csv", "tsv"):
        return ('text\n"' + text.replace('"', '""') + '"\n').encode()
    return parquet(text=[text]) if kind == "parquet" else text.encode()


def pieces(kind, text, document_bytes, block_bytes):
    """The documents that a text is cut into, and the number of cuts."""
    doc_per = kind if kind in ("line", "paragraph", "file") else "line"
    real_kind = "text" if kind in ("line", "paragraph", "file") else kind
    corpus = corpus_of(written(kind, text), kind=real_kind, doc_per=doc_per)
    with mock.patch.multiple(limits, DOCUMENT_BYTES=document_bytes, BLOCK_BYTES=block_bytes):
        return [row["text"] for row in documents(corpus)], corpus.cuts


KINDS = ["line", "paragraph", "file", "jsonl", "csv", "tsv", "parquet"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aaaa aaaa", ["aaaa ", "aaaa"]),
        ("aaaaaaaa", ["aaaaaaaa"]),
        ("aaaaaaaaa", ["aaaaaaaa", "a"]),
        ("aaaaaaa aaaaaaaa", ["aaaaaaa ", "aaaaaaaa"]),
        ("aaaaaaaa aaaaaaaa", ["aaaaaaaa", " ", "aaaaaaaa"]),
        ("a b c d e f g h i j", ["a b c d ", "e f g h ", "i j"]),
        ("aaaaaaaaa" * 2, ["aaaaaaaa", "aaaaaaaa", "aa"]),
        ("ééééé", ["éééé", "é"]),
        ("aéééé", ["aééé", "é"]),
        ("€€€€€", ["€€", "€€", "€"]),
        ("aaaaa😀😀", ["aaaaa", "😀😀"]),
        ("aaaaaaa😀", ["aaaaaaa", "😀"]),
        ("a\u3000aaaaaaaa", ["a\u3000aaaa", "aaaa"]),  # only a space is looked for
    ],
)
def test_a_document_that_is_too_long_is_cut_at_the_last_space_or_character(kind, text, expected):
    assert pieces(kind, text, 8, 1 << 20) == (expected, len(expected) - 1)


any_text = st.text(
    st.sampled_from(" ab\té€😀") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60
).map(lambda text: text.replace("\r", " ").replace("\n", " ").removeprefix("\ufeff"))


@given(
    text=any_text,
    kind=st.sampled_from(KINDS),
    document_bytes=st.integers(4, 40),
    block_bytes=any_block,
)
def test_nothing_is_lost_where_a_document_is_cut_whatever_the_blocks(
    text, kind, document_bytes, block_bytes
):
    assume(text.strip() or kind in ("file", "jsonl"))
    found, cuts = pieces(kind, text, document_bytes, block_bytes)
    assert "".join(found) == text
    assert cuts == len(found) - 1
    assert all(0 < len(piece.encode()) <= document_bytes for piece in found)
    for piece in found[:-1]:
        assert piece.endswith(" ") or " " not in piece
        assert piece.endswith(" ") or len(piece.encode()) > document_bytes - 4
    assert (found, cuts) == pieces(kind, text, document_bytes, 1 << 20)


@given(
    lines=st.lists(st.text(st.sampled_from(" aé€😀\r"), max_size=30), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
    document_bytes=st.integers(4, 20),
    block_bytes=any_block,
)
def test_among_many_lines_the_long_ones_are_cut(lines, end, document_bytes, block_bytes):
    corpus = corpus_of("".join(line + end for line in lines))
    whole = documents(corpus)
    assert (len(whole), corpus.cuts) == (len(lines), 0)
    with mock.patch.multiple(limits, DOCUMENT_BYTES=document_bytes, BLOCK_BYTES=block_bytes):
        found = documents(corpus)
    assert "".join(row["text"] for row in found) == "".join(row["text"] for row in whole)
    assert len(found) == len(whole) + corpus.cuts
    assert max(len(row["text"].encode()) for row in found) <= document_bytes


def test_the_lines_of_a_paragraph_that_is_cut_stay_separate(monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 8)
    corpus = corpus_of("aaa\r\nbbb\nccc\n\nddd\n", doc_per="paragraph")
    assert [row["text"] for row in documents(corpus)] == ["aaa\nbbb\n", "ccc", "ddd"]
    assert corpus.cuts == 1


def test_each_piece_of_a_document_has_its_label(monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 8)
    table = [("aaaa aaaa", "long"), ("b", "short")]
    for kind, content in {
        "csv": "text,y\n" + "".join(f"{text},{y}\n" for text, y in table),
        "jsonl": "".join(json.dumps({"text": text, "y": y}) + "\n" for text, y in table),
        "parquet": parquet(text=[text for text, _ in table], y=[y for _, y in table]),
    }.items():
        corpus = corpus_of(content, kind=kind, label_field="y")
        assert [row["label"] for row in documents(corpus)] == ["long", "long", "short"]
    corpus = corpus_of("aaaa aaaa\nb\n", "tale.txt", label_from="file")
    assert documents(corpus) == [{"text": text, "label": "tale"} for text in ("aaaa ", "aaaa", "b")]


@pytest.mark.parametrize("doc_per", ["line", "file"])
@pytest.mark.parametrize("content", [b"aaa ", b"a", "é".encode()], ids=["words", "a", "é"])
def test_a_line_without_end_takes_no_more_memory_than_some_documents(doc_per, content, monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 1 << 14)
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 1 << 16)
    size = 200 << 16
    stream = Endless(b"", content, size)
    tracemalloc.start()
    try:
        read = sum(len(batch.used) - len(batch) for batch in reading(stream, doc_per=doc_per))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == size
    assert most < 40 << 16
