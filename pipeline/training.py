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
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from pipeline.batches import Documents, generator
from pipeline.config import Execution, TrainConfig
from pipeline.errors import Interrupted, PipelineError, UsageError
from pipeline.network import State
from pipeline.objectives import Classifier, LanguageModel, build_objective, move
from pipeline.optimizers import (
    build_optimizers,
    clip_gradients,
    optimizer_state,
    restore_optimizers,
)
from pipeline.progress import Progress

CHECK_EVERY = 20  # steps between looks at the losses: a look makes a GPU wait


@dataclass(frozen=True)
class Data:
    """What there is to train on."""

    documents: Documents
    held_out: Documents | None
    counts_V: Tensor
    """(V,) how often each token stood in the corpus."""
    labels: int
    """How many different labels there are."""
    initial_VD: Tensor | None = None
    """The table to start from, with --init FILE: pretrained rows, NaN where there is none."""


@dataclass
class Place:
    """Where in the run training stands, and what it must remember of the way there."""

    epoch: int = 0
    step: int = 0
    """Of the epoch."""
    steps: int = 0
    """Of the run."""
    tokens: int = 0
    loss_sum: float = 0.0
    """Of this epoch's steps."""
    loss_count: int = 0
    best_loss: float = math.inf
    best_epoch: int = 0
    scores: list[dict[str, float]] = field(default_factory=list)
    """Of each finished epoch."""
    metrics_size: int = 0
    """Bytes of the metrics file that belong to the run so far."""


@dataclass(frozen=True)
class Mark:
    """A moment of the run, to measure from."""

    time: float
    tokens: int
    loss_sum: float
    loss_count: int

    @classmethod
    def at(cls, place: Place) -> Mark:
        """Now, at that place."""
        return cls(time.monotonic(), place.tokens, place.loss_sum, place.loss_count)


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on."""

    tensors: Mapping[str, Tensor]
    place: Place
    steps: Mapping[str, int]
    """The optimizers' own counters."""


@dataclass(frozen=True)
class Trained:
    """The finished network."""

    tensors: Mapping[str, Tensor]
    """`embedding`, V×D float32, and the network's."""
    place: Place
    stopped_early: bool


@dataclass(frozen=True)
class Hooks:
    """Where training hands things over; it opens no file itself."""

    progress: Progress
    save: Callable[[Checkpoint], None]
    record: Callable[[Mapping[str, Any]], int]
    """Takes one line of metrics; returns the size of the metrics so far."""


class Training:
    """One run: built, perhaps restored from a checkpoint, then `run`."""

    def __init__(self, data: Data, config: TrainConfig, execution: Execution, hooks: Hooks) -> None:
        self.data = data
        self.config = config
        self.execution = execution
        self.hooks = hooks
        self.device = pick_device(execution.device)
        self.place = Place()
        self.state: State | None = None
        self.best: dict[str, Tensor] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            table_VD = initial_table(data, config)
            self.model: LanguageModel | Classifier = build_objective(
                table_VD, data.counts_V, data.labels, config
            ).to(self.device)
        self.optimizers = build_optimizers(self.model, config)
        self.steps_an_epoch = len(self.model.epoch(data.documents, 0))
        total = self.steps_an_epoch * config.epochs
        self.report_every = max(1, min(100, total // 100))
        self._losses: list[Tensor] = []  # since the last look
        self._reported = Mark.at(self.place)
        self._saved = time.monotonic()

    # --- the run ---

    def run(self) -> Trained:
        """Train to the end, from wherever the run stands."""
        self._tell_progress()  # what is done already is not this run's speed
        with self._surroundings():
            stopped_early = False
            while self.place.epoch < self.config.epochs and not stopped_early:
                self._epoch()
                stopped_early = self._end_epoch()
        tensors = self.best or self._weights()
        if not all_finite(tensors):
            self._fail(self.place.steps)
        return Trained(_published(tensors), self.place, stopped_early)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Threads, determinism and random state, as they were again afterwards."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self.execution.threads or threads)
        cudas = [self.device] if self.device.type == "cuda" else []
        self.hooks.progress.finish_step_before_stopping(True)
        try:
            with torch.random.fork_rng(devices=cudas):
                yield
        finally:
            self.hooks.progress.finish_step_before_stopping(False)
            torch.set_num_threads(threads)

    def _epoch(self) -> None:
        """The rest of the epoch, from the step where the run stands."""
        batches = self.model.epoch(self.data.documents, self.place.epoch)
        self.model.train()
        self._reported = Mark.at(self.place)
        while self.place.step < len(batches):
            batch = move(batches[self.place.step], self.device)
            loss = self._step(batch)
            if loss is not None:
                self._losses.append(loss)
            self.place.step += 1
            self.place.steps += 1
            self.place.tokens += self.model.tokens(batch)
            self._after_step(at_end=self.place.step == len(batches))

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
        self._record(loss=loss, lr=self.config.learning_rate, tokens_per_second=round(speed))
        epoch = f"{place.epoch + 1}/{self.config.epochs}"
        self._tell_progress(epoch=epoch, loss=loss, tokens_per_second=speed)

    def _tell_progress(self, **facts: float | str) -> None:
        total = self.steps_an_epoch * self.config.epochs
        self.hooks.progress.advance(self.place.steps, total, "steps", **facts)

    def _step(self, batch: Any) -> Tensor | None:
        """One update; the loss, or None where the batch had nothing to predict."""
        torch.manual_seed(int(generator(self.config.seed, 2, self.place.steps).integers(2**63)))
        loss, self.state = self.model.loss(batch, self.state)
        if loss is None:
            return None
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.config.clip:
            clip_gradients(self.model, self.config.clip)
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

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
        line = {"step": place.steps, "epoch": place.epoch + 1, "tokens": place.tokens, **facts}
        place.metrics_size = self.hooks.record(line)

    def _fail(self, step: int) -> None:
        raise PipelineError(
            f"the loss is no longer a finite number, at step {step:,}",
            hint=f"lower --lr (it is {self.config.learning_rate}) or --clip "
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
            tensors |= {"state.h": self.state[0].detach(), "state.c": self.state[1].detach()}
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


def pick_device(wanted: str) -> torch.device:
    """The device that --device names. Raises UsageError for CUDA where there is none."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise UsageError("--device cuda: torch finds no CUDA device", hint="--device cpu")
    return torch.device("cuda" if wanted != "cpu" and available else "cpu")


def initial_table(data: Data, config: TrainConfig) -> Tensor:
    """The table before the first step, V×D float32.

    Random rows are uniform in ±0.1, or as wide as the pretrained rows beside them.
    """
    size = (len(data.counts_V), config.dim)
    if config.init == "zeros":
        return torch.zeros(size)
    random_VD = torch.rand(size) * 2 - 1
    if data.initial_VD is None:
        return random_VD * 0.1
    missing_V = data.initial_VD.isnan().any(1)
    spread = data.initial_VD[~missing_V].std() if not bool(missing_V.all()) else torch.tensor(0.1)
    return torch.where(missing_V[:, None], random_VD * spread * math.sqrt(3), data.initial_VD)


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether no tensor holds a NaN or an infinity."""
    return all(bool(torch.isfinite(each).all()) for each in tensors.values())


def _published(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the names that the model's file gives them."""
    names = {"recurrent.embedding.weight": "embedding"}
    return {
        names.get(name, name.removeprefix("recurrent.")): tensor.cpu().contiguous()
        for name, tensor in tensors.items()
    }
