"""Inputs that do not belong together or leave nothing to do are refused before training."""

from pathlib import Path

import numpy as np
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import read_arrays
from corpus2vec.pipeline.config import (
    EncodeConfig,
    TokenizeConfig,
    TrainConfig,
    TrainExecution,
    VocabConfig,
)
from corpus2vec.pipeline.errors import DataError
from tests.support.training import LABELLED, SMALL, TEXT, train


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


# --- several ids -----------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["context", "lm", "classify"])
def test_several_ids_are_one_corpus(corpus, tmp_path, objective):
    """The network is that of all documents encoded together, in order; labels meet by name."""
    header, *lines = LABELLED.split("\n")
    # `land` is the first label of the second part, and the second label of the whole.
    halves = [lines[:11], lines[11:]]
    assert halves[1][0].endswith("land")
    tokens, ids = [], []
    for number, half in enumerate(halves):
        text, *paths = (tmp_path / f"{number}.{kind}" for kind in ("csv", "tokens", "ids"))
        text.write_text("\n".join([header, *half]))
        stages.tokenize.run([str(text)], paths[0], TokenizeConfig(label_field="label"))
        stages.encode.run([paths[0], corpus / "vocab.tsv"], paths[1], EncodeConfig())
        tokens.append(paths[0])
        ids.append(paths[1])
    whole = tmp_path / "whole.ids"
    stages.encode.run([*tokens, corpus / "vocab.tsv"], whole, EncodeConfig())
    config = TrainConfig(**{**SMALL, "objective": objective, "valid_fraction": 0.2})
    models = [tmp_path / "one", tmp_path / "several"]
    for model, given in zip(models, ([whole], ids), strict=True):
        execution = TrainExecution(threads=1)
        stages.train.run([*given, corpus / "vocab.tsv"], model, config, execution)
        inputs = read_manifest(model).inputs
        named = [Path(each["name"]) for each in inputs if each["role"] == "ids"]
        assert named == given
    one, several = map(read_arrays, models)
    assert all(np.array_equal(one[name], several[name]) for name in {**one, **several})


def test_all_ids_must_be_of_the_vocabulary_and_labelled(corpus, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    tokens, ids = tmp_path / "t.parquet", tmp_path / "i.parquet"
    stages.tokenize.run([str(tmp_path / "a.txt")], tokens, TokenizeConfig())
    stages.encode.run([tokens, corpus / "vocab.tsv"], ids, EncodeConfig())
    both = [corpus / "ids.parquet", ids, corpus / "vocab.tsv"]
    with pytest.raises(DataError, match=f"{ids} has no labels, and --objective classify"):
        stages.train.run(both, tmp_path / "m", TrainConfig(objective="classify"))
