"""Rotate table A into the space of table B, so that their vectors can be compared.

Tables of two corpora, decades or seeds have axes that have nothing to do with each other. The words
that both have decide the rotation (orthogonal Procrustes), or those of --anchor. No cosine within A
changes. The result is a table like any dump, with A's tokens in A's order.

Example: corpus2vec align 1950s/ 1990s/ -o 1950s-aligned.parquet
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import AlignConfig, DumpConfig, Execution
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.dump import language_of
from corpus2vec.pipeline.stages.stage import listed_in, side_inputs

if TYPE_CHECKING:
    import numpy as np

    from corpus2vec.pipeline.tables.table import Table

NAME = "align"
TAKES = {
    "A": "The table to rotate: word vectors of any tool, or a build folder.",
    "B": "The table whose space it gets.",
}
FILE = "aligned.parquet"
FORMAT = 1
CONFIG = AlignConfig
EXECUTION = Execution
stream = None
MOST_NAMED = 20
"""How many anchors that a table lacks are named."""


def recipe(inputs: Sequence[Any], output: Path, config: AlignConfig) -> Recipe:
    """Return what decides the rotated table: both tables, the anchors, the format."""
    [(_, one)] = config.outputs(output)
    table = door.table("table", Path(inputs[0]))
    # Only A's history is the result's: its tokens are A's, tokenized as A's corpus was.
    other = dataclasses.replace(door.table("space", Path(inputs[1])), manifest=None)
    tools = {name: metadata.version(name) for name in FORMATS[one.format].tools}
    language = {"lang": language_of(table)} if FORMATS[one.format].language else {}
    compression = DumpConfig(format=one.format).compression(output)
    compressed = {"compression": compression} if compression else {}
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=one.deciding() | language | compressed,
        inputs=(table, other, *side_inputs(config)),
        tools={**tools, "numpy": metadata.version("numpy")},
    )


def run(
    inputs: Sequence[Any],
    output: Path,
    config: AlignConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Rotate a table into another one's space, and write it as a dump is written."""
    from corpus2vec.pipeline.tables.reading import read_vectors
    from corpus2vec.pipeline.tables.verify import verify_dump
    from corpus2vec.pipeline.tables.writing import prepare, write_dump
    from corpus2vec.pipeline.use.align import cosines, rotated, rotation

    [(output, one)] = config.outputs(output)
    made_by, written_as = recipe(inputs, output, one), DumpConfig(format=one.format)

    def write(target: Path) -> Mapping[str, Any]:
        table, other = (read_vectors(Path(made_by.input(each).name)) for each in ("table", "space"))
        rows_N, others_N, facts = _anchors(table, other, one, progress)
        turn_DD = rotation(table.vectors_VD[rows_N], other.vectors_VD[others_N])
        turned = dataclasses.replace(
            table,
            vectors_VD=rotated(table.vectors_VD, turn_DD),
            language=language_of(made_by.input("table")),
        )
        found_N = cosines(turned.vectors_VD[rows_N], other.vectors_VD[others_N])
        ready, unsafe = prepare(turned, written_as)
        write_dump(target, ready, written_as, written_as.compression(output))
        verify_dump(target, ready, written_as)
        progress.advance(len(table), len(table), "rows")
        mean = round(float(found_N.mean()), 6)
        return {"rows": len(ready), "columns": ready.dim, **facts, "mean_cosine": mean, **unsafe}

    folder = written_as.layout is Layout.FOLDER
    return store.produce(made_by, output, write, force=force, folder=folder)


def _anchors(
    table: Table, other: Table, config: AlignConfig, progress: Progress
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the rows in both tables that decide the rotation, (N,) each, and what to count.

    Raises DataError where there is none.
    """
    import numpy as np

    from corpus2vec.pipeline.tables.tokens import as_written
    from corpus2vec.pipeline.use.align import rows_by_word, shared_words

    shared, rows, others = shared_words(table, other)
    facts: dict[str, Any] = {"shared": len(shared)}
    if config.anchor:
        of_table, of_other = rows_by_word(table.tokens), rows_by_word(other.tokens)
        listed = list(dict.fromkeys(listed_in(config.anchor)))
        pairs, missing = [], []
        for line in listed:
            word, _, another = line.partition("\t")
            row = of_table.get(as_written(word, "word2vec"))
            other_row = of_other.get(as_written(another or word, "word2vec"))
            if row is None or other_row is None:
                missing.append(line)
            else:
                pairs.append((row, other_row))
        rows, others = np.array(pairs, np.int64).reshape(-1, 2).T
        if missing:
            named = ", ".join(missing[:MOST_NAMED])
            progress.notice(f"not in both tables: {named}")
            facts |= {"missing": len(missing), "missing_words": missing[:MOST_NAMED]}
    if not len(rows):
        raise DataError(
            "the tables share no word by which to align them",
            hint="give pairs of words with --anchor, or tables of one language, lower-cased alike",
        )
    if len(rows) < table.dim:
        progress.notice(
            f"{len(rows)} words do not decide a rotation of {table.dim} columns: the rest of it "
            "is arbitrary"
        )
    return rows, others, {**facts, "anchors": len(rows)}
