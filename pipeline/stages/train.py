"""Learn the embedding table with an LSTM: model.safetensors.

Of several ids, the documents come one after the other. They are read from disk, so a corpus may
be larger than memory; a temporary file beside the model takes 4 bytes a token. Metrics go to
model.metrics.jsonl. A run that is stopped (Ctrl-C, SIGTERM) leaves a checkpoint, and --resume ends
in the same bytes as if it had not been stopped.

Example: corpus2vec train build/ids.parquet build/vocab.tsv --dim 200 -o build/model.safetensors
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.beside import checkpoint_path, metrics_path
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.temporaries import sweep
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.before import require_fitting_start, require_trainable
from corpus2vec.pipeline.stages.stage import existing

NAME = "train"
NEEDS = ("encode", "vocab")
SEVERAL = True
FILE = "model.safetensors"
FORMAT = 4
CONFIG = TrainConfig
EXECUTION = TrainExecution
NO_TORCH = "not installed"
stream = None  # checkpoints and metrics are written beside it


def recipe(inputs: Sequence[Path], output: Path, config: TrainConfig) -> Recipe:
    """Return what decides model.safetensors: ids, vocabulary, held-out ids, what to start from."""
    *ids, vocabulary = inputs
    words = door.artifact("vocabulary", vocabulary, "vocab")
    sources = [*(door.artifact("ids", each, "encode") for each in ids), words]
    files = config.files()
    if "valid" in files:
        sources.append(door.artifact("valid", files["valid"], "encode"))
    if "init" in files:
        sources.append(door.vectors("init", existing(files["init"])))
    return Recipe(
        stage=NAME,
        format=FORMAT,
        config=config.deciding(_rows(words)),
        inputs=tuple(sources),
        tools={"torch": _torch_version(), "numpy": metadata.version("numpy")},
    )


def _torch_version() -> str:
    """Return torch's version; without torch `plan` still answers."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return NO_TORCH


def _rows(vocabulary: Input) -> int:
    """Return how many rows the table will have: one for each line below the vocabulary's header."""
    with reading(vocabulary.name), Path(vocabulary.name).open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return max(1, lines - 1)


def run(
    inputs: Sequence[Path],
    output: Path,
    config: TrainConfig,
    execution: TrainExecution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Train on one ids.parquet or several into model.safetensors.

    `training.run` keeps checkpoints and metrics.
    """
    made_by = recipe(inputs, output, config)
    execution = execution or TrainExecution()
    if made_by.tools["torch"] == NO_TORCH:
        require_trainable(execution)
    environment: dict[str, Any] = {}  # known only when it has run
    checkpoints: Any = None

    def write(target: Path) -> Mapping[str, Any]:
        from corpus2vec.pipeline.training.inputs import load_inputs
        from corpus2vec.pipeline.training.run import Run
        from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

        require_trainable(execution)
        require_fitting_start(config)
        vocabulary = made_by.input("vocabulary")
        files = {each.role: Path(each.name) for each in made_by.inputs}
        loaded, facts = load_inputs(
            made_by.paths("ids"),
            read_vocabulary(vocabulary),
            vocabulary.digest,
            config,
            files.get("init"),
            files.get("valid"),
            target.parent,
        )
        nonlocal checkpoints
        run = Run(output, made_by, config, execution, progress)
        checkpoints = run.checkpoints
        counts = run.train(target, loaded, facts)
        environment.update(run.environment)
        return counts

    outcome = store.produce(made_by, output, write, force=force, environment=environment)
    if checkpoints is None and checkpoint_path(output).exists():
        # A run may have been killed between its model and this.
        from corpus2vec.pipeline.training.checkpoints import Checkpoints

        checkpoints = Checkpoints(output, made_by.fingerprint)
    if checkpoints is not None:
        checkpoints.discard(keep_newest=execution.keep_state)
    for path in (checkpoint_path(output), metrics_path(output)):
        sweep(path)
    return outcome
