"""Checkpoints: a damaged or outdated one is never used, and nothing else is touched."""

import errno
import re

import numpy as np
import pytest

from corpus2vec.pipeline.artifacts.beside import checkpoint_path, metrics_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, write_arrays
from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import DataError, Interrupted, StorageError, UsageError
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.training import checkpoints
from tests.support.training import StopAt, train


def test_a_damaged_checkpoint_is_refused(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    checkpoint = checkpoint_path(model)
    content = bytearray(checkpoint.read_bytes())
    content[-3] ^= 4
    checkpoint.write_bytes(content)
    with pytest.raises(DataError, match=r"model\.checkpoint\.safetensors is damaged"):
        train(corpus, model, TrainExecution(threads=1, resume=True))


def test_of_several_checkpoints_the_newest_that_is_whole_is_taken(corpus, tmp_path):
    whole, model = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    train(corpus, whole)
    every_step = TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=3)
    with pytest.raises(Interrupted):
        train(corpus, model, every_step, StopAt(9))
    headers = [read_header(checkpoint_path(model, age), "checkpoint") for age in range(3)]
    assert [header["position"]["steps"] for header in headers] == [9, 8, 7]
    assert not checkpoint_path(model, 3).exists()
    checkpoint_path(model).write_bytes(b"torn")
    checkpoint_path(model, 1).unlink()
    progress = StopAt(10**9)
    train(corpus, model, TrainExecution(threads=1, resume=True), progress)
    newest, older = checkpoint_path(model).name, checkpoint_path(model, 2).name
    assert re.fullmatch(f".*{newest} is .*: going on from {older}, .*", progress.notices[0])
    assert progress.notices[1] == "resumed at step 7"
    assert model.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*checkpoint*"))


def spoilt(path, change):
    """Write the checkpoint again, with a valid digest, after `change(header, arrays)`."""
    header, arrays = read_header(path, "checkpoint"), read_arrays(path)
    change(header, arrays)
    write_arrays(path, arrays, header)


@pytest.mark.parametrize("number", [None, 1, 99, "2"])
def test_a_checkpoint_of_another_version_is_refused(corpus, tmp_path, number):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    spoilt(checkpoint_path(model), lambda header, arrays: header.update(format=number))
    with pytest.raises(DataError, match="was written by another version of corpus2vec") as caught:
        train(corpus, model, TrainExecution(threads=1, resume=True))
    assert caught.value.hint == "leave out --resume to train from the start"


def in_header(name, value):
    return lambda header, arrays: header.update({name: value})


def in_position(name, value):
    return lambda header, arrays: header["position"].update({name: value})


def in_arrays(name, value):
    return lambda header, arrays: arrays.update({name: value(arrays.get(name))})


TABLE = "model.recurrent.embedding.weight"
LAZY = "optimizer.1.0.exp_avg"
SPOILT = {
    "no position": lambda header, arrays: header.pop("position"),
    "a position that is a list": in_header("position", [1, 2]),
    "a position without a field": lambda header, arrays: header["position"].pop("tokens"),
    "a position with one more": in_position("colour", 3),
    "a step that is a text": in_position("step", "5"),
    "a step that is negative": in_position("step", -5),
    "a step beyond the epoch": in_position("step", 10**9),
    "an epoch without scores": in_position("epoch", 1),
    "scores that are texts": in_position("scores", [{"epoch": "one"}]),
    "no fingerprint": lambda header, arrays: header.pop("fingerprint"),
    "a config that is a number": in_header("config", 7),
    "no environment": in_header("environment", None),
    "no counters": lambda header, arrays: header.pop("steps"),
    "a counter that is a text": lambda header, arrays: header["steps"].update({"0.0.step": "5"}),
    "another optimizer's counter": lambda header, arrays: header["steps"].update({"9.0.step": 5}),
    "no metrics": lambda header, arrays: arrays.pop("metrics"),
    "metrics that are numbers": in_arrays("metrics", lambda each: each.astype(np.float32)),
    "no table": lambda header, arrays: arrays.pop(TABLE),
    "a table of other shape": in_arrays(TABLE, lambda each: each[:, :-1]),
    "a table of other type": in_arrays(TABLE, lambda each: each.astype(np.float64)),
    "an unknown tensor": in_arrays("colour", lambda each: np.zeros(3, np.float32)),
    "an unknown weight": in_arrays("model.colour", lambda each: np.zeros(3, np.float32)),
    "a part of the best weights": in_arrays("best.bias", lambda each: np.zeros(3, np.float32)),
    "no state": lambda header, arrays: arrays.pop("state.h"),
    "a state of other shape": in_arrays("state.c", lambda each: each[:, :, :-1]),
    "no optimizer's tensor": lambda header, arrays: arrays.pop(LAZY),
    "an optimizer's tensor of other shape": in_arrays(LAZY, lambda each: each[:-1]),
    "an optimizer's unknown tensor": in_arrays("optimizer.1.0.x", lambda each: np.zeros(3)),
}


@pytest.mark.parametrize("change", SPOILT.values(), ids=SPOILT)
def test_a_checkpoint_that_lacks_something_is_refused_by_name(corpus, tmp_path, change):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    spoilt(checkpoint_path(model), change)
    with pytest.raises(
        DataError, match=r"model\.checkpoint\.safetensors is no checkpoint to go on"
    ):
        train(corpus, model, TrainExecution(threads=1, resume=True))


# --- only our own files are replaced or removed ----------------------------------------------


def test_files_that_look_like_checkpoints_stay(corpus, tmp_path):
    model, every_step = (
        tmp_path / "model.safetensors",
        TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=3),
    )
    with pytest.raises(Interrupted):
        train(corpus, model, every_step, StopAt(9))
    content = checkpoint_path(model).read_bytes()
    names = ("1-my-backup", "2026", "3", "01", "1 (copy)", "old")
    mine = [tmp_path / f"model.checkpoint-{name}.safetensors" for name in names]
    for file in mine:
        file.write_bytes(content)
    train(corpus, model, TrainExecution(threads=1, resume=True))
    left = {each.name for each in tmp_path.glob("*checkpoint*")}
    assert left == {each.name for each in mine}
    assert all(file.read_bytes() == content for file in mine)


@pytest.mark.parametrize("age", [0, 1, 2])
def test_a_file_that_is_no_checkpoint_is_not_replaced(corpus, tmp_path, age):
    model = tmp_path / "model.safetensors"
    mine = checkpoint_path(model, age)
    mine.write_bytes(b"my own")
    every_step = TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=3)
    with pytest.raises(UsageError, match=f"{mine.name} is no checkpoint of corpus2vec") as caught:
        train(corpus, model, every_step)
    assert caught.value.hint == "move that file away, or name another output"
    assert [each.name for each in tmp_path.iterdir()] == [mine.name]
    assert mine.read_bytes() == b"my own"


def test_a_new_run_replaces_the_checkpoints_of_another_recipe(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    every_step = TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=3)
    with pytest.raises(Interrupted):
        train(corpus, model, every_step, StopAt(9))
    train(corpus, model, dim=4)
    assert not list(tmp_path.glob("*checkpoint*"))


class Meanwhile(Silent):
    """Another run is stopped while this one trains."""

    def __init__(self, other):
        self.other = other
        self.looks = 0

    @property
    def stop_signal(self):
        self.looks += 1
        if self.looks == 7:
            with pytest.raises(Interrupted):
                self.other()
        return None


def test_a_checkpoint_that_another_run_saves_meanwhile_stays(corpus, tmp_path):
    model = tmp_path / "model.safetensors"

    def other():
        train(corpus, model, progress=StopAt(5), dim=4)

    train(corpus, model, progress=Meanwhile(other))
    progress = StopAt(10**9)
    train(corpus, model, TrainExecution(threads=1, resume=True), progress, dim=4)
    assert progress.notices == ["resumed at step 5"]
    assert not list(tmp_path.glob("*checkpoint*"))


def test_a_hit_removes_the_checkpoints_of_a_run_that_was_killed_after_its_model(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    content = checkpoint_path(model).read_bytes()
    train(corpus, model)
    checkpoint_path(model).write_bytes(content)
    assert train(corpus, model).hit
    assert not checkpoint_path(model).exists()


@pytest.mark.parametrize("hit", [False, True])
def test_a_run_sweeps_what_a_killed_one_was_writing(corpus, tmp_path, hit):
    model = tmp_path / "model.safetensors"
    if hit:
        train(corpus, model)
    for path in (checkpoint_path(model), metrics_path(model)):
        path.with_name(f".{path.name}.0123abcd.tmp").write_bytes(b"torn")
    assert train(corpus, model).hit == hit
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_hit_keeps_the_checkpoint_of_another_recipe(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    train(corpus, model, epochs=1)
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5), epochs=4)
    assert train(corpus, model, epochs=1).hit
    assert checkpoint_path(model).exists()


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before_it(corpus, tmp_path, monkeypatch):
    model = tmp_path / "model.safetensors"
    every_step = TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=2)

    def full(path, arrays, header):
        write_arrays(path, arrays, header)
        if header["position"]["steps"] == 6:
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(checkpoints, "write_arrays", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        train(corpus, model, every_step)
    assert "what was there before is untouched" in caught.value.hint
    headers = [read_header(checkpoint_path(model, age), "checkpoint") for age in range(2)]
    assert [header["position"]["steps"] for header in headers] == [5, 4]
