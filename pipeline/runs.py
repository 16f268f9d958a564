"""A training run on disk: its data, its checkpoint, its metrics.

Beside `model.safetensors` a run keeps two files. `model.checkpoint.safetensors` is all that is
needed to go on; it is replaced atomically, belongs to one recipe (another is refused by name), and
goes when the model is there. `model.metrics.jsonl` has a line every few steps and one an epoch; on
a resume it is cut back to where the checkpoint was, so that no step is told twice.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from pipeline.batches import Documents, split
from pipeline.config import Execution, TrainConfig
from pipeline.errors import DataError
from pipeline.manifest import Recipe, plain
from pipeline.parquet import RowGroupReader
from pipeline.progress import Progress
from pipeline.publication import publication
from pipeline.training import Checkpoint, Data, Hooks, Place, Trained, Training
from pipeline.vectors import read_vectors
from pipeline.vocabulary import Vocabulary
from pipeline.weights import (
    checkpoint_path,
    metrics_path,
    read_arrays,
    read_header,
    verify,
    write_arrays,
)

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
    initial = None
    if init:
        initial, facts["init_found"] = _pretrained(init, vocabulary, config)
    counts = torch.from_numpy(vocabulary.counts.copy())
    return Data(documents, held_out, counts, len(labels), initial), facts


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
    return int(np.maximum(np.diff(documents.offsets) - config.window, 0).sum())


def _pretrained(
    path: Path, vocabulary: Vocabulary, config: TrainConfig
) -> tuple[torch.Tensor, int]:
    """The pretrained rows of the vocabulary, V×D, NaN where there is none; how many there are."""
    table = read_vectors(path, set(vocabulary.tokens.to_pylist()))
    if not len(table):
        raise DataError(
            f"{path} has no vector for any of the {len(vocabulary)} tokens",
            hint="is it in the same language, and lower-cased alike?",
        )
    if table.dim != config.dim:
        raise DataError(
            f"{path} has vectors of {table.dim} numbers, and --dim is {config.dim}",
            hint=f"--dim {table.dim}",
        )
    rows = pc.index_in(vocabulary.tokens, value_set=table.tokens)
    found = rows.is_valid().to_numpy(zero_copy_only=False)
    initial = np.full((len(vocabulary), config.dim), np.nan, np.float32)
    initial[found] = table.vectors_VD[rows.filter(pa.array(found)).to_numpy()]
    return torch.from_numpy(initial), len(table)


# --- the run ---------------------------------------------------------------------------------


class Run:
    """One training run towards `model`, made by `recipe`."""

    def __init__(
        self,
        model: Path,
        recipe: Recipe,
        config: TrainConfig,
        execution: Execution,
        progress: Progress,
    ) -> None:
        self.checkpoint = checkpoint_path(model)
        self.metrics = metrics_path(model)
        self.recipe = recipe
        self.config = config
        self.execution = execution
        self.progress = progress
        self.environment: dict[str, Any] = {}

    def train(self, target: Path, data: Data, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Train, and write the model to `target`; the counts for the manifest."""
        restored = self._restored() if self.execution.resume else None
        if self.checkpoint.exists() and not restored:
            self.progress.notice(
                f"{self.checkpoint.name} is not used: --resume would go on from there"
            )
        self.metrics.parent.mkdir(parents=True, exist_ok=True)
        with self.metrics.open("r+b" if restored and self.metrics.exists() else "w+b") as metrics:
            metrics.truncate(restored.place.metrics_size if restored else 0)
            metrics.seek(0, os.SEEK_END)

            def record(line: Mapping[str, Any]) -> int:
                metrics.write(json.dumps({k: _jsonable(v) for k, v in line.items()}).encode())
                metrics.write(b"\n")
                metrics.flush()
                return metrics.tell()

            hooks = Hooks(progress=self.progress, save=self._save, record=record)
            training = Training(data, self.config, self.execution, hooks)
            self.environment = environment(training)
            if restored:
                training.restore(restored)
            trained = training.run()
        self._write_model(target, trained, data, facts)
        return {**facts, **_results(trained, self.config)}

    def _save(self, checkpoint: Checkpoint) -> None:
        header = {
            "fingerprint": self.recipe.fingerprint,
            "config": plain(self.recipe.config),
            "environment": self.environment,
        }
        with publication(self.checkpoint) as temporary:
            _write_checkpoint(temporary, checkpoint, header)

    def _restored(self) -> Checkpoint | None:
        """The checkpoint to go on from; None where there is none yet.

        Raises DataError for one of another recipe: its weights would not fit what is asked for.
        """
        if not self.checkpoint.exists():
            self.progress.notice(f"no checkpoint {self.checkpoint.name}: training from the start")
            return None
        checkpoint, header = _read_checkpoint(self.checkpoint)
        if header["fingerprint"] != self.recipe.fingerprint:
            config = plain(self.recipe.config)
            changed = [
                f"{name.replace('_', '-')} {header['config'].get(name)} → {config[name]}"
                for name in config
                if header["config"].get(name) != config[name]
            ]
            raise DataError(
                f"{self.checkpoint} belongs to another run: "
                f"{'; '.join(changed) or 'its inputs or tools differ'}",
                hint="give the settings of that run, or leave out --resume to start anew",
            )
        self.progress.notice(f"resumed at step {checkpoint.place.steps:,}")
        here = machine(self.execution)
        there = header["environment"]
        different = [name for name in here if there.get(name) != here[name]]
        if different:
            self.progress.notice(
                "the checkpoint was made elsewhere ("
                + ", ".join(f"{name} {there.get(name)} → {here[name]}" for name in different)
                + "): the result may differ in its last digits"
            )
        return checkpoint

    def _write_model(
        self, target: Path, trained: Trained, data: Data, facts: Mapping[str, Any]
    ) -> None:
        header = {
            "kind": "model",
            "format": self.recipe.format,
            "config": plain(self.recipe.config),
            "rows": len(data.counts_V),
            "vocabulary_digest": self.recipe.inputs[1].digest,
            "ids_digest": self.recipe.inputs[0].digest,
            "labels": facts.get("labels", []),
        }
        write_arrays(target, _arrays(trained.tensors), header)


def _write_checkpoint(path: Path, checkpoint: Checkpoint, header: Mapping[str, Any]) -> None:
    place = dataclasses.asdict(checkpoint.place)
    whole = {**header, "kind": "checkpoint", "place": place, "steps": dict(checkpoint.steps)}
    write_arrays(path, _arrays(checkpoint.tensors), whole)


def _read_checkpoint(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    verify(path)  # a checkpoint has no manifest beside it
    header = read_header(path, "checkpoint")
    tensors = {name: torch.from_numpy(each) for name, each in read_arrays(path).items()}
    return Checkpoint(tensors, Place(**header["place"]), header["steps"]), header


def _arrays(tensors: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: each.detach().cpu().numpy() for name, each in tensors.items()}


def environment(training: Training) -> dict[str, Any]:
    """Where a run takes place, as its checkpoint and manifest tell it."""
    return {**machine(training.execution), "device": training.device.type}


def machine(execution: Execution) -> dict[str, Any]:
    """What may change the last digits without being part of the recipe."""
    return {
        "threads": execution.threads or torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
    }


def _results(trained: Trained, config: TrainConfig) -> dict[str, Any]:
    place = trained.place
    last = place.scores[-1] if place.scores else {}
    if config.patience and place.scores:
        last = place.scores[place.best_epoch - 1]
    results: dict[str, Any] = {"steps": place.steps, "epochs": place.epoch}
    results |= {name: _jsonable(value) for name, value in last.items() if name != "epoch"}
    if config.patience:
        results |= {"best_epoch": place.best_epoch, "stopped_early": trained.stopped_early}
    return results


def _jsonable(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
