"""The optimizers: dense parameters as a whole, tables by the rows that a step looked up.

`adam` is Adam (Kingma & Ba 2015) for the network and its lazy form for tables, where a row's
moments change only when the row is looked up; `adagrad` is Duchi et al. (2011); `sgd` is plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.softmax import Output

# Said explicitly, or torch warns that it is so implicitly.
torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]


class RowAdagrad(torch.optim.Optimizer):
    """Adagrad over a table of which a step has gradients for some rows only.

    The same as `torch.optim.Adagrad`, at a fraction of its time for a sparse gradient.
    """

    def __init__(self, tables: Iterable[Tensor], lr: float, eps: float = 1e-10) -> None:
        super().__init__(tables, {"lr": lr, "eps": eps})
        for group in self.param_groups:
            for table in group["params"]:
                self.state[table]["sum"] = torch.zeros_like(table)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is None:
                    continue
                squares = self.state[table]["sum"]
                if table.grad.is_sparse:
                    gradient = summed(table.grad)
                    rows, slope = gradient._indices()[0], gradient._values()
                    # Each row stands once, so that rows can be moved and added as they are:
                    # `table[rows] += …` takes eight times as long.
                    held = squares.index_select(0, rows).addcmul_(slope, slope)
                    squares.index_copy_(0, rows, held)
                    slope.div_(held.sqrt_().add_(group["eps"]))
                    table.index_add_(0, rows, slope, alpha=-group["lr"])
                else:
                    squares.addcmul_(table.grad, table.grad)
                    table.addcdiv_(
                        table.grad, squares.sqrt().add_(group["eps"]), value=-group["lr"]
                    )


class RowAdam(torch.optim.Optimizer):
    """Adam over a table of which a step has gradients for some rows: the others' moments wait.

    The same as `torch.optim.SparseAdam`, in half of its time.
    """

    def __init__(
        self,
        tables: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(tables, {"lr": lr, "betas": betas, "eps": eps})
        for group in self.param_groups:
            for table in group["params"]:
                self.state[table] = {
                    "step": 0,
                    "exp_avg": torch.zeros_like(table),
                    "exp_avg_sq": torch.zeros_like(table),
                }

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update."""
        for group in self.param_groups:
            first, second = group["betas"]
            for table in group["params"]:
                if table.grad is None:
                    continue
                state, gradient = self.state[table], summed(table.grad)
                rows, slope = gradient._indices()[0], gradient._values()
                state["step"] += 1
                mean = state["exp_avg"].index_select(0, rows).lerp_(slope, 1 - first)
                state["exp_avg"].index_copy_(0, rows, mean)
                square = state["exp_avg_sq"].index_select(0, rows)
                square.mul_(second).addcmul_(slope, slope, value=1 - second)
                state["exp_avg_sq"].index_copy_(0, rows, square)
                correction = math.sqrt(1 - second ** state["step"]) / (1 - first ** state["step"])
                mean.div_(square.sqrt_().add_(group["eps"]))
                table.index_add_(0, rows, mean, alpha=-group["lr"] * correction)


def summed(gradient: Tensor) -> Tensor:
    """A sparse gradient in which each row stands once: rows that stood there again are added."""
    if gradient.is_coalesced():
        return gradient
    indices, values = gradient._indices(), gradient._values()
    rows, order = torch.sort(indices[0], stable=True)
    rows, counts = torch.unique_consecutive(rows, return_counts=True)
    sums = F.embedding_bag(order, values, torch.cumsum(counts, 0) - counts, mode="sum")
    return torch.sparse_coo_tensor(rows[None], sums, gradient.shape, is_coalesced=True)


def build_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """One optimizer for each table that gets gradients by row, one for other tables, one more."""
    trained = [each for each in model.parameters() if each.requires_grad]
    by_row = {id(each) for each in sparse_parameters(model)}
    tables = {id(each) for each in table_parameters(model)}
    (of_tables, of_rest), (table_rate, rate) = config.optimizers, config.learning_rates
    looked_up = [each for each in trained if id(each) in by_row]
    whole = [each for each in trained if id(each) in tables - by_row]
    rest = [each for each in trained if id(each) not in tables | by_row]
    return [
        *(BY_ROW[of_tables]([table], lr=table_rate) for table in looked_up),
        *([_dense(of_tables, whole, table_rate)] if whole else []),
        *([_dense(of_rest, rest, rate)] if rest else []),
    ]


BY_ROW: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": RowAdam,
    "adagrad": RowAdagrad,
    "sgd": torch.optim.SGD,
}


def _dense(name: str, parameters: Sequence[Tensor], rate: float) -> torch.optim.Optimizer:
    if name == "adam":
        return torch.optim.Adam(parameters, lr=rate, fused=True)
    return BY_ROW[name](parameters, lr=rate)


def embeddings(model: nn.Module) -> list[Tensor]:
    """The tables whose rows are looked up when a token is read."""
    return [each.weight for each in model.modules() if isinstance(each, nn.Embedding)]


def table_parameters(model: nn.Module) -> list[Tensor]:
    """The parameters with a row a token."""
    return embeddings(model) + [each for output in _outputs(model) for each in output.parameters()]


def sparse_parameters(model: nn.Module) -> list[Tensor]:
    """Those of them whose gradients come by row."""
    read = [
        each.weight for each in model.modules() if isinstance(each, nn.Embedding) and each.sparse
    ]
    sampled = [each for each in _outputs(model) if each.sampled_rows]
    return read + [each for output in sampled for each in output.parameters()]


def _outputs(model: nn.Module) -> list[Output]:
    return [each for each in model.modules() if isinstance(each, Output)]


def clip_gradients(model: nn.Module, most: float) -> None:
    """Scale the gradient of all parameters down to the norm `most`, sparse ones included."""
    values = []
    for parameter in model.parameters():
        gradient = parameter.grad
        if gradient is None:
            continue
        if gradient.is_sparse:
            # A row that was looked up twice has two entries until they are added up.
            gradient = parameter.grad = summed(gradient)
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
