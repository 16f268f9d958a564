"""Inputs that do not belong together or leave nothing to do are refused before training."""

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, TrainConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError
from tests.support.training import TEXT, train


def test_another_vocabulary_is_refused(corpus, tmp_path):
    other = tmp_path / "vocab.tsv"
    other.write_text("id\ttoken\tcount\n0\tthe\t1\n")
    with pytest.raises(DataError, match="was encoded with another vocabulary"):
        stages.train.run([corpus / "ids.parquet", other], tmp_path / "m", TrainConfig())


def test_classify_without_labels_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    tokens, vocabulary, ids = (tmp_path / each for each in ("t.parquet", "v.tsv", "i.parquet"))
    stages.tokenize.run([str(tmp_path / "a.txt")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], vocabulary, VocabConfig())
    stages.encode.run([tokens, vocabulary], ids, EncodeConfig())
    with pytest.raises(DataError, match="has no labels"):
        stages.train.run([ids, vocabulary], tmp_path / "m", TrainConfig(objective="classify"))


def test_given_held_out_documents_count_labels_by_name(corpus, tmp_path):
    (tmp_path / "valid.csv").write_text("text,label\nthe dog likes the house,land\n")
    tokens, ids = tmp_path / "t.parquet", tmp_path / "i.parquet"
    stages.tokenize.run([str(tmp_path / "valid.csv")], tokens, TokenizeConfig(label_field="label"))
    stages.encode.run([tokens, corpus / "vocab.tsv"], ids, EncodeConfig())
    settings = {"objective": "classify", "seq_len": 9, "epochs": 15, "lr": 0.02}
    counts = train(corpus, tmp_path / "m.safetensors", valid=ids, **settings).counts
    assert counts["valid_accuracy"] == 1.0  # `land` is label 0 there, and 1 in the corpus


# --- documents of a single token -------------------------------------------------------------


def encoded(text, folder, name, vocabulary=None):
    """The ids of a text, and the vocabulary."""
    (folder / f"{name}.txt").write_text(text)
    tokens, ids = folder / f"{name}.tokens.parquet", folder / f"{name}.ids.parquet"
    stages.tokenize.run([str(folder / f"{name}.txt")], tokens, TokenizeConfig())
    if not vocabulary:
        vocabulary = folder / "vocab.tsv"
        stages.vocab.run([tokens], vocabulary, VocabConfig())
    stages.encode.run([tokens, vocabulary], ids, EncodeConfig())
    return ids, vocabulary


def refusal(ids, vocabulary, folder, **settings):
    config = TrainConfig(dim=4, epochs=1, **settings)
    with pytest.raises(DataError) as caught:
        stages.train.run([ids, vocabulary], folder / "m.safetensors", config)
    assert not (folder / "m.safetensors").exists()
    return caught.value


@pytest.mark.parametrize("objective", ["context", "lm"])
def test_a_corpus_of_single_tokens_is_refused(tmp_path, objective):
    ids, vocabulary = encoded("sea\nship\nsea\n", tmp_path, "corpus")
    problem = refusal(ids, vocabulary, tmp_path, objective=objective)
    assert problem.message == (
        f"every document of {ids} has a single token, so there is no next one to predict"
    )


@pytest.mark.parametrize("objective", ["context", "lm"])
def test_held_out_documents_of_single_tokens_are_refused(tmp_path, objective):
    corpus, vocabulary = encoded("the sea and the ship\n" * 9, tmp_path, "corpus")
    valid, _ = encoded("sea\nship\n", tmp_path, "valid", vocabulary)
    problem = refusal(corpus, vocabulary, tmp_path, objective=objective, valid=valid)
    assert problem.message == (
        f"every document of {valid} has a single token, so there is nothing to score"
    )
    assert problem.hint == "tokenize with --doc-per paragraph or file"


@pytest.mark.parametrize("objective", ["context", "lm"])
def test_a_draw_of_single_tokens_is_refused(tmp_path, objective):
    corpus, vocabulary = encoded("sea\n" * 40 + "the sea and the ship\n", tmp_path, "corpus")
    settings = {"objective": objective, "valid_fraction": 0.1}
    problem = refusal(corpus, vocabulary, tmp_path, **settings)
    assert problem.message == (
        f"every document held out of {corpus} has a single token, so there is nothing to score"
    )
    assert problem.hint.startswith("hold out more, draw others with --seed")
    settings |= {"valid_fraction": 0.9, "seed": 2}
    problem = refusal(corpus, vocabulary, tmp_path, **settings)
    assert problem.message.startswith("every document that is left to train on of ")


def test_a_classifier_may_score_documents_of_single_tokens(corpus, tmp_path):
    (tmp_path / "valid.csv").write_text("text,label\nhouse,land\nsea,sea\n")
    tokens, ids = tmp_path / "t.parquet", tmp_path / "i.parquet"
    stages.tokenize.run([str(tmp_path / "valid.csv")], tokens, TokenizeConfig(label_field="label"))
    stages.encode.run([tokens, corpus / "vocab.tsv"], ids, EncodeConfig())
    outcome = train(corpus, tmp_path / "m.safetensors", valid=ids, objective="classify")
    assert outcome.counts["valid_documents"] == 2
