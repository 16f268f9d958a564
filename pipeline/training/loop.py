"""The training loop. A run can stop after any step and resume to a byte-identical model.

Random numbers are seeded from (seed, step) before every step, and batches are functions of the
epoch and the step. So a checkpoint holds no generator: the weights, the optimizers' state, the
LSTM's carried state and the position in the run are enough. The loop opens no file and prints
nothing; `run` gives it hooks for that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from corpus2vec.pipeline.artifacts.weights import published_name
from corpus2vec.pipeline.config import TrainConfig, TrainExecution, option_name
from corpus2vec.pipeline.errors import Interrupted, PipelineError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.batches.batch import Batch, Epoch, move
from corpus2vec.pipeline.training.device import machine, pick_device, pick_products, pick_threads
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.objectives.objective import build_objective
from corpus2vec.pipeline.training.optimizers import (
    build_optimizers,
    clip_gradients,
    embeddings,
    share_of_rate,
)
from corpus2vec.pipeline.training.position import Checkpoint, Position
from corpus2vec.pipeline.training.pretrained import initial_table, take_over
from corpus2vec.pipeline.training.reports import Reports
from corpus2vec.pipeline.training.snapshots import all_finite, put_back, taken
from corpus2vec.pipeline.training.stepping import Stepper

CHECK_EVERY = 20
"""Steps between looks at the losses: a look makes a GPU wait."""
AHEAD = 4
"""Batches that a thread prepares while a step runs."""


@dataclass(frozen=True)
class Trained:
    """The finished network."""

    tensors: Mapping[str, Tensor]
    """`embedding`, V×D float32, and the network's parameters."""
    position: Position
    stopped_early: bool
    """True if --patience ran out."""
    time_was_up: bool
    """True if --max-minutes ran out."""


@dataclass(frozen=True)
class Hooks:
    """What the loop calls to report, to save and to record."""

    progress: Progress
    save: Callable[[Checkpoint], None]
    record: Callable[[Mapping[str, Any]], None]
    """Takes a line of metrics."""


class Training:
    """One run: built, perhaps restored from a checkpoint, then `run`."""

    def __init__(
        self, inputs: Inputs, config: TrainConfig, execution: TrainExecution, hooks: Hooks
    ) -> None:
        self.inputs = inputs
        self.config = config
        self.execution = execution
        self.hooks = hooks
        self.device = pick_device(execution.device)
        # As many as shards where these are given: norms and held-out scores depend on it too.
        self.threads = config.shards or pick_threads(execution.threads)
        products = pick_products(config.bfloat16, self.device, config.dim)
        self.environment = machine(self.threads, products, self.device)
        self.position = Position()
        self.state: State | None = None
        self.best: dict[str, Tensor] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            table_VD = initial_table(len(inputs.counts_V), config, inputs.start)
            self.model = build_objective(
                table_VD, inputs.counts_V, inputs.labels, config, products, self.device
            )
            named = dict(self.model.named_parameters())
            self.layers_taken = take_over(named, inputs.start) if inputs.start else 0
        self.optimizers = build_optimizers(self.model, config)
        self.stepper = Stepper(self.model, products, pick_threads(execution.threads), config.shards)
        self._rates = [each.lr for each in self.optimizers]
        self._asked: tuple[int, Epoch[Batch]] | None = None  # an epoch's batches
        self._steps = len(self._batches(0))  # of the current epoch
        self.reports = Reports(hooks.progress, hooks.record, config, self._steps)
        self._losses: list[Tensor] = []  # since the last look
        self._saved = time.monotonic()

    # --- the run ---

    def run(self) -> Trained:
        """Train to the end, from the current position."""
        self.reports.begin(self.position)
        with self._own_threads():
            stopped_early = False
            while self.position.epoch < self.config.epochs and not stopped_early:
                self._epoch()
                stopped_early = self._end_epoch()
                if self._time_is_up:
                    break
        tensors = self.best or self._weights()
        if not all_finite(tensors):
            self._fail(self.position.steps)
        return Trained(_published(tensors), self.position, stopped_early, self._time_is_up)

    @contextmanager
    def _own_threads(self) -> Iterator[None]:
        """Use the run's threads and finish a step before stopping; afterwards all is as before."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        self.hooks.progress.finish_step_before_stopping(True)
        try:
            yield
        finally:
            self.stepper.close()
            self.hooks.progress.finish_step_before_stopping(False)
            torch.set_num_threads(threads)

    def _epoch(self) -> None:
        """Train the rest of the epoch, or until time is up."""
        position, config = self.position, self.config
        batches = self._batches(position.epoch)
        self._steps = len(batches)
        self.model.train()
        for embedding in embeddings(self.model):
            embedding.requires_grad_(not config.freeze and position.epoch >= config.freeze_epochs)
        self.reports.begin_epoch(position, self._steps)
        to_come = (move(batches[step], self.device) for step in range(position.step, len(batches)))
        began = time.monotonic() - position.seconds
        with read_ahead(to_come, AHEAD) as ahead:
            for batch in ahead:
                if batches.begins(position.step):
                    self.state = None
                loss = self._step(batch)
                if loss is not None:
                    self._losses.append(loss)
                position.step += 1
                position.steps += 1
                position.tokens += self.model.tokens(batch)
                position.seconds = time.monotonic() - began
                self._after_step(at_end=position.step == len(batches) or self._time_is_up)
                if self._time_is_up:
                    return

    def _batches(self, epoch: int) -> Epoch[Batch]:
        """Return the batches of an epoch. To count them may take a pass over the corpus."""
        if self._asked is None or self._asked[0] != epoch:
            self._asked = epoch, self.model.epoch(self.inputs.blocks, epoch)
        return self._asked[1]

    @property
    def _time_is_up(self) -> bool:
        return 0 < self.config.max_minutes * 60 <= self.position.seconds

    def _step(self, batch: Batch) -> Tensor | None:
        """Update the weights once; return the loss, or None where nothing was to be predicted."""
        seed = (self.config.seed, 2, self.position.steps)
        loss, self.state = self.stepper.step(batch, self.state, seed)
        if loss is None:
            return None
        if self.config.clip:
            clip_gradients(self.model.parameters(), self.config.clip)
        share = self._share_of_rate()
        for optimizer, rate in zip(self.optimizers, self._rates, strict=True):
            optimizer.lr = rate * share
        self.stepper.update(self.optimizers)
        return loss

    def _share_of_rate(self) -> float:
        position, epochs = self.position, self.config.epochs
        return share_of_rate(self.config, (position.epoch + position.step / self._steps) / epochs)

    def _after_step(self, *, at_end: bool) -> None:
        """Check the losses, report, save and stop, each when it is due."""
        minutes = (time.monotonic() - self._saved) / 60
        save = minutes >= self.execution.checkpoint_minutes
        stop = self.hooks.progress.stop_signal
        report = at_end or self.reports.is_due(self.position)
        if save or stop or report or len(self._losses) >= CHECK_EVERY:
            self._look()
        if report:
            self.reports.step(self.position, self._share_of_rate())
        if save or stop:
            self._save()
        if stop:
            raise Interrupted(
                stop,
                hint=f"checkpoint at step {self.position.steps:,}; --resume goes on from there",
            )

    def _look(self) -> None:
        """Add up the losses since the last look. Raises PipelineError if one is not finite."""
        values = torch.stack(self._losses).tolist() if self._losses else []
        self._losses = []
        for number, value in enumerate(values):
            if not math.isfinite(value):
                self._fail(self.position.steps - len(values) + number + 1)
            # One by one, so that the sum's last digit does not depend on when the looks are.
            self.position.loss_sum += value
            self.position.loss_count += 1

    def _fail(self, step: int) -> None:
        each = (f"{option_name(name)} (it is {rate})" for name, rate in self.config.rates.items())
        rates = ", ".join(each)
        raise PipelineError(
            f"the loss is no longer a finite number, at step {step:,}",
            hint=f"lower {rates} or --clip (it is {self.config.clip}); "
            "a checkpoint from before, if there is one, was kept",
        )

    def _end_epoch(self) -> bool:
        """Score the epoch and move to the next; return whether --patience ran out."""
        position, config = self.position, self.config
        loss = position.loss_sum / position.loss_count if position.loss_count else math.nan
        scores: dict[str, Any] = {"epoch": position.epoch + 1, "train_loss": loss}
        if self.inputs.held_out is not None:
            self.model.eval()
            with torch.no_grad():
                held_out = self.model.evaluate(self.inputs.held_out)
            scores |= {f"valid_{name}": value for name, value in held_out.items()}
            if not math.isfinite(held_out["loss"]):
                self._fail(position.steps)
            if held_out["loss"] < position.best_loss:
                position.best_loss, position.best_epoch = held_out["loss"], position.epoch + 1
                if config.patience:
                    self.best = {name: each.clone() for name, each in self._weights().items()}
        self.reports.epoch(position, scores)
        position.scores.append(scores)
        position.epoch += 1
        position.step = position.loss_count = position.reported_count = 0
        position.loss_sum = position.reported_sum = 0.0
        self.state = None
        return bool(config.patience) and position.epoch - position.best_epoch >= config.patience

    # --- checkpoints ---

    def _weights(self) -> dict[str, Tensor]:
        """Return every parameter by name, one that two layers share once."""
        return {name: each.detach() for name, each in self.model.named_parameters()}

    def checkpoint(self) -> Checkpoint:
        """Return all that the run needs to go on from here."""
        tensors, steps = taken(self._weights(), self.optimizers, self.best, self.state)
        return Checkpoint(tensors, self.position, steps)

    def _save(self) -> None:
        if not all_finite(self._weights()):
            self._fail(self.position.steps)
        self.hooks.save(self.checkpoint())
        self._saved = time.monotonic()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put the run where it was when the checkpoint was saved.

        Raises ValueError where the checkpoint does not have what this run needs.
        """
        at = checkpoint.position
        rows = self._rows_before(at)
        carries = self.config.objective == "lm" and at.step
        shape = (self.config.layers, rows, self.config.hidden_size) if carries else None
        self.best, self.state = put_back(checkpoint, self._weights(), self.optimizers, shape)
        self.position = at

    def _rows_before(self, at: Position) -> int:
        """Return the rows of the step before that position, 0 where an epoch begins.

        Raises ValueError for a position that no run with these settings comes to.
        """
        if at.epoch > self.config.epochs or at.step > at.steps:
            raise ValueError(f"there is no step {at.step} in epoch {at.epoch + 1}")
        if not at.step:
            return 0
        batches = self._batches(at.epoch)
        if at.step > len(batches):
            raise ValueError(f"an epoch has {len(batches)} steps, and it has {at.step}")
        rows: int = batches[at.step - 1].rows
        return rows


def _published(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under the names that the model's file gives them."""
    return {published_name(name): each.cpu().contiguous() for name, each in tensors.items()}
