"""Metrics are lines of JSON, those of the run alone, whether it was resumed or not."""

import contextlib
import dataclasses
import json
import resource
import threading

import numpy as np
import pytest

from corpus2vec.pipeline.artifacts.beside import events_path, metrics_path
from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import Interrupted, StorageError, UsageError
from corpus2vec.pipeline.training.metrics import Metrics
from tests.support.training import StopAt, scalars, train


@contextlib.contextmanager
def file_size_limit(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def line(step, **facts):
    return {"step": step, "epoch": 1, "tokens": 9 * step, "seconds": 0.5 * step, **facts}


def recorded(content):
    return [json.loads(each) for each in content.splitlines()]


def test_a_run_goes_on_after_the_lines_of_its_checkpoint(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with Metrics(path) as metrics:
        metrics.record(line(1, loss=5.5))
        before = metrics.content
        metrics.record(line(2, loss=float("nan")))
    assert recorded(path.read_text()) == [line(1, loss=5.5), line(2, loss=None)]
    with Metrics(path, before) as metrics:
        assert path.read_bytes() == before
        metrics.record(line(2, loss=4.5))
    assert recorded(path.read_text()) == [line(1, loss=5.5), line(2, loss=4.5)]


def test_lines_can_be_read_while_the_run_goes_on_and_after_it_failed(tmp_path):
    path = tmp_path / "metrics.jsonl"

    def stopped_run():
        with Metrics(path) as metrics:
            metrics.record(line(1))
            assert recorded(path.read_text()) == [line(1)]
            raise Interrupted(15)

    with pytest.raises(Interrupted):
        stopped_run()
    assert recorded(path.read_text()) == [line(1)]


def test_the_lines_of_two_runs_do_not_mix_and_the_last_to_end_has_the_name(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with Metrics(path, events=tmp_path / "events") as slow:
        slow.record(line(1, loss=1.0))
        with Metrics(path, events=tmp_path / "events") as fast:
            slow.record(line(2, loss=2.0))
            fast.record(line(3, loss=3.0))
            slow.record(line(4, loss=4.0))
            assert recorded(path.read_text()) == [line(3, loss=3.0)]
        assert recorded(path.read_text()) == [line(3, loss=3.0)]
        slow.record(line(5, loss=5.0))
    assert [each["step"] for each in recorded(path.read_text())] == [1, 2, 4, 5]
    assert [each.step for each in scalars(tmp_path / "events", "loss")] == [1, 2, 4, 5]
    assert {each.name for each in tmp_path.iterdir()} == {"metrics.jsonl", "events"}


def test_a_file_that_holds_no_metrics_stays_and_is_named(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("my own notes\n")
    with pytest.raises(UsageError, match="does not hold the metrics of a run"), Metrics(path):
        pass
    assert path.read_text() == "my own notes\n"


def test_metrics_that_find_no_room_are_reported_by_their_own_name(tmp_path):
    path = tmp_path / "metrics.jsonl"

    def record():
        with Metrics(path) as metrics:
            for step in range(9):
                metrics.record(line(step, loss=5.5))

    with pytest.raises(StorageError) as caught, file_size_limit(50):
        record()
    assert caught.value.message == f"cannot write {path}: File too large"
    assert caught.value.hint == "free some space, or write elsewhere"


# --- the metrics of a run --------------------------------------------------------------------


def without_times(path):
    """The lines of metrics, without what a clock decides."""
    clocks = {"seconds": 0, "tokens_per_second": 0}
    return [
        {**each, **(clocks.keys() & each.keys() and clocks)} for each in recorded(path.read_text())
    ]


@pytest.mark.parametrize("spoil", ["leave", "remove", "extend"])
def test_a_resumed_run_has_the_metrics_of_one_left_alone(corpus, tmp_path, spoil):
    """Also in the middle between two lines, and whatever became of the file."""
    whole, model = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    train(corpus, whole, epochs=30)
    path = metrics_path(model)
    progress = StopAt(100)
    with pytest.raises(Interrupted):
        train(corpus, model, progress=progress, epochs=30)
    if spoil == "remove":
        path.unlink()
    if spoil == "extend":
        path.write_text(path.read_text() + '{"step": 101, "after": "the checkpoint"}\n')
    train(corpus, model, TrainExecution(threads=1, resume=True), epochs=30)
    steps = [each["step"] for each in recorded(path.read_text())]
    assert 100 not in steps  # so the stop was between two lines
    assert without_times(path) == without_times(metrics_path(whole))


def test_models_whose_names_differ_after_a_dot_do_not_share_their_metrics(corpus, tmp_path):
    for name in ("mm.v1", "mm.v2"):
        with pytest.raises(Interrupted):
            train(corpus, tmp_path / name, progress=StopAt(5))
    assert {each.name for each in tmp_path.iterdir()} == {
        f"mm.{version}.{file}"
        for version in ("v1", "v2")
        for file in ("metrics.jsonl", "checkpoint.safetensors")
    }


def test_tensorboard_reads_the_same_numbers_once(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    execution = TrainExecution(threads=1, tensorboard=True)
    with pytest.raises(Interrupted):
        train(corpus, model, execution, StopAt(20))
    train(corpus, model, dataclasses.replace(execution, resume=True), valid_fraction=0.0)
    for name in ("loss", "train_loss", "lr", "tokens_per_second"):
        seen = [(each.step, each.value) for each in scalars(events_path(model), name)]
        lines = recorded(metrics_path(model).read_text())
        written = [(each["step"], each[name]) for each in lines if name in each]
        assert [step for step, _ in seen] == [step for step, _ in written]
        assert np.allclose([value for _, value in seen], [value for _, value in written])


def test_metrics_are_written_without_a_thread(corpus, tmp_path):
    before = set(threading.enumerate())
    with Metrics(tmp_path / "metrics.jsonl", events=tmp_path / "events"):
        assert set(threading.enumerate()) == before


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
