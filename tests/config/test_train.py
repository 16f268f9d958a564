"""The settings of train: what they mean together, and which decide bytes."""

import pytest

from corpus2vec.pipeline.config import TrainConfig, TrainExecution, option_name
from corpus2vec.pipeline.errors import UsageError

CONTEXT_ONLY = "it is for --objective context"
ORDERED = "it would take tokens out of what is read in order"
LABELS = "the output layer scores labels, not tokens"


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"epochs": 0}, "--epochs must be 1 or more", ""),
        ({"clip": -1.0}, "--clip must be 0 or more", ""),
        ({"dropout": 1.0}, "--dropout must be at least 0 and less than 1", ""),
        ({"seed": -1}, "--seed must be between 0 and 2^63 - 1", ""),
        ({"lr": 0.0}, "--lr must be more than 0", ""),
        ({"table_lr": float("nan")}, "--table-lr must be more than 0", ""),
        ({"patience": 1}, "--patience needs held-out documents", None),
        ({"layers": 0, "objective": "lm"}, "--layers 0 leaves nothing to train", None),
        ({"layers": 0, "residual": "none"}, "--layers 0 leaves nothing to train", None),
    ],
)
def test_a_config_that_means_nothing_is_refused(settings, message, hint):
    with pytest.raises(UsageError) as caught:
        TrainConfig(**settings)
    assert caught.value.message == message
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"objective": "lm", "window": 7}, "--window", CONTEXT_ONLY),
        ({"objective": "classify", "window": 7}, "--window", CONTEXT_ONLY),
        ({"residual": "none", "window": 7}, "--window", "it is for --residual bag"),
        ({"objective": "lm", "residual": "none"}, "--residual", CONTEXT_ONLY),
        ({"objective": "lm", "subsample": 0.1}, "--subsample", ORDERED),
        ({"objective": "context", "tie": False}, "--no-tie", "it is for --objective lm"),
        ({"objective": "classify", "tie": False}, "--no-tie", "it is for --objective lm"),
        ({"objective": "classify", "softmax": "full"}, "--softmax", LABELS),
        ({"objective": "classify", "negatives": 7}, "--negatives", LABELS),
        ({"softmax": "full", "negatives": 7}, "--negatives", "it is for --softmax sampled"),
        ({"layers": 0, "hidden": 7}, "--hidden", "there is no LSTM"),
        ({"layers": 0, "dropout": 0.1}, "--dropout", "there is no LSTM"),
        ({"layers": 0, "lr": 0.1}, "--lr", None),
        ({"layers": 0, "lr": 0.1, "optimizer": "adam"}, "--lr", None),
        ({"objective": "classify", "freeze": True, "table_lr": 0.1}, "--table-lr", None),
        ({"freeze": True, "freeze_epochs": 1}, "--freeze-epochs", None),
    ],
)
def test_a_setting_without_effect_is_refused_by_name(settings, message, hint):
    with pytest.raises(UsageError, match=f"{message} has no meaning with --") as caught:
        TrainConfig(**settings)
    assert hint is None or caught.value.hint == hint


def test_to_thin_out_nothing_is_allowed_anywhere():
    assert (
        TrainConfig(objective="lm", subsample=0.0).deciding()
        == TrainConfig(objective="lm").deciding()
    )


@pytest.mark.parametrize(
    ("settings", "tables", "network"),
    [
        ({}, 0.2, 0.002),
        ({"lr": 0.05}, 0.2, 0.05),
        ({"lr": 0.05, "table_lr": 0.1}, 0.1, 0.05),
        ({"optimizer": "adam", "lr": 0.05}, 0.05, 0.05),
        ({"optimizer": "sgd"}, 0.5, 0.5),
        ({"objective": "lm", "lr": 0.05}, 0.05, 0.05),
        ({"objective": "lm", "table_lr": 0.1}, 0.1, 0.002),
        ({"objective": "classify", "lr": 0.05}, 0.05, 0.05),
        ({"layers": 0}, 0.2, None),
        ({"layers": 0, "table_lr": 0.1}, 0.1, None),
        ({"layers": 0, "optimizer": "adam"}, 0.002, None),
        ({"objective": "classify", "freeze": True, "lr": 0.05}, None, 0.05),
    ],
)
def test_each_learning_rate_is_set_by_one_rule(settings, tables, network):
    rates = {"table_lr": tables, "lr": network}
    used = {name: rate for name, rate in rates.items() if rate is not None}
    assert TrainConfig(**settings).rates == used


# --- what a recipe holds ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "spelt"),
    [
        ({}, {"hidden": 50, "seq_len": 32, "batch_size": 64, "subsample": 1 / 500}),
        ({}, {"lr": 0.002, "table_lr": 0.2, "softmax": "full"}),
        ({}, {"negatives": 7}),
        ({"objective": "lm"}, {"hidden": 100, "batch_size": 32, "optimizer": "adam"}),
        ({"layers": 0}, {"optimizer": "adagrad"}),
        ({"objective": "lm", "lr": 0.1}, {"table_lr": 0.1}),
        ({"objective": "lm", "softmax": "sampled"}, {"batch_size": 64}),
        ({"objective": "classify"}, {"seq_len": 256, "lr": 0.002}),
        ({"epochs": 2, "freeze_epochs": 2}, {"freeze_epochs": 9}),
        ({"valid_fraction": 0.1, "patience": 5}, {"patience": 9}),
        ({"init": "a.txt"}, {"init": "b.txt"}),
    ],
)
def test_one_effect_has_one_recipe(settings, spelt):
    plain, other = TrainConfig(**settings), TrainConfig(**{**settings, **spelt})
    assert plain.deciding(500) == other.deciding(500)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, {"tie", "negatives"}),
        ({"softmax": "sampled"}, {"tie"}),
        ({"residual": "none"}, {"tie", "negatives", "window"}),
        ({"layers": 0}, {"tie", "negatives", "hidden", "dropout", "lr"}),
        ({"objective": "lm"}, {"negatives", "window", "residual", "subsample"}),
        (
            {"objective": "classify", "freeze": True},
            {
                *("tie", "negatives", "window", "residual", "subsample", "softmax", "table_lr"),
                *("freeze_epochs", "shards"),
            },
        ),
    ],
)
def test_a_setting_without_effect_is_not_in_the_recipe(settings, missing):
    names = set(vars(TrainConfig())) - {"valid"}
    if settings.get("objective") != "classify":
        settings = {**settings, "shards": 2}
    assert names - set(TrainConfig(**settings).deciding(500)) == missing


def test_shards_are_in_the_recipe_where_they_are_given():
    assert TrainConfig(shards=2).deciding()["shards"] == 2
    assert "shards" not in TrainConfig().deciding()
    with pytest.raises(UsageError, match="--shards has no meaning with --objective classify"):
        TrainConfig(objective="classify", shards=2)


def test_what_depends_on_the_vocabulary_stays_while_its_size_is_unknown():
    assert TrainConfig(negatives=7).deciding()["negatives"] == 7
    assert TrainConfig(softmax="full").deciding()["softmax"] == "full"
    assert TrainConfig(softmax="full").deciding(8192)["softmax"] == "auto"
    assert TrainConfig(softmax="full").deciding(8193)["softmax"] == "full"


def test_how_a_run_is_carried_out_has_its_ranges():
    for name, beyond, words in (
        ("checkpoint_minutes", -1, "0 or more"),
        ("keep_checkpoints", 0, "between 1 and 100"),
        ("keep_checkpoints", 101, "between 1 and 100"),
        ("threads", 0, "between 1 and 1024"),
        ("threads", 100_000, "between 1 and 1024"),
    ):
        option = "--" + name.replace("_", "-")
        with pytest.raises(UsageError, match=f"{option} must be {words}"):
            TrainExecution(**{name: beyond})


@pytest.mark.parametrize(
    ("name", "most"),
    [
        *(("dim", 65_536), ("hidden", 65_536), ("layers", 64), ("window", 10_000)),
        *(("batch_size", 1_000_000), ("seq_len", 1_000_000), ("negatives", 1_000_000)),
    ],
)
def test_a_size_has_a_bound(name, most):
    TrainConfig(**{name: most})
    least = 0 if name == "layers" else 1
    words = f"{option_name(name)} must be between {least} and {most}"
    for beyond in (least - 1, most + 1):
        with pytest.raises(UsageError, match=words):
            TrainConfig(**{name: beyond})
