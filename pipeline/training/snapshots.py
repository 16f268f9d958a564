"""A run's weights, its optimizers' state and the LSTM's ↔ the tensors of a checkpoint.

Their names begin with `model.`, `best.` (the best epoch's weights, with --patience), `optimizer.`
and `state.`. What is put back is checked first: a checkpoint of another network is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.optimizers import Optimizer, optimizer_state, restore_optimizers
from corpus2vec.pipeline.training.position import Checkpoint

PARTS = ("model", "best", "optimizer", "state")


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Return whether no tensor holds a NaN or an infinity."""
    # `isfinite` of a table of gigabytes would make a copy of it; its least and greatest do not.
    ends = (each.aminmax() for each in tensors.values() if each.numel())
    return all(bool(torch.isfinite(end)) for pair in ends for end in pair)


def taken(
    weights: Mapping[str, Tensor],
    optimizers: Sequence[Optimizer],
    best: Mapping[str, Tensor],
    state: State | None,
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Return the tensors of a checkpoint, and the optimizers' counters."""
    remembered, steps = optimizer_state(optimizers)
    # In 32 bits, whatever type it has in the run: safetensors' NumPy knows no bfloat16.
    carried = {} if state is None else {"h": state[0].float(), "c": state[1].float()}
    parts = zip(PARTS, (weights, best, remembered, carried), strict=True)
    tensors = {f"{part}.{name}": each for part, named in parts for name, each in named.items()}
    return {name: each.detach() for name, each in tensors.items()}, steps


def put_back(
    checkpoint: Checkpoint,
    weights: Mapping[str, Tensor],
    optimizers: Sequence[Optimizer],
    state_shape: tuple[int, int, int] | None,
) -> tuple[dict[str, Tensor], State | None]:
    """Put a checkpoint's tensors into weights and optimizers; return the best weights, the state.

    `state_shape` is that of the state the LSTM carries at this position; None where it has none.

    Raises ValueError where a tensor is missing, has another shape or type, or is not known.
    """
    device = next(iter(weights.values())).device
    parts: dict[str, dict[str, Tensor]] = {part: {} for part in PARTS}
    for name, tensor in checkpoint.tensors.items():
        part, _, rest = name.partition(".")
        if part not in parts:
            raise ValueError(f"it has an unknown tensor {name}")
        parts[part][rest] = tensor.to(device)
    model, best, state = parts["model"], parts["best"], parts["state"]
    _require_like("model", model, weights)
    if best:
        _require_like("best", best, weights)
    example = {} if state_shape is None else dict.fromkeys("hc", torch.empty(state_shape))
    _require_like("state", state, example)
    restore_optimizers(optimizers, parts["optimizer"], checkpoint.steps)
    for name, weight in weights.items():
        weight.copy_(model[name])
    return best, (state["h"], state["c"]) if state else None


def _require_like(part: str, given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless both have the same names, with tensors of the same shape and type."""
    for name in {**wanted, **given}:
        if name not in given or name not in wanted:
            raise ValueError(f"it has {'no' if name in wanted else 'an unknown'} {part}.{name}")
        one, other = given[name], wanted[name]
        if one.shape != other.shape or one.dtype != other.dtype:
            shapes = [
                f"{tuple(each.shape)} {each.dtype}".replace("torch.", "") for each in (one, other)
            ]
            raise ValueError(f"{part}.{name} is {shapes[0]}, and the network has {shapes[1]}")
