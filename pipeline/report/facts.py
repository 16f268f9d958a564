"""Everything that the report says, gathered from a build's folder into plain values.

A build may lack any stage: what is there is told, and `remarks` say what is missing. What the
artifacts of other stages are made from is also told by the lineage in a manifest, so that these
are known even where only the last file was kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.beside import metrics_path
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.config import MapConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.report import measures
from corpus2vec.pipeline.report import word_map as words
from corpus2vec.pipeline.report.measures import Curves, Frequency, Lengths
from corpus2vec.pipeline.report.palette import LABEL_COLOURS
from corpus2vec.pipeline.report.word_map import Labels, Neighbours, WordMap
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, read_vocabulary

# The names that `run` gives them, in order; of two dumps the first that fits the model is taken.
FILES = {
    "tokenize": ("tokens.parquet",),
    "vocab": ("vocab.tsv",),
    "encode": ("ids.parquet",),
    "train": ("model.safetensors",),
    "dump": ("embeddings.parquet", "embeddings.txt"),
}
LACKING = {
    "tokenize": "",
    "vocab": "so there are no frequencies",
    "encode": "",
    "train": "",
    "dump": "so there is no map and there are no neighbours",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What there is to say of a build."""

    title: str
    folder: str
    stages: Mapping[str, Mapping[str, Any]]
    """The manifests' entries, by stage, first to last."""
    remarks: tuple[str, ...] = ()
    frequency: Frequency | None = None
    lengths: Lengths | None = None
    curves: Curves | None = None
    map: WordMap | None = None
    shape: tuple[int, int] | None = None
    """Of the table: rows, columns."""
    neighbours: tuple[Neighbours, ...] = ()
    not_found: tuple[str, ...] = ()
    """Chosen words that the table does not have."""


def gather(
    folder: Path, config: MapConfig, chosen: Sequence[str] = (), chart: str | None = None
) -> Facts:
    """The facts of the build in `folder`, with the neighbours of the chosen words.

    For one chart only what it needs is read: loss, map or zipf.

    Raises UsageError where there is no folder, DataError where it holds no build, or where one of
    its artifacts is not what its manifest says.
    """
    inputs = find_artifacts(folder)
    stages = _stages(inputs)
    remarks = [
        f"There is no {FILES[stage][-1]} here" + (f", {LACKING[stage]}." if LACKING[stage] else ".")
        for stage in FILES
        if stage not in inputs
    ]
    remarks += _loose_ends(inputs)
    vocabulary = read_vocabulary(inputs["vocab"]) if "vocab" in inputs else None
    curves = read_curves(folder)
    trained = stages.get("train", {}).get("counts", {})
    if curves and curves.last_step != trained.get("steps", curves.last_step):
        remarks.append("The metrics are those of another training run than the model's.")
    if "train" in inputs and curves is None:
        remarks.append("There is no model.metrics.jsonl here, so there are no curves of training.")
    lengths, labels = (None, None) if chart else _read_documents(inputs, vocabulary)
    facts: dict[str, Any] = {}
    if "dump" in inputs and chart in (None, "map"):
        table = read_vectors(Path(inputs["dump"].name))
        lower = bool(stages.get("tokenize", {}).get("config", {}).get("lower"))
        facts = words.facts_of_table(table, vocabulary, labels, config.map_words, chosen, lower)
    return Facts(
        title=_title(stages, folder),
        folder=folder.resolve().name,
        stages=stages,
        remarks=tuple(remarks),
        frequency=_frequency(vocabulary),
        lengths=lengths,
        curves=curves,
        **facts,
    )


# --- what is there ---------------------------------------------------------------------------


def find_artifacts(folder: Path) -> dict[str, Input]:
    """The artifacts of a build by stage, each checked against its manifest."""
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}", hint=f"corpus2vec run CORPUS -o {folder} makes one"
        )
    found: dict[str, Input] = {}
    for stage, names in FILES.items():
        candidates = [
            artifact_input(stage, folder / name) for name in names if (folder / name).exists()
        ]
        if candidates:
            fitting = [each for each in candidates if _follows(each, found.get("train"))]
            found[stage] = (fitting or candidates)[0]
    if not found:
        raise DataError(
            f"{folder} holds no build: it has none of {', '.join(n[-1] for n in FILES.values())}",
            hint=f"corpus2vec run CORPUS -o {folder} makes one",
        )
    return found


def _follows(later: Input, earlier: Input | None) -> bool:
    """Whether `later` was made from `earlier`, as far as its manifest tells."""
    if earlier is None or later.manifest is None:
        return True
    return earlier.digest in {each["digest"] for each in later.manifest.inputs}


def _loose_ends(inputs: Mapping[str, Input]) -> list[str]:
    """Artifacts that were not made from those that stand beside them."""
    needs = {
        "vocab": ["tokenize"],
        "encode": ["tokenize", "vocab"],
        "train": ["encode", "vocab"],
        "dump": ["train", "vocab"],
    }
    return [
        f"{Path(inputs[stage].name).name} was made from another {FILES[need][0]} than the one here."
        for stage, earlier in needs.items()
        for need in earlier
        if stage in inputs and need in inputs and not _follows(inputs[stage], inputs[need])
    ]


def _stages(inputs: Mapping[str, Input]) -> dict[str, Mapping[str, Any]]:
    """What the manifests tell of each stage: its own where there is one, else a later one's."""
    told: dict[str, Mapping[str, Any]] = {}
    for each in inputs.values():
        if each.manifest:
            for entry in each.manifest.story()[:-1]:
                told.setdefault(entry["stage"], entry)
    for stage, each in inputs.items():
        if each.manifest and each.manifest.stage == stage:
            told[stage] = each.manifest.entry()
    return {stage: told[stage] for stage in FILES if stage in told}


def _title(stages: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """What it was built from: `english.txt`, `a.txt and 3 more files`."""
    names = [
        Path(each["name"]).name
        for each in stages.get("tokenize", {}).get("inputs", ())
        if each["role"] == "corpus"
    ]
    if not names:
        return folder.resolve().name
    if len(names) == 1:
        return names[0]
    return f"{names[0]} and {len(names) - 1:,} more file{'s' if len(names) > 2 else ''}"


# --- what it holds ---------------------------------------------------------------------------


def _frequency(vocabulary: Vocabulary | None) -> Frequency | None:
    if vocabulary is None:
        return None
    own = vocabulary.counts
    unknown = 0
    if vocabulary.unk_id is not None:
        own, unknown = own[:-1], int(own[-1])
    return measures.measure_frequency(own, unknown)


def read_curves(folder: Path) -> Curves | None:
    """The curves of the run's metrics, which need not be over yet; None where there are none."""
    path = metrics_path(folder / FILES["train"][0])
    if not path.exists():
        return None
    lines = []
    with reading(str(path)):
        content = path.read_bytes()
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            lines.append({"step": 0, **json.loads(line)})
        except (ValueError, TypeError) as problem:
            raise DataError(f"{path} line {number} is no line of metrics: {problem}") from problem
    return measures.measure_curves(lines) if lines else None


def _read_documents(
    inputs: Mapping[str, Input], vocabulary: Vocabulary | None
) -> tuple[Lengths | None, Labels | None]:
    """The documents' lengths, and where they have labels, what words these are used with."""
    stage = "encode" if "encode" in inputs else "tokenize"
    if stage not in inputs:
        return None, None
    reader = RowGroupReader(Path(inputs[stage].name), "ids" if stage == "encode" else "tokens")
    names = json.loads(reader.metadata.get("labels", "[]"))
    size = len(vocabulary) if vocabulary else 0
    labels, group_of_L = None, np.arange(0)
    if names and reader.metadata.get("vocabulary_size") == str(size):
        group_of_L, groups = _groups(reader, names)
        labels = Labels(names=groups, counts_GV=np.zeros((len(groups), size), np.int64))
    documents: dict[int, int] = {}
    for batch in reader.row_groups():
        lengths_n = pc.list_value_length(batch.column(0)).to_numpy()
        for length, count in zip(*np.unique(lengths_n, return_counts=True), strict=True):
            documents[int(length)] = documents.get(int(length), 0) + int(count)
        if labels:
            groups_n = np.repeat(group_of_L[batch.column("label").to_numpy()], lengths_n)
            cells_n = groups_n * size + batch.column(0).flatten().to_numpy()
            found = np.bincount(cells_n, minlength=labels.counts_GV.size)
            labels.counts_GV[:] += found.reshape(labels.counts_GV.shape)
    rising = sorted(documents)
    counted = np.array([documents[each] for each in rising], np.int64)
    return measures.measure_lengths(np.array(rising, np.int64), counted), labels


def _groups(reader: RowGroupReader, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Each label's group, of which there are as many as colours, and the groups' names."""
    documents_L = np.zeros(len(names), np.int64)
    if len(names) > LABEL_COLOURS:
        for batch in reader.row_groups():
            documents_L += np.bincount(batch.column("label").to_numpy(), minlength=len(names))
    return measures.group_labels(documents_L, names)
