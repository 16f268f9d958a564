"""What a run reports while it trains: lines of metrics, progress, and each epoch's scores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.checkpoints import Position


@dataclass(frozen=True)
class Moment:
    """A moment of the run, to measure from."""

    time: float
    tokens: int
    loss_sum: float
    loss_count: int

    @classmethod
    def now(cls, at: Position) -> Moment:
        """Return this moment, at that position."""
        return cls(time.monotonic(), at.tokens, at.loss_sum, at.loss_count)


class Reports:
    """The reports of one run. `record` takes a line of metrics and returns their size in bytes."""

    def __init__(
        self,
        progress: Progress,
        record: Callable[[Mapping[str, float]], int],
        config: TrainConfig,
        steps_an_epoch: int,
    ) -> None:
        self._progress = progress
        self._record = record
        self._config = config
        self._steps_an_epoch = self._steps = steps_an_epoch
        self._every = max(1, min(100, steps_an_epoch * config.epochs // 100))
        self._last = Moment.now(Position())

    def begin(self, position: Position) -> None:
        """Show where the run begins, so that steps done before do not count as its speed."""
        self._advance(position)

    def begin_epoch(self, position: Position, steps: int) -> None:
        """Measure from here; this epoch has `steps` steps, which may differ from others."""
        self._steps = steps
        self._last = Moment.now(position)

    def is_due(self, position: Position) -> bool:
        """Return whether it is time for `step`."""
        return position.steps % self._every == 0

    def step(self, position: Position, share_of_rate: float) -> None:
        """Report loss, learning rates and speed since the last report."""
        last = self._last
        now = self._last = Moment.now(position)
        predicted = now.loss_count - last.loss_count
        loss = (now.loss_sum - last.loss_sum) / predicted if predicted else math.nan
        speed = (now.tokens - last.tokens) / max(now.time - last.time, 1e-9)
        rates = {name: rate * share_of_rate for name, rate in self._config.rates.items()}
        self._line(position, loss=loss, **rates, tokens_per_second=round(speed))
        epoch = f"{position.epoch + 1}/{self._config.epochs}"
        self._advance(position, epoch=epoch, loss=loss, tokens_per_second=speed)

    def epoch(self, position: Position, scores: Mapping[str, float]) -> None:
        """Report the scores of the epoch that ends here."""
        held_out = {
            name.removeprefix("valid_"): value
            for name, value in scores.items()
            if name.startswith("valid_")
        }
        if held_out:
            self._progress.notice(
                f"epoch {position.epoch + 1}/{self._config.epochs}  "
                f"loss {scores['train_loss']:.4g}  "
                + "  ".join(f"held-out {name} {value:.4g}" for name, value in held_out.items())
            )
        self._line(position, **scores)

    def _advance(self, position: Position, **facts: float | str) -> None:
        later = self._config.epochs - position.epoch - 1
        total = position.steps - position.step + self._steps + later * self._steps_an_epoch
        self._progress.advance(position.steps, total, "steps", **facts)

    def _line(self, position: Position, **facts: float) -> None:
        line = {
            "step": position.steps,
            "epoch": position.epoch + 1,
            "tokens": position.tokens,
            "seconds": round(position.seconds, 3),
            **facts,
        }
        position.metrics_size = self._record(line)
