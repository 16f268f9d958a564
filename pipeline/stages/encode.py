"""Replace tokens by their ids: ids.parquet.

Of several tokens, the documents come one after the other.

Example: corpus2vec encode build/tokens.parquet build/vocab.tsv -o build/ids.parquet
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe, changed_settings
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import EncodeConfig, Execution, Part, PartedExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door, join
from corpus2vec.pipeline.stages.stage import balanced
from corpus2vec.pipeline.stages.tokenize import NAME as TOKENIZE
from corpus2vec.pipeline.stages.tokenize import OF_TEXT

if TYPE_CHECKING:
    import pyarrow as pa

    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.vocabulary.encoding import Encoder, Labels

NAME = "encode"
NEEDS = ("tokenize", "vocab")
SEVERAL = True
FILE = "ids.parquet"
FORMAT = 2
CONFIG = EncodeConfig
EXECUTION = PartedExecution
stream = None  # Parquet is read in pieces, from its end


def recipe(inputs: Sequence[Path], output: Path, config: EncodeConfig) -> Recipe:
    """Return what decides ids.parquet. Which token is <unk> is not in vocab.tsv, but it decides."""
    from corpus2vec.pipeline.vocabulary.vocabulary import unk_of

    *tokens, vocabulary = inputs
    given = door.artifact("vocabulary", vocabulary, "vocab")
    unk = unk_of(given)
    traited = dataclasses.replace(given, traits={"unk": unk} if unk else {})
    settings = config.deciding()
    if unk:  # then no token is unknown
        del settings["unknown"]
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=settings,
        inputs=(*(door.artifact("tokens", each, "tokenize") for each in tokens), traited),
        tools={"pyarrow": metadata.version("pyarrow")},
    )


def run(
    inputs: Sequence[Path],
    output: Path,
    config: EncodeConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Encode one tokens.parquet or several, in order, with vocab.tsv into ids.parquet.

    Raises DataError for tokens of which only some have labels, or ids of documents.
    """
    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
    from corpus2vec.pipeline.vocabulary.encoding import Encoder
    from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

    made_by = recipe(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        given = made_by.input("vocabulary")
        tokens = [each for each in made_by.inputs if each is not given]
        for each in tokens:
            if otherwise := _made_otherwise(each, given):
                said = f"the vocabulary is of tokens that were made otherwise: {otherwise}"
                progress.notice(said if len(tokens) == 1 else f"{each.name}: {said}")
        readers = [RowGroupReader(Path(each.name), "tokens") for each in tokens]
        first, total = readers[0], sum(reader.rows for reader in readers)
        for reader in readers[1:]:
            _require_alike(first, reader)
        encoder = Encoder(read_vocabulary(given), config)
        row_groups = _row_groups(readers)
        if part := config.own_part:
            begin, end = _part_of(readers, part)
            row_groups = _row_groups(readers, begin, end)
            if first.labelled:
                encoder.labels = _labels_before(readers, begin, encoder)
        rows = 0
        with (
            RowGroupWriter(target, "ids", first.labelled, first.identified) as writer,
            read_ahead(row_groups) as batches,
        ):
            for batch in batches:
                writer.write(encoder.encode(batch))
                rows += batch.num_rows
                progress.advance(rows, total, "documents")
            names = encoder.labels.names.to_pylist()
            writer.add_metadata(
                {
                    "vocabulary_size": str(len(encoder.vocabulary)),
                    "vocabulary_digest": given.digest,
                    "labels": json.dumps(names, ensure_ascii=False),
                }
            )
        encoder.tokens.kept = writer.items - encoder.tokens.unk
        counts = balanced(encoder.documents, encoder.tokens)
        of_all = {"labels": len(names)} if names and not part else {}
        return {**counts, "rows": writer.rows, **of_all}

    return store.produce(made_by, output, write, force=force)


# --- parts -----------------------------------------------------------------------------------


def _part_of(readers: Sequence[RowGroupReader], part: Part) -> tuple[int, int]:
    """Return which row groups of all tokens together are in a part: from, to before."""
    from corpus2vec.pipeline.corpus.cutting import cut

    sizes = [size for reader in readers for size in reader.sizes]
    places = [each.place for each in cut(sizes, [True] * len(sizes), part.number, part.of)]
    return (places[0], places[-1] + 1) if places else (0, 0)


def _row_groups(
    readers: Sequence[RowGroupReader], begin: int = 0, end: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield row groups of all tokens together; some only, if `end` is given."""
    for reader in readers:
        yield from reader.row_groups(begin, end)
        number = len(reader.sizes) if end is not None else 0
        begin, end = max(0, begin - number), None if end is None else max(0, end - number)


def _labels_before(readers: Sequence[RowGroupReader], begin: int, encoder: Encoder) -> Labels:
    """Return the labels that have an id when the row groups before `begin` are encoded.

    Where documents may be left out, those row groups have to be encoded to know.
    """
    from corpus2vec.pipeline.vocabulary.encoding import Encoder

    if not encoder.keeps_documents:
        before = Encoder(encoder.vocabulary, encoder.config)
        for batch in _row_groups(readers, 0, begin):
            before.encode(batch)
        return before.labels
    labels = encoder.labels
    for reader in readers:
        labels = labels.extended(reader.label_names_before(begin))
        begin = max(0, begin - len(reader.sizes))
    return labels


# --- what fits what --------------------------------------------------------------------------


def _made_otherwise(tokens: Input, vocabulary: Input) -> str:
    """Return how the vocabulary's tokens were made otherwise than these, in words, if at all.

    Then words that the vocabulary has in another form become <unk>.
    """
    if not (tokens.manifest and vocabulary.manifest):
        return ""
    these, those = (
        {entry["stage"]: entry for entry in each.manifest.story() if entry["stage"] != "vocab"}
        for each in (tokens, vocabulary)
        if each.manifest
    )
    before, after = (
        {name: value for name, value in each[TOKENIZE]["config"].items() if name in OF_TEXT}
        if TOKENIZE in each
        else {}
        for each in (those, these)
    )
    changes = changed_settings(before, after) if before and after else []
    if (join.NAME in those) != (join.NAME in these):
        changes.append(f"phrases {'are not joined' if join.NAME in those else 'are joined'} now")
    return "; ".join(changes)


def _require_alike(first: RowGroupReader, other: RowGroupReader) -> None:
    """Raise DataError unless both tokens have labels, or neither has, and likewise ids."""
    for what, has in (("labels", "labelled"), ("ids of documents", "identified")):
        if getattr(first, has) != getattr(other, has):
            one, none = (first, other) if getattr(first, has) else (other, first)
            raise DataError(
                f"{one.path} has {what} and {none.path} has none",
                hint="tokenize both with the same settings, or encode each by itself",
            )
