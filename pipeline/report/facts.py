"""Everything that the report says, gathered from a build's folder into plain values.

A build may lack any stage: what is there is told, and `remarks` say what is missing. What the
artifacts of other stages are made from is also told by the lineage in a manifest, so that the books
are known even where only the last file was kept.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.artifact import artifact_input
from pipeline.errors import DataError, UsageError
from pipeline.manifest import Input
from pipeline.parquet import RowGroupReader
from pipeline.report import measures
from pipeline.report.measures import Curves, Frequency, Lengths, Map
from pipeline.similarity import nearest, unit_rows
from pipeline.sources import reading
from pipeline.tables import Table
from pipeline.vectors import read_vectors
from pipeline.vocabulary import Vocabulary, parse_vocabulary
from pipeline.weights import metrics_path

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
MAPPED = 10_000
MOST_MAPPED = 50_000
FREQUENT = 12
"""Most frequent words whose neighbours are told."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """A word, and the words whose vectors are nearest to its own."""

    word: str
    count: int | None
    chosen: bool
    """Whether it was asked for, rather than frequent."""
    nearest: tuple[tuple[str, float], ...]
    """(word, cosine)"""


@dataclass(frozen=True, kw_only=True)
class WordMap:
    """The map and what is written on it; everything in the order of `map.rows`."""

    map: Map
    words: tuple[str, ...]
    counts: tuple[int, ...] | None
    labels: tuple[int, ...] | None
    """The places in `label_names`; -1 is none."""
    label_names: tuple[str, ...]
    of: int
    """Rows of the whole table."""


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
    words: WordMap | None = None
    shape: tuple[int, int] | None = None
    """Of the table: rows, columns."""
    neighbours: tuple[Neighbours, ...] = ()
    not_found: tuple[str, ...] = ()
    """Chosen words that the table does not have."""


def gather(folder: Path, chosen: Sequence[str] = (), mapped: int = MAPPED) -> Facts:
    """The facts of the build in `folder`; `mapped` words, the most frequent, come on the map.

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
    vocabulary = _vocabulary(inputs)
    curves = read_curves(inputs)
    if curves and curves.last_step != stages.get("train", {}).get("counts", {}).get("steps"):
        remarks.append("The metrics are those of another training run than the model's.")
    if "train" in inputs and curves is None:
        remarks.append("There is no model.metrics.jsonl here, so there are no curves of training.")
    lengths, counts_LV, names = _read_documents(inputs, vocabulary)
    facts: dict[str, Any] = {}
    if "dump" in inputs:
        table = read_vectors(Path(inputs["dump"].name))
        lower = bool(stages.get("tokenize", {}).get("config", {}).get("lower"))
        facts = _of_table(table, vocabulary, chosen, mapped, lower, counts_LV, names)
    return Facts(
        title=_title(stages, folder),
        folder=folder.name or folder.resolve().name,
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


def _vocabulary(inputs: Mapping[str, Input]) -> Vocabulary | None:
    given = inputs.get("vocab")
    if given is None:
        return None
    path, hand_made = Path(given.name), given.manifest is None
    unk = given.manifest.counts.get("unk") if given.manifest else None
    return parse_vocabulary(path.read_bytes(), given.name, unk, hand_made=hand_made)


def _frequency(vocabulary: Vocabulary | None) -> Frequency | None:
    if vocabulary is None:
        return None
    own = vocabulary.counts
    unknown = 0
    if vocabulary.unk_id is not None:
        own, unknown = own[:-1], int(own[-1])
    return measures.measure_frequency(own, unknown)


def read_curves(inputs: Mapping[str, Input]) -> Curves | None:
    """The curves of the metrics beside the model; None where there are none."""
    if "train" not in inputs:
        return None
    path = metrics_path(Path(inputs["train"].name))
    if not path.exists():
        return None
    lines = []
    with reading(str(path)):
        text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            lines.append({"step": 0, **json.loads(line)})
        except (ValueError, TypeError) as problem:
            raise DataError(f"{path} line {number} is no line of metrics: {problem}") from problem
    return measures.measure_curves(lines) if lines else None


def _read_documents(
    inputs: Mapping[str, Input], vocabulary: Vocabulary | None
) -> tuple[Lengths | None, np.ndarray | None, list[str]]:
    """The documents' lengths; where they have labels, how often each has each type: (L, V)."""
    stage = "encode" if "encode" in inputs else "tokenize"
    if stage not in inputs:
        return None, None, []
    reader = RowGroupReader(Path(inputs[stage].name), "ids" if stage == "encode" else "tokens")
    names = json.loads(reader.metadata.get("labels", "[]"))
    size = len(vocabulary) if vocabulary else 0
    fits = reader.metadata.get("vocabulary_size") == str(size)
    counts_LV = np.zeros((len(names), size), np.int64) if names and fits else None
    documents: dict[int, int] = {}
    for batch in reader.row_groups():
        lengths_n = pc.list_value_length(batch.column(0)).to_numpy()
        for length, count in zip(*np.unique(lengths_n, return_counts=True), strict=True):
            documents[int(length)] = documents.get(int(length), 0) + int(count)
        if counts_LV is not None:
            labels_n = np.repeat(batch.column("label").to_numpy(), lengths_n)
            cells = labels_n.astype(np.int64) * size + batch.column(0).flatten().to_numpy()
            counts_LV += np.bincount(cells, minlength=counts_LV.size).reshape(counts_LV.shape)
    rising = sorted(documents)
    counted = np.array([documents[each] for each in rising], np.int64)
    return measures.measure_lengths(np.array(rising, np.int64), counted), counts_LV, names


def _of_table(
    table: Table,
    vocabulary: Vocabulary | None,
    chosen: Sequence[str],
    mapped: int,
    lower: bool,
    counts_LV: np.ndarray | None,
    names: list[str],
) -> dict[str, Any]:
    """The map, and the neighbours of the chosen and of the most frequent words."""
    tokens = table.tokens.to_pylist()
    ids_V = _ids_of(table, vocabulary)
    counts_V = None
    if vocabulary is not None:
        counts_V = np.where(ids_V >= 0, vocabulary.counts[ids_V], 0)
    order_V = np.arange(len(tokens)) if counts_V is None else np.argsort(-counts_V, kind="stable")
    rows_M = order_V[: min(mapped, MOST_MAPPED)]
    labels: tuple[int, ...] | None = None
    label_names: list[str] = []
    if counts_LV is not None:
        counts_LV, label_names = measures.merged_labels(counts_LV, names)
        of_type = np.append(measures.label_of_words(counts_LV), -1)  # at -1: no type
        labels = tuple(of_type[ids_V[rows_M]].tolist())
    unk = vocabulary.unk if vocabulary else None
    words = (row for row in order_V.tolist() if is_word(tokens[row]) and tokens[row] != unk)
    frequent = list(itertools.islice(words, FREQUENT))
    row_of = {token: row for row, token in enumerate(tokens)}
    asked = {word: _row_of(word, row_of, lower) for word in chosen}
    wanted = dict.fromkeys(row for row in asked.values() if row is not None)
    return {
        "shape": (len(tokens), table.dim),
        "words": WordMap(
            map=measures.draw_map(table.vectors_VD, rows_M),
            words=tuple(tokens[row] for row in rows_M),
            counts=None if counts_V is None else tuple(counts_V[rows_M].tolist()),
            labels=labels,
            label_names=tuple(label_names),
            of=len(tokens),
        ),
        "neighbours": _neighbours(table.vectors_VD, tokens, counts_V, list(wanted), frequent),
        "not_found": tuple(word for word, row in asked.items() if row is None),
    }


def _ids_of(table: Table, vocabulary: Vocabulary | None) -> np.ndarray:
    """The ids of the table's tokens, -1 where the vocabulary has no such token."""
    if vocabulary is None:
        return np.full(len(table), -1)
    places = pc.index_in(table.tokens, value_set=vocabulary.tokens.cast(pa.string()))
    ids: np.ndarray = places.fill_null(-1).to_numpy()
    return ids


def is_word(token: str) -> bool:
    """Whether a letter is in it: what is only digits and marks has no neighbours worth a look."""
    return any(map(str.isalpha, token))


def _row_of(word: str, row_of: Mapping[str, int], lower: bool) -> int | None:
    """The word's row; a corpus that was lower-cased knows it by that form only."""
    return row_of.get(word, row_of.get(word.lower()) if lower else None)


def _neighbours(
    vectors_VD: np.ndarray,
    tokens: list[str],
    counts_V: np.ndarray | None,
    chosen: list[int],
    frequent: list[int],
) -> tuple[Neighbours, ...]:
    rows = np.array([*chosen, *(row for row in frequent if row not in chosen)], np.int64)
    unit_VD = unit_rows(vectors_VD)
    near_QK, cosines_QK = nearest(unit_VD, unit_VD[rows], measures.NEIGHBOURS, rows[:, None])
    return tuple(
        Neighbours(
            word=tokens[row],
            count=None if counts_V is None else int(counts_V[row]),
            chosen=row in chosen,
            nearest=tuple(
                (tokens[other], cosine)
                for other, cosine in zip(near.tolist(), cosines.tolist(), strict=True)
                if other >= 0
            ),
        )
        for row, near, cosines in zip(rows.tolist(), near_QK, cosines_QK, strict=True)
    )
