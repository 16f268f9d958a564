"""One frozen dataclass a stage: the settings that decide an artifact's bytes, and their defaults.

This is the one place where a default, its meaning and its check are written: the command line
makes its options and their help from these fields, the manifest stores them, and the fingerprint
is taken over them. What does not change bytes (paths, progress, threads) is not here, but in
the `…Execution` classes. `EvaluateConfig` and `CompareConfig` make no artifact: they decide the
numbers that are printed. Nothing heavy may be imported: `corpus2vec --help` reads this file.
"""

from __future__ import annotations

from corpus2vec.pipeline.config.ids import (
    DROPPABLE,
    SIZES,
    UNK,
    CorpusConfig,
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    VocabConfig,
    VocabExecution,
)
from corpus2vec.pipeline.config.settings import option_name, require, setting
from corpus2vec.pipeline.config.tables import (
    FOLDER_FORMATS,
    TABLE_COLUMNS,
    TABLE_FORMATS,
    CompareConfig,
    DumpConfig,
    EvaluateConfig,
    MapConfig,
)
from corpus2vec.pipeline.config.training import Execution, TrainConfig

__all__ = [
    "DROPPABLE",
    "FOLDER_FORMATS",
    "SIZES",
    "TABLE_COLUMNS",
    "TABLE_FORMATS",
    "UNK",
    "CompareConfig",
    "CorpusConfig",
    "DumpConfig",
    "EncodeConfig",
    "EvaluateConfig",
    "Execution",
    "MapConfig",
    "TokenizeConfig",
    "TokenizeExecution",
    "TrainConfig",
    "VocabConfig",
    "VocabExecution",
    "option_name",
    "require",
    "setting",
]
