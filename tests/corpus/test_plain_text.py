"""A document is a line, a paragraph or a file, whatever ends a line and wherever blocks end."""

import codecs
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from tests.support.corpora import (
    Endless,
    any_block,
    blank,
    corpus_of,
    documents,
    reading,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


TEXT = "Hope to see you soon\nNice to see you again\n\n \n\tMany\nlines \n"


@pytest.mark.parametrize(
    ("doc_per", "expected"),
    [
        ("line", ["Hope to see you soon", "Nice to see you again", "\tMany", "lines "]),
        ("paragraph", ["Hope to see you soon\nNice to see you again", "\tMany\nlines "]),
        ("file", [TEXT]),
    ],
)
def test_a_document_is_a_line_a_paragraph_or_a_file(doc_per, expected):
    assert texts(TEXT, doc_per=doc_per) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\rb\n", ["a\rb"]),
        ("a\r\r\nb\r", ["a\r", "b\r"]),
        ("a\u2028b\u2029c\n", ["a\u2028b\u2029c"]),
        ("a\x85b\n", ["a\x85b"]),
        ("a\vb\fc\x1cd\n", ["a\vb\fc\x1cd"]),
        ("a\0b\n\0\n", ["a\0b", "\0"]),
    ],
    ids=repr,
)
def test_only_a_newline_with_or_without_a_return_before_it_ends_a_line(content, expected):
    assert texts(content) == expected


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
def test_a_byte_order_mark_is_no_text(doc_per):
    assert texts(codecs.BOM_UTF8 + b"Hope", doc_per=doc_per) == ["Hope"]


def test_only_the_first_mark_at_the_start_is_a_byte_order_mark():
    assert texts("\ufeff\ufeffHope \ufeffto\n\ufeffsee") == ["\ufeffHope \ufeffto", "\ufeffsee"]


@pytest.mark.parametrize(
    ("doc_per", "expected"),
    [
        ("line", ["", " \t", "Hope", "\u3000\u2028", "", "to"]),
        ("paragraph", ["Hope", "to"]),
        ("file", ["\n \t\nHope\n\u3000\u2028\n\r\nto\n"]),
    ],
)
def test_blank_lines_are_documents_and_part_paragraphs(doc_per, expected):
    corpus = corpus_of("\n \t\nHope\n\u3000\u2028\n\r\nto\n", doc_per=doc_per)
    assert [row["text"] for row in documents(corpus)] == expected


@pytest.mark.parametrize(
    ("content", "lines"),
    [("", 0), ("\n", 1), (" \n\r\n\t", 3), ("\ufeff", 0), ("\ufeff\n", 1), ("\r", 1)],
    ids=repr,
)
def test_a_file_of_blanks_has_only_blank_documents(content, lines):
    for doc_per, expected in {"line": lines, "paragraph": 0, "file": 1}.items():
        corpus = corpus_of(content, doc_per=doc_per)
        assert blank(corpus) == len(documents(corpus)) == expected


any_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))


@given(st.lists(any_line), any_block)
def test_documents_written_a_line_each_are_read_back_all_of_them(lines, block_bytes):
    with mock.patch.object(limits, "BLOCK_BYTES", block_bytes):
        corpus = corpus_of("".join(line + "\n" for line in lines))
        read = [row["text"] for row in documents(corpus)]
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    assert read == [line.removesuffix("\r") for line in lines]
    assert corpus.cuts == 0


def test_lines_are_given_out_before_the_next_block_is_read(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4096)
    stream = Endless(b"", b"Hope\nto\n")
    batch = next(reading(stream))
    assert batch.decoded()[:3] == ["Hope", "to", "Hope"]
    assert stream.given == 4096


def test_a_paragraph_may_have_very_many_lines():
    lines = ["word"] * 300_000
    [row] = documents(corpus_of("\n".join(lines), doc_per="paragraph"))
    assert row["text"] == "\n".join(lines)
