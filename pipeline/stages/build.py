"""A build: the five stages in one folder, run in order or only asked what they would do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome, examine
from corpus2vec.pipeline.config import (
    TABLE_FORMATS,
    DumpConfig,
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
    VocabConfig,
    VocabExecution,
)
from corpus2vec.pipeline.corpus.sources import find_sources
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publishable
from corpus2vec.pipeline.progress import SILENT, Progress


@dataclass(frozen=True, kw_only=True)
class Build:
    """What to build, from what, and where."""

    corpora: Sequence[str]
    folder: Path
    tokenize: TokenizeConfig
    vocab: VocabConfig
    encode: EncodeConfig
    train: TrainConfig
    dump: DumpConfig
    tokenize_execution: TokenizeExecution
    vocab_execution: VocabExecution
    execution: TrainExecution
    keep: Path | None = None
    init: Path | None = None

    def __post_init__(self) -> None:
        # What only the last stages need is asked for before the first one works for an hour.
        for file in (self.keep, self.init):
            if file:
                stages.existing(file)
        stages.require_held_out(self.train)

    @property
    def tables(self) -> list[tuple[Path, DumpConfig]]:
        """What is dumped where, a format each."""
        names = ("table",) if self.dump.format == "auto" else self.dump.formats
        return [
            (self.folder / f"embeddings{TABLE_FORMATS[name]}", replace(self.dump, format=name))
            for name in names
        ]

    @property
    def paths(self) -> dict[str, Path]:
        """The artifact of each stage, by the stage's name, in order; the first of the tables."""
        return {
            "tokenize": self.folder / "tokens.parquet",
            "vocab": self.folder / "vocab.tsv",
            "encode": self.folder / "ids.parquet",
            "train": self.folder / "model.safetensors",
            "dump": self.tables[0][0],
        }

    def run(
        self,
        *,
        force: bool = False,
        progress: Progress = SILENT,
        announce: Callable[[str], None] = lambda stage: None,
    ) -> Iterator[Outcome]:
        """Run the stages; `announce` is told each stage's name before it starts."""
        tokens, vocabulary, ids, model, _ = self.paths.values()
        announce("tokenize")
        yield stages.tokenize(
            self.corpora,
            tokens,
            self.tokenize,
            self.tokenize_execution,
            force=force,
            progress=progress,
        )
        announce("vocab")
        yield stages.vocab(
            [tokens],
            vocabulary,
            self.vocab,
            self.vocab_execution,
            keep=self.keep,
            force=force,
            progress=progress,
        )
        announce("encode")
        yield stages.encode(tokens, vocabulary, ids, self.encode, force=force, progress=progress)
        announce("train")
        yield stages.train(
            ids,
            vocabulary,
            model,
            self.train,
            self.execution,
            init=self.init,
            force=force,
            progress=progress,
        )
        for table, config in self.tables:
            announce("dump")
            yield stages.dump(model, vocabulary, table, config, force=force, progress=progress)

    def plan(self) -> list[Step]:
        """What `run` would do, stage by stage, and why; nothing is written.

        What a stage's inputs will be is known only when the stages before it have run, so a stage
        behind one that runs is planned to run too; it may yet turn out a hit.
        """
        tokens, vocabulary, ids, model, _ = self.paths.values()
        recipes: dict[str, Callable[[], Recipe]] = {
            "tokenize": lambda: stages.tokenize_recipe(
                find_sources(self.corpora, self.tokenize, tokens), tokens, self.tokenize
            ),
            "vocab": lambda: stages.vocab_recipe([tokens], self.vocab, self.keep),
            "encode": lambda: stages.encode_recipe(tokens, vocabulary, self.encode),
            "train": lambda: stages.train_recipe(ids, vocabulary, self.train, init=self.init),
        }
        needs = {
            "tokenize": [],
            "vocab": ["tokenize"],
            "encode": ["tokenize", "vocab"],
            "train": ["encode", "vocab"],
            "dump": ["train", "vocab"],
        }
        works = [(stage, self.paths[stage], recipe) for stage, recipe in recipes.items()]
        works += [
            ("dump", table, functools.partial(stages.dump_recipe, model, vocabulary, config))
            for table, config in self.tables
        ]
        steps: dict[str, Step] = {}
        planned = []
        for stage, output, recipe in works:
            waits = [each for each in needs[stage] if not steps[each].hit]
            reasons = [f"{each} runs first" for each in waits]
            hit = False
            if not output.exists():
                reasons.insert(0, f"no {output.name} yet")
            elif all(steps[each].readable for each in needs[stage]):
                verdict = examine(recipe(), publishable(output, folder=output.is_dir()))
                if not (verdict.hit and waits):
                    reasons.insert(0, verdict.reason)
                hit = verdict.hit and not waits
            if stage == "train" and not hit and checkpoint_path(output).exists():
                reasons.append("a checkpoint is there for --resume")
            steps[stage] = Step(stage, output, hit, "; ".join(reasons))
            planned.append(steps[stage])
        return planned


@dataclass(frozen=True)
class Step:
    """What a stage would do."""

    stage: str
    output: Path
    hit: bool
    reason: str

    @property
    def readable(self) -> bool:
        """Whether there is an artifact, undamaged, that the next stage's recipe can be asked of."""
        try:
            return bool(artifact_input("artifact", self.output))
        except (DataError, UsageError):
            return False
