"""What a run trains on: ids, vocabulary and --init, read and checked before the first step.

All that can be wrong with the inputs is found here, so that no run fails after an hour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.blocks import Blocks, split
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.pretrained import Start, read_start
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Inputs:
    """What a run trains on."""

    blocks: Blocks
    held_out: Blocks | None
    counts_V: Tensor
    """(V,) how often each token occurs in the corpus."""
    labels: int
    """How many different labels there are."""
    start: Start | None = None
    """What to start from, with --init FILE."""


def load_inputs(
    ids: Sequence[Path],
    vocabulary: Vocabulary,
    vocabulary_digest: str,
    config: TrainConfig,
    init: Path | None,
    valid: Path | None,
    folder: Path | None = None,
) -> tuple[Inputs, dict[str, Any]]:
    """Return all that training needs, and the facts about it that go into the manifest.

    The documents of all `ids`, in order, are copied to files without a name in `folder`.

    Raises DataError where the inputs do not belong together or there is nothing to learn or score.
    """
    readers = [_reader(path, vocabulary_digest) for path in ids]
    valid_reader = _reader(valid, vocabulary_digest) if valid else None
    is_classify = config.objective == "classify"
    labels: list[str] = []
    if is_classify:
        _require_labels(readers)
        labels = list(dict.fromkeys(name for each in readers for name in each.label_names))
        if valid_reader:
            _require_known_labels(valid_reader, labels)
    documents = _documents(readers, vocabulary, labels)
    held_out = None
    if config.valid_fraction:
        number = sum(reader.rows for reader in readers)
        blocks, held_out = split(documents, number, config.valid_fraction, config.seed, folder)
    else:
        blocks = Blocks.of(documents, folder)
    if valid_reader:
        held_out = Blocks.of(_documents([valid_reader], vocabulary, labels), folder)

    facts: dict[str, Any] = {
        "documents": blocks.documents,
        "tokens": blocks.tokens,
        "rows": len(vocabulary),
    }
    if is_classify:
        facts["labels"] = labels
        both = [blocks, *([held_out] if held_out else [])]
        facts["cut_tokens"] = sum(each.beyond(config.length) for each in both)
    else:
        _require_something_to_predict(blocks, held_out, ids, valid)
    if held_out is not None:
        facts["valid_documents"] = held_out.documents
        facts["valid_tokens"] = held_out.tokens
    start = None
    if init:
        start = read_start(init, vocabulary, config)
        facts["init_found"] = start.found
    counts = torch.from_numpy(vocabulary.counts.copy())
    return Inputs(blocks, held_out, counts, len(labels), start), facts


def _reader(path: Path, vocabulary_digest: str) -> RowGroupReader:
    """Open an ids artifact. Raises DataError if it was encoded with another vocabulary."""
    reader = RowGroupReader(path, "ids")
    if reader.metadata.get("vocabulary_digest") != vocabulary_digest:
        raise DataError(
            f"{path} was encoded with another vocabulary than the one given",
            hint="name the vocabulary it was encoded with, or encode again",
        )
    return reader


def _documents(
    readers: Sequence[RowGroupReader], vocabulary: Vocabulary, labels: list[str]
) -> Iterator[Documents]:
    """Yield the documents of ids artifacts, checked against the vocabulary.

    With `labels` their labels are numbered by name as in this list, else they have none.
    """
    for reader in readers:
        number_of = {name: number for number, name in enumerate(labels)}
        numbers = np.array([number_of[name] for name in reader.label_names if labels], np.int32)
        tokens = 0
        for batch in reader.row_groups():
            documents = Documents.from_batch(batch)
            if documents.ids_n.max(initial=0) >= len(vocabulary):
                raise DataError(
                    f"{reader.path} has an id outside the vocabulary of {len(vocabulary)}"
                )
            tokens += len(documents.ids_n)
            named = None if documents.labels is None or not labels else numbers[documents.labels]
            yield dataclasses.replace(documents, labels=named)
        if not tokens:
            raise DataError(f"{reader.path} has no token to learn from")


def _require_labels(readers: Sequence[RowGroupReader]) -> None:
    for reader in readers:
        if not reader.label_names:
            raise DataError(
                f"{reader.path} has no labels, and --objective classify learns to predict them",
                hint="tokenize the corpus with --label-field, or --label-from file or folder",
            )


def _require_known_labels(reader: RowGroupReader, known: Collection[str]) -> None:
    """Raise DataError unless held-out documents have labels that the training corpus has too."""
    if not reader.label_names:
        raise DataError(f"{reader.path} has no labels")
    if strange := [name for name in reader.label_names if name not in known]:
        raise DataError(
            f"{reader.path} has the label '{strange[0]}', which the training corpus has not"
        )


def _require_something_to_predict(
    blocks: Blocks, held_out: Blocks | None, ids: Sequence[Path], valid: Path | None
) -> None:
    """Raise DataError unless a training and a held-out document have two tokens or more.

    `context` and `lm` predict a token from others of its document.
    """
    longer = "tokenize with --doc-per paragraph or file"
    given = ", ".join(map(str, ids))
    if blocks.longest < 2:
        left = " that is left to train on" if held_out is not None and not valid else ""
        raise DataError(
            f"every document{left} of {given} has a single token, "
            "so there is no next one to predict",
            hint=longer,
        )
    if held_out is not None and held_out.longest < 2:
        if valid:
            raise DataError(
                f"every document of {valid} has a single token, so there is nothing to score",
                hint=longer,
            )
        raise DataError(
            f"every document held out of {given} has a single token, so there is nothing to score",
            hint=f"hold out more, draw others with --seed, or {longer}",
        )
