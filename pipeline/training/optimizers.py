"""The optimizers and their schedule: tables are updated by row, everything else as a whole.

`adam` is Adam (Kingma & Ba 2015), and for tables its lazy form, where a row's moments change only
when a step looked the row up. `adagrad` is that of Duchi et al. (2011). `sgd` is plain.

They do what torch's own do and do not inherit from them: the first `torch.optim.Optimizer` of a
process imports torch's compiler, which costs every training a second and 70 MB.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.adam import adam

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.objectives.objective import Objective
from corpus2vec.pipeline.training.softmax import Output

BETAS = (0.9, 0.999)
"""How much of its moments Adam keeps at a step (Kingma & Ba 2015)."""


class Optimizer(ABC):
    """Updates some parameters by their gradients."""

    def __init__(self, parameters: Iterable[Tensor], lr: float) -> None:
        self.parameters = list(parameters)
        self.lr = lr
        """The learning rate of the next step."""
        self.states = [self.start(each) for each in self.parameters]
        """What is remembered of each parameter, by name: tensors and counters."""

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have a gradient once."""
        for parameter, state in zip(self.parameters, self.states, strict=True):
            if parameter.grad is not None:
                self.update(parameter, parameter.grad, state)

    @abstractmethod
    def start(self, parameter: Tensor) -> dict[str, Any]:
        """Return what is remembered of a parameter before the first step."""

    @abstractmethod
    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any]) -> None:
        """Change a parameter, and what is remembered of it, by a gradient."""


class SGD(Optimizer):
    """Plain stochastic gradient descent, of whole parameters or of rows."""

    def start(self, parameter: Tensor) -> dict[str, Any]:
        """Remember nothing."""
        return {}

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any]) -> None:
        """Go against the gradient."""
        parameter.add_(gradient, alpha=-self.lr)


class Adagrad(Optimizer):
    """Adagrad, of whole parameters or of rows.

    For rows it takes a fraction of the time of `torch.optim.Adagrad`.
    """

    eps = 1e-10
    """Added to the root that a step is divided by."""

    def start(self, parameter: Tensor) -> dict[str, Any]:
        """Remember the sum of the squares of the gradients."""
        return {"sum": torch.zeros_like(parameter)}

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any]) -> None:
        """Divide a step by the root of that sum."""
        squares = state["sum"]
        if not gradient.is_sparse:
            squares.addcmul_(gradient, gradient)
            parameter.addcdiv_(gradient, squares.sqrt().add_(self.eps), value=-self.lr)
            return
        gradient = summed(gradient)
        rows, slope = gradient._indices()[0], gradient._values()
        # Each row occurs once, so rows can be copied and added directly: `table[rows] += …` takes
        # eight times as long.
        held = squares.index_select(0, rows).addcmul_(slope, slope)
        squares.index_copy_(0, rows, held)
        slope.div_(held.sqrt_().add_(self.eps))
        parameter.index_add_(0, rows, slope, alpha=-self.lr)


class RowAdam(Optimizer):
    """Adam over tables of which a step has gradients for some rows; other rows' moments wait.

    It does what `torch.optim.SparseAdam` does, in half the time.
    """

    eps = 1e-8
    """Added to the root that a step is divided by."""

    def start(self, parameter: Tensor) -> dict[str, Any]:
        """Remember how many steps there were and the moments of the gradients."""
        return {"step": 0, **_moments(parameter)}

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any]) -> None:
        """Move the rows that have a gradient, and their moments."""
        first, second = BETAS
        gradient = summed(gradient)
        rows, slope = gradient._indices()[0], gradient._values()
        state["step"] += 1
        mean = state["exp_avg"].index_select(0, rows).lerp_(slope, 1 - first)
        state["exp_avg"].index_copy_(0, rows, mean)
        square = state["exp_avg_sq"].index_select(0, rows)
        square.mul_(second).addcmul_(slope, slope, value=1 - second)
        state["exp_avg_sq"].index_copy_(0, rows, square)
        correction = math.sqrt(1 - second ** state["step"]) / (1 - first ** state["step"])
        mean.div_(square.sqrt_().add_(self.eps))
        parameter.index_add_(0, rows, mean, alpha=-self.lr * correction)


class Adam(Optimizer):
    """Adam of whole parameters, by torch's fused kernel."""

    eps = 1e-8
    """Added to the root that a step is divided by."""

    def start(self, parameter: Tensor) -> dict[str, Any]:
        """Remember how many steps there were, as the kernel wants it, and the moments."""
        return {"step": torch.zeros((), device=parameter.device), **_moments(parameter)}

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any]) -> None:
        """Move the parameter and its moments."""
        adam(
            [parameter],
            [gradient],
            [state["exp_avg"]],
            [state["exp_avg_sq"]],
            [],
            [state["step"]],
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.lr,
            weight_decay=0.0,
            eps=self.eps,
            maximize=False,
        )


def _moments(parameter: Tensor) -> dict[str, Tensor]:
    return {"exp_avg": torch.zeros_like(parameter), "exp_avg_sq": torch.zeros_like(parameter)}


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


def build_optimizers(model: Objective[Any], config: TrainConfig) -> list[Optimizer]:
    """Return an optimizer for each table with gradients by row, one for other tables, one more."""
    trained = [each for each in model.parameters() if each.requires_grad]
    by_row = {id(each) for each in sparse_parameters(model)}
    tables = {id(each) for each in table_parameters(model)}
    (of_tables, of_rest), (table_rate, rate) = config.optimizers, config.learning_rates
    looked_up = [each for each in trained if id(each) in by_row]
    whole = [each for each in trained if id(each) in tables - by_row]
    rest = [each for each in trained if id(each) not in tables | by_row]
    return [
        *(BY_ROW[of_tables]([table], table_rate) for table in looked_up),
        *([WHOLE[of_tables](whole, table_rate)] if whole else []),
        *([WHOLE[of_rest](rest, rate)] if rest else []),
    ]


BY_ROW: Mapping[str, type[Optimizer]] = {"adam": RowAdam, "adagrad": Adagrad, "sgd": SGD}
WHOLE: Mapping[str, type[Optimizer]] = {**BY_ROW, "adam": Adam}


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


def optimizer_state(optimizers: Sequence[Optimizer]) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Return what the optimizers remember: tensors and counters by `optimizer.parameter.name`."""
    tensors: dict[str, Tensor] = {}
    steps: dict[str, int] = {}
    for key, state, name in _remembered(optimizers):
        (tensors if isinstance(state[name], Tensor) else steps)[key] = state[name]
    return tensors, steps


def restore_optimizers(
    optimizers: Sequence[Optimizer], tensors: Mapping[str, Tensor], steps: Mapping[str, int]
) -> None:
    """Put back what `optimizer_state` returned.

    Raises ValueError unless these optimizers remember just that.
    """
    given: dict[str, Any] = {**tensors, **steps}
    for key, state, name in _remembered(optimizers):
        if key not in given:
            raise ValueError(f"it has no optimizer.{key}")
        now, then = state[name], given.pop(key)
        if type(now) is not type(then) or (torch.is_tensor(now) and now.shape != then.shape):
            raise ValueError(f"no optimizer has a state like its optimizer.{key}")
        if torch.is_tensor(now):
            now.copy_(then)
        else:
            state[name] = then
    if given:
        raise ValueError(f"no optimizer has a state like its optimizer.{min(given)}")


def _remembered(optimizers: Sequence[Optimizer]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield all that is remembered: its key in a checkpoint, where it is, and its name there."""
    for number, optimizer in enumerate(optimizers):
        for place, state in enumerate(optimizer.states):
            for name in state:
                yield f"{number}.{place}.{name}", state, name


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
