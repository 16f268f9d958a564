"""One step's loss and gradients, worked out by several threads side by side.

On a processor the products of a step are small: two threads that share each of them wait for each
other most of the time, while two threads that take half of the batch each wait once a step. So a
batch is cut into shards, as many as there are threads (up to `MOST_SHARDS`, the rest share). Each
shard has random numbers of its own, and gradients are added in the order of the shards: the result
depends on how many there are, and on nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from corpus2vec.pipeline.training.batches import generator
from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.objectives import Objective
from corpus2vec.pipeline.training.optimizers import summed

MOST_SHARDS = 4

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Part:
    """What came of one shard."""

    loss: Tensor | None
    state: State | None
    gradients: list[Tensor | None]


class Stepper:
    """Turns batches into gradients of the model's parameters."""

    def __init__(self, model: Objective, products: torch.dtype, threads: int) -> None:
        self._model = model
        self._products = products
        self._device = next(model.parameters()).device
        self._shards = min(threads, MOST_SHARDS) if self._device.type == "cpu" else 1
        self._pool: ThreadPoolExecutor | None = None
        if self._shards > 1:
            # The number is that of the thread which sets it.
            self._pool = ThreadPoolExecutor(
                self._shards, "step", torch.set_num_threads, (threads // self._shards,)
            )

    def step(
        self, batch: Any, state: State | None, seed: tuple[int, ...]
    ) -> tuple[Tensor | None, State | None]:
        """Leave the gradients of the mean loss in the parameters; that loss, and the state after.

        There is neither loss nor gradient where the batch has nothing to predict.
        """
        parameters = self._trained()
        shards = batch.shards(self._shards)
        total = sum(each.predicted for each in shards)
        first = 0
        tasks = []
        for number, shard in enumerate(shards):
            rows = slice(first, first + shard.rows)
            before = None if state is None else (state[0][:, rows], state[1][:, rows])
            first += shard.rows
            share = shard.predicted / max(total, 1)
            tasks.append(functools.partial(self._work, shard, before, share, (*seed, number)))
        parts = self._each(tasks)
        for parameter, *gradients in zip(
            parameters, *(part.gradients for part in parts), strict=True
        ):
            parameter.grad = _added([each for each in gradients if each is not None])
        losses = [part.loss for part in parts if part.loss is not None]
        states = [part.state for part in parts if part.state is not None]
        after = None
        if states:
            after = torch.cat([h for h, _ in states], 1), torch.cat([c for _, c in states], 1)
        return (torch.stack(losses).sum() if losses else None), after

    def update(self, optimizers: list[torch.optim.Optimizer]) -> None:
        """Have each of them make its step; no two have a parameter in common."""
        self._each([optimizer.step for optimizer in optimizers])

    def _each(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """What comes of each task, in their order, by the threads there are."""
        run = map if self._pool is None or len(tasks) == 1 else self._pool.map
        return list(run(lambda task: task(), tasks))

    def _trained(self) -> list[Tensor]:
        return [each for each in self._model.parameters() if each.requires_grad]

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _work(self, shard: Any, state: State | None, share: float, seed: tuple[int, ...]) -> _Part:
        parameters = self._trained()
        draw = torch.Generator(self._device)
        draw.manual_seed(int(generator(*seed).integers(2**63)))
        narrow = self._products != torch.float32
        with torch.autocast(self._device.type, self._products, enabled=narrow):
            loss, state = self._model.loss(shard, state, draw)
        if loss is None:
            return _Part(None, state, [None] * len(parameters))
        loss = loss * share
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients: list[Tensor | None] = [
            summed(each) if each is not None and each.is_sparse else each for each in found
        ]
        return _Part(loss.detach(), state, gradients)


def _added(gradients: list[Tensor]) -> Tensor | None:
    """The sum of the shards' gradients, in their order; the rows of sparse ones side by side."""
    if len(gradients) < 2:
        return gradients[0] if gradients else None
    if not gradients[0].is_sparse:
        return functools.reduce(torch.add, gradients)
    indices = torch.cat([each._indices() for each in gradients], 1)
    values = torch.cat([each._values() for each in gradients])
    return torch.sparse_coo_tensor(indices, values, gradients[0].shape)
