"""Every command that reads an artifact, X, and ways to damage what it reads.

The commands are run in a folder that has the files of a build under their usual names, `ids2` (a
copy of its ids), `other.txt` (a copy of its table) and a gold file, which `complete` adds.
"""

import os
import shutil
from pathlib import Path

from tests.support.artifacts import edit_quietly
from tests.support.runs import SMALL

GOLD = "gold.tsv"

OF_TABLES = {
    "neighbors": ["neighbors", "X", "see"],
    "similarity": ["similarity", "X", "see", "you"],
    "analogy": ["analogy", "X", "Hope", "to", "see"],
    "compare, first": ["compare", "X", "other.txt"],
    "compare, second": ["compare", "other.txt", "X"],
    "evaluate": ["evaluate", "X", GOLD],
    "lookup": ["lookup", "X", "see you"],
    "info": ["info", "X"],
    "report": ["report", ".", "-o", "-"],
    "plot": ["plot", "map", ".", "-o", "-"],
    "train --init": ["train", "ids.parquet", "vocab.tsv", "--init", "X", "-o", "o", *SMALL],
}
"""The commands that read a table, whatever its format."""

READERS = {
    "tokens.parquet": [
        ["vocab", "X", "-o", "o"],
        ["encode", "X", "vocab.tsv", "-o", "o"],
        ["show", "X"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "vocab.tsv": [
        ["encode", "tokens.parquet", "X", "-o", "o"],
        ["train", "ids.parquet", "X", "-o", "o", *SMALL],
        ["dump", "model.safetensors", "X", "-o", "o"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "ids.parquet": [
        ["train", "X", "vocab.tsv", "-o", "o", *SMALL],
        ["train", "ids2", "vocab.tsv", "--valid", "X", "-o", "o", *SMALL],
        ["show", "X"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "model.safetensors": [
        ["dump", "X", "vocab.tsv", "-o", "o"],
        ["train", "ids.parquet", "vocab.tsv", "--init", "X", "-o", "o", *SMALL],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "embeddings.txt": list(OF_TABLES.values()),
}
"""The commands that read each artifact."""


def complete(table, ids="ids.parquet"):
    """Make the other files that the commands need in the current folder."""
    shutil.copy(table, "other.txt")
    shutil.copy(ids, "ids2")
    Path(GOLD).write_text("see\tyou\t5\nHope\tto\t3\nto\tsoon\t1\n")


def naming(artifact, command):
    """The command, with the artifact for X."""
    return [artifact if each == "X" else each for each in command]


def damage(path, dice, *, cut=False):
    """Flip one bit of a file, or of a file of a folder, or cut it short; return the way back."""
    path = Path(path)
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    file = dice.choice([each for each in files if each.stat().st_size])
    before = file.read_bytes()
    if cut:
        os.truncate(file, dice.randrange(len(before)))
    else:
        edit_quietly(file, before, dice)
    return lambda: file.write_bytes(before)
