"""A training run on disk: the loop, with its checkpoints, its metrics and its model as files.

Beside `model.safetensors` a run keeps checkpoints and `model.metrics.jsonl`. Checkpoints belong to
one recipe: those of another are refused with the settings that differ. The stage removes them once
the model is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import events_path, metrics_path
from corpus2vec.pipeline.artifacts.manifest import Recipe, plain
from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.checkpoints import (
    Checkpoint,
    Checkpoints,
    Position,
    arrays_of,
)
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.loop import Hooks, Trained, Training
from corpus2vec.pipeline.training.metrics import Metrics, jsonable


class Run:
    """One training run that makes `model` by `recipe`."""

    def __init__(
        self,
        model: Path,
        recipe: Recipe,
        config: TrainConfig,
        execution: TrainExecution,
        progress: Progress,
    ) -> None:
        self.checkpoints = Checkpoints(model, execution.keep_checkpoints)
        self.model = model
        self.recipe = recipe
        self.config = config
        self.execution = execution
        self.progress = progress
        self.environment: dict[str, Any] = {}

    def train(self, target: Path, inputs: Inputs, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Train and write the model to `target`; return the counts for the manifest."""
        found = self._restored() if self.execution.resume else None
        if not found and self.checkpoints.exist():
            self.progress.notice(
                f"{self.checkpoints.newest.name} is not used: --resume would go on from there"
            )
        position = found[0].position if found else Position()
        events = events_path(self.model) if self.execution.tensorboard else None
        path, size = metrics_path(self.model), position.metrics_size
        with Metrics(path, size, position.steps, events) as metrics:
            hooks = Hooks(progress=self.progress, save=self._save, record=metrics.record)
            training = Training(inputs, self.config, self.execution, hooks)
            self.environment = training.environment
            if found:
                checkpoint, there = found
                self._warn_of_differences(there)
                training.restore(checkpoint)
            trained = training.run()
        self._write_model(target, trained, facts)
        if training.layers_taken:
            facts = {**facts, "init_layers": training.layers_taken}
        return {**facts, **_results(trained, self.config)}

    def _save(self, checkpoint: Checkpoint) -> None:
        header = {
            "fingerprint": self.recipe.fingerprint,
            "config": plain(self.recipe.config),
            "environment": self.environment,
        }
        self.checkpoints.save(checkpoint, header)

    def _restored(self) -> tuple[Checkpoint, Mapping[str, Any]] | None:
        """Return the checkpoint to go on from and its environment; None where there is none.

        Raises DataError for a checkpoint of another recipe.
        """
        found = self.checkpoints.read(self.progress)
        if not found:
            name = self.checkpoints.newest.name
            self.progress.notice(f"no checkpoint {name}: training from the start")
            return None
        checkpoint, header = found
        if header["fingerprint"] != self.recipe.fingerprint:
            before, now = header["config"], plain(self.recipe.config)
            changed = [
                f"{name.replace('_', '-')} {before.get(name)} → {now.get(name)}"
                for name in {**before, **now}
                if before.get(name) != now.get(name)
            ]
            raise DataError(
                f"{self.checkpoints.newest} belongs to another run: "
                f"{'; '.join(changed) or 'its inputs or tools differ'}",
                hint="give the settings of that run, or leave out --resume to start again",
            )
        self.progress.notice(f"resumed at step {checkpoint.position.steps:,}")
        return checkpoint, header["environment"]

    def _warn_of_differences(self, there: Mapping[str, Any]) -> None:
        here = self.environment
        different = [name for name in here if there.get(name) != here[name]]
        if different:
            self.progress.notice(
                "the checkpoint was made elsewhere ("
                + ", ".join(f"{name} {there.get(name)} → {here[name]}" for name in different)
                + "): the result may differ in its last digits"
            )

    def _write_model(self, target: Path, trained: Trained, facts: Mapping[str, Any]) -> None:
        header = {
            "kind": "model",
            "format": self.recipe.format,
            "config": plain(self.recipe.config),
            "rows": facts["rows"],
            "vocabulary_digest": self.recipe.input("vocabulary").digest,
            "ids_digest": self.recipe.input("ids").digest,
            "labels": facts.get("labels", []),
        }
        write_arrays(target, arrays_of(trained.tensors), header)


def _results(trained: Trained, config: TrainConfig) -> dict[str, Any]:
    """Return what the run came to, for the manifest."""
    position = trained.position
    last = position.scores[-1] if position.scores else {}
    if config.patience and position.scores:
        last = position.scores[position.best_epoch - 1]
    results: dict[str, Any] = {
        "steps": position.steps,
        "epochs": position.epoch,
        # Both with what came before a resume, so that their ratio is the speed of training.
        "tokens_read": position.tokens,
        "training_seconds": round(position.seconds, 3),
    }
    results |= {name: jsonable(value) for name, value in last.items() if name != "epoch"}
    if config.max_minutes:
        results["time_was_up"] = trained.time_was_up
    if config.patience:
        results |= {"best_epoch": position.best_epoch, "stopped_early": trained.stopped_early}
    return results
