"""Checkpoints: a damaged or outdated one is never used."""

import re

import pytest

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, write_arrays
from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import DataError, Interrupted
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


def test_a_checkpoint_of_another_version_is_refused(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    path = checkpoint_path(model)
    header, arrays = read_header(path, "checkpoint"), read_arrays(path)
    header["place"] = header.pop("position")
    write_arrays(path, arrays, header)
    with pytest.raises(DataError, match="was written by another version of corpus2vec") as caught:
        train(corpus, model, TrainExecution(threads=1, resume=True))
    assert caught.value.hint == "leave out --resume to train from the start"
