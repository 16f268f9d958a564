"""What the stages share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, parse_vocabulary

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


def read_vocabulary(given: Input) -> Vocabulary:
    """The vocabulary that an input stands for."""
    text, hand_made = Path(given.name).read_bytes(), given.manifest is None
    return parse_vocabulary(text, given.name, unk_of(given), hand_made=hand_made)


def unk_of(given: Input) -> str | None:
    """The token that stands for all others, as the vocabulary's manifest tells it."""
    counts = given.manifest.counts if given.manifest else {}
    return counts.get("unk")
