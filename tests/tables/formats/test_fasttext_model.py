"""fastText's own models: gensim, which writes and reads them too, is the oracle."""

import gzip
import struct

import numpy as np
import pytest
from gensim.models import FastText
from gensim.models.fasttext import load_facebook_vectors, save_facebook_model

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats.fasttext_model import MAGIC, grams
from corpus2vec.pipeline.tables.reading import read_vectors

SENTENCES = [["Hope", "to", "see", "Straße", "東京", "soon"], ["Nice", "to", "see", "you", "é"]]
UNLISTED = ["harbourmaster", "Straßenbahn", "東京都", "x"]


def saved(path, **settings):
    model = FastText(vector_size=7, min_count=1, bucket=50, workers=1, seed=1, **settings)
    model.build_vocab(SENTENCES)
    model.train(SENTENCES, total_examples=2, epochs=1)
    save_facebook_model(model, str(path))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("fasttext") / "model.bin", min_n=3, max_n=4)


def test_the_words_have_the_vectors_that_gensim_gives_them(model):
    theirs = load_facebook_vectors(str(model))
    ours = read_vectors(model)
    assert ours.tokens.to_pylist() == theirs.index_to_key
    assert np.abs(ours.vectors_VD - theirs.vectors).max() < 1e-6
    assert ours.counts.tolist() == [
        theirs.get_vecattr(each, "count") for each in ours.tokens.to_pylist()
    ]


def test_a_word_that_is_asked_for_and_not_listed_has_the_vector_of_its_grams(model):
    theirs = load_facebook_vectors(str(model))
    ours = read_vectors(model, {"see", "soon", *UNLISTED})
    assert set(ours.tokens.to_pylist()) == {"see", "soon", *UNLISTED}
    expected = np.stack([theirs.get_vector(each) for each in ours.tokens.to_pylist()])
    assert np.abs(ours.vectors_VD - expected).max() < 1e-6


def test_a_word_without_grams_is_left_out(model):
    assert read_vectors(model, {"see", ""}).tokens.to_pylist() == ["see"]


def test_a_model_without_grams_has_its_words_alone(tmp_path):
    model = saved(tmp_path / "model.bin", min_n=0, max_n=0)
    assert read_vectors(model, {"see", "harbourmaster"}).tokens.to_pylist() == ["see"]


def test_blocks_change_nothing(model, monkeypatch):
    whole = read_vectors(model)
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.fasttext_model.BLOCK_WORDS", 3)
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.fasttext_model.BLOCK_NUMBERS", 14)
    found = read_vectors(model)
    assert found.tokens.equals(whole.tokens)
    assert np.abs(found.vectors_VD - whole.vectors_VD).max() < 1e-6


def test_the_end_of_a_sentence_has_no_grams():
    assert grams([b"</s>"], (3, 6), 100)[0].size == 0


def test_lone_marks_are_no_grams():
    places, _ = grams([b"ab"], (1, 1), 100)
    assert len(places) == 2  # a and b, but not < and >


FAULTS = {
    "cut in its settings": lambda content: content[:30],
    "cut in its words": lambda content: content[:100],
    "cut in its numbers": lambda content: content[:600],
    "of another version": lambda content: MAGIC + struct.pack("<i", 13) + content[8:],
    "of more words": lambda content: content[:64] + struct.pack("<i", 1 << 30) + content[68:],
    "of another dimension": lambda content: content[:8] + struct.pack("<i", 8) + content[12:],
    "of negative buckets": lambda content: content[:40] + struct.pack("<i", -9) + content[44:],
    "of negative grams": lambda content: content[:44] + struct.pack("<i", -9) + content[48:],
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_damaged_model_is_refused(model, tmp_path, fault):
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(fault(model.read_bytes()))
    with pytest.raises(DataError, match=r"damaged\.bin"):
        read_vectors(damaged)


def test_a_compressed_model_is_named(model, tmp_path):
    (tmp_path / "model.bin.gz").write_bytes(gzip.compress(model.read_bytes()))
    with pytest.raises(DataError, match="is a compressed fastText model"):
        read_vectors(tmp_path / "model.bin.gz")
