"""A frozen dataclass for each command: its settings, their defaults, bounds and help.

Each is written here once. The command line makes an option from every field, the manifest stores
the values, and the fingerprint covers those that decide bytes. What decides no byte (threads,
memory, checkpoints) is in the `…Execution` classes. `EvaluateConfig` and `CompareConfig` make no
artifact: they decide the numbers that are printed. `corpus2vec --help` reads this room, so it may
import nothing heavy.

    settings                          what a setting is; the base of every config
    tokenize phrases vocab encode train dump  one module for each stage that has settings
    parts                             which part of a stage is carried out
    judge report use                  evaluate and compare; report and plot; predict and embed
    formats                           the formats of a dump
"""

from __future__ import annotations

from corpus2vec.pipeline.config.align import AlignConfig
from corpus2vec.pipeline.config.dump import (
    TABLE_COLUMNS,
    DumpConfig,
)
from corpus2vec.pipeline.config.encode import EncodeConfig
from corpus2vec.pipeline.config.judge import CompareConfig, EvaluateConfig
from corpus2vec.pipeline.config.parts import (
    MOST_PARTS,
    Part,
    Parted,
    PartedExecution,
    parts_of,
)
from corpus2vec.pipeline.config.phrases import ENGLISH, PhrasesConfig
from corpus2vec.pipeline.config.report import MapConfig
from corpus2vec.pipeline.config.settings import Execution, Settings, option_name, require, setting
from corpus2vec.pipeline.config.tokenize import (
    DROPPABLE,
    CorpusConfig,
    TokenizeConfig,
    TokenizeExecution,
)
from corpus2vec.pipeline.config.train import MOST_CHECKPOINTS, TrainConfig, TrainExecution
from corpus2vec.pipeline.config.use import EmbedConfig, ExtendConfig, PredictConfig
from corpus2vec.pipeline.config.vocab import SIZES, UNK, VocabConfig, VocabExecution

__all__ = [
    "DROPPABLE",
    "ENGLISH",
    "MOST_CHECKPOINTS",
    "MOST_PARTS",
    "SIZES",
    "TABLE_COLUMNS",
    "UNK",
    "AlignConfig",
    "CompareConfig",
    "CorpusConfig",
    "DumpConfig",
    "EmbedConfig",
    "EncodeConfig",
    "EvaluateConfig",
    "Execution",
    "ExtendConfig",
    "MapConfig",
    "Part",
    "Parted",
    "PartedExecution",
    "PhrasesConfig",
    "PredictConfig",
    "Settings",
    "TokenizeConfig",
    "TokenizeExecution",
    "TrainConfig",
    "TrainExecution",
    "VocabConfig",
    "VocabExecution",
    "option_name",
    "parts_of",
    "require",
    "setting",
]
