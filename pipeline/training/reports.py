"""What a run reports while it trains: lines of metrics, progress, and each epoch's scores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.position import Position


class Reports:
    """The reports of one run. `record` takes a line of metrics."""

    def __init__(
        self,
        progress: Progress,
        record: Callable[[Mapping[str, Any]], None],
        config: TrainConfig,
        steps_an_epoch: int,
    ) -> None:
        self._progress = progress
        self._record = record
        self._config = config
        self._steps_an_epoch = self._steps = steps_an_epoch
        self._every = max(1, min(100, steps_an_epoch * config.epochs // 100))
        self._since = time.monotonic(), 0  # when speed was last reported, and the tokens until then

    def begin(self, position: Position) -> None:
        """Show where the run begins, so that steps done before do not count as its speed."""
        self._advance(position)

    def begin_epoch(self, position: Position, steps: int) -> None:
        """Measure from here; this epoch has `steps` steps, which may differ from others."""
        self._steps = steps
        self._since = time.monotonic(), position.tokens

    def is_due(self, position: Position) -> bool:
        """Return whether it is time for `step`."""
        return position.steps % self._every == 0

    def step(self, position: Position, share_of_rate: float) -> None:
        """Report loss, learning rates and speed since the last report."""
        # What was reported is part of the position: a run that resumes reports the same numbers.
        predicted = position.loss_count - position.reported_count
        loss = (position.loss_sum - position.reported_sum) / predicted if predicted else math.nan
        position.reported_sum, position.reported_count = position.loss_sum, position.loss_count
        (then, tokens), now = self._since, time.monotonic()
        self._since = now, position.tokens
        speed = (position.tokens - tokens) / max(now - then, 1e-9)
        rates = {name: rate * share_of_rate for name, rate in self._config.rates.items()}
        self._line(position, loss=loss, **rates, tokens_per_second=round(speed))
        epoch = f"{position.epoch + 1}/{self._config.epochs}"
        self._advance(position, epoch=epoch, loss=loss, tokens_per_second=speed)

    def epoch(self, position: Position, scores: Mapping[str, Any]) -> None:
        """Report the scores of the epoch that ends here."""
        held_out = {
            name.removeprefix("valid_"): value
            for name, value in scores.items()
            if name.startswith("valid_") and isinstance(value, float)
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

    def _line(self, position: Position, **facts: Any) -> None:
        line = {
            "step": position.steps,
            "epoch": position.epoch + 1,
            "tokens": position.tokens,
            "seconds": round(position.seconds, 3),
            **facts,
        }
        self._record(line)
