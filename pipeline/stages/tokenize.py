"""Split a corpus into tokens, with spaCy: tokens.parquet.

Reads plain text, JSON Lines, CSV, TSV and Parquet, also compressed by gzip, bzip2, xz or zstd.

Example: corpus2vec tokenize books/ --doc-per paragraph --lower -o build/tokens.parquet
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.inputs import folder_inputs, folder_of, known_digests
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import CorpusConfig, Parted, TokenizeConfig, TokenizeExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.publication import publishable
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.corpora import corpus_inputs, part_inputs, without_idle
from corpus2vec.pipeline.stages.stage import balanced

if TYPE_CHECKING:
    from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
    from corpus2vec.pipeline.corpus.sources import Source
    from corpus2vec.pipeline.corpus.texts import Texts
    from corpus2vec.pipeline.engines.processes import Make
    from corpus2vec.pipeline.tokenizer import Tokens

NAME = "tokenize"
NEEDS = ()
SEVERAL = True
FILE = "tokens.parquet"
FORMAT = 3
CONFIG = TokenizeConfig
EXECUTION = TokenizeExecution
stream = None  # Parquet is read in pieces, from its end
OF_TEXT = {each.name for each in dataclasses.fields(TokenizeConfig)} - {
    each.name for each in (*dataclasses.fields(CorpusConfig), *dataclasses.fields(Parted))
}
"""The settings that decide how a text becomes tokens, whatever file it is in."""

KEPT: dict[TokenizeConfig, Callable[[Texts], Tokens]] = {}
"""The tokenizer of the last part that was made in this process; none while it is in use."""


def recipe(inputs: Sequence[str], output: Path, config: TokenizeConfig) -> Recipe:
    """Return what decides tokens.parquet: the corpus files, and the folder of a --model."""
    return _recipe(*_sources(inputs, output, config), output, config)


def settings_like(tokens: Path) -> dict[str, Any]:
    """Return the settings with which text became these tokens; those of files are left out.

    Raises DataError where that is not known.
    """
    manifest = door.artifact("tokens", tokens, NAME).manifest
    entry = manifest.upstream(NAME) if manifest else None
    if entry is None:
        raise DataError(
            f"how {tokens} was tokenized is not known: it has no manifest", hint="leave out --like"
        )
    settings = {name: value for name, value in entry["config"].items() if name in OF_TEXT}
    pipeline = folder_of("pipeline", entry["inputs"])
    return {**settings, "model": str(pipeline)} if pipeline else settings


def run(
    inputs: Sequence[str],
    output: Path,
    config: TokenizeConfig,
    execution: TokenizeExecution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Tokenize corpus files into tokens.parquet.

    Several workers are processes that begin by importing the main module, so a script that asks
    for them needs its `if __name__ == "__main__"`.
    """
    from corpus2vec.pipeline.corpus.corpus import Corpus
    from corpus2vec.pipeline.corpus.workers import in_order, resolve_workers
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import word_notice
    from corpus2vec.pipeline.vocabulary.tallies import PartTally

    sources, own = _sources(inputs, output, config)
    execution = execution or TokenizeExecution(workers=1)

    def write(target: Path) -> Mapping[str, Any]:
        corpus = Corpus(own, config)
        if notice := word_notice(config):
            progress.notice(notice)
        documents, tokens = Ledger("documents"), Ledger("tokens")
        cuts = chunk_cuts = 0
        workers = resolve_workers(execution.workers, corpus.size)
        tally = PartTally(target.with_name(publishable(output).name)) if config.part else None
        with (
            _writer(target, config) as writer,
            _making(config, workers) as make,
            closing(in_order(make, corpus.batches(), workers)) as pieces,
        ):
            for piece in pieces:
                writer.write(piece.batch)
                if tally:
                    tally.add(piece.batch)
                documents.read += piece.read
                documents.kept += piece.documents
                documents.drop("blank", piece.blank)
                documents.drop("no token left", piece.emptied)
                tokens.read += piece.tokens
                for reason, count in piece.dropped.items():
                    tokens.drop(reason, count)
                cuts += piece.cuts
                chunk_cuts += piece.chunk_cuts
                corpus.report(progress, documents.read)
            if tally:
                writer.add_metadata(tally.metadata)
        if documents.read == documents.dropped["blank"] and not config.part:
            if corpus.missing:
                raise DataError(
                    f"every document of the corpus lacks a field, or is blank: {corpus.missing:,} "
                    "lack one",
                    hint="is it the right --text-field?",
                )
            names = ", ".join(source.name for source in sources[:3])
            raise DataError(
                f"the corpus has no document that is not blank: {names}",
                hint="is it the right file, and the right --text-field?",
            )
        documents.read += corpus.missing
        documents.drop("missing field", corpus.missing)
        tokens.kept = writer.items
        counts = balanced(documents, tokens)
        facts: dict[str, Any] = {"rows": writer.rows, "cuts": cuts, "bytes": corpus.bytes_read}
        if tally:
            facts["tally"] = tally.publish()
        long = {"documents_cut": corpus.cuts, "chunks_cut": chunk_cuts}
        return {**counts, **facts, **{name: count for name, count in long.items() if count}}

    return store.produce(_recipe(sources, own, output, config), output, write, force=force)


def _sources(
    inputs: Sequence[str], output: Path, config: TokenizeConfig
) -> tuple[list[Source], list[Source]]:
    """Return the files of the corpus, and what of them is read: of a part, its own spans."""
    from corpus2vec.pipeline.corpus.finding import find_sources
    from corpus2vec.pipeline.corpus.parts import sources_of

    part = config.own_part
    sources = find_sources(inputs, config, output.parent if part else output)
    return sources, sources_of(sources, config, part) if part else sources


def _recipe(
    sources: Sequence[Source], own: Sequence[Source], output: Path, config: TokenizeConfig
) -> Recipe:
    from corpus2vec.pipeline.tokenizer.spacy_pipeline import deciding, is_model_folder, versions

    if config.part:
        inputs = part_inputs(sources, own, output, config)
    else:
        inputs = corpus_inputs(sources, output)
    if config.model and is_model_folder(config.model):
        inputs += folder_inputs("pipeline", Path(config.model), known_digests(output))
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=without_idle(deciding(config), sources),
        inputs=tuple(inputs),
        tools=versions(config),
    )


def _writer(target: Path, config: TokenizeConfig) -> RowGroupWriter:
    from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
    from corpus2vec.pipeline.corpus.documents import labelled

    return RowGroupWriter(target, "tokens", labelled(config), bool(config.id_field))


@contextmanager
def _making(config: TokenizeConfig, workers: int) -> Iterator[Make[Texts, Tokens]]:
    """Give the function that makes a tokenizer.

    If this process makes parts, one after the other, what it learned of a part's words is kept for
    the next part. A tokenizer is in use by one part at a time. One with a model is not kept: the
    model may be another one by now.
    """
    make = functools.partial(_make_tokenizer, config)
    if not config.part or config.model or workers > 1:
        yield make
        return
    key = dataclasses.replace(config, part=None)
    tokenize = KEPT.pop(key, None) or make()
    yield lambda: tokenize
    KEPT.clear()
    KEPT[key] = tokenize


def _make_tokenizer(config: TokenizeConfig) -> Callable[[Texts], Tokens]:
    from corpus2vec.pipeline.tokenizer import Tokenizer  # imports spaCy

    return Tokenizer(config).tokenize
