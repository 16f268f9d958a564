"""Find words that often stand together, such as new york: phrases.tsv.

A phrase is two words that score more than --threshold: of word2phrase (Mikolov et al. 2013) or of
normalized pointwise mutual information. `join` then makes one token of each.

Example: corpus2vec phrases build/tokens.parquet --connectors english -o build/phrases.tsv
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import ENGLISH, PhrasesConfig, VocabExecution
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.stage import balanced, listed_in, side_inputs

if TYPE_CHECKING:
    from corpus2vec.pipeline.phrases.phrases import Phrase

NAME = "phrases"
NEEDS = ("tokenize",)
SEVERAL = True
FILE = "phrases.tsv"
FORMAT = 1
CONFIG = PhrasesConfig
EXECUTION = VocabExecution


def recipe(inputs: Sequence[Path], output: Path, config: PhrasesConfig) -> Recipe:
    """Return what decides phrases.tsv: the token artifacts in order, and the connector words."""
    if not config.passes:
        raise UsageError("--passes 0 finds no phrases", hint="give 1 or more")
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
    config: PhrasesConfig,
    execution: VocabExecution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Find the phrases of one tokens.parquet or several, and write phrases.tsv."""
    from corpus2vec.pipeline.phrases.phrases import phrase_lines

    execution = execution or VocabExecution()
    made_by = recipe(inputs, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        tokens = made_by.paths("tokens")
        phrases, counts = _learn(tokens, config, execution, progress, target.parent)
        with target.open("wb") as sink:
            sink.writelines(phrase_lines(phrases))
        return counts

    return store.produce(made_by, output, write, force=force)


def stream(
    sink: IO[bytes],
    inputs: Sequence[Path],
    config: PhrasesConfig,
    execution: VocabExecution,
    progress: Progress,
) -> None:
    """Write the lines of phrases.tsv."""
    from corpus2vec.pipeline.phrases.phrases import phrase_lines

    tokens = recipe(inputs, Path("-"), config).paths("tokens")  # they are there, and whole
    phrases, _ = _learn(tokens, config, execution, progress, None)
    for line in phrase_lines(phrases):
        sink.write(line)


def _learn(
    tokens: Sequence[Path],
    config: PhrasesConfig,
    execution: VocabExecution,
    progress: Progress,
    folder: Path | None,
) -> tuple[list[Phrase], Mapping[str, Any]]:
    """Return the phrases of all passes, and counts; what memory does not hold goes to `folder`."""
    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.phrases.joining import Joining
    from corpus2vec.pipeline.phrases.learning import Learning

    readers = [RowGroupReader(path, "tokens") for path in tokens]
    rows, total = 0, config.passes * sum(reader.rows for reader in readers)
    connectors = _connectors(config)
    phrases: list[Phrase] = []
    ledger: Ledger | None = None
    facts: dict[str, Any] = {}
    for number in range(1, config.passes + 1):
        joining = Joining(phrases)
        row_groups = (batch for reader in readers for batch in reader.row_groups())
        with (
            Learning(config, connectors, number, execution.memory_bytes, folder) as learning,
            read_ahead(row_groups) as batches,
        ):
            for batch in batches:
                learning.add(joining.join(batch))
                rows += batch.num_rows
                progress.advance(rows, total, "documents")
            if not learning.tokens_read:
                raise DataError(f"there is no token in {', '.join(map(str, tokens))}")
            phrases += learning.phrases()
        if ledger is None:
            ledger = Ledger("tokens", read=learning.tokens_read, kept=learning.tokens_read)
            facts = {"types": learning.types, "candidates": learning.candidates}
    return phrases, {**(balanced(ledger) if ledger else {}), **facts, "phrases": len(phrases)}


def _connectors(config: PhrasesConfig) -> Sequence[str]:
    files = config.files()
    if "connectors" in files:
        return listed_in(files["connectors"])
    return ENGLISH if config.connectors == "english" else ()
