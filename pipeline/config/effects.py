"""Which settings of train have an effect, and which of them a recipe holds.

A setting that changes nothing is refused by name, so that nobody waits for its effect, and is never
part of the recipe, so that nobody trains again for the same bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.config.settings import option_name, require

if TYPE_CHECKING:
    from corpus2vec.pipeline.config.train import TrainConfig


def without_effect(config: TrainConfig) -> Iterator[tuple[str, str, str]]:
    """Yield each setting that changes nothing here, what it has no meaning with, and a hint."""
    objective = f"--objective {config.objective}"
    if config.objective != "context":
        yield "residual", objective, "it is for --objective context"
        yield "window", objective, "it is for --objective context"
        yield "subsample", objective, "it would take tokens out of what is read in order"
    elif config.residual == "none":
        yield "window", "--residual none", "it is for --residual bag"
    if config.objective != "lm":
        yield "tie", objective, "it is for --objective lm"
    if config.objective == "classify":
        yield "shards", objective, "a step's documents are interleaved, and cannot be cut"
        yield "softmax", objective, "the output layer scores labels, not tokens"
        yield "negatives", objective, "the output layer scores labels, not tokens"
    elif config.softmax == "full":
        yield "negatives", "--softmax full", "it is for --softmax sampled"
    if not config.layers:
        yield "hidden", "--layers 0", "there is no LSTM"
        yield "dropout", "--layers 0", "there is no LSTM"
    if "lr" not in config.rates:
        yield "lr", "--layers 0", "only tables are trained, and --table-lr is their rate"
    if "table_lr" not in config.rates:
        yield "table_lr", f"{objective} and --freeze", "no table is trained; --lr is for the rest"
    if config.freeze:
        yield "freeze_epochs", "--freeze", "it is for a table that is trained later"


def refuse_without_effect(config: TrainConfig) -> None:
    """Raise UsageError for a setting that is given and changes nothing."""
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    for name, because, hint in without_effect(config):
        value = getattr(config, name)
        option = option_name(name if value is not False else f"no_{name}")
        # To thin out nothing is what the others do.
        is_default = value == defaults[name] or (name == "subsample" and value == 0)
        require(is_default, f"{option} has no meaning with {because}", hint)


def deciding(
    config: TrainConfig, settings: Mapping[str, Any], vocabulary_size: int | None
) -> dict[str, Any]:
    """Return those of the config's settings that decide bytes, one spelling for one effect."""
    left_out = {name for name, _, _ in without_effect(config)}
    if vocabulary_size is not None and not config.samples(vocabulary_size):
        left_out.add("negatives")
    if config.shards is None:  # then the threads decide, and they are part of no recipe
        left_out.add("shards")
    kept = {name: value for name, value in settings.items() if name not in left_out}
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    for name, own in config.own(vocabulary_size).items():
        if name in kept and kept[name] == own:
            kept[name] = defaults[name]
    for name in {"freeze_epochs", "patience"} & set(kept):
        kept[name] = min(kept[name], config.epochs)  # then the run is over
    return kept
