"""A run on disk: what it resumes from, what it says, what its model holds."""

import json
import threading

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import checkpoint_path, metrics_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header
from corpus2vec.pipeline.config import (
    DumpConfig,
    TrainExecution,
)
from corpus2vec.pipeline.errors import DataError, Interrupted, PipelineError, UsageError
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


def test_with_shards_given_a_run_resumes_with_other_threads_to_the_same_bytes(corpus, tmp_path):
    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    train(corpus, whole, TrainExecution(threads=4), shards=4)
    with pytest.raises(Interrupted):
        train(corpus, parts, TrainExecution(threads=2), StopAt(5), shards=4)
    progress = StopAt(10**9)
    train(corpus, parts, TrainExecution(threads=1, resume=True), progress, shards=4)
    assert progress.notices == ["resumed at step 5"]
    assert parts.read_bytes() == whole.read_bytes()


def test_a_checkpoint_of_other_shards_is_refused(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5), shards=2)
    with pytest.raises(DataError, match="belongs to another run: shards 2 → 3"):
        train(corpus, model, TrainExecution(threads=1, resume=True), shards=3)


@pytest.mark.parametrize(
    ("looks", "settings", "code"), [(10**9, {}, 0), (5, {}, 143), (10**9, {"lr": 1e38}, 70)]
)
def test_no_thread_outlives_a_run_however_it_ends(corpus, tmp_path, looks, settings, code):
    before = set(threading.enumerate())
    execution = TrainExecution(threads=2, tensorboard=True)
    ended = 0
    try:
        train(corpus, tmp_path / "m.safetensors", execution, StopAt(looks), **settings)
    except (PipelineError, Interrupted) as problem:
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


# --- more epochs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"objective": "context", "subsample": 0.01},
        {"optimizer": "adagrad"},
        {"valid_fraction": 0.3, "patience": 3},
    ],
    ids=["lm", "context", "adagrad", "patience"],
)
def test_more_epochs_go_on_and_end_like_a_run_from_the_start(corpus, tmp_path, settings):
    kept = TrainExecution(threads=1, keep_state=True)
    longer, whole = tmp_path / "longer.safetensors", tmp_path / "whole.safetensors"
    train(corpus, longer, kept, epochs=2, **settings)
    assert checkpoint_path(longer).exists()
    assert train(corpus, longer, epochs=2, **settings).hit
    assert checkpoint_path(longer).exists()  # a hit leaves it
    progress = StopAt(10**9)
    going_on = TrainExecution(threads=1, resume=True)
    train(corpus, longer, going_on, progress, epochs=4, **settings)
    assert progress.notices[0].startswith("resumed at step ")
    train(corpus, whole, epochs=4, **settings)
    assert longer.read_bytes() == whole.read_bytes()
    assert not checkpoint_path(longer).exists()  # of the shorter run
    ends = [json.loads(metrics_path(each).read_text().splitlines()[-1]) for each in (longer, whole)]
    assert ends[0]["step"] == ends[1]["step"]


def test_an_interrupted_run_may_be_made_longer_too(corpus, tmp_path):
    model, whole = tmp_path / "model.safetensors", tmp_path / "whole.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5), epochs=2)
    train(corpus, model, TrainExecution(threads=1, resume=True), epochs=3)
    train(corpus, whole, epochs=3)
    assert model.read_bytes() == whole.read_bytes()


def test_a_finished_model_is_not_replaced_from_the_start_for_more_epochs(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    train(corpus, model, epochs=1)
    before = model.read_bytes()
    resume = TrainExecution(threads=1, resume=True)
    with pytest.raises(UsageError, match="kept no state to go on from") as refused:
        train(corpus, model, resume, epochs=2)
    assert "--keep-state" in refused.value.hint
    assert model.read_bytes() == before
    train(corpus, model, resume, epochs=2, dim=9)  # another model altogether


@pytest.mark.parametrize("rates", [{"schedule": "linear"}, {"warmup": 0.1}])
def test_rates_that_follow_the_length_cannot_go_on(corpus, tmp_path, rates):
    model = tmp_path / "model.safetensors"
    train(corpus, model, TrainExecution(threads=1, keep_state=True), epochs=1, **rates)
    with pytest.raises(UsageError, match="follow the length of the run"):
        train(corpus, model, TrainExecution(threads=1, resume=True), epochs=2, **rates)


def test_more_epochs_with_another_setting_are_another_run(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    train(corpus, model, TrainExecution(threads=1, keep_state=True), epochs=2, freeze_epochs=1)
    for changed in ({"epochs": 3, "freeze_epochs": 2}, {"epochs": 1, "freeze_epochs": 1}):
        with pytest.raises(DataError, match="belongs to another run"):
            train(corpus, model, TrainExecution(threads=1, resume=True), **changed)
