"""Make one token of each phrase, such as new_york of new york: joined.parquet.

The phrases may be those of another corpus, or a list that was edited by hand.

Example: corpus2vec join build/tokens.parquet build/phrases.tsv -o build/joined.parquet
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Execution, Settings
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.stage import balanced

NAME = "join"
NEEDS = ("tokenize", "phrases")
SEVERAL = False
FILE = "joined.parquet"
FORMAT = 1
CONFIG = Settings
EXECUTION = Execution
stream = None  # Parquet is read in pieces, from its end


def recipe(inputs: Sequence[Path], output: Path, config: Settings) -> Recipe:
    """Return what decides joined.parquet."""
    tokens, phrases = inputs
    given = door.artifact("phrases", phrases, "phrases")
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=config.deciding(),
        inputs=(
            door.artifact("tokens", tokens, "tokenize"),
            # By an absolute name, so that `lookup` finds it from anywhere.
            dataclasses.replace(given, name=os.path.abspath(phrases)),
        ),
        tools={"pyarrow": metadata.version("pyarrow")},
    )


def run(
    inputs: Sequence[Path],
    output: Path,
    config: Settings,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Join the phrases in phrases.tsv, in tokens.parquet, into joined.parquet."""
    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
    from corpus2vec.pipeline.phrases.joining import Joining
    from corpus2vec.pipeline.phrases.phrases import read_phrases

    made_by = recipe(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        reader = RowGroupReader(Path(made_by.input("tokens").name), "tokens")
        joining = Joining(read_phrases(made_by.input("phrases")))
        documents, tokens = Ledger("documents"), Ledger("tokens")
        with (
            RowGroupWriter(target, "tokens", reader.labelled, reader.identified) as writer,
            read_ahead(reader.row_groups()) as batches,
        ):
            for batch in batches:
                tokens.read += len(batch.column("tokens").flatten())
                writer.write(joining.join(batch))
                documents.read += batch.num_rows
                progress.advance(documents.read, reader.rows, "documents")
        documents.kept, tokens.kept = writer.rows, writer.items
        tokens.drop("joined to the one before", joining.joined)
        return {**balanced(documents, tokens), "rows": writer.rows}

    return store.produce(made_by, output, write, force=force)
