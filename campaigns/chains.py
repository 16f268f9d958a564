"""Give every command artifacts that do not belong together: it must refuse them by name.

In place of each artifact that a command reads, it gets one of every other kind (but for kinds that
it reads as well), and that of another corpus where the two would have to fit. It must end with exit
code 65 or 2, and name the file. A future format, another run's checkpoint and the like are in the
suite's own tests, which run here too.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from campaigns.findings import Effort, Finding, by_tests
from campaigns.flips import call
from tests.support.readers import GOLD, READERS, complete, naming
from tests.support.runs import SMALL, the_build

ANYTHING = ("info", "show")
"""The commands that show whatever artifact they are given."""
OF_ANOTHER_CORPUS = [
    ("other/vocab.tsv", ["encode", "tokens.parquet", "X", "-o", "o"]),
    ("other/vocab.tsv", ["train", "ids.parquet", "X", "-o", "o", *SMALL]),
    ("other/ids.parquet", ["train", "X", "vocab.tsv", "-o", "o", *SMALL]),
    ("other/ids.parquet", ["train", "ids.parquet", "vocab.tsv", "--valid", "X", "-o", "o", *SMALL]),
    ("other/vocab.tsv", ["dump", "model.safetensors", "X", "-o", "o"]),
    ("other/model.safetensors", ["dump", "X", "vocab.tsv", "-o", "o"]),
]
TESTS = [
    ("tests/stages/test_door.py", "format or another_stage or not_known or encoded_first"),
    ("tests/training/test_inputs.py", "another_vocabulary or labels"),
    ("tests/training/test_run.py", "other_settings"),
    ("tests/training/test_checkpoints.py", "version or recipe"),
    ("tests/artifacts/test_weights.py", "another"),
]


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Try every command with every wrong artifact."""
    found = Finding.counting("accepted")
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        for folder, text in (
            (Path(), "Hope to see you soon\n"),
            (Path("other"), "a b c\nc d e f\n"),
        ):
            folder.mkdir(exist_ok=True)
            (folder / "corpus.txt").write_text(text)
            list(the_build(folder, format="table").run())
        complete("embeddings.txt")
        wrong = [*of_another_kind(), *OF_ANOTHER_CORPUS]
        for artifact, command in wrong[:: max(1, round(1 / effort.share))]:
            line = naming(artifact, command)
            code, _, err = call(*line)
            found.of += 1
            # Of two corpora, either may be called the wrong one.
            named = line[1:] if artifact.startswith("other/") else [artifact]
            if code not in (65, 2) or not any(each in err.partition("\n")[0] for each in named):
                found.report("accepted", f"{' '.join(line)}: exit code {code}: {err}")
        os.chdir("/")
    if effort.share >= 1:
        for path, only in TESTS:
            found.add(by_tests(path, only=only))
    return {8: found}


def of_another_kind() -> list[tuple[str, list[str]]]:
    """Return artifacts, and commands that read another kind in their place."""
    readers = {**READERS, GOLD: []}
    return [
        (other, command)
        for kind, commands in READERS.items()
        for command in commands
        if "X" in command and command[0] not in ANYTHING
        for other, their in readers.items()
        if other not in (kind, *command) and command not in their
    ]
