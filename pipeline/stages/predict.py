"""Predict the label of each document with a network trained by --objective classify.

The corpus is tokenized as the model's own was; its vocabulary is found through the lineage. Each
document gets a row: its id if there is --id-field, its most probable label, the probability. A
document without a known token gets an empty label. A record of --score in tsv begins with what it
is: accuracy, label (precision, recall, F1, documents), confusion (given, predicted, documents), …

Example: corpus2vec predict build/ new.csv --text-field title -o labels.tsv
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Execution, PredictConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import trained
from corpus2vec.pipeline.stages.stage import balanced

if TYPE_CHECKING:
    import numpy as np

    from corpus2vec.pipeline.corpus.sources import Source
    from corpus2vec.pipeline.stages.trained import Trained
    from corpus2vec.pipeline.use.documents import Encoded, Reader
    from corpus2vec.pipeline.use.scoring import Scoring

NAME = "predict"
TAKES = {
    "MODEL": "The model.safetensors of a classifier, or its build folder.",
    "CORPUS...": "Files, folders (with all below), globs, URIs (s3://…), or - for stdin.",
}
FILE = "predictions.tsv"
FORMAT = 1
CONFIG = PredictConfig
EXECUTION = Execution
NUMBERS = 1 << 22
"""Probabilities in memory at a time."""


def recipe(inputs: Sequence[Any], output: Path, config: PredictConfig) -> Recipe:
    """Return what decides the rows: the model, its vocabulary, the corpus, how it is read."""
    return _Prediction(inputs, output, config).recipe


def run(
    inputs: Sequence[Any],
    output: Path,
    config: PredictConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Predict the labels of a corpus into a file."""
    asked = _Prediction(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        with target.open("wb") as sink:
            reader, counts = asked.write(sink, execution, progress)
        return {**balanced(reader.documents, reader.tokens), **counts}

    return store.produce(asked.recipe, output, write, force=force)


def stream(
    sink: IO[bytes],
    inputs: Sequence[Any],
    config: PredictConfig,
    execution: Execution,
    progress: Progress,
) -> None:
    """Write the rows, as they come."""
    reader, _ = _Prediction(inputs, Path("-"), config).write(sink, execution, progress)
    trained.report_unknown(reader, progress)


def score(
    inputs: Sequence[Any],
    config: PredictConfig,
    execution: Execution | None = None,
    progress: Progress = SILENT,
) -> Scoring:
    """Compare what is predicted with the labels that the corpus has.

    Raises DataError where no document can be scored.
    """
    from corpus2vec.pipeline.use.scoring import Scoring

    asked = _Prediction(inputs, Path("-"), config)
    scoring: Scoring | None = None
    reader = asked.trained.reader()
    for labels, batch, probabilities_nC in asked.predicted(reader, execution, progress):
        scoring = scoring or Scoring(labels)
        given = batch.labels.take(batch.places).to_pylist() if batch.labels else []
        scoring.add(given, probabilities_nC.argmax(1), probabilities_nC.max(1, initial=0))
    if scoring is None or not scoring.documents:
        raise DataError(
            "the corpus has no document that can be scored",
            hint="is it in the language of the model, and is it the right --text-field?",
        )
    trained.report_unknown(reader, progress)
    return scoring


class _Prediction:
    """What is asked: a model and a corpus."""

    def __init__(self, inputs: Sequence[Any], output: Path, config: PredictConfig) -> None:
        from corpus2vec.pipeline.corpus.finding import find_sources

        path, *corpora = inputs
        [(_, self.config)] = config.outputs(output)
        self.trained: Trained = trained.model(path)
        _require_labels(self.trained.path)
        self.sources: list[Source] = find_sources(corpora, config, output)
        self.output = output

    @property
    def recipe(self) -> Recipe:
        tools = {**self.trained.tools(), **trained.torch_version(NAME)}
        return Recipe(
            stage=NAME,
            format=FORMAT,
            config=self.trained.settings(self.config.deciding(), self.sources),
            inputs=self.trained.inputs(self.sources, self.output),
            tools={**tools, "numpy": metadata.version("numpy")},
        )

    def write(
        self, sink: IO[bytes], execution: Execution | None, progress: Progress
    ) -> tuple[Reader, dict[str, Any]]:
        """Write a row for each document; return what became of the corpus, and counts."""
        from corpus2vec.pipeline.artifacts.weights import read_header
        from corpus2vec.pipeline.use.predictions import PredictionWriter

        labels = read_header(self.trained.path, "model", {"labels": [str]})["labels"]
        reader, config = self.trained.reader(), self.config
        ids = bool(config.id_field)
        with PredictionWriter(sink, config.format, labels, ids=ids, all=config.all) as writer:
            for _, batch, probabilities_nC in self.predicted(reader, execution, progress):
                writer.write(batch, probabilities_nC)
        return reader, {"rows": writer.rows}

    def predicted(
        self, reader: Reader, execution: Execution | None, progress: Progress
    ) -> Iterator[tuple[list[str], Encoded, np.ndarray]]:
        """Yield the labels, and documents with the probability of each label."""
        trained.torch_version(NAME)
        from corpus2vec.pipeline.corpus.corpus import Corpus
        from corpus2vec.pipeline.training.inference import Network

        network = Network(self.trained.path, execution.threads if execution else None)
        most = max(1, NUMBERS // len(network.labels))
        for batch in trained.encoded(reader, Corpus(self.sources, self.config), progress):
            for piece in batch.pieces(most):
                yield network.labels, piece, network.probabilities(piece.documents)


def _require_labels(path: Path) -> None:
    from corpus2vec.pipeline.artifacts.weights import read_header

    header = read_header(path, "model", {"labels": [str], "config": {"objective": str, ...: Any}})
    if header["config"]["objective"] != "classify" or not header["labels"]:
        raise DataError(
            f"{path} was trained for {header['config']['objective']}, and knows no labels",
            hint="predict needs a model of `train --objective classify`",
        )
