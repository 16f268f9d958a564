"""A run on disk: what it resumes from, what it says, what its model holds."""

import threading

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header
from corpus2vec.pipeline.config import (
    DumpConfig,
    TrainExecution,
)
from corpus2vec.pipeline.errors import DataError, Interrupted, PipelineError
from tests.support.training import StopAt, train


def test_a_stop_says_where_it_was_and_how_to_go_on(corpus, tmp_path):
    with pytest.raises(Interrupted) as stop:
        train(corpus, tmp_path / "model.safetensors", progress=StopAt(5))
    assert stop.value.exit_code == 143
    assert stop.value.hint == "checkpoint at step 5; --resume goes on from there"


def test_a_checkpoint_of_other_settings_is_refused_by_name(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    with pytest.raises(DataError, match="belongs to another run: dim 8 → 9"):
        train(corpus, model, TrainExecution(threads=1, resume=True), dim=9)


def test_resume_without_a_checkpoint_starts_from_the_beginning_and_says_so(corpus, tmp_path):
    progress = StopAt(10**9)
    train(corpus, tmp_path / "m.safetensors", TrainExecution(threads=1, resume=True), progress)
    assert progress.notices == ["no checkpoint m.checkpoint.safetensors: training from the start"]


def test_a_checkpoint_that_is_not_used_is_reported(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    progress = StopAt(10**9)
    train(corpus, model, progress=progress)
    notice = "model.checkpoint.safetensors is not used: --resume would go on from there"
    assert progress.notices == [notice]


def test_resume_elsewhere_warns(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    progress = StopAt(10**9)
    train(corpus, model, TrainExecution(threads=2, resume=True), progress)
    assert "threads 1 → 2" in progress.notices[1]


@pytest.mark.parametrize(
    ("looks", "settings", "code"), [(10**9, {}, 0), (5, {}, 143), (10**9, {"lr": 1e38}, 70)]
)
def test_no_thread_outlives_a_run_however_it_ends(corpus, tmp_path, looks, settings, code):
    before = set(threading.enumerate())
    execution = TrainExecution(threads=2, tensorboard=True)
    ended = 0
    try:
        train(corpus, tmp_path / "m.safetensors", execution, StopAt(looks), **settings)
    except PipelineError as problem:
        ended = problem.exit_code
    assert ended == code
    assert set(threading.enumerate()) == before


def test_the_model_has_one_row_a_token_and_its_config_in_the_header(corpus, tmp_path):
    train(corpus, tmp_path / "m.safetensors", tie=True)
    tensors, header = (
        read_arrays(tmp_path / "m.safetensors"),
        read_header(tmp_path / "m.safetensors", "model"),
    )
    assert tensors["embedding"].shape == (12, 8)
    assert "output.weight" not in tensors  # tied: it is the embedding
    assert header["config"]["dim"] == 8
    stages.dump.run(
        [tmp_path / "m.safetensors", corpus / "vocab.tsv"], tmp_path / "t", DumpConfig()
    )


@pytest.mark.parametrize(
    "spelt", [{"negatives": 7}, {"softmax": "full"}, {"hidden": 8, "lr": 0.002}]
)
def test_settings_with_the_same_effect_are_a_hit(corpus, tmp_path, spelt):
    assert not train(corpus, tmp_path / "m.safetensors", epochs=1).hit
    assert train(corpus, tmp_path / "m.safetensors", epochs=1, **spelt).hit
