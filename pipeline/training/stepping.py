"""One step's loss and gradients, computed by several threads at once.

On a processor the products of a step are small: two threads that share each product mostly wait for
each other, while two threads that take half of the batch each wait once a step. So a batch is cut
into shards: `--shards`, or as many as there are threads, up to `MOST_SHARDS`; further threads share
a shard. Each shard has its own random numbers, and gradients are added in the order of the shards.

A product's last digits may depend on how many threads share it, too. Where `--shards` is given, no
product of a shard is shared: the result depends on how many shards there are and on nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from corpus2vec.pipeline.training.batches.batch import Batch
from corpus2vec.pipeline.training.documents import generator
from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.objectives.objective import Objective
from corpus2vec.pipeline.training.optimizers import Optimizer, rows_gradient, summed

MOST_SHARDS = 4

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Part:
    """The result of one shard."""

    loss: Tensor | None
    state: State | None
    gradients: list[Tensor | None]


class Stepper:
    """Turns batches into gradients of the model's parameters."""

    def __init__(
        self, model: Objective[Any], products: torch.dtype, threads: int, shards: int | None = None
    ) -> None:
        self._model = model
        self._products = products
        self._device = next(model.parameters()).device
        on_cpu = self._device.type == "cpu"
        self._shards = shards or (min(threads, MOST_SHARDS) if on_cpu else 1)
        self._pool: ThreadPoolExecutor | None = None
        if self._shards > 1 and on_cpu:
            workers = min(threads, self._shards)
            share = 1 if shards else threads // workers
            # torch keeps this number for each thread.
            self._pool = ThreadPoolExecutor(workers, "step", torch.set_num_threads, (share,))

    def step(
        self, batch: Batch, state: State | None, seed: tuple[int, ...]
    ) -> tuple[Tensor | None, State | None]:
        """Put the mean loss's gradients into the parameters; return the loss and the new state.

        Where the batch has nothing to predict, the loss and the gradients are None.
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

    def update(self, optimizers: list[Optimizer]) -> None:
        """Let every optimizer make its step; no two have a parameter in common."""
        self._each([optimizer.step for optimizer in optimizers])

    def _each(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """Run the tasks on the threads; return their results in order."""
        run = map if self._pool is None or len(tasks) == 1 else self._pool.map
        return list(run(lambda task: task(), tasks))

    def _trained(self) -> list[Tensor]:
        return [each for each in self._model.parameters() if each.requires_grad]

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _work(
        self, shard: Batch, state: State | None, share: float, seed: tuple[int, ...]
    ) -> _Part:
        """Return a shard's loss and gradients, each weighted by its share of the predictions."""
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
    """Return the sum of the shards' gradients; rows of sparse ones are concatenated, not added."""
    if len(gradients) < 2:
        return gradients[0] if gradients else None
    if not gradients[0].is_sparse:
        return functools.reduce(torch.add, gradients)
    rows = torch.cat([each._indices()[0] for each in gradients])
    values = torch.cat([each._values() for each in gradients])
    return rows_gradient(rows, values, gradients[0].shape, summed=False)
