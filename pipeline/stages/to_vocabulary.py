"""tokens.parquet → vocab.tsv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts import store as artifact
from corpus2vec.pipeline.artifacts.inputs import artifact_input, file_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import VocabConfig, VocabExecution
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages.common import FORMATS, balanced, existing
from corpus2vec.pipeline.vocabulary.counting import Counting, among
from corpus2vec.pipeline.vocabulary.selection import build_vocabulary
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, vocabulary_lines


def vocab_recipe(tokens: Sequence[Path], config: VocabConfig, keep: Path | None = None) -> Recipe:
    """What decides vocab.tsv: the token artifacts in order, and the list of tokens to keep."""
    inputs = [artifact_input("tokens", path) for path in tokens]
    if keep:
        inputs.append(file_input("keep", existing(keep)))
    return Recipe(
        stage="vocab", format=FORMATS["vocab"], config=vars(config), inputs=tuple(inputs), tools={}
    )


def vocab(
    tokens: Sequence[Path],
    output: Path,
    config: VocabConfig,
    execution: VocabExecution | None = None,
    *,
    keep: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """tokens.parquet, one or several → vocab.tsv."""
    execution = execution or VocabExecution()

    def write(target: Path) -> Mapping[str, Any]:
        vocabulary, counts = build_vocabulary_of(
            tokens, config, execution, keep, progress, target.parent
        )
        with target.open("wb") as sink:
            sink.writelines(vocabulary_lines(vocabulary))
        return counts

    return artifact.produce(vocab_recipe(tokens, config, keep), output, write, force=force)


def build_vocabulary_of(
    tokens: Sequence[Path],
    config: VocabConfig,
    execution: VocabExecution,
    keep: Path | None,
    progress: Progress,
    folder: Path | None = None,
) -> tuple[Vocabulary, Mapping[str, Any]]:
    """The vocabulary of token artifacts, and its counts; `folder` takes what memory does not."""
    readers = [RowGroupReader(path, "tokens") for path in tokens]
    rows, total = 0, sum(reader.rows for reader in readers)
    kept = _lines_of(keep) if keep else []
    row_groups = (batch for reader in readers for batch in reader.row_groups())
    with Counting(execution.memory_bytes, folder) as counting, read_ahead(row_groups) as batches:
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
    }
    if vocabulary.unk is not None:
        facts["unk"] = vocabulary.unk
    if keep:
        facts["keep_not_in_corpus"] = len(set(kept)) - int(among(found, kept).sum())
    return vocabulary, {**balanced(ledger), **facts}


def _lines_of(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{path} is not UTF-8 at byte {problem.start}") from problem
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
