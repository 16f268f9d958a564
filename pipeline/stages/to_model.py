"""ids.parquet + vocab.tsv → model.safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts import store as artifact
from corpus2vec.pipeline.artifacts.inputs import artifact_input, file_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages.common import FORMATS, existing
from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary


def train_recipe(
    ids: Path,
    vocabulary: Path,
    config: TrainConfig,
    *,
    init: Path | None = None,
    valid: Path | None = None,
) -> Recipe:
    """What decides model.safetensors: ids, vocabulary (for its counts), start, held-out ids."""
    require_held_out(config, valid)
    inputs = [artifact_input("ids", ids), artifact_input("vocabulary", vocabulary)]
    if valid:
        inputs.append(artifact_input("valid", valid))
    if init:
        inputs.append(file_input("init", existing(init)))
    return Recipe(
        stage="train",
        format=FORMATS["train"],
        config=vars(config),
        inputs=tuple(inputs),
        tools={"torch": metadata.version("torch"), "numpy": metadata.version("numpy")},
    )


def require_held_out(config: TrainConfig, valid: Path | None = None) -> None:
    """Raise UsageError where --patience has nothing to judge by."""
    if config.patience and not (valid or config.valid_fraction):
        raise UsageError(
            "--patience needs held-out documents",
            hint="give --valid-fraction 0.1, or --valid IDS",
        )


def train(
    ids: Path,
    vocabulary: Path,
    output: Path,
    config: TrainConfig,
    execution: TrainExecution | None = None,
    *,
    init: Path | None = None,
    valid: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """ids.parquet + vocab.tsv → model.safetensors. See `runs.py` for checkpoints and metrics."""
    recipe = train_recipe(ids, vocabulary, config, init=init, valid=valid)
    execution = execution or TrainExecution()
    environment: dict[str, Any] = {}  # known only when it has run

    def write(target: Path) -> Mapping[str, Any]:
        from corpus2vec.pipeline.training import run as runs

        given = recipe.input("vocabulary")
        words = read_vocabulary(given)
        data, facts = runs.load_data(ids, words, given.digest, config, init, valid)
        run = runs.Run(output, recipe, config, execution, progress)
        counts = run.train(target, data, facts)
        environment.update(run.environment)
        return counts

    outcome = artifact.produce(recipe, output, write, force=force, environment=environment)
    if not outcome.hit:
        from corpus2vec.pipeline.training.checkpoints import Checkpoints

        Checkpoints(output).discard()
    return outcome
