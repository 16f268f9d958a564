"""The optimizers and their schedule: tables are updated by row, everything else as a whole.

`adam` is Adam (Kingma & Ba 2015), and for tables its lazy form, where a row's moments change only
when a step looked the row up. `adagrad` is that of Duchi et al. (2011). `sgd` is plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.objectives.objective import Objective
from corpus2vec.pipeline.training.softmax import Output


class RowAdagrad(torch.optim.Optimizer):
    """Adagrad over a table of which a step has gradients for some rows only.

    It does what `torch.optim.Adagrad` does, in a fraction of its time for a sparse gradient.
    """

    def __init__(self, tables: Iterable[Tensor], lr: float, eps: float = 1e-10) -> None:
        super().__init__(tables, {"lr": lr, "eps": eps})
        for group in self.param_groups:
            for table in group["params"]:
                self.state[table]["sum"] = torch.zeros_like(table)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the tables once."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is None:
                    continue
                squares = self.state[table]["sum"]
                if table.grad.is_sparse:
                    gradient = summed(table.grad)
                    rows, slope = gradient._indices()[0], gradient._values()
                    # Each row occurs once, so rows can be copied and added directly:
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
    """Adam over a table of which a step has gradients for some rows; other rows' moments wait.

    It does what `torch.optim.SparseAdam` does, in half the time.
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
        """Update the tables once."""
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


def rows_gradient(rows: Tensor, values: Tensor, shape: torch.Size, *, summed: bool) -> Tensor:
    """Return a sparse gradient with `values` for `rows`; `summed` where no row occurs twice."""
    # Not checking is torch's default, but it warns where that is not said.
    return torch.sparse_coo_tensor(
        rows[None], values, shape, is_coalesced=summed, check_invariants=False
    )


def summed(gradient: Tensor) -> Tensor:
    """Return a sparse gradient in which each row occurs once, its entries added up."""
    if gradient.is_coalesced():
        return gradient
    indices, values = gradient._indices(), gradient._values()
    rows, order = torch.sort(indices[0], stable=True)
    rows, counts = torch.unique_consecutive(rows, return_counts=True)
    sums = F.embedding_bag(order, values, torch.cumsum(counts, 0) - counts, mode="sum")
    return rows_gradient(rows, sums, gradient.shape, summed=True)


def build_optimizers(model: Objective[Any], config: TrainConfig) -> list[torch.optim.Optimizer]:
    """Return an optimizer for each table with gradients by row, one for other tables, one more."""
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


def embeddings(model: Objective[Any]) -> list[Tensor]:
    """Return the tables whose rows are looked up when a token is read."""
    return [each.weight for each in model.modules() if isinstance(each, nn.Embedding)]


def table_parameters(model: Objective[Any]) -> list[Tensor]:
    """Return the parameters that have a row a token."""
    return embeddings(model) + [each for output in _outputs(model) for each in output.parameters()]


def sparse_parameters(model: Objective[Any]) -> list[Tensor]:
    """Return the tables whose gradients are sparse, by row."""
    read = [
        each.weight for each in model.modules() if isinstance(each, nn.Embedding) and each.sparse
    ]
    sampled = [each for each in _outputs(model) if each.sampled_rows]
    return read + [each for output in sampled for each in output.parameters()]


def _outputs(model: Objective[Any]) -> list[Output]:
    return [each for each in model.modules() if isinstance(each, Output)]


def clip_gradients(parameters: Iterable[Tensor], most: float) -> None:
    """Scale the gradients, dense and sparse together, down to the norm `most`."""
    values = []
    for parameter in parameters:
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
    optimizers: Sequence[torch.optim.Optimizer],
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Return the optimizers' state, flat: tensors and counters by `optimizer.parameter.name`."""
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
    optimizers: Sequence[torch.optim.Optimizer],
    tensors: Mapping[str, Tensor],
    steps: Mapping[str, int],
) -> None:
    """Put back what `optimizer_state` returned.

    Raises ValueError unless these optimizers can have such a state.
    """
    given: dict[str, Any] = {**tensors, **steps}
    missing = set().union(*optimizer_state(optimizers)) - set(given)
    if missing:
        raise ValueError(f"it has no optimizer.{min(missing)}")
    states: list[dict[int, dict[str, Any]]] = [{} for _ in optimizers]
    parameters = {
        f"{number}.{place}": (optimizer, parameter)
        for number, optimizer in enumerate(optimizers)
        for place, parameter in enumerate(_parameters(optimizer))
    }
    for key, value in given.items():
        owner, _, name = key.rpartition(".")
        if owner not in parameters or not _remembers(*parameters[owner], name, value):
            raise ValueError(f"no optimizer has a state like its optimizer.{key}")
        number, place = map(int, owner.split("."))
        states[number].setdefault(place, {})[name] = value
    for number, optimizer in enumerate(optimizers):
        if any(set(each) != _names(optimizer) for each in states[number].values()):
            raise ValueError(f"it has only a part of the state of optimizer.{number}")
        optimizer.load_state_dict({**optimizer.state_dict(), "state": states[number]})


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [each for group in optimizer.param_groups for each in group["params"]]


def _names(optimizer: torch.optim.Optimizer) -> set[str]:
    """Return the names of what the optimizer remembers of a parameter."""
    if isinstance(optimizer, RowAdagrad):
        return {"sum"}
    return set() if isinstance(optimizer, torch.optim.SGD) else {"step", "exp_avg", "exp_avg_sq"}


def _remembers(optimizer: torch.optim.Optimizer, parameter: Tensor, name: str, value: Any) -> bool:
    """Return whether the optimizer may remember this of the parameter."""
    if name not in _names(optimizer):
        return False
    if name == "step":
        return not isinstance(value, Tensor) or value.numel() == 1
    return isinstance(value, Tensor) and value.shape == parameter.shape


def share_of_rate(config: TrainConfig, done: float) -> float:
    """Return the factor in [0, 1] on the learning rates after the fraction `done` of the run.

    >>> config = TrainConfig(schedule="linear", warmup=0.2)
    >>> [round(share_of_rate(config, done), 3) for done in (0.1, 0.2, 0.6, 0.9)]
    [0.5, 1.0, 0.5, 0.125]
    """
    if done < config.warmup:
        return max(done, 1e-3) / config.warmup
    left = (1 - done) / (1 - config.warmup)
    if config.schedule == "linear":
        return left
    if config.schedule == "cosine":
        return (1 - math.cos(math.pi * left)) / 2
    return 1.0
