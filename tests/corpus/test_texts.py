"""Documents in one buffer are the documents they were made of."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.strings.slices import WORD

documents = st.lists(st.text(max_size=9) | st.text("a \n\r\0é", max_size=9))


def between(texts):
    """The bytes that belong to no document, before, between and behind all."""
    begins = [*texts.begins.tolist(), len(texts.used)]
    ends = [0, *texts.ends.tolist()]
    return [
        texts.used[end:begin].tobytes().decode() for end, begin in zip(ends, begins, strict=True)
    ]


def assert_documents_do_not_touch(texts):
    outside = between(texts)
    assert all(not piece or piece.isspace() for piece in outside)
    assert all(outside[1:-1])
    assert len(texts.data) == len(texts.used) + WORD


@given(documents)
def test_documents_are_those_that_came(given_texts):
    texts = Texts.of(given_texts)
    assert texts.decoded() == given_texts
    assert len(texts) == len(given_texts)
    assert_documents_do_not_touch(texts)


@given(documents, st.integers(0, 3), st.sampled_from([pa.string(), pa.large_string()]))
def test_documents_of_a_part_of_an_array_are_its_own(given_texts, begin, kind):
    assert Texts.of(pa.array(given_texts, kind)[begin:]).decoded() == given_texts[begin:]


@pytest.mark.parametrize("labels", [["x", "y"], pa.array(["x", "y"])])
def test_documents_have_their_labels(labels):
    assert Texts.of(["a", "b"], labels).labels.to_pylist() == ["x", "y"]


def test_documents_need_no_labels():
    assert Texts.of(["a", "b"]).labels is None
    assert Texts.of_lines(b"a\nb\n").labels is None


@given(st.lists(st.tuples(st.text("a \t\0é\r\u2028\x85", max_size=9), st.booleans())))
def test_lines_are_documents_without_what_ends_them(lines):
    block = "".join(line + ("\r\n" if windows else "\n") for line, windows in lines).encode()
    texts = Texts.of_lines(memoryview(block))
    # Of a line that has a \r of its own, that is what it ends with.
    expected = [
        line[:-1] if line.endswith("\r") and not windows else line for line, windows in lines
    ]
    assert texts.decoded() == expected
    assert_documents_do_not_touch(texts)


def test_lines_have_the_label_of_their_file():
    texts = Texts.of_lines(b"a\n\nb\r\n", label="news")
    assert (texts.decoded(), texts.labels.to_pylist()) == (["a", "", "b"], ["news"] * 3)


def test_no_bytes_are_no_lines():
    texts = Texts.of_lines(b"", label="news")
    assert (texts.decoded(), texts.labels.to_pylist(), len(texts)) == ([], [], 0)
