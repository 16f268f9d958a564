"""What the stages share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.errors import UsageError

FORMATS = {"tokenize": 2, "vocab": 1, "encode": 2, "train": 3, "dump": 3}
"""Raised where the bytes that a stage writes change: an artifact of another number is a miss."""


def existing(path: Path) -> Path:
    """The path. Raises UsageError where there is no such file, or folder of vectors."""
    if not path.exists():
        raise UsageError(f"there is no file {path}", hint="check the path")
    return path


def balanced(*ledgers: Ledger) -> dict[str, Any]:
    """The ledgers as the manifest stores them, each checked."""
    for ledger in ledgers:
        ledger.balance()
    return {ledger.unit: ledger.as_json() for ledger in ledgers}
