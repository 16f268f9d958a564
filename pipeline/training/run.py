"""A training run on disk: its data, its checkpoints, its metrics.

Beside `model.safetensors` a run keeps checkpoints (`checkpoints.py`), which have all that is needed
to go on; they belong to one recipe (another is refused by name), and go when the model is there.
And it keeps `model.metrics.jsonl` (`metrics.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpus2vec.pipeline.artifacts.beside import events_path, metrics_path
from corpus2vec.pipeline.artifacts.manifest import Recipe, plain
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.batches import Documents, split
from corpus2vec.pipeline.training.checkpoints import Checkpoints, arrays_of
from corpus2vec.pipeline.training.loop import Data, Hooks, Trained, Training
from corpus2vec.pipeline.training.metrics import Metrics, jsonable
from corpus2vec.pipeline.training.place import Checkpoint, Place
from corpus2vec.pipeline.training.pretrained import read_start
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

# --- what a run starts from ------------------------------------------------------------------


def load_data(
    ids: Path,
    vocabulary: Vocabulary,
    vocabulary_digest: str,
    config: TrainConfig,
    init: Path | None,
    valid: Path | None,
) -> tuple[Data, dict[str, Any]]:
    """Everything that training needs, and the facts about it that the manifest tells."""
    documents, labels = _read_ids(ids, vocabulary, vocabulary_digest)
    if config.objective == "classify" and documents.labels is None:
        raise DataError(
            f"{ids} has no labels, and --objective classify learns to predict them",
            hint="tokenize the corpus with --label-field, or --label-from file or folder",
        )
    held_out = None
    if valid:
        held_out, names = _read_ids(valid, vocabulary, vocabulary_digest)
        if config.objective == "classify":
            held_out = _with_labels(held_out, names, labels, valid)
    elif config.valid_fraction:
        documents, held_out = split(documents, config.valid_fraction, config.seed)

    facts: dict[str, Any] = {
        "documents": len(documents),
        "tokens": len(documents.ids_n),
        "rows": len(vocabulary),
    }
    if config.objective == "classify":
        facts["labels"] = labels
        facts["cut_tokens"] = _cut(documents, config) + (_cut(held_out, config) if held_out else 0)
    elif len(documents.ids_n) == len(documents):
        raise DataError(
            f"every document of {ids} has a single token, so there is no next one to predict",
            hint="tokenize with --doc-per paragraph or file",
        )
    if held_out is not None:
        facts["valid_documents"] = len(held_out)
        facts["valid_tokens"] = len(held_out.ids_n)
    start = None
    if init:
        start = read_start(init, vocabulary, config)
        facts["init_found"] = start.found
    counts = torch.from_numpy(vocabulary.counts.copy())
    return Data(documents, held_out, counts, len(labels), start), facts


def _read_ids(
    path: Path, vocabulary: Vocabulary, vocabulary_digest: str
) -> tuple[Documents, list[str]]:
    """The documents and the label names of an ids artifact that belongs to the vocabulary."""
    reader = RowGroupReader(path, "ids")
    if reader.metadata.get("vocabulary_digest") != vocabulary_digest:
        raise DataError(
            f"{path} was encoded with another vocabulary than the one given",
            hint="name the vocabulary it was encoded with, or encode again",
        )
    documents = Documents.from_batches(list(reader.row_groups()))
    if not len(documents.ids_n):
        raise DataError(f"{path} has no token to learn from")
    if documents.ids_n.max() >= len(vocabulary) or documents.ids_n.min() < 0:
        raise DataError(f"{path} has an id outside the vocabulary of {len(vocabulary)}")
    return documents, json.loads(reader.metadata.get("labels", "[]"))


def _with_labels(documents: Documents, names: list[str], known: list[str], path: Path) -> Documents:
    """Held-out documents with the label ids of the training corpus, matched by name."""
    if documents.labels is None:
        raise DataError(f"{path} has no labels")
    strange = [name for name in names if name not in known]
    if strange:
        raise DataError(f"{path} has the label {strange[0]!r}, which the training corpus has not")
    ids = np.array([known.index(name) for name in names], np.int32)
    return Documents(documents.ids_n, documents.offsets, ids[documents.labels])


def _cut(documents: Documents, config: TrainConfig) -> int:
    """Tokens beyond the longest document that the classifier reads."""
    return int(np.maximum(np.diff(documents.offsets) - config.length, 0).sum())


# --- the run ---------------------------------------------------------------------------------


class Run:
    """One training run towards `model`, made by `recipe`."""

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

    def train(self, target: Path, data: Data, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Train, and write the model to `target`; the counts for the manifest."""
        found = self._restored() if self.execution.resume else None
        if not found and self.checkpoints.exist():
            self.progress.notice(
                f"{self.checkpoints.newest.name} is not used: --resume would go on from there"
            )
        place = found[0].place if found else Place()
        events = events_path(self.model) if self.execution.tensorboard else None
        with Metrics(metrics_path(self.model), place.metrics_size, place.steps, events) as metrics:
            hooks = Hooks(progress=self.progress, save=self._save, record=metrics.record)
            training = Training(data, self.config, self.execution, hooks)
            self.environment = training.environment
            if found:
                checkpoint, there = found
                self._tell_differences(there)
                training.restore(checkpoint)
            trained = training.run()
        self._write_model(target, trained, data, facts)
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
        """The checkpoint to go on from and where it was made; None where there is none yet.

        Raises DataError for one of another recipe: its weights would not fit what is asked for.
        """
        found = self.checkpoints.read(self.progress)
        if not found:
            name = self.checkpoints.newest.name
            self.progress.notice(f"no checkpoint {name}: training from the start")
            return None
        checkpoint, header = found
        if header["fingerprint"] != self.recipe.fingerprint:
            config = plain(self.recipe.config)
            changed = [
                f"{name.replace('_', '-')} {header['config'].get(name)} → {config[name]}"
                for name in config
                if header["config"].get(name) != config[name]
            ]
            raise DataError(
                f"{self.checkpoints.newest} belongs to another run: "
                f"{'; '.join(changed) or 'its inputs or tools differ'}",
                hint="give the settings of that run, or leave out --resume to start anew",
            )
        self.progress.notice(f"resumed at step {checkpoint.place.steps:,}")
        return checkpoint, header["environment"]

    def _tell_differences(self, there: Mapping[str, Any]) -> None:
        here = self.environment
        different = [name for name in here if there.get(name) != here[name]]
        if different:
            self.progress.notice(
                "the checkpoint was made elsewhere ("
                + ", ".join(f"{name} {there.get(name)} → {here[name]}" for name in different)
                + "): the result may differ in its last digits"
            )

    def _write_model(
        self, target: Path, trained: Trained, data: Data, facts: Mapping[str, Any]
    ) -> None:
        header = {
            "kind": "model",
            "format": self.recipe.format,
            "config": plain(self.recipe.config),
            "rows": len(data.counts_V),
            "vocabulary_digest": self.recipe.input("vocabulary").digest,
            "ids_digest": self.recipe.input("ids").digest,
            "labels": facts.get("labels", []),
        }
        write_arrays(target, arrays_of(trained.tensors), header)


def _results(trained: Trained, config: TrainConfig) -> dict[str, Any]:
    place = trained.place
    last = place.scores[-1] if place.scores else {}
    if config.patience and place.scores:
        last = place.scores[place.best_epoch - 1]
    results: dict[str, Any] = {"steps": place.steps, "epochs": place.epoch}
    results |= {name: jsonable(value) for name, value in last.items() if name != "epoch"}
    if config.max_minutes:
        results["time_was_up"] = trained.time_was_up
    if config.patience:
        results |= {"best_epoch": place.best_epoch, "stopped_early": trained.stopped_early}
    return results
