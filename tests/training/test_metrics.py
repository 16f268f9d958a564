"""Metrics are lines of JSON, cut back to the checkpoint on a resume; a full disk is reported."""

import contextlib
import dataclasses
import itertools
import json
import resource

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from corpus2vec.pipeline.artifacts.beside import events_path, metrics_path
from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import Interrupted, StorageError
from corpus2vec.pipeline.training.metrics import Metrics
from tests.support.training import StopAt, train


@contextlib.contextmanager
def file_size_limit(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_lines_after_the_checkpoint_are_written_again(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with Metrics(path, 0, 0) as metrics:
        size = metrics.record({"step": 1, "loss": 5.5})
        metrics.record({"step": 2, "loss": float("nan")})
    assert path.read_text() == '{"step": 1, "loss": 5.5}\n{"step": 2, "loss": null}\n'
    with Metrics(path, size, 1) as metrics:
        metrics.record({"step": 2, "loss": 4.5})
    assert path.read_text() == '{"step": 1, "loss": 5.5}\n{"step": 2, "loss": 4.5}\n'


def test_metrics_that_find_no_room_are_reported_by_their_own_name(tmp_path):
    path = tmp_path / "metrics.jsonl"

    def record():
        with Metrics(path, 0, 0) as metrics:
            for step in range(9):
                metrics.record({"step": step, "loss": 5.5})

    with pytest.raises(StorageError) as caught, file_size_limit(50):
        record()
    assert caught.value.message == f"cannot write {path}: File too large"
    assert caught.value.hint == "free some space, or write elsewhere"


# --- the metrics of a run --------------------------------------------------------------------


def test_a_resumed_run_has_every_step_in_its_metrics_once(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0), StopAt(20))
    metrics = metrics_path(model)
    metrics.write_text(metrics.read_text() + '{"step": 21, "after": "the checkpoint"}\n')
    train(corpus, model, TrainExecution(threads=1, resume=True))
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    in_training = [step for step, _ in itertools.groupby(steps)]
    assert in_training == sorted(set(steps))
    assert "after" not in metrics.read_text()


def test_metrics_that_somebody_shortened_are_continued(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0), StopAt(20))
    metrics_path(model).unlink()
    train(corpus, model, TrainExecution(threads=1, resume=True))
    lines = [json.loads(line) for line in metrics_path(model).read_text().splitlines()]
    assert min(line["step"] for line in lines) > 20  # and no zero bytes before


def test_tensorboard_reads_the_same_numbers_once(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    execution = TrainExecution(threads=1, checkpoint_minutes=0, tensorboard=True)
    with pytest.raises(Interrupted):
        train(corpus, model, execution, StopAt(20))
    train(corpus, model, dataclasses.replace(execution, resume=True), valid_fraction=0.0)
    events = EventAccumulator(str(events_path(model))).Reload()
    seen = [(each.step, each.value) for each in events.Scalars("loss")]
    lines = [json.loads(line) for line in metrics_path(model).read_text().splitlines()]
    written = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    assert [step for step, _ in seen] == [step for step, _ in written]
    assert np.allclose([value for _, value in seen], [value for _, value in written])


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        ({"objective": "context"}, {"lr": 0.002, "table_lr": 0.2}),
        ({"objective": "context", "layers": 0}, {"table_lr": 0.2}),
        ({"objective": "lm", "lr": 0.05}, {"lr": 0.05, "table_lr": 0.05}),
    ],
)
def test_metrics_have_the_learning_rates_in_use(corpus, tmp_path, settings, rates):
    model = tmp_path / "model.safetensors"
    train(corpus, model, epochs=1, **settings)
    first = json.loads(metrics_path(model).read_text().splitlines()[0])
    assert {name: first[name] for name in ("lr", "table_lr") if name in first} == rates
