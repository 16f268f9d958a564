"""tokens.parquet + vocab.tsv → ids.parquet."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts import store as artifact
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader, RowGroupWriter
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import EncodeConfig
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages.common import FORMATS, balanced
from corpus2vec.pipeline.vocabulary.encoding import Encoder
from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary, unk_of


def encode_recipe(tokens: Path, vocabulary: Path, config: EncodeConfig) -> Recipe:
    """What decides ids.parquet. Which token is <unk> is not in vocab.tsv, but it decides."""
    given = artifact_input("vocabulary", vocabulary)
    unk = unk_of(given)
    traited = dataclasses.replace(given, traits={"unk": unk} if unk else {})
    return Recipe(
        stage="encode",
        format=FORMATS["encode"],
        config=vars(config),
        inputs=(artifact_input("tokens", tokens), traited),
        tools={"pyarrow": metadata.version("pyarrow")},
    )


def encode(
    tokens: Path,
    vocabulary: Path,
    output: Path,
    config: EncodeConfig,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """tokens.parquet + vocab.tsv → ids.parquet."""
    recipe = encode_recipe(tokens, vocabulary, config)

    def write(target: Path) -> Mapping[str, Any]:
        reader = RowGroupReader(tokens, "tokens")
        encoder = Encoder(read_vocabulary(recipe.input("vocabulary")), config)
        rows = 0
        with (
            RowGroupWriter(target, "ids", reader.labelled) as writer,
            read_ahead(reader.row_groups()) as batches,
        ):
            for batch in batches:
                writer.write(encoder.encode(batch))
                rows += batch.num_rows
                progress.advance(rows, reader.rows, "documents")
            names = encoder.labels.names.to_pylist()
            writer.add_metadata(
                {
                    "vocabulary_size": str(len(encoder.vocabulary)),
                    "vocabulary_digest": recipe.input("vocabulary").digest,
                    "labels": json.dumps(names, ensure_ascii=False),
                }
            )
        encoder.tokens.kept = writer.items - encoder.tokens.unk
        counts = balanced(encoder.documents, encoder.tokens)
        return {**counts, "rows": writer.rows, **({"labels": len(names)} if names else {})}

    return artifact.produce(recipe, output, write, force=force)
