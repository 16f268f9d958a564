"""Put files beside a build that look like its own: none may be touched.

Checkpoints, metrics, manifests, temporary files and dumps under names that people give them. Then
the build is made, made again with other settings, stopped, resumed, and made again. Last, files are
named as the output itself.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from pathlib import Path

from campaigns.findings import ROOT, Effort, Finding, by_tests
from tests.support.commands import command

ARTIFACTS = ("tokens.parquet", "vocab.tsv", "ids.parquet", "model.safetensors", "embeddings.txt")
LOOK_ALIKES = (
    *("model.checkpoint-1-my-backup.safetensors", "model.checkpoint-2026.safetensors"),
    *("model.checkpoint.safetensors", "model.checkpoint", "model.metrics.jsonl.bak"),
    *("model.metrics", "model.metrics-old.jsonl", "model.v2.safetensors", "model.safetensors~"),
    *("embeddings.txt.old", "embeddings.txt.manifest.json.bak", "embeddings.vec", "embeddings"),
    *(f".{name}.tmp" for name in ARTIFACTS),
    *(f".{name}.0123abcd.tmp.mine" for name in ARTIFACTS),
    *(f".{name}.backup.tmp" for name in ARTIFACTS),
    *(f"{name}.manifest" for name in ARTIFACTS),
    *(f"{name}.lock" for name in ARTIFACTS),
)
SETTINGS = ("--dim", "4", "--epochs", "40", "--threads", "1", "--quiet")
EVERY_SECOND = ("--checkpoint-minutes", "0.0167")
TESTS = [
    ("tests/training/test_checkpoints.py", "look_like or not_replaced or stays"),
    ("tests/training/test_metrics.py", "stays or names_differ"),
    ("tests/files/test_publication.py", ""),
    ("tests/cli/test_build.py", "other_files"),
    ("tests/report/test_folder.py", "written_over"),
]


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Build among strangers, and look at each of them after every run."""
    found = Finding.counting("touched")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in LOOK_ALIKES:
            (folder / each).write_text(f"mine: {each}")
        before = {each: (folder / each).stat() for each in LOOK_ALIKES}
        corpus = ROOT / "sample_corpora/english.txt"
        line = command("run", corpus, "-o", folder, *SETTINGS, *EVERY_SECOND)
        runs = ((), ("--lower",), ("--seed", "2"), ("--seed", "2", "--resume"), ("--force",))
        for number, more in enumerate(runs[: effort.points(len(runs))]):
            process = subprocess.Popen([*line, *more], stdin=subprocess.DEVNULL)
            if number == 2:  # the next one resumes it
                time.sleep(6)
                process.send_signal(signal.SIGKILL)
            process.wait()
            for each in LOOK_ALIKES:
                found.of += 1
                path = folder / each
                same = path.exists() and path.read_text() == f"mine: {each}"
                if not same or path.stat().st_mtime_ns != before[each].st_mtime_ns:
                    found.report("touched", f"{each}, after {more}")
        _as_output(folder, corpus, found)
    if effort.share >= 1:
        for path, only in TESTS:
            found.add(by_tests(path, only=only))
    return {21: found}


def _as_output(folder: Path, corpus: Path, found: Finding) -> None:
    """Name strangers as outputs: each is refused, and stays as it is."""
    model, vocabulary = folder / "model.safetensors", folder / "vocab.tsv"
    mine = folder / "mine"
    for name in ("tokens.parquet", "vocab.tsv", "embeddings.txt", "vectors.spacy/key2row"):
        stranger = mine / name
        stranger.parent.mkdir(parents=True, exist_ok=True)
        stranger.write_text("mine")
        if stranger.parent == mine:
            lines = [("run", corpus, "-o", mine), ("tokenize", corpus, "-o", stranger)]
        else:
            lines = [("dump", model, vocabulary, "-o", stranger.parent)]
        for line in lines:
            found.of += 1
            code = subprocess.run(command(*line, "--quiet"), stderr=subprocess.DEVNULL).returncode
            if code != 2 or stranger.read_text() != "mine":
                found.report("touched", f"{name}, named as output of {line[0]}: exit {code}")
        stranger.unlink()
