"""Give each token an id, by order of first appearance: vocab.tsv.

Example: corpus2vec vocab build/tokens.parquet --min-count 5 -o build/vocab.tsv
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import VocabConfig, VocabExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.stage import balanced, listed_in, side_inputs

if TYPE_CHECKING:
    from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

NAME = "vocab"
NEEDS = ("tokenize",)
SEVERAL = True
FILE = "vocab.tsv"
FORMAT = 1
CONFIG = VocabConfig
EXECUTION = VocabExecution


def recipe(inputs: Sequence[Path], output: Path, config: VocabConfig) -> Recipe:
    """Return what decides vocab.tsv: the token artifacts in order, and the tokens to keep."""
    tokens = [door.artifact("tokens", path, "tokenize") for path in inputs]
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=config.deciding(),
        inputs=(*tokens, *side_inputs(config)),
        tools={},
    )


def run(
    inputs: Sequence[Path],
    output: Path,
    config: VocabConfig,
    execution: VocabExecution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Build vocab.tsv from one tokens.parquet or several."""
    from corpus2vec.pipeline.vocabulary.vocabulary import vocabulary_lines

    execution = execution or VocabExecution()
    made_by = recipe(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        tokens = made_by.paths("tokens")
        vocabulary, counts = _build(tokens, config, execution, progress, target.parent)
        with target.open("wb") as sink:
            sink.writelines(vocabulary_lines(vocabulary))
        return counts

    return store.produce(made_by, output, write, force=force)


def stream(
    sink: IO[bytes],
    inputs: Sequence[Path],
    config: VocabConfig,
    execution: VocabExecution,
    progress: Progress,
) -> None:
    """Write the lines of vocab.tsv."""
    from corpus2vec.pipeline.vocabulary.vocabulary import vocabulary_lines

    tokens = recipe(inputs, Path("-"), config).paths("tokens")  # they are there, and whole
    vocabulary, _ = _build(tokens, config, execution, progress, None)
    for lines in vocabulary_lines(vocabulary):
        sink.write(lines)


def _build(
    tokens: Sequence[Path],
    config: VocabConfig,
    execution: VocabExecution,
    progress: Progress,
    folder: Path | None,
) -> tuple[Vocabulary, Mapping[str, Any]]:
    """Return the vocabulary and its counts; what memory does not hold goes to `folder`."""
    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.artifacts.parts import part_files
    from corpus2vec.pipeline.vocabulary.counting import Counting, among
    from corpus2vec.pipeline.vocabulary.selection import build_vocabulary
    from corpus2vec.pipeline.vocabulary.tallies import find_tally

    files = [file for path in tokens for file in part_files(path)]
    readers = [RowGroupReader(file, "tokens") for file in files]
    rows, total = 0, sum(reader.rows for reader in readers)
    kept = listed_in(config.keep) if config.keep else []
    with Counting(execution.memory_bytes, folder) as counting:
        for reader in readers:
            if tally := find_tally(reader.path, progress):
                counting.add_stored(tally.path, tally.tokens)
                rows += tally.rows
                progress.advance(rows, total, "documents")
                continue
            with read_ahead(reader.row_groups()) as batches:
                for batch in batches:
                    counting.add(batch.column("tokens").flatten())
                    rows += batch.num_rows
                    progress.advance(rows, total, "documents")
        if not counting.tokens_read:
            raise DataError(f"there is no token in {', '.join(map(str, tokens))}")
        found, counts = counting.result(config.min_count, kept)
    vocabulary, ledger = build_vocabulary(found, counts, config, kept, counting.left_out)
    ledger.read = counting.tokens_read
    own = len(vocabulary) - (vocabulary.unk is not None)
    facts: dict[str, Any] = {
        "types": len(vocabulary),
        "types_left_out": counting.left_out.types + len(found) - own,
        "seen_once": int((vocabulary.counts == 1).sum()),
    }
    if vocabulary.unk is not None:
        facts["unk"] = vocabulary.unk
    if config.keep:
        facts["keep_not_in_corpus"] = len(set(kept)) - int(among(found, kept).sum())
    return vocabulary, {**balanced(ledger), **facts}
