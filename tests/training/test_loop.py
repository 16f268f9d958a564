"""Training: the same seed ends in the same bytes, wherever the run was stopped and resumed."""

import itertools
import math

import numpy as np
import pytest
import torch

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, read_table
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import Interrupted, PipelineError
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.training import blocks as blocks_module
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.loop import Hooks, Training
from tests.support.documents import blocks, documents
from tests.support.training import StopAt, train

VARIANTS = {
    "lm": {},
    "lm, untied": {"tie": False},
    "lm sampled, tied, dropout": {
        "softmax": "sampled",
        "negatives": 8,
        "tie": True,
        "dropout": 0.3,
    },
    "lm adagrad, two layers": {"optimizer": "adagrad", "layers": 2, "dropout": 0.2},
    "lm sgd, frozen": {"optimizer": "sgd", "freeze": True},
    "lm with patience": {"valid_fraction": 0.2, "patience": 1, "lr": 0.05, "epochs": 6},
    "context": {"objective": "context", "subsample": 0.05, "valid_fraction": 0.2},
    "context sampled, two layers, cosine": {
        "objective": "context",
        "softmax": "sampled",
        "negatives": 8,
        "layers": 2,
        "dropout": 0.2,
        "schedule": "cosine",
        "warmup": 0.2,
    },
    "context, no LSTM, float32": {"objective": "context", "layers": 0, "bfloat16": "off"},
    "context, no bag": {"objective": "context", "residual": "none", "schedule": "linear"},
    "lm in bfloat16": {"bfloat16": "on", "softmax": "sampled"},
    "lm, thawed": {"freeze_epochs": 1},
    "classify": {"objective": "classify", "valid_fraction": 0.2, "dropout": 0.1},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_the_same_seed_ends_in_the_same_bytes(corpus, tmp_path, settings):
    train(corpus, tmp_path / "a.safetensors", **settings)
    train(corpus, tmp_path / "b.safetensors", **settings)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_another_seed_ends_in_other_bytes(corpus, tmp_path):
    train(corpus, tmp_path / "a.safetensors")
    train(corpus, tmp_path / "b.safetensors", seed=2)
    assert (tmp_path / "a.safetensors").read_bytes() != (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_a_run_stopped_again_and_again_ends_in_the_same_bytes(corpus, tmp_path, settings):
    require_the_same_bytes(corpus, tmp_path, settings)


@pytest.mark.parametrize("variant", ["lm with patience", "context", "classify"])
def test_so_does_one_of_many_groups(corpus, tmp_path, monkeypatch, variant):
    train(corpus, tmp_path / "one.safetensors", **VARIANTS[variant])
    monkeypatch.setattr(blocks_module, "BLOCK", 20)
    monkeypatch.setattr(blocks_module, "GROUP", 3)
    whole = require_the_same_bytes(corpus, tmp_path, VARIANTS[variant])
    assert whole != (tmp_path / "one.safetensors").read_bytes()


def require_the_same_bytes(corpus, tmp_path, settings):
    """The bytes of a run, which are those of one that is stopped again and again."""
    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    train(corpus, whole, **settings)
    stops = 0
    for looks in itertools.cycle((1, 4, 2, 7, 13)):
        try:
            train(corpus, parts, TrainExecution(threads=1, resume=True), StopAt(looks), **settings)
        except Interrupted:
            stops += 1
            continue
        break
    assert stops >= 4
    assert parts.read_bytes() == whole.read_bytes()
    assert not checkpoint_path(parts).exists()
    return whole.read_bytes()


def test_checkpoints_in_between_change_nothing(corpus, tmp_path):
    train(corpus, tmp_path / "a.safetensors")
    train(corpus, tmp_path / "b.safetensors", TrainExecution(threads=1, checkpoint_minutes=0))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_run_that_is_out_of_time_keeps_what_it_has(corpus, tmp_path):
    outcome = train(corpus, tmp_path / "m.safetensors", max_minutes=1e-9, valid_fraction=0.2)
    assert outcome.counts["time_was_up"]
    assert outcome.counts["steps"] == 1
    assert outcome.counts["valid_perplexity"] > 1
    outcome = train(corpus, tmp_path / "m.safetensors", max_minutes=1e9)
    assert not outcome.counts["time_was_up"]


def test_a_loss_that_is_not_finite_is_reported_with_its_step_and_keeps_the_checkpoint(
    corpus, tmp_path, monkeypatch
):
    model = tmp_path / "model.safetensors"
    step = Training._step

    def poisoned(self, batch):
        loss = step(self, batch)
        return loss * math.nan if self.position.steps == 7 else loss

    monkeypatch.setattr(Training, "_step", poisoned)
    with pytest.raises(PipelineError, match="no longer a finite number, at step 8") as failure:
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0))
    assert failure.value.exit_code == 70
    rates = "lower --lr (it is 0.002), --table-lr (it is 0.002) or --clip (it is 1.0)"
    assert failure.value.hint.startswith(rates)
    assert not model.exists()
    assert read_header(checkpoint_path(model), "checkpoint")["position"]["steps"] == 7


@pytest.mark.parametrize("where", ["loss", "table"])
@pytest.mark.parametrize("step", [1, 13, 30])
@pytest.mark.parametrize("minutes", [0.0, 10.0])
@pytest.mark.parametrize("objective", ["context", "lm", "classify"])
def test_a_nan_at_any_step_is_never_published_nor_saved(
    corpus, tmp_path, monkeypatch, where, step, minutes, objective
):
    """The last finite checkpoint stays, and a run that goes on from there is as good as any."""
    whole, model = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    settings = {"objective": objective, "epochs": 1, "batch_size": 1, "seq_len": 8}
    assert train(corpus, whole, **settings).counts["steps"] >= 30
    sound = Training._step

    def poisoned(self, batch):
        loss = sound(self, batch)
        if self.position.steps == step - 1:
            if where == "loss":
                return loss * math.nan
            next(iter(self._weights().values())).view(-1)[0] = math.nan
        return loss

    monkeypatch.setattr(Training, "_step", poisoned)
    execution = TrainExecution(threads=1, checkpoint_minutes=minutes)
    with pytest.raises(PipelineError, match="no longer a finite number, at step") as failure:
        train(corpus, model, execution, **settings)
    assert failure.value.exit_code == 70
    assert not model.exists()
    assert checkpoint_path(model).exists() == (step > 1 and not minutes)
    if checkpoint_path(model).exists():
        assert read_header(checkpoint_path(model), "checkpoint")["position"]["steps"] == step - 1
        assert all(np.isfinite(each).all() for each in read_arrays(checkpoint_path(model)).values())
    monkeypatch.setattr(Training, "_step", sound)
    train(corpus, model, TrainExecution(threads=1, resume=True), **settings)
    assert model.read_bytes() == whole.read_bytes()


def test_weights_that_are_not_finite_are_not_published(corpus, tmp_path, monkeypatch):
    model = tmp_path / "model.safetensors"
    end = Training._end_epoch

    def poisoned(self):
        with torch.no_grad():
            self.model.recurrent.embedding.weight[0, 0] = math.inf
        return end(self)

    monkeypatch.setattr(Training, "_end_epoch", poisoned)
    with pytest.raises(PipelineError, match="no longer a finite number"):
        train(corpus, model, epochs=1)
    assert not model.exists()


def test_a_language_model_learns(corpus, tmp_path):
    counts = train(
        corpus, tmp_path / "m.safetensors", epochs=30, lr=0.02, valid_fraction=0.2
    ).counts
    assert counts["valid_perplexity"] < 3  # eleven types; half of the positions have one answer


def test_a_classifier_learns(corpus, tmp_path):
    settings = {
        "objective": "classify",
        "seq_len": 9,
        "epochs": 15,
        "lr": 0.02,
        "valid_fraction": 0.2,
    }
    counts = train(corpus, tmp_path / "m.safetensors", **settings).counts
    assert counts["valid_accuracy"] == 1.0
    assert counts["labels"] == ["sea", "land"]
    (sea, never), (wrong, land) = counts["valid_confusion"]
    assert (never, wrong) == (0, 0)
    assert sea + land == counts["valid_documents"]


def test_patience_stops_early_and_keeps_the_best(corpus, tmp_path):
    settings = {"valid_fraction": 0.2, "patience": 1, "lr": 0.3, "epochs": 50}
    outcome = train(corpus, tmp_path / "m.safetensors", **settings)
    assert outcome.counts["stopped_early"]
    assert outcome.counts["epochs"] == outcome.counts["best_epoch"] + 1
    settings |= {"epochs": outcome.counts["best_epoch"], "patience": 0}
    train(corpus, tmp_path / "best.safetensors", **settings)
    best = read_arrays(tmp_path / "best.safetensors")
    kept = read_arrays(tmp_path / "m.safetensors")
    assert all(np.array_equal(best[name], kept[name]) for name in best)


def test_a_frozen_table_stays_as_it_starts_until_it_is_thawed(corpus, tmp_path):
    tables = {}
    for epochs, freeze_epochs in ((2, 2), (3, 2), (1, 0)):
        model = tmp_path / f"{epochs}{freeze_epochs}.safetensors"
        train(corpus, model, tie=False, epochs=epochs, freeze_epochs=freeze_epochs)
        tables[epochs, freeze_epochs] = read_table(model)
    train(corpus, tmp_path / "m.safetensors", tie=False, freeze=True)
    start = read_table(tmp_path / "m.safetensors")
    assert np.array_equal(tables[2, 2], start)
    assert not np.array_equal(tables[3, 2], start)
    assert not np.array_equal(tables[1, 0], start)


def test_no_generator_of_the_caller_is_disturbed(corpus, tmp_path):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    train(corpus, tmp_path / "m.safetensors", dropout=0.5)
    assert torch.rand(1) == expected
    assert torch.get_num_threads() == threads


def test_documents_of_one_token_can_be_trained_beside_others():
    inputs = Inputs(blocks(documents([0], [1], [2, 3])), None, torch.ones(4, dtype=torch.int64), 0)
    hooks = Hooks(Silent(), lambda checkpoint: None, lambda line: None)
    trained = Training(
        inputs, TrainConfig(objective="lm", dim=2, seq_len=1, batch_size=1), TrainExecution(), hooks
    ).run()
    assert trained.position.steps == 20
