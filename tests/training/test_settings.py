"""A recipe holds what decides the bytes: what is not in it changes nothing, what is in it does."""

import contextlib

import numpy as np
import pytest
import torch

from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.progress import SILENT
from corpus2vec.pipeline.training.batches import batch
from corpus2vec.pipeline.training.blocks import Blocks, split
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.loop import Hooks, Training
from tests.support.documents import documents

ROWS = 12
RANDOM = np.random.default_rng(1)
DOCUMENTS = documents(
    # Some tokens are far more frequent than others.
    *((RANDOM.random(RANDOM.integers(2, 9)) ** 2 * ROWS).astype(int).tolist() for _ in range(30)),
    labels=RANDOM.integers(2, size=30),
)
SMALL = {"dim": 4, "epochs": 2, "batch_size": 4, "seq_len": 6}

VARIANTS = {
    "context": {},
    "context without LSTMs": {"layers": 0},
    "context without the bag, sampled": {"residual": "none", "softmax": "sampled", "negatives": 5},
    "lm": {"objective": "lm", "subsample": 0.0},
    "lm untied, sampled, with patience": {
        **{"objective": "lm", "tie": False, "softmax": "sampled", "negatives": 5, "lr": 0.05},
        **{"valid_fraction": 0.2, "epochs": 8, "patience": 8},
    },
    "classify, frozen": {"objective": "classify", "freeze": True},
}
CHANGES = {
    "objective": ("context", "lm", "classify"),
    "dim": (5,),
    "epochs": (1,),
    "layers": (0, 1, 2),
    "window": (1, 5),
    "batch_size": (1, 32, 64),
    "lr": (0.01, 0.002),
    "init": ("zeros",),
    "valid_fraction": (0.3,),
    "seed": (2,),
    "hidden": (2, 4, 5),
    "dropout": (0.2,),
    "residual": ("none",),
    "seq_len": (3, 32, 256),
    "subsample": (0.0, 0.01, 1 / ROWS),
    "optimizer": ("auto", "adam", "adagrad", "sgd"),
    "table_lr": (0.01, 0.2, 0.002),
    "schedule": ("linear",),
    "warmup": (0.5,),
    "clip": (0.01, 0.0),
    "bfloat16": ("on",),
    "shards": (3,),
    "max_minutes": (1e-9,),
    "tie": (False,),
    "softmax": ("full", "sampled"),
    "negatives": (3,),
    "patience": (1, 20),
    "freeze": (True,),
    "freeze_epochs": (1, 2, 3),
}
CHANGES_NOTHING_HERE = {("clip", 0.0)}  # no gradient is larger than the default


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    monkeypatch.setattr(batch, "LEAST_STEPS", 3)


def trained(config):
    """The bytes of the trained network."""
    training, held_out = Blocks.of([DOCUMENTS]), None
    if config.valid_fraction:
        fraction, number = config.valid_fraction, len(DOCUMENTS)
        training, held_out = split([DOCUMENTS], number, fraction, config.seed)
    counts = torch.from_numpy(np.bincount(DOCUMENTS.ids_n, minlength=ROWS))
    hooks = Hooks(SILENT, lambda checkpoint: None, lambda line: None)
    run = Training(
        Inputs(training, held_out, counts, 2), config, TrainExecution(threads=1), hooks
    ).run()
    return {name: tensor.numpy().tobytes() for name, tensor in run.tensors.items()}


def test_every_setting_has_a_change_here():
    assert set(CHANGES) == set(vars(TrainConfig())) - {"valid"}


def changed(settings):
    """Each change of a setting that is not refused: its name, its value, the config."""
    for name, values in CHANGES.items():
        for value in values:
            with contextlib.suppress(UsageError):
                yield name, value, TrainConfig(**{**SMALL, **settings, name: value})


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_bytes_change_if_and_only_if_the_recipe_does(settings):
    config = TrainConfig(**{**SMALL, **settings})
    before, recipe = trained(config), config.deciding(ROWS)
    for name, value, other in changed(settings):
        if other.deciding(ROWS) == recipe:
            assert trained(other) == before, (name, value)
        elif (name, value) not in CHANGES_NOTHING_HERE:
            assert trained(other) != before, (name, value)


def test_each_of_the_changes_changes_the_recipe_of_some_variant():
    changing = set()
    for settings in VARIANTS.values():
        recipe = TrainConfig(**{**SMALL, **settings}).deciding(ROWS)
        changing |= {name for name, _, other in changed(settings) if other.deciding(ROWS) != recipe}
    assert changing == set(CHANGES)
