"""The training loop, and all it takes to stop anywhere and go on to the same bytes.

Randomness is reseeded from (seed, step) before every step and batches are functions of the epoch
and the step, so a checkpoint holds no generator: weights, what the optimizers remember, the LSTM's
carried state, and the place in the run are all there is.
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
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import Interrupted, PipelineError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.batches import Documents
from corpus2vec.pipeline.training.device import (
    keep_freed_memory,
    machine,
    peak,
    pick_device,
    pick_products,
)
from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.objectives import Objective, build_objective, move
from corpus2vec.pipeline.training.optimizers import (
    build_optimizers,
    clip_gradients,
    embeddings,
    optimizer_state,
    restore_optimizers,
)
from corpus2vec.pipeline.training.place import Checkpoint, Mark, Place
from corpus2vec.pipeline.training.pretrained import Start, initial_table, take_over
from corpus2vec.pipeline.training.schedule import share_of_rate
from corpus2vec.pipeline.training.stepping import Stepper

CHECK_EVERY = 20  # steps between looks at the losses: a look makes a GPU wait
LONG_SECONDS = 10.0  # from here on it is worth a moment to measure what the machine could do
AHEAD = 4  # batches that a thread makes while a step is worked on


@dataclass(frozen=True)
class Data:
    """What there is to train on."""

    documents: Documents
    held_out: Documents | None
    counts_V: Tensor
    """(V,) how often each token stood in the corpus."""
    labels: int
    """How many different labels there are."""
    start: Start | None = None
    """What to start from, with --init FILE."""


@dataclass(frozen=True)
class Trained:
    """The finished network."""

    tensors: Mapping[str, Tensor]
    """`embedding`, V×D float32, and the network's."""
    place: Place
    stopped_early: bool
    """For want of patience."""
    time_was_up: bool
    """Of --max-minutes."""


@dataclass(frozen=True)
class Hooks:
    """Where training hands things over; it opens no file itself."""

    progress: Progress
    save: Callable[[Checkpoint], None]
    record: Callable[[Mapping[str, Any]], int]
    """Takes one line of metrics; returns the size of the metrics so far."""


class Training:
    """One run: built, perhaps restored from a checkpoint, then `run`."""

    def __init__(
        self, data: Data, config: TrainConfig, execution: TrainExecution, hooks: Hooks
    ) -> None:
        self.data = data
        self.config = config
        self.execution = execution
        self.hooks = hooks
        self.device = pick_device(execution.device)
        self.products = pick_products(config.bfloat16, self.device, config.dim)
        self.place = Place()
        self.state: State | None = None
        self.best: dict[str, Tensor] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            table_VD = initial_table(len(data.counts_V), config, data.start)
            self.model: Objective = build_objective(
                table_VD, data.counts_V, data.labels, config, self.products
            ).to(self.device)
            self.layers_taken = take_over(self.model, data.start) if data.start else 0
        self.optimizers = build_optimizers(self.model, config)
        threads = execution.threads or torch.get_num_threads()
        self.stepper = Stepper(self.model, self.products, threads)
        self.environment = machine(threads, self.products, self.device)
        self._rates = [each.param_groups[0]["lr"] for each in self.optimizers]
        self.steps_an_epoch = self._steps = len(self.model.epoch(data.documents, 0))
        total = self.steps_an_epoch * config.epochs
        self.report_every = max(1, min(100, total // 100))
        self._losses: list[Tensor] = []  # since the last look
        self._reported = Mark.at(self.place)
        self._saved = time.monotonic()
        self._peak = 0.0  # measured when it is first asked for

    # --- the run ---

    def run(self) -> Trained:
        """Train to the end, from wherever the run stands."""
        self._tell_progress()  # what is done already is not this run's speed
        with self._surroundings():
            stopped_early = False
            while self.place.epoch < self.config.epochs and not stopped_early:
                self._epoch()
                stopped_early = self._end_epoch()
                if self._time_is_up:
                    break
        tensors = self.best or self._weights()
        if not all_finite(tensors):
            self._fail(self.place.steps)
        return Trained(_published(tensors), self.place, stopped_early, self._time_is_up)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Threads as they were again afterwards."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self.execution.threads or threads)
        keep_freed_memory()
        self.hooks.progress.finish_step_before_stopping(True)
        try:
            yield
        finally:
            self.stepper.close()
            self.hooks.progress.finish_step_before_stopping(False)
            torch.set_num_threads(threads)

    def _epoch(self) -> None:
        """The rest of the epoch, from the step where the run stands, or until time is up."""
        place, config = self.place, self.config
        batches = self.model.epoch(self.data.documents, place.epoch)
        self._steps = len(batches)
        self.model.train()
        for embedding in embeddings(self.model):
            embedding.requires_grad_(not config.freeze and place.epoch >= config.freeze_epochs)
        self._reported = Mark.at(place)
        to_come = (move(batches[step], self.device) for step in range(place.step, len(batches)))
        began = time.monotonic() - place.seconds
        with read_ahead(to_come, AHEAD) as ahead:
            for batch in ahead:
                loss = self._step(batch)
                if loss is not None:
                    self._losses.append(loss)
                place.step += 1
                place.steps += 1
                place.tokens += self.model.tokens(batch)
                place.seconds = time.monotonic() - began
                self._after_step(at_end=place.step == len(batches) or self._time_is_up)
                if self._time_is_up:
                    return

    @property
    def _time_is_up(self) -> bool:
        return 0 < self.config.max_minutes * 60 <= self.place.seconds

    def _after_step(self, *, at_end: bool) -> None:
        """Look at the losses, report, save and stop, each when it is time."""
        minutes = (time.monotonic() - self._saved) / 60
        save = minutes >= self.execution.checkpoint_minutes
        stop = self.hooks.progress.stop_signal
        report = at_end or self.place.steps % self.report_every == 0
        if save or stop or report or len(self._losses) >= CHECK_EVERY:
            self._look()
        if report:
            self._report()
        if save or stop:
            self._save()
        if stop:
            raise Interrupted(
                stop, hint=f"checkpoint at step {self.place.steps:,}; --resume goes on from there"
            )

    def _report(self) -> None:
        """Tell the metrics file and the person what happened since the last report."""
        place, last = self.place, self._reported
        now = self._reported = Mark.at(place)
        predicted = now.loss_count - last.loss_count
        loss = (now.loss_sum - last.loss_sum) / predicted if predicted else math.nan
        speed = (now.tokens - last.tokens) / max(now.time - last.time, 1e-9)
        self._record(
            loss=loss,
            lr=self.config.learning_rates[1] * self._share_of_rate(),
            tokens_per_second=round(speed),
        )
        facts: dict[str, float | str] = {"epoch": f"{place.epoch + 1}/{self.config.epochs}"}
        facts |= {"loss": loss, "tokens_per_second": speed}
        if place.seconds > LONG_SECONDS:
            self._peak = self._peak or peak(self.device, self.products)
            facts["of peak"] = f"{speed * self.model.operations / self._peak:.0%}"
        self._tell_progress(**facts)

    def _tell_progress(self, **facts: float | str) -> None:
        total = self.steps_an_epoch * self.config.epochs
        self.hooks.progress.advance(self.place.steps, total, "steps", **facts)

    def _step(self, batch: Any) -> Tensor | None:
        """One update; the loss, or None where the batch had nothing to predict."""
        seed = (self.config.seed, 2, self.place.steps)
        loss, self.state = self.stepper.step(batch, self.state, seed)
        if loss is None:
            return None
        if self.config.clip:
            clip_gradients(self.model, self.config.clip)
        share = self._share_of_rate()
        for optimizer, rate in zip(self.optimizers, self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        self.stepper.update(self.optimizers)
        return loss

    def _share_of_rate(self) -> float:
        place, epochs = self.place, self.config.epochs
        return share_of_rate(self.config, (place.epoch + place.step / self._steps) / epochs)

    def _look(self) -> None:
        """Add up the losses since the last look, and stop at one that is not finite."""
        values = torch.stack(self._losses).tolist() if self._losses else []
        self._losses = []
        for number, value in enumerate(values):
            if not math.isfinite(value):
                self._fail(self.place.steps - len(values) + number + 1)
            # One by one: the sum's last digit must not depend on when was looked.
            self.place.loss_sum += value
            self.place.loss_count += 1

    def _end_epoch(self) -> bool:
        """Score the epoch; whether patience is at its end."""
        place, config = self.place, self.config
        train_loss = place.loss_sum / place.loss_count if place.loss_count else math.nan
        scores = {"epoch": place.epoch + 1, "train_loss": train_loss}
        if self.data.held_out is not None:
            self.model.eval()
            with torch.no_grad():
                held_out = self.model.evaluate(self.data.held_out)
            scores |= {f"valid_{name}": value for name, value in held_out.items()}
            if not math.isfinite(held_out["loss"]):
                self._fail(place.steps)
            if held_out["loss"] < place.best_loss:
                place.best_loss, place.best_epoch = held_out["loss"], place.epoch + 1
                if config.patience:
                    self.best = {name: each.clone() for name, each in self._weights().items()}
            self.hooks.progress.notice(
                f"epoch {place.epoch + 1}/{config.epochs}  loss {train_loss:.4g}  "
                + "  ".join(f"held-out {name} {value:.4g}" for name, value in held_out.items())
            )
        place.scores.append(scores)
        self._record(**scores)
        place.epoch += 1
        place.step = place.loss_count = 0
        place.loss_sum = 0.0
        self.state = None
        return bool(config.patience) and place.epoch - place.best_epoch >= config.patience

    def _record(self, **facts: float) -> None:
        place = self.place
        line = {
            "step": place.steps,
            "epoch": place.epoch + 1,
            "tokens": place.tokens,
            "seconds": round(place.seconds, 3),
            **facts,
        }
        place.metrics_size = self.hooks.record(line)

    def _fail(self, step: int) -> None:
        raise PipelineError(
            f"the loss is no longer a finite number, at step {step:,}",
            hint=f"lower --lr (it is {self.config.learning_rates[1]}) or --clip "
            f"(it is {self.config.clip}); a checkpoint from before, if there is one, was kept",
        )

    def _weights(self) -> dict[str, Tensor]:
        """Every parameter by name; one that two layers share stands there once."""
        return {name: each.detach() for name, each in self.model.named_parameters()}

    # --- checkpoints ---

    def _save(self) -> None:
        if not all_finite(self._weights()):
            self._fail(self.place.steps)
        remembered, steps = optimizer_state(self.optimizers)
        tensors = {f"model.{name}": each for name, each in self._weights().items()}
        tensors |= {f"best.{name}": each for name, each in self.best.items()}
        tensors |= {f"optimizer.{name}": each for name, each in remembered.items()}
        if self.state is not None:
            # In 32 bits, whatever it is carried in: safetensors' NumPy knows no bfloat16.
            h, c = (each.detach().float() for each in self.state)
            tensors |= {"state.h": h, "state.c": c}
        self.hooks.save(Checkpoint(tensors, self.place, steps))
        self._saved = time.monotonic()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Stand where the run stood when the checkpoint was saved."""
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in checkpoint.tensors.items():
            part, rest = name.split(".", 1)
            parts.setdefault(part, {})[rest] = tensor.to(self.device)
        for name, weight in self._weights().items():
            weight.copy_(parts["model"][name])
        self.best = parts.get("best", {})
        restore_optimizers(self.optimizers, parts.get("optimizer", {}), checkpoint.steps)
        if "state" in parts:
            self.state = (parts["state"]["h"], parts["state"]["c"])
        self.place = checkpoint.place


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether no tensor holds a NaN or an infinity."""
    # A table of gigabytes is looked at where it lies: `isfinite` of all of it would copy it.
    ends = (each.aminmax() for each in tensors.values() if each.numel())
    return all(bool(torch.isfinite(end)) for pair in ends for end in pair)


def _published(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the names that the model's file gives them."""
    return {published_name(name): each.cpu().contiguous() for name, each in tensors.items()}
