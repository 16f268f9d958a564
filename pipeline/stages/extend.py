"""Give new and rare words rows in a trained model; the rows that are there stay bit-equal.

Words of the corpus that the model does not have get the ids after the old ones. Their rows are made
from the contexts in which they occur and from how they are spelt: the more often a word occurs, the
more its contexts count. A network of --objective context reads the contexts itself; of another
model the rows around a word are averaged. What a context says of a row is learned from the words
that corpus and model have in common, so give a small corpus the model's own beside it.

--output is a folder, for model.safetensors and vocab.tsv, or names the model; it is then dumped,
asked and trained on like any other.

Example: corpus2vec extend build/ new.txt old.txt -o extended/
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Execution, ExtendConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import train, trained, vocab
from corpus2vec.pipeline.stages.stage import balanced

if TYPE_CHECKING:
    import numpy as np

    from corpus2vec.pipeline.use.newcomers import Extended, Newcomers

NAME = "extend"
TAKES = {
    "MODEL": "The model.safetensors, or its build folder.",
    "CORPUS...": "Files, folders (with all below), globs, URIs (s3://…), or - for stdin.",
}
FILE = "extended"
FORMAT = 2
CONFIG = ExtendConfig
EXECUTION = Execution
stream = None  # a vocabulary is written beside it


def recipe(inputs: Sequence[Any], output: Path, config: ExtendConfig) -> Recipe:
    """Return what decides the model: the one that is extended, its vocabulary, the corpus."""
    return _Extension(inputs, output, config).recipe(train)


def run(
    inputs: Sequence[Any],
    output: Path,
    config: ExtendConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Write the extended model, and before it the extended vocabulary."""
    from corpus2vec.pipeline.vocabulary.vocabulary import vocabulary_lines

    [(output, config)] = config.outputs(output)
    asked = _Extension(inputs, output, config, progress)

    def write_vocabulary(target: Path) -> Mapping[str, Any]:
        with target.open("wb") as sink:
            sink.writelines(vocabulary_lines(asked.extended.vocabulary))
        return {**asked.counts, "types": len(asked.extended.vocabulary)}

    def write_model(target: Path) -> Mapping[str, Any]:
        return asked.write_model(target, words.output, execution)

    words = store.produce(
        asked.recipe(vocab), output.with_name(vocab.FILE), write_vocabulary, force=force
    )
    outcome = store.produce(asked.recipe(train), output, write_model, force=force)
    return dataclasses.replace(outcome, stage=NAME)


class _Extension:
    """What is asked: a model and a corpus. The corpus is read at most once."""

    def __init__(
        self,
        inputs: Sequence[Any],
        output: Path,
        config: ExtendConfig,
        progress: Progress = SILENT,
    ) -> None:
        from corpus2vec.pipeline.corpus.finding import find_sources

        path, *corpora = inputs
        self.trained = trained.model(path)
        self.config, self.output, self.progress = config, output, progress
        self.sources = find_sources(corpora, config, output)

    def recipe(self, kind: Any) -> Recipe:
        """Return the recipe of the vocabulary, or of the model: a kind of artifact as others are.

        What reads a vocabulary or a model need not know that it was extended.
        """
        from corpus2vec.pipeline.artifacts.weights import read_header

        tools = self.trained.tools()
        own = self.trained.settings(self.config.deciding(), self.sources)
        settings = {NAME: FORMAT, **own}
        if kind is train:
            header = read_header(self.trained.path, "model", {"config": {...: Any}})
            settings = {**header["config"], NAME: {"format": FORMAT, **own}}
            tools = {**tools, **trained.torch_version(NAME), "numpy": metadata.version("numpy")}
        return Recipe(
            stage=kind.NAME,
            format=kind.FORMAT,
            config=settings,
            inputs=self.trained.inputs(self.sources, self.output),
            tools=tools,
        )

    @functools.cached_property
    def _read(self) -> tuple[Newcomers, Extended]:
        from corpus2vec.pipeline.corpus.corpus import Corpus
        from corpus2vec.pipeline.use.newcomers import Newcomers
        from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

        vocabulary = read_vocabulary(self.trained.vocabulary)
        newcomers = Newcomers(self.trained.tokens, self.trained.joinings, vocabulary)
        corpus = Corpus(self.sources, self.config)
        with read_ahead(corpus.batches()) as ahead:
            for texts in ahead:
                newcomers.read(texts)
                facts = {"documents": newcomers.documents.read}
                self.progress.advance(corpus.bytes_read, corpus.size, "bytes", **facts)
        extended = newcomers.extended(self.config.min_count)
        if len(extended.vocabulary) == extended.known:
            raise DataError(
                "the corpus has no word to add: "
                + (
                    f"none of the {extended.too_rare:,} new ones occurs {self.config.min_count} "
                    "times (--min-count)"
                    if extended.too_rare
                    else "the model knows all of its words"
                )
            )
        return newcomers, extended

    @property
    def extended(self) -> Extended:
        return self._read[1]

    @property
    def counts(self) -> Mapping[str, Any]:
        """What became of the corpus."""
        newcomers, extended = self._read
        counts = balanced(newcomers.documents, newcomers.tokens)
        facts: dict[str, Any] = {"types_left_out": extended.too_rare}
        if extended.vocabulary.unk is not None:
            facts["unk"] = extended.vocabulary.unk
        return {**counts, **facts}

    def write_model(
        self, target: Path, words: Path, execution: Execution | None
    ) -> Mapping[str, Any]:
        """Write the model with more rows; return what is known of them."""
        from corpus2vec.pipeline.artifacts.digests import digest
        from corpus2vec.pipeline.artifacts.weights import (
            read_arrays,
            read_header,
            write_arrays,
        )
        from corpus2vec.pipeline.use.extension import new_rows, tables_of, with_rows

        path, extended = self.trained.path, self.extended
        header = read_header(path, "model", {"config": {"objective": str, ...: Any}})
        arrays = read_arrays(path)
        tables = tables_of(path, arrays, extended.known)
        found = new_rows(list(tables.values()), extended, self._contexts(header, tables, execution))
        arrays.update(with_rows(arrays, dict(zip(tables, found.tables, strict=True)), extended))
        header["rows"] = len(extended.vocabulary)
        header["vocabulary_digest"] = digest(words)[0]
        write_arrays(target, arrays, header)
        documents = extended.documents
        read = {"documents": len(documents), "tokens": len(documents.ids_n)}
        return {**read, "rows": len(extended.vocabulary), **found.facts}

    def _contexts(
        self,
        header: Mapping[str, Any],
        tables: Mapping[str, np.ndarray],
        execution: Execution | None,
    ) -> Any:
        from corpus2vec.pipeline.artifacts.weights import EMBEDDING
        from corpus2vec.pipeline.use.extension import contexts_of_network, contexts_of_table

        if header["config"]["objective"] != "context":
            return contexts_of_table(tables[EMBEDDING], self.extended)
        from corpus2vec.pipeline.training.inference import Network

        network = Network(self.trained.path, execution.threads if execution else None)
        return contexts_of_network(network, self.extended)
