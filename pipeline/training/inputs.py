"""What a run trains on: ids, vocabulary and --init, read and checked before the first step.

All that can be wrong with the inputs is found here, so that no run fails after an hour.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.documents import Documents, split
from corpus2vec.pipeline.training.pretrained import Start, read_start
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Inputs:
    """What a run trains on."""

    documents: Documents
    held_out: Documents | None
    counts_V: Tensor
    """(V,) how often each token occurs in the corpus."""
    labels: int
    """How many different labels there are."""
    start: Start | None = None
    """What to start from, with --init FILE."""


def load_inputs(
    ids: Path,
    vocabulary: Vocabulary,
    vocabulary_digest: str,
    config: TrainConfig,
    init: Path | None,
    valid: Path | None,
    folder: Path | None = None,
) -> tuple[Inputs, dict[str, Any]]:
    """Return all that training needs, and the facts about it that go into the manifest.

    Ids that memory does not hold are kept in an unnamed file in `folder`.

    Raises DataError where the inputs do not belong together or there is nothing to learn or score.
    """
    documents, labels = _read_ids(ids, vocabulary, vocabulary_digest, folder)
    if config.objective == "classify" and (documents.labels is None or not labels):
        raise DataError(
            f"{ids} has no labels, and --objective classify learns to predict them",
            hint="tokenize the corpus with --label-field, or --label-from file or folder",
        )
    held_out = None
    if valid:
        held_out, names = _read_ids(valid, vocabulary, vocabulary_digest, folder)
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
    else:
        _require_something_to_predict(documents, held_out, ids, valid)
    if held_out is not None:
        facts["valid_documents"] = len(held_out)
        facts["valid_tokens"] = len(held_out.ids_n)
    start = None
    if init:
        start = read_start(init, vocabulary, config)
        facts["init_found"] = start.found
    counts = torch.from_numpy(vocabulary.counts.copy())
    return Inputs(documents, held_out, counts, len(labels), start), facts


def _read_ids(
    path: Path, vocabulary: Vocabulary, vocabulary_digest: str, folder: Path | None
) -> tuple[Documents, list[str]]:
    """Return the documents and label names of an ids artifact, checked against the vocabulary."""
    reader = RowGroupReader(path, "ids")
    if reader.metadata.get("vocabulary_digest") != vocabulary_digest:
        raise DataError(
            f"{path} was encoded with another vocabulary than the one given",
            hint="name the vocabulary it was encoded with, or encode again",
        )
    documents = Documents.from_batches(reader.row_groups(), reader.most_items, folder)
    if not len(documents.ids_n):
        raise DataError(f"{path} has no token to learn from")
    if documents.ids_n.max() >= len(vocabulary) or documents.ids_n.min() < 0:
        raise DataError(f"{path} has an id outside the vocabulary of {len(vocabulary)}")
    return documents, reader.label_names


def _with_labels(documents: Documents, names: list[str], known: list[str], path: Path) -> Documents:
    """Return held-out documents with the training corpus's label ids, matched by name."""
    if documents.labels is None or not names:
        raise DataError(f"{path} has no labels")
    strange = [name for name in names if name not in known]
    if strange:
        raise DataError(f"{path} has the label '{strange[0]}', which the training corpus has not")
    ids = np.array([known.index(name) for name in names], np.int32)
    return dataclasses.replace(documents, labels=ids[documents.labels])


def _require_something_to_predict(
    documents: Documents, held_out: Documents | None, ids: Path, valid: Path | None
) -> None:
    """Raise DataError unless a training and a held-out document have two tokens or more.

    `context` and `lm` predict a token from others of its document.
    """
    longer = "tokenize with --doc-per paragraph or file"
    if documents.lengths.max() < 2:
        which = "document that is left to train on" if held_out and not valid else "document"
        raise DataError(
            f"every {which} of {ids} has a single token, so there is no next one to predict",
            hint=longer,
        )
    if held_out is not None and held_out.lengths.max() < 2:
        if valid:
            raise DataError(
                f"every document of {valid} has a single token, so there is nothing to score",
                hint=longer,
            )
        raise DataError(
            f"every document held out of {ids} has a single token, so there is nothing to score",
            hint=f"hold out more, draw others with --seed, or {longer}",
        )


def _cut(documents: Documents, config: TrainConfig) -> int:
    """Return how many tokens lie beyond the longest document that the classifier reads."""
    return int(np.maximum(documents.lengths - config.length, 0).sum())
