"""A training run on disk: the loop, with its checkpoints, its metrics and its model as files.

Beside `model.safetensors` a run keeps checkpoints and `model.metrics.jsonl`. Checkpoints belong to
one recipe: --resume refuses those of another with the settings that differ, and a new run replaces
them. The stage removes them once the model is written, but for the last one with --keep-state.

A recipe that differs in nothing but more epochs may go on from a checkpoint: batches and draws are
functions of (epoch, step), so the result is, byte for byte, that of a run of as many epochs from
the start. Where the learning rates follow the length of the run (--schedule, --warmup) it would not
be, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import events_path, metrics_path
from corpus2vec.pipeline.artifacts.manifest import Recipe, plain
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.checkpoints import KEPT, Checkpoints, Found, arrays_of, unusable
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.loop import Hooks, Trained, Training
from corpus2vec.pipeline.training.memory import enough_memory
from corpus2vec.pipeline.training.metrics import Metrics, jsonable
from corpus2vec.pipeline.training.position import Checkpoint

CUT = ("freeze_epochs", "patience")


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
        self.checkpoints = Checkpoints(model, recipe.fingerprint, execution.keep_checkpoints)
        self.model = model
        self.recipe = recipe
        self.config = config
        self.execution = execution
        self.progress = progress
        self.environment: dict[str, Any] = {}

    def train(self, target: Path, inputs: Inputs, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Train and write the model to `target`; return the counts for the manifest."""
        with enough_memory(len(inputs.counts_V), self.config):
            return self._train(target, inputs, facts)

    def _train(self, target: Path, inputs: Inputs, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._found() if self.execution.resume else None
        if not found and self.checkpoints.exist():
            self.progress.notice(
                f"{self.checkpoints.newest.name} is not used: --resume would go on from there"
            )
        self.checkpoints.claim()
        before = found.checkpoint.metrics if found else b""
        events = events_path(self.model) if self.execution.tensorboard else None
        metrics = Metrics(metrics_path(self.model), before, events)

        def save(checkpoint: Checkpoint) -> None:
            self._save(replace(checkpoint, metrics=metrics.content))

        hooks = Hooks(progress=self.progress, save=save, record=metrics.record)
        training = Training(inputs, self.config, self.execution, hooks)
        self.environment = training.environment
        if found:
            self._restore(training, found)
        with metrics:
            trained = training.run()
            if self.execution.keep_state:
                self._save(replace(training.checkpoint(), metrics=metrics.content), kept=True)
        self._write_model(target, trained, facts)
        if training.layers_taken:
            facts = {**facts, "init_layers": training.layers_taken}
        return {**facts, **_results(trained, self.config)}

    def _save(self, checkpoint: Checkpoint, kept: bool = False) -> None:
        header = {
            KEPT: kept,
            "fingerprint": self.recipe.fingerprint,
            "config": plain(self.recipe.config),
            "environment": self.environment,
        }
        self.checkpoints.save(checkpoint, header)

    def _found(self) -> Found | None:
        """Return the checkpoint to go on from; None where there is none.

        Raises DataError for a checkpoint of another recipe.
        """
        found = self.checkpoints.read(self.progress)
        if not found:
            self._refuse_to_start_again()
            name = self.checkpoints.newest.name
            self.progress.notice(f"no checkpoint {name}: training from the start")
            return None
        if self._is_longer(found.fingerprint, found.config):
            self._require_constant_rates()
        elif found.fingerprint != self.recipe.fingerprint:
            before, now = found.config, plain(self.recipe.config)
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
        self.progress.notice(f"resumed at step {found.checkpoint.position.steps:,}")
        return found

    def _is_longer(self, fingerprint: str, config: Mapping[str, Any]) -> bool:
        """Return whether a recipe differs from this run's in nothing but fewer epochs."""
        now = plain(self.recipe.config)
        epochs = config.get("epochs")
        if not isinstance(epochs, int) or epochs >= now["epochs"]:
            return False
        # Neither counts beyond the last epoch, so a recipe has them cut there.
        cut = {name: min(now[name], epochs) for name in CUT if name in now}
        same = replace(self.recipe, config={**self.recipe.config, **cut, "epochs": epochs})
        return same.fingerprint == fingerprint

    def _require_constant_rates(self) -> None:
        """Raise UsageError where the learning rates of the epochs that are done would be others."""
        if self.config.schedule != "constant" or self.config.warmup:
            raise UsageError(
                "--schedule and --warmup follow the length of the run, so it cannot be made longer",
                hint="leave out --resume to train all epochs again",
            )

    def _refuse_to_start_again(self) -> None:
        """Raise UsageError where the finished model needs no more than some epochs on top."""
        manifest = read_manifest(self.model)
        if manifest and self._is_longer(manifest.fingerprint, manifest.config):
            raise UsageError(
                f"the run that made {self.model.name} is over and kept no state to go on from",
                hint="--keep-state would have kept it; without --resume all epochs are trained",
            )

    def _restore(self, training: Training, found: Found) -> None:
        self._warn_of_differences(found.environment)
        try:
            training.restore(found.checkpoint)
        except ValueError as problem:
            raise unusable(found.path, problem) from problem

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
            "ids_digests": [each.digest for each in self.recipe.inputs if each.role == "ids"],
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
