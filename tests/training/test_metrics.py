"""Metrics are lines of JSON, cut back to the checkpoint on a resume; a full disk is reported."""

import contextlib
import resource

import pytest

from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.training.metrics import Metrics


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
