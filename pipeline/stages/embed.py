"""Make a vector of each document, from the vectors of its tokens or by the network itself.

The corpus is tokenized as that of the model or the dump was; its vocabulary is found through the
lineage. Each document gets a row, with its id if there is --id-field. A document without a known
token gets zeros.

Example: corpus2vec embed build/ new.csv --text-field title --pooling sif -o vectors.npy
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import EmbedConfig, Execution
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import trained
from corpus2vec.pipeline.stages.stage import balanced

if TYPE_CHECKING:
    import numpy as np

    from corpus2vec.pipeline.corpus.sources import Source
    from corpus2vec.pipeline.stages.trained import Trained
    from corpus2vec.pipeline.training.documents import Documents
    from corpus2vec.pipeline.use.documents import Reader
    from corpus2vec.pipeline.use.vectors import Sum

    Pooled = Callable[[Documents], np.ndarray]

NAME = "embed"
TAKES = {
    "TABLE": "A model, a dump of its table, or the build folder of both.",
    "CORPUS...": "Files, folders (with all below), globs, URIs (s3://…), or - for stdin.",
}
FILE = "vectors.parquet"
FORMAT = 1
CONFIG = EmbedConfig
EXECUTION = Execution
DOCUMENTS = 1 << 13
"""Documents in memory at a time."""


def recipe(inputs: Sequence[Any], output: Path, config: EmbedConfig) -> Recipe:
    """Return what decides the vectors: the table, its vocabulary, the corpus, how it is read."""
    return _Embedding(inputs, output, config).recipe


def run(
    inputs: Sequence[Any],
    output: Path,
    config: EmbedConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Make the vectors of a corpus, in a file."""
    asked = _Embedding(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        from corpus2vec.pipeline.use.vectors import verify

        with target.open("wb") as sink:
            reader, counts, written = asked.write(sink, target.parent, execution, progress)
        verify(target, asked.config.format, counts["columns"], written)
        return {**balanced(reader.documents, reader.tokens), **counts}

    return store.produce(asked.recipe, output, write, force=force)


def stream(
    sink: IO[bytes],
    inputs: Sequence[Any],
    config: EmbedConfig,
    execution: Execution,
    progress: Progress,
) -> None:
    """Write the vectors, when all documents are read."""
    reader, *_ = _Embedding(inputs, Path("-"), config).write(sink, None, execution, progress)
    trained.report_unknown(reader, progress)


class _Embedding:
    """What is asked: vectors of tokens, or a network, and a corpus."""

    def __init__(self, inputs: Sequence[Any], output: Path, config: EmbedConfig) -> None:
        from corpus2vec.pipeline.corpus.finding import find_sources

        path, *corpora = inputs
        [(_, self.config)] = config.outputs(output)
        self.trained: Trained = trained.table_or_model(path)
        if config.pooling == "state" and not self.trained.is_model:
            raise UsageError(
                f"--pooling state asks a network, and {self.trained.path} is a table",
                hint="name the model that it was dumped from",
            )
        self.sources: list[Source] = find_sources(corpora, config, output)
        self.output = output

    @property
    def recipe(self) -> Recipe:
        torch = trained.torch_version(NAME) if self.config.pooling == "state" else {}
        return Recipe(
            stage=NAME,
            format=FORMAT,
            config=self.trained.settings(self.config.deciding(), self.sources),
            inputs=self.trained.inputs(self.sources, self.output),
            tools={**self.trained.tools(), **torch, "numpy": metadata.version("numpy")},
        )

    def write(
        self, sink: IO[bytes], folder: Path | None, execution: Execution | None, progress: Progress
    ) -> tuple[Reader, dict[str, Any], Sum]:
        """Write a row for each document; return what became of the corpus, counts, a checksum.

        In between they are in a temporary file, in `folder` if there is one.
        """
        import numpy as np

        from corpus2vec.pipeline.corpus.corpus import Corpus
        from corpus2vec.pipeline.use.pooling import Common, without
        from corpus2vec.pipeline.use.vectors import Spool, VectorWriter

        reader, config = self.trained.reader(), self.config
        pooled, dim = self._pooled(reader, execution)
        common = Common(dim)
        with Spool(dim, folder) as spool:
            for batch in trained.encoded(reader, Corpus(self.sources, config), progress):
                for piece in batch.pieces(DOCUMENTS):
                    vectors_nD = np.zeros((piece.number, dim), np.float32)
                    vectors_nD[piece.places] = pooled(piece.documents)
                    if config.pooling == "sif":
                        common.add(vectors_nD)
                    spool.add(vectors_nD, piece.ids)
            direction_D = common.direction() if config.pooling == "sif" else None
            ids = bool(config.id_field)
            with VectorWriter(sink, config.format, spool.rows, dim, ids=ids) as writer:
                for vectors_nD, names in spool.batches():
                    if direction_D is not None:
                        vectors_nD = without(vectors_nD, direction_D)
                    writer.write(vectors_nD, names)
            return reader, {"rows": spool.rows, "columns": dim}, writer.sum

    def _pooled(self, reader: Reader, execution: Execution | None) -> tuple[Pooled, int]:
        """Return what makes vectors of documents, and how many columns they have."""
        if self.config.pooling == "state":
            trained.torch_version(NAME)
            from corpus2vec.pipeline.training.inference import Network

            network = Network(self.trained.path, execution.threads if execution else None)
            return network.states, network.state_size
        import numpy as np

        from corpus2vec.pipeline.use.pooling import Pooling, sif_weights

        vectors_VD, has_row_V = self.trained.vectors(reader.vocabulary)
        weights_V = np.ones(len(vectors_VD), np.float32)
        if self.config.pooling == "sif":
            weights_V = sif_weights(reader.vocabulary.counts)
        return Pooling(vectors_VD, weights_V, has_row_V), vectors_VD.shape[1]
