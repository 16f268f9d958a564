"""A trained network, asked about documents."""

import json

import numpy as np
import pytest
import torch

from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, write_arrays
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.inference import Network
from tests.support.training import train

LONG = 40
"""More tokens than a window, and than the classifier reads."""


@pytest.fixture(scope="module")
def networks(corpus, tmp_path_factory):
    """A small network of each objective, by name."""
    folder = tmp_path_factory.mktemp("networks")
    outcomes = {
        "classify": train(
            corpus, folder / "classify", objective="classify", seq_len=12, epochs=9, dropout=0.5
        ),
        "context": train(corpus, folder / "context", objective="context", subsample=0),
        "lm": train(corpus, folder / "lm", objective="lm", layers=2),
    }
    assert not any(outcome.hit for outcome in outcomes.values())
    return {name: Network(folder / name, threads=1) for name in outcomes}


@pytest.fixture(scope="module")
def documents(corpus):
    """The corpus it was trained on, a document of one token and a long one."""
    reader = RowGroupReader(corpus / "ids.parquet", "ids")
    own = Documents.from_batches(reader.row_groups())
    ids = np.concatenate([own.ids_n, [0], np.resize(own.ids_n, LONG)]).astype(np.int32)
    lengths = [*own.lengths, 1, LONG]
    return Documents(ids, np.concatenate([[0], np.cumsum(lengths)]))


def one_by_one(ask, documents):
    return np.concatenate([ask(documents.select(np.array([n]))) for n in range(len(documents))])


def test_the_labels_that_were_learned_are_predicted(networks, documents, corpus):
    network = networks["classify"]
    found = network.probabilities(documents)
    assert found.sum(1) == pytest.approx(1, abs=1e-6)
    reader = RowGroupReader(corpus / "ids.parquet", "ids")
    labels = next(reader.row_groups()).column("label").to_numpy()
    assert network.labels == reader.label_names
    assert (found.argmax(1)[: len(labels)] == labels).mean() == 1


@pytest.mark.parametrize("name", ["classify", "context", "lm"])
def test_a_document_does_not_depend_on_the_others(networks, documents, name):
    states = networks[name].states(documents)
    assert np.allclose(states, one_by_one(networks[name].states, documents), atol=1e-5)
    order = np.random.default_rng(1).permutation(len(documents))
    assert np.allclose(networks[name].states(documents.select(order)), states[order], atol=1e-5)
    assert len(np.unique(states.round(4), axis=0)) > 10


def test_probabilities_do_not_depend_on_the_other_documents(networks, documents):
    ask = networks["classify"].probabilities
    assert np.allclose(ask(documents), one_by_one(ask, documents), atol=1e-5)


def test_the_classifier_reads_as_many_tokens_as_training_did(networks, documents):
    cut = Documents(documents.ids_n[-LONG:][:12], np.array([0, 12]))
    whole = documents.select(np.array([len(documents) - 1]))
    ask = networks["classify"].probabilities
    assert np.allclose(ask(whole), ask(cut))


def test_contexts_cover_each_token_once_and_never_leave_the_document(networks, documents):
    seen = np.zeros(len(documents), int)
    for document_B, begin_B, contexts_BTD in networks["context"].contexts(documents):
        assert np.isfinite(contexts_BTD).all()
        assert (begin_B % 4 == 0).all()  # windows of --seq-len tokens
        np.add.at(seen, document_B, contexts_BTD.shape[1])
    assert (seen == documents.lengths).all()


def test_the_path_around_the_lstm_reaches_beyond_a_window(networks, documents):
    """The contexts of a long document are those of its tokens, also at the windows' edges."""
    long = documents.select(np.array([len(documents) - 1]))
    other = Documents(long.ids_n.copy(), long.offsets)
    other.ids_n[8] = (other.ids_n[8] + 1) % networks["context"].rows
    parts = [
        {
            int(begin): context_TD
            for _, begin_B, contexts in networks["context"].contexts(each)
            for begin, context_TD in zip(begin_B, contexts, strict=True)
        }
        for each in (long, other)
    ]
    changed = [begin for begin in parts[0] if not np.allclose(parts[0][begin], parts[1][begin])]
    assert changed == [0, 4, 8, 12]  # within 5 tokens of the changed one


def test_nothing_of_the_process_is_changed(networks, documents):
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    networks["lm"].states(documents)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_no_documents_are_no_rows(networks):
    none = Documents(np.zeros(0, np.int32), np.zeros(1, np.int64))
    assert networks["classify"].probabilities(none).shape == (0, 2)
    assert networks["context"].states(none).shape == (0, 8)


def test_a_question_to_the_wrong_network_is_refused(networks, documents):
    with pytest.raises(DataError, match="has learned no labels"):
        networks["lm"].probabilities(documents)
    with pytest.raises(DataError, match="only a network of the objective context"):
        next(networks["lm"].contexts(documents))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda arrays, header: arrays.pop("head.weight"), "it has no head.weight"),
        (lambda arrays, header: header["labels"].append("more"), r"head.weight is \(2, 16\), and"),
        (lambda arrays, header: header["config"].update(dim="a"), "dim is a, not a whole number"),
        (lambda arrays, header: header.pop("labels"), "labels"),
        (lambda arrays, header: arrays["head.bias"].fill(np.nan), "not finite"),
    ],
)
def test_a_damaged_model_is_refused_by_name(corpus, tmp_path, spoil, said):
    train(corpus, tmp_path / "m.safetensors", objective="classify", epochs=1)
    arrays, header = (
        read_arrays(tmp_path / "m.safetensors"),
        read_header(tmp_path / "m.safetensors", "model"),
    )
    arrays = {name: each.copy() for name, each in arrays.items()}
    spoil(arrays, header := json.loads(json.dumps(header)))
    write_arrays(tmp_path / "m.safetensors", arrays, header)
    with pytest.raises(DataError, match=said):
        Network(tmp_path / "m.safetensors")
