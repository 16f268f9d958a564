"""A build: the stages in one folder, run in order or only asked what they would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.manifest import canonical_json
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.store import Outcome, examine
from corpus2vec.pipeline.config import Execution, Settings, option_name
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publishable
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import (
    IN_PLACE_OF,
    STAGES,
    Stage,
    door,
    makers_of,
    stages_with,
    train,
)
from corpus2vec.pipeline.stages.before import require_possible
from corpus2vec.pipeline.stages.folder import artifacts_in, require_build, within
from corpus2vec.pipeline.stages.stage import existing


@dataclass(frozen=True)
class Work:
    """One artifact to make: by which stage, from what, where and how."""

    stage: Stage
    inputs: Sequence[Any]
    output: Path
    config: Settings
    execution: Execution


@dataclass(frozen=True)
class Step:
    """What `run` would do for one artifact."""

    stage: str
    output: Path
    hit: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Build:
    """What to build, from what, and where.

    `configs` and `executions` are by stage; a stage that is not among them has its defaults. With
    `source`, another build, only training and what follows it are built: they read the ids and the
    vocabulary of that build, and `corpora` are not read.
    """

    corpora: Sequence[str]
    folder: Path
    configs: Mapping[str, Settings] = field(default_factory=dict)
    executions: Mapping[str, Execution] = field(default_factory=dict)
    source: Path | None = None

    def __post_init__(self) -> None:
        if bool(self.corpora) == bool(self.source):
            raise UsageError(
                "a build is made from a corpus or from another build",
                hint="name CORPUS or --from BUILD, one of them",
            )
        # What only the last stages read is looked for before the first one works for an hour.
        for config in self.configs.values():
            for file in config.files().values():
                existing(file)

    def works(self) -> list[Work]:
        """Return every artifact of the build, first to last."""
        works: list[Work] = []
        artifacts = self._shared()
        for stage in stages_with(self.configs):
            if stage.NAME in artifacts:
                continue
            config = self.configs.get(stage.NAME) or stage.CONFIG()
            execution = self.executions.get(stage.NAME) or stage.EXECUTION()
            inputs = [artifacts[need] for need in stage.NEEDS] or self.corpora
            made = config.outputs_in(self.folder, stage.FILE)
            works += [Work(stage, inputs, output, own, execution) for output, own in made]
            artifacts[stage.NAME] = made[0][0]
            if stage.NAME in IN_PLACE_OF:
                artifacts[IN_PLACE_OF[stage.NAME]] = made[0][0]
        return works

    def _shared(self) -> dict[str, Path]:
        """Return by stage what is read from `source`: all that comes before training.

        Raises DataError where it lacks what training needs, UsageError for a setting that is given
        and that it was not made with.
        """
        if not self.source:
            return {}
        require_build(self.source)
        names = [stage.NAME for stage in STAGES]
        before = names[: names.index(train.NAME)]
        for need in train.NEEDS:
            within(self.source, *makers_of(need))
        found = artifacts_in(self.source)
        _require_same_settings(found, {name: self.configs.get(name) for name in before})
        return {name: found.get(name, self.source) for name in before}

    def run(
        self,
        *,
        force: bool = False,
        progress: Progress = SILENT,
        announce: Callable[[str], None] = lambda stage: None,
    ) -> Iterator[Outcome]:
        """Yield an outcome for each artifact; `announce` gets each stage's name before it runs.

        Raises UsageError, DataError, StorageError before the first for what would stop a later one.
        """
        works = self.works()
        require_possible(works, force=force)
        for work in works:
            announce(work.stage.NAME)
            yield work.stage.run(
                work.inputs,
                work.output,
                work.config,
                work.execution,
                force=force,
                progress=progress,
            )

    def plan(self) -> list[Step]:
        """Return what `run` would do, artifact by artifact, and why; nothing is written.

        What a stage will read is known only when the stages before it have run. So a stage that
        follows one that runs is planned to run too; it may yet turn out a hit.
        """
        steps: list[Step] = []
        makers: dict[Any, str] = {}  # by artifact: the stage that would make it
        for work in self.works():
            waits = [makers[each] for each in work.inputs if each in makers]
            step = _step(work, [f"{maker} runs first" for maker in waits])
            if not step.hit:
                makers[work.output] = work.stage.NAME
            steps.append(step)
        return steps


def _require_same_settings(
    found: Mapping[str, Path], configs: Mapping[str, Settings | None]
) -> None:
    """Raise UsageError for a setting that is given and differs from what was built with."""
    manifests = [manifest for path in found.values() if (manifest := read_manifest(path))]
    story = [entry for manifest in manifests for entry in manifest.story()]
    entries = {entry["stage"]: entry for entry in story}
    for name, config in configs.items():
        stored = entries.get(name, {}).get("config", {})
        for each in fields(config) if config else ():
            value = getattr(config, each.name)
            if value == each.default or each.metadata.get("file"):
                continue
            if canonical_json(value) != canonical_json(stored.get(each.name)):
                there = f"has {stored[each.name]}" if each.name in stored else "has it not"
                raise UsageError(
                    f"{option_name(each.name)} is {value}, and the build that is shared {there}",
                    hint="leave it out, or name the corpus instead of --from",
                )


def _step(work: Work, waits: list[str]) -> Step:
    name, output = work.stage.NAME, work.output
    reasons, hit = list(waits), False
    if not output.exists():
        reasons.insert(0, f"no {output.name} yet")
    elif not work.stage.NEEDS or all(map(_is_whole, work.inputs, work.stage.NEEDS)):
        recipe = work.stage.recipe(work.inputs, output, work.config)
        verdict = examine(recipe, publishable(output, folder=output.is_dir()))
        hit = verdict.hit and not waits
        if not (verdict.hit and waits):
            reasons.insert(0, verdict.reason)
    if not hit and checkpoint_path(output).exists():
        reasons.append("a checkpoint is there for --resume")
    return Step(name, output, hit, "; ".join(reasons))


def _is_whole(artifact: Path, maker: str) -> bool:
    """Return whether there is an artifact of that stage of which a recipe can be made."""
    try:
        return bool(door.artifact(maker, artifact, maker))
    except (DataError, UsageError):
        return False
