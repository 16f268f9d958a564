"""What can be known before a build is checked before it: nobody waits hours for a late refusal.

Files that settings name, places that cannot be written, what torch and the machine lack, and
settings of late stages that do not fit those of early ones.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.store import refuse_foreign
from corpus2vec.pipeline.config import DumpConfig, TokenizeConfig, TrainConfig, TrainExecution
from corpus2vec.pipeline.config.formats import Layout
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.publication import publishable
from corpus2vec.pipeline.stages.door import model_or_table

if TYPE_CHECKING:
    from corpus2vec.pipeline.stages.build import Work


def require_possible(works: list[Work], *, force: bool = False) -> None:
    """Raise UsageError, DataError or StorageError for what would stop a later stage of a build."""
    if not force:
        for work in works:
            refuse_foreign(work.output)
    stages = {work.stage.NAME: work for work in works}
    configs = {name: work.config for name, work in stages.items()}
    train = configs.get("train")
    for work in works:
        config = work.config
        is_folder = isinstance(config, DumpConfig) and config.layout is Layout.FOLDER
        require_writable(work.output, folder=is_folder)
        if isinstance(config, DumpConfig) and isinstance(train, TrainConfig):
            require_dumpable(config, train)
    if not isinstance(train, TrainConfig):
        return
    _require_labels(train, configs)
    require_fitting_start(train)
    execution = stages["train"].execution
    # With a model in place, training may turn out a hit, which needs neither torch nor a device.
    if isinstance(execution, TrainExecution) and not read_manifest(stages["train"].output):
        require_trainable(execution)


def require_writable(output: Path, *, folder: bool = False) -> None:
    """Raise UsageError or StorageError where `output` cannot be made, as far as can be known.

    What is there already may be a hit, which writes nothing.
    """
    target = publishable(output, folder=folder)
    if target.exists():
        return
    parent = next(each for each in target.absolute().parents if each.exists())
    with writing(output, untouched=False):
        if not parent.is_dir():
            raise NotADirectoryError(20, "it is below a file")
        if os.statvfs(parent).f_flag & os.ST_RDONLY:
            raise OSError(30, "read-only")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise PermissionError(13, "not permitted")


def require_trainable(execution: TrainExecution) -> None:
    """Raise UsageError where there is no torch, or not the device that is asked for."""
    try:
        metadata.version("torch")
    except metadata.PackageNotFoundError as problem:
        raise UsageError(
            "train needs torch, which is not installed", hint="pip install torch"
        ) from problem
    if execution.device == "cuda":  # to find out takes two seconds
        from corpus2vec.pipeline.training.device import pick_device

        pick_device(execution.device)


def require_fitting_start(config: TrainConfig) -> None:
    """Raise DataError unless --init has vectors of --dim numbers."""
    from corpus2vec.pipeline.artifacts.weights import columns_of, is_model
    from corpus2vec.pipeline.tables.reading import blocks_of

    if "init" not in config.files():
        return
    path = model_or_table(config.files()["init"])
    if path.is_file() and is_model(path):
        dim = columns_of(path)
    else:
        with reading(str(path)), contextlib.closing(blocks_of(path)) as blocks:
            dim = next((block.dim for block in blocks if len(block)), config.dim)
    if dim != config.dim:
        raise DataError(
            f"{path} has vectors of {dim} numbers, and --dim is {config.dim}", hint=f"--dim {dim}"
        )


def require_dumpable(dump: DumpConfig, train: TrainConfig) -> None:
    """Raise UsageError for a dump that no model trained like this can give."""
    from corpus2vec.pipeline.tables.combining import resolved

    has_output = train.objective == "context" or (train.objective == "lm" and not train.tie)
    how = resolved(dump.table, train.objective, has_output)
    if how != "input" and not has_output:
        raise UsageError(
            f"--table {how} needs an output table, and this model has none of its own",
            hint="--table input",
        )
    other = train.dim if train.objective == "context" else train.hidden_size
    if how == "sum" and other != train.dim:
        raise UsageError(
            f"--table sum needs tables of one width, and these have {train.dim} and {other} "
            "columns",
            hint="--table concat, or --hidden equal to --dim",
        )
    columns = {"output": other, "concat": train.dim + other}.get(how, train.dim)
    if dump.pca and dump.pca > columns:
        raise UsageError(
            f"--pca {dump.pca} is more than the table's {columns} columns", hint="see --dim"
        )


def _require_labels(train: TrainConfig, configs: Mapping[str, object]) -> None:
    tokenize = configs.get("tokenize")
    if train.objective != "classify" or not isinstance(tokenize, TokenizeConfig):
        return
    if tokenize.label_field is None and tokenize.label_from == "none":
        raise UsageError(
            "--objective classify learns to predict labels, and the documents get none",
            hint="give --label-field, or --label-from file or folder",
        )
