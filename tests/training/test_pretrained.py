"""What training starts from: zeros, vectors by token, models by token and layer."""

import numpy as np
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_table
from corpus2vec.pipeline.config import (
    EncodeConfig,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
)
from corpus2vec.pipeline.errors import DataError
from tests.support.training import SMALL, train


def words_of(corpus):
    return [line.split("\t")[1] for line in (corpus / "vocab.tsv").read_text().splitlines()[1:]]


def test_a_frozen_table_of_zeros_stays_zero(corpus, tmp_path):
    config = TrainConfig(**SMALL, init="zeros", freeze=True)
    stages.train.run(
        [corpus / "ids.parquet", corpus / "vocab.tsv"], tmp_path / "0.safetensors", config
    )
    assert not read_table(tmp_path / "0.safetensors").any()


def test_a_table_of_zeros_learns(corpus, tmp_path):
    config = TrainConfig(**{**SMALL, "seq_len": 40}, init="zeros")
    stages.train.run(
        [corpus / "ids.parquet", corpus / "vocab.tsv"], tmp_path / "0.safetensors", config
    )
    assert read_table(tmp_path / "0.safetensors").any(1).all()


def test_pretrained_rows_start_the_table_and_the_rest_is_random(corpus, tmp_path):
    words = words_of(corpus)
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("2 8\ncat " + "0.5 " * 8 + "\nsea " + "-0.25 " * 8 + "\n")
    outcome = train(corpus, tmp_path / "m.safetensors", init=vectors, freeze=True)
    table = read_table(tmp_path / "m.safetensors")
    assert outcome.counts["init_found"] == 2
    assert table[words.index("cat")].tolist() == [0.5] * 8
    assert table[words.index("sea")].tolist() == [-0.25] * 8
    assert np.abs(table[words.index("dog")]).min() > 0


def model_of(text, folder, **settings):
    """A model of another corpus, with its own vocabulary."""
    folder.mkdir()
    (folder / "corpus.txt").write_text(text)
    tokens, words, ids = (folder / each for each in ("t.parquet", "words.tsv", "i.parquet"))
    stages.tokenize.run([str(folder / "corpus.txt")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], words, VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig())
    stages.train.run([ids, words], folder / "m.safetensors", TrainConfig(**{**SMALL, **settings}))
    return folder / "m.safetensors"


def test_training_goes_on_from_a_model_of_another_corpus(corpus, tmp_path):
    first = model_of("ships of the sea\nthe cat naps\n" * 9, tmp_path / "first", tie=False)
    table = read_arrays(first)["embedding"]
    outcome = train(corpus, tmp_path / "m.safetensors", init=first, tie=False, lr=1e-9)
    found = read_arrays(tmp_path / "m.safetensors")
    assert outcome.counts["init_found"] == 3  # the, cat, sea
    assert outcome.counts["init_layers"] == 4
    for old, word in ((2, "the"), (3, "sea"), (4, "cat")):
        new = words_of(corpus).index(word)
        assert np.allclose(found["embedding"][new], table[old], atol=1e-6)
        assert np.allclose(
            found["output.weight"][new], read_arrays(first)["output.weight"][old], atol=1e-6
        )
    name = "lstm.layers.0.weight_hh_l0"
    assert np.allclose(found[name], read_arrays(first)[name], atol=1e-6)


def test_a_model_gives_another_objective_what_fits(corpus, tmp_path):
    first = model_of("the cat naps\n" * 9, tmp_path / "first", objective="context")
    outcome = train(corpus, tmp_path / "m.safetensors", init=first, objective="classify", hidden=5)
    assert outcome.counts["init_found"] == 2
    assert "init_layers" not in outcome.counts


def test_a_model_whose_vocabulary_is_gone_is_refused(corpus, tmp_path):
    first = model_of("the cat naps\n" * 9, tmp_path / "first")
    first.with_name("words.tsv").write_text("id\ttoken\tcount\n0\tthe\t1\n")
    with pytest.raises(DataError, match=r"words\.tsv is another vocabulary than the one of"):
        train(corpus, tmp_path / "m.safetensors", init=first)


def test_pretrained_vectors_of_another_size_are_refused_with_the_right_one(corpus, tmp_path):
    (tmp_path / "v.txt").write_text("1 3\ncat 1 2 3\n")
    with pytest.raises(DataError, match="vectors of 3 numbers, and --dim is 8") as refusal:
        train(corpus, tmp_path / "m.safetensors", init=tmp_path / "v.txt")
    assert refusal.value.hint == "--dim 3"


def test_pretrained_vectors_of_no_token_are_refused(corpus, tmp_path):
    (tmp_path / "v.txt").write_text("1 8\nxylophone 1 2 3 4 5 6 7 8\n")
    with pytest.raises(DataError, match="no vector for any of the 12 tokens"):
        train(corpus, tmp_path / "m.safetensors", init=tmp_path / "v.txt")
