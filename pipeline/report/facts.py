"""Gather everything that a report shows from a build's folder into plain values.

A build may lack any stage: the report shows what there is, and `remarks` name what is missing. A
manifest has the entries of all stages upstream, so they are known even if only the last file was
kept. Nothing here draws or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.beside import metrics_path
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.artifacts.stored import dump_settings, settings_of
from corpus2vec.pipeline.config import DumpConfig, MapConfig, TrainConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import COUNT, parse_json, require_shape
from corpus2vec.pipeline.report import measures
from corpus2vec.pipeline.report.curves import Curves, measure_curves
from corpus2vec.pipeline.report.folder import find_artifacts, remarks_on
from corpus2vec.pipeline.report.measures import Confusion, Frequency, Lengths
from corpus2vec.pipeline.report.palette import LABEL_COLOURS
from corpus2vec.pipeline.report.word_map import Labels, Neighbours, WordMap, facts_of_table
from corpus2vec.pipeline.stages import STAGES, dump, encode, tokenize, train, vocab
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written, has_unsafe
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, read_vocabulary

METRICS_SHAPE = {
    "step": (None, COUNT),
    "epoch": (None, COUNT),
    "valid_confusion": (None, [[COUNT]]),
    ...: (None, float),
}
"""The shape of a line of metrics (see `json_text`); null is a number that was not finite."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a report shows of a build. None and empty stand for what is missing."""

    title: str
    folder: str
    stages: Mapping[str, Mapping[str, Any]]
    """The manifests' entries by stage, in the order of the stages."""
    remarks: tuple[str, ...] = ()
    frequency: Frequency | None = None
    lengths: Lengths | None = None
    curves: Curves | None = None
    confusion: Confusion | None = None
    map: WordMap | None = None
    shape: tuple[int, int] | None = None
    """Rows and columns of the table."""
    neighbours: tuple[Neighbours, ...] = ()
    not_found: tuple[str, ...] = ()
    """Chosen words that the table does not have."""

    @property
    def types_left_out(self) -> int:
        """Types of the corpus that the vocabulary does not have."""
        return int(self.stages.get(vocab.NAME, {}).get("counts", {}).get("types_left_out", 0))

    @property
    def loss_is_sampled(self) -> bool:
        """Whether the training loss is that of a sampled softmax; held-out loss never is.

        The two are no comparison, and are not drawn on one axis.
        """
        trained = self.stages.get(train.NAME)
        if trained is None or self.shape is None:
            return False
        config = settings_of(TrainConfig, trained["config"], "the manifest of the model")
        return config.samples(self.shape[0])


def gather(
    folder: Path, config: MapConfig, chosen: Sequence[str] = (), chart: str | None = None
) -> Facts:
    """Return the facts of the build in `folder`, with the neighbours of the chosen words.

    For a `chart` (loss, map or zipf), only what it needs is read.

    Raises UsageError if there is no folder, DataError if it holds no build, or an artifact that is
    not what its manifest says.
    """
    inputs = find_artifacts(folder)
    entries = _entries(inputs)
    remarks = remarks_on(inputs)
    vocabulary = read_vocabulary(inputs[vocab.NAME]) if vocab.NAME in inputs else None
    curves = read_curves(folder)
    trained = entries.get(train.NAME, {}).get("counts", {})
    if curves and curves.last_step != trained.get("steps", curves.last_step):
        remarks.append("The metrics are those of another training run, not of this model.")
    if train.NAME in inputs and curves is None:
        name = metrics_path(Path(train.FILE)).name
        remarks.append(f"There is no {name} here, so there are no training curves.")
    lengths, labels = (None, None) if chart else _read_documents(inputs, vocabulary)
    facts: dict[str, Any] = {}
    table = _table(inputs, vocabulary) if chart in (None, "map") else None
    if table is not None:
        lower = bool(entries.get(tokenize.NAME, {}).get("config", {}).get("lower"))
        facts = facts_of_table(table, vocabulary, labels, config, chosen, lower)
    return Facts(
        title=_title(entries, folder),
        folder=folder.resolve().name,
        stages=entries,
        remarks=tuple(remarks),
        frequency=_frequency(vocabulary),
        lengths=lengths,
        curves=curves,
        confusion=_confusion(trained),
        **facts,
    )


# --- what the manifests say ------------------------------------------------------------------


def _entries(inputs: Mapping[str, Input]) -> dict[str, Mapping[str, Any]]:
    """Return each stage's entry: from its own manifest if there is one, else from a later one's."""
    entries: dict[str, Mapping[str, Any]] = {}
    for each in inputs.values():
        if each.manifest:
            for entry in each.manifest.story()[:-1]:
                entries.setdefault(entry["stage"], entry)
    for stage, each in inputs.items():
        if each.manifest and each.manifest.stage == stage:
            entries[stage] = each.manifest.entry()
    return {stage.NAME: entries[stage.NAME] for stage in STAGES if stage.NAME in entries}


def _title(entries: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """Name the corpus: `english.txt`, `a.txt and 3 more files`."""
    names = [
        Path(each["name"]).name
        for each in entries.get(tokenize.NAME, {}).get("inputs", ())
        if each["role"] == "corpus"
    ]
    if not names:
        return folder.resolve().name
    if len(names) == 1:
        return names[0]
    return f"{names[0]} and {len(names) - 1:,} more file{'s' if len(names) > 2 else ''}"


# --- what the files hold ---------------------------------------------------------------------


def _frequency(vocabulary: Vocabulary | None) -> Frequency | None:
    if vocabulary is None:
        return None
    own = vocabulary.counts
    unknown = 0
    if vocabulary.unk_id is not None:
        unknown = int(own[vocabulary.unk_id])
        own = np.delete(own, vocabulary.unk_id)
    return measures.measure_frequency(own, unknown)


def _table(inputs: Mapping[str, Input], vocabulary: Vocabulary | None) -> Table | None:
    """Return the table that was dumped, or else the one that `dump` would write by default."""
    if dump.NAME in inputs:
        table = _read_table(inputs[dump.NAME], vocabulary)
        if not len(table):
            raise DataError(f"{inputs[dump.NAME].name} has no row")
        return table
    if train.NAME in inputs and vocab.NAME in inputs:
        sources = [Path(inputs[need].name) for need in dump.NEEDS]
        return dump.table(sources, DumpConfig())
    return None


def _read_table(given: Input, vocabulary: Vocabulary | None) -> Table:
    """Read a dump, with the tokens as the vocabulary has them: a format may escape some."""
    table = read_vectors(Path(given.name))
    if vocabulary is None or given.manifest is None:
        return table
    name = dump_settings(given.manifest.config, f"the manifest of {given.name}").format
    unsafe = vocabulary.tokens.filter(pa.array(has_unsafe(vocabulary.tokens, name))).to_pylist()
    if not unsafe:
        return table
    original = {as_written(token, name): token for token in unsafe}
    tokens = [original.get(token, token) for token in table.tokens.to_pylist()]
    return replace(table, tokens=pa.array(tokens, pa.string()))


def _confusion(trained: Mapping[str, Any]) -> Confusion | None:
    """Return the confusion that training counted at its end; None if it counted none."""
    if "valid_confusion" not in trained:
        return None
    names = trained.get("labels")
    require_shape(names, [str], "the manifest of the model, labels")
    size = len(names or ())
    counts = trained["valid_confusion"]
    require_shape(counts, [[COUNT]], "the manifest of the model, valid_confusion")
    if not isinstance(counts, list) or [len(row) for row in counts] != [size] * size:
        raise DataError("the manifest of the model has a confusion of other labels")
    return Confusion(names=tuple(names or ()), counts_CC=np.array(counts, np.int64))


def read_curves(folder: Path) -> Curves | None:
    """Return the curves of a training run, which may still be running; None without metrics."""
    path = metrics_path(folder / train.FILE)
    if not path.exists():
        return None
    lines = []
    with reading(str(path)):
        content = path.read_bytes()
    # A line without an end is one that is being written, or for which there was no room.
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        place, verdict = f"{path} line {number}", "is not a line of metrics"
        facts = parse_json(line, place, verdict)
        require_shape(facts, METRICS_SHAPE, place, verdict)
        lines.append({**facts, "step": facts.get("step") or 0})
    return measure_curves(lines) if lines else None


def _read_documents(
    inputs: Mapping[str, Input], vocabulary: Vocabulary | None
) -> tuple[Lengths | None, Labels | None]:
    """Return the documents' lengths, and how often the documents of each label use each type."""
    stage = encode.NAME if encode.NAME in inputs else tokenize.NAME
    if stage not in inputs:
        return None, None
    reader = RowGroupReader(Path(inputs[stage].name), "ids" if stage == encode.NAME else "tokens")
    names = reader.label_names
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
            ids_n = batch.column(0).flatten().to_numpy()
            if ids_n.max(initial=-1) >= size:
                raise DataError(f"{reader.path} has an id outside the vocabulary of {size}")
            cells_n = groups_n * size + ids_n
            found = np.bincount(cells_n, minlength=labels.counts_GV.size)
            labels.counts_GV[:] += found.reshape(labels.counts_GV.shape)
    rising = sorted(documents)
    counted = np.array([documents[each] for each in rising], np.int64)
    return measures.measure_lengths(np.array(rising, np.int64), counted), labels


def _groups(reader: RowGroupReader, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return each label's group, and the groups' names; there is a colour for each group."""
    documents_L = np.zeros(len(names), np.int64)
    if len(names) > LABEL_COLOURS:
        for batch in reader.row_groups():
            documents_L += np.bincount(batch.column("label").to_numpy(), minlength=len(names))
    return measures.group_labels(documents_L, names)
