"""The settings of encode: how tokens become ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus2vec.pipeline.config.parts import Parted
from corpus2vec.pipeline.config.settings import setting


@dataclass(frozen=True, kw_only=True)
class EncodeConfig(Parted):
    """How tokens become ids."""

    unknown: Literal["error", "drop"] = setting(
        "error",
        "What to do with a token outside a vocabulary that has no <unk>: stop, or drop it.",
    )
