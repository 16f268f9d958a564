"""A pipeline that spaCy loads, and those that it saves."""

import spacy
from spacy.strings import get_string_id
from spacy.vectors import Vectors

from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import TOKENS, VECTORS


def test_spacy_loads_it_with_a_vector_for_every_token(dump):
    nlp = spacy.load(dump("spacy"))
    assert nlp.vocab.vectors.data.tobytes() == VECTORS.tobytes()
    for token, vector in zip(TOKENS, VECTORS, strict=True):
        assert nlp.vocab[token].vector.tobytes() == vector.tobytes()
    assert nlp("to Hope")[1].vector.tobytes() == VECTORS[0].tobytes()


def test_spacys_vectors_read_the_folder_below(dump):
    vectors = Vectors().from_disk(dump("spacy") / "vocab")
    rows = [vectors.find(key=get_string_id(token)) for token in TOKENS]
    assert rows == list(range(len(TOKENS)))
    assert vectors.data.tobytes() == VECTORS.tobytes()


def test_what_spacy_saves_is_read(tmp_path):
    nlp = spacy.blank("en")
    for token, vector in zip(TOKENS, VECTORS, strict=True):
        nlp.vocab.set_vector(token, vector)
    nlp.to_disk(tmp_path / "saved")
    read = read_vectors(tmp_path / "saved")
    assert read.tokens.to_pylist() == TOKENS
    assert read.vectors_VD.tobytes() == VECTORS.tobytes()
