"""The optimizers: dense parameters as a whole, tables by the rows that a step looked up.

`adam` is Adam (Kingma & Ba 2015) for the network and its lazy form for tables, where a row's
moments change only when the row is looked up; `adagrad` is Duchi et al. (2011); `sgd` is plain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.config import TrainConfig


def build_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """One optimizer, or two where Adam needs another for sparse gradients."""
    # Said explicitly, or torch warns that it is so implicitly.
    torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]
    trained = [each for each in model.parameters() if each.requires_grad]
    rate = config.learning_rate
    if config.optimizer == "adagrad":
        return [torch.optim.Adagrad(trained, lr=rate, eps=1e-8)]
    if config.optimizer == "sgd":
        return [torch.optim.SGD(trained, lr=rate)]
    by_row = {id(each) for each in sparse_parameters(model)}
    rows = [each for each in trained if id(each) in by_row]
    rest = [each for each in trained if id(each) not in by_row]
    optimizers: list[torch.optim.Optimizer] = []
    if rows:
        optimizers.append(torch.optim.SparseAdam(rows, lr=rate))
    if rest:
        optimizers.append(torch.optim.Adam(rest, lr=rate, fused=True))
    return optimizers


def sparse_parameters(model: nn.Module) -> list[Tensor]:
    """The parameters whose gradients come by row."""
    found: list[Tensor] = [
        each.weight for each in model.modules() if isinstance(each, nn.Embedding) and each.sparse
    ]
    output = getattr(model, "output", None)
    if output is not None and getattr(model, "sampled", False):
        found += [output.weight, output.bias]
    return found


def clip_gradients(model: nn.Module, most: float) -> None:
    """Scale the gradient of all parameters down to the norm `most`, sparse ones included."""
    values = []
    for parameter in model.parameters():
        gradient = parameter.grad
        if gradient is None:
            continue
        if gradient.is_sparse:
            # A row that was looked up twice has two entries until they are added up.
            gradient = parameter.grad = gradient.coalesce()
            gradient = gradient._values()
        values.append(gradient)
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(v) for v in values]))
    scale = (most / (norm + 1e-6)).clamp_(max=1.0)
    for each in values:
        each.mul_(scale)


def optimizer_state(
    optimizers: list[torch.optim.Optimizer],
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """What the optimizers remember, flat: tensors and step counts by `optimizer.parameter.name`."""
    tensors: dict[str, Tensor] = {}
    steps: dict[str, int] = {}
    for number, optimizer in enumerate(optimizers):
        for parameter, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                key = f"{number}.{parameter}.{name}"
                if isinstance(value, Tensor):
                    tensors[key] = value
                else:
                    steps[key] = int(value)
    return tensors, steps


def restore_optimizers(
    optimizers: list[torch.optim.Optimizer],
    tensors: Mapping[str, Tensor],
    steps: Mapping[str, int],
) -> None:
    """Undo `optimizer_state`."""
    for number, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Any]] = {}
        for key, value in (*tensors.items(), *steps.items()):
            owner, parameter, name = key.split(".", 2)
            if int(owner) == number:
                state.setdefault(int(parameter), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
