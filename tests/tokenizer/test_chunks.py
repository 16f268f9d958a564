"""Chunks and white space are those of spaCy, whatever the documents are made of."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import chunks, import_spacy
from corpus2vec.pipeline.tokenizer.chunks import cut_places, split_into_chunks
from tests.support.fragments import WHITE_SPACE

spacy = import_spacy(with_torch=False)
# A spaCy tokenizer without any rules: it splits at white space, and nowhere else.
without_rules = spacy.tokenizer.Tokenizer(spacy.blank("xx").vocab)

letters = st.sampled_from([*"aé中😀\0\u0084\u1681\u180e\u200b\u3001"])
spaces = st.sampled_from(WHITE_SPACE)
any_text = st.lists(letters | spaces | st.just(" ") | st.just(" ")).map("".join)
any_text |= st.lists(st.characters(codec="utf-8") | spaces).map("".join)


def by_document(texts):
    found = split_into_chunks(texts)
    decoded = found.slices.decoded()
    begins = found.documents.tolist()
    assert len(found.blank) == len(texts) == len(begins) - 1
    assert begins[-1] == len(decoded)
    return [decoded[begin:end] for begin, end in pairwise(begins)]


def expected(text):
    """The tokens; none in a document of white space only."""
    return [] if not text.strip() else [token.text for token in without_rules(text)]


@settings(max_examples=300)
@given(st.lists(any_text))
def test_chunks_are_those_of_spacy(texts):
    given_texts = Texts.of(texts)
    assert by_document(given_texts) == [expected(text) for text in texts]
    blank = split_into_chunks(given_texts).blank
    assert blank.tolist() == [not text.strip() for text in texts]
    assert not len(split_into_chunks(given_texts).cuts)


@given(st.lists(st.tuples(any_text, st.booleans())))
def test_chunks_of_lines_are_those_of_spacy(lines):
    lines = [(text.replace("\n", ""), windows) for text, windows in lines]
    block = "".join(text + ("\r\n" if windows else "\n") for text, windows in lines).encode()
    texts = Texts.of_lines(block)
    assert by_document(texts) == [expected(text) for text in texts.decoded()]


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_every_white_space_character_separates_chunks(space):
    forms = ["a{}b", "{}a", "a{}", "a {}b", "a{} b", "a{0}{0}b"]
    texts = [form.format(space) for form in forms]
    assert by_document(Texts.of(texts)) == [expected(text) for text in texts]
    assert by_document(Texts.of([space, space * 2, f" {space} "])) == [[], [], []]


def test_nothing_else_separates_chunks():
    others = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    others = [each for each in others if not each.isspace()]
    text = "".join(f"{each}x" for each in others)
    [pieces] = by_document(Texts.of([text]))
    assert "".join(pieces) == text
    assert len(split_into_chunks(Texts.of([text])).cuts) == len(pieces) - 1


def test_a_batch_may_be_empty_or_blank():
    assert by_document(Texts.of([])) == []
    assert by_document(Texts.of([""])) == [[]]
    assert by_document(Texts.of(["", " ", "\n\n", "\u3000"])) == [[]] * 4
    assert by_document(Texts.of_lines(b"\n\r\n \n")) == [[]] * 3


def test_white_space_around_documents_belongs_to_none():
    data = np.frombuffer("\n\n a  \u2003b\u3000\n \n c ".encode() + bytes(8), np.uint8)
    text = data.tobytes().decode()
    begins = [len(text[: text.index(part)].encode()) for part in (" a", " c")]
    ends = [begins[0] + len(" a  \u2003b".encode()), begins[1] + len(" c")]
    texts = Texts(data, np.array(begins), np.array(ends))
    assert by_document(texts) == [[" ", "a", " \u2003", "b"], [" ", "c"]]


# --- chunks that are too long ----------------------------------------------------------------


@pytest.fixture(params=[7, 8, 20])
def most(monkeypatch, request):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", request.param)
    return request.param


characters = st.sampled_from(["a", "b", "é", "中", "😀", "\u0301", " ", " ", "\n", "\u3000"])


@settings(suppress_health_check=["function_scoped_fixture"])
@given(texts=st.lists(st.lists(characters, max_size=60).map("".join)))
def test_long_chunks_are_cut_at_characters_and_nothing_is_lost(most, texts):
    found = split_into_chunks(Texts.of(texts))
    pieces = by_document(Texts.of(texts))
    cuts = set(found.cuts.tolist())
    assert len(cuts) == len(found.cuts)
    number = 0
    for text, document in zip(texts, pieces, strict=True):
        joined = []
        for piece in document:
            assert piece
            assert piece.isspace() or len(piece.encode()) <= most
            if number in cuts:
                joined[-1] += piece
            else:
                joined.append(piece)
            number += 1
        assert joined == expected(text)
    uncut = [piece for text in texts for piece in expected(text) if not piece.isspace()]
    long = sum(len(piece.encode()) > most for piece in uncut)
    assert len(cuts) >= long
    assert bool(cuts) == bool(long)


def test_a_chunk_of_the_greatest_length_stays_whole():
    within, beyond = "a" * chunks.CHUNK_BYTES, "b" * (chunks.CHUNK_BYTES + 1)
    found = split_into_chunks(Texts.of([f"{within} {beyond}", within]))
    assert found.cuts.tolist() == [2]
    assert found.documents.tolist() == [0, 3, 4]


@given(st.lists(characters, min_size=1).map("".join), st.integers(7, 12), st.integers(0, 3))
def test_pieces_end_where_characters_do(text, most, before):
    encoded = b"x" * before + text.encode()
    data = np.frombuffer(encoded + bytes(8), np.uint8)
    places = [before, *cut_places(data, before, len(encoded), most).tolist(), len(encoded)]
    pieces = [encoded[begin:end] for begin, end in pairwise(places)]
    assert "".join(piece.decode() for piece in pieces) == text
    assert all(len(piece) <= most for piece in pieces)
    assert all(pieces)
