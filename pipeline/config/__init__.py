"""One frozen dataclass a stage: the settings that decide an artifact's bytes, and their defaults.

This is the one place where a default, its meaning and its check are written: the command line
makes its options and their help from these fields, the manifest stores them, and the fingerprint
is taken over them. What does not change bytes (paths, progress, threads) is not here, but in
the `…Execution` classes. `EvaluateConfig` and `CompareConfig` make no artifact: they decide the
numbers that are printed. Nothing heavy may be imported: `corpus2vec --help` reads this file.
"""

from __future__ import annotations

from corpus2vec.pipeline.config.dump import (
    TABLE_COLUMNS,
    DumpConfig,
)
from corpus2vec.pipeline.config.encode import EncodeConfig
from corpus2vec.pipeline.config.judge import CompareConfig, EvaluateConfig
from corpus2vec.pipeline.config.report import MapConfig
from corpus2vec.pipeline.config.settings import Execution, Settings, option_name, require, setting
from corpus2vec.pipeline.config.tokenize import (
    DROPPABLE,
    CorpusConfig,
    TokenizeConfig,
    TokenizeExecution,
)
from corpus2vec.pipeline.config.train import TrainConfig, TrainExecution
from corpus2vec.pipeline.config.vocab import SIZES, UNK, VocabConfig, VocabExecution

__all__ = [
    "DROPPABLE",
    "SIZES",
    "TABLE_COLUMNS",
    "UNK",
    "CompareConfig",
    "CorpusConfig",
    "DumpConfig",
    "EncodeConfig",
    "EvaluateConfig",
    "Execution",
    "MapConfig",
    "Settings",
    "TokenizeConfig",
    "TokenizeExecution",
    "TrainConfig",
    "TrainExecution",
    "VocabConfig",
    "VocabExecution",
    "option_name",
    "require",
    "setting",
]
