"""How training grows with the corpus: tokens a second and memory at 0.02, 0.2 and 1 G tokens.

    python benchmarks/scale.py train [--sizes 13M 20M 200M 1G] [--minutes 3] [--work FOLDER]
                                     [--at-once] [--types 100000] [--dim 100] [--threads 2]

The ids are drawn: their frequencies fall as Zipf's law says, 1 / (rank + 2.7), and documents have
25 tokens on average. They are written as `encode` writes them, without a manifest, and trained with
`context` for so many minutes. Each size is a process of its own; with --at-once all run at the same
time, so that whatever else a machine does slows all of them down.

Memory is what Linux says of the process while it runs: the most that was resident at any time, and
of that the most that was anonymous (the program's own, not pages of files). *Reading* is until the
first step, *training* the rest. Speed is that of the second half of the steps, by the clock and by
the time that processors worked for the process, which depends less on what else runs. The text is
drawn, so the losses mean nothing. Prints a Markdown table. A billion tokens take 6 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PIECE = 1 << 20
"""Tokens that are drawn together."""
PLACES = 1 << 22
"""Of the table that ids are drawn from; a type is in it as often as it is frequent."""
DOCUMENT = 25
"""Tokens of a document, on average."""
POLL = 0.2
UNITS = {"M": 10**6, "G": 10**9}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["train"])
    parser.add_argument("--sizes", nargs="*", default=["13M", "20M", "200M", "1G"])
    parser.add_argument("--minutes", type=float, default=3.0, help="of training, for each size")
    parser.add_argument("--types", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--at-once", action="store_true", help="train all sizes at the same time")
    parser.add_argument("--work", type=Path, help="keep ids here, and use them again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(options, options.work or Path(folder))


def compare(options: argparse.Namespace, work: Path) -> None:
    """Train on a corpus of each size, and print the table."""
    work.mkdir(parents=True, exist_ok=True)
    counts_V = zipf(options.types)
    vocabulary = write_vocabulary(work / "vocab.tsv", counts_V)
    for size in options.sizes:
        write_ids(work / f"{size}.parquet", tokens_of(size), counts_V, vocabulary)
    runs: list[Run] = []
    for size in options.sizes:
        runs.append(begin(work, size, options))
        if not options.at_once:
            watch(runs[-1:])
    watch(runs)
    print("| tokens | reading | resident | anonymous | training: resident | anonymous "
          "| tokens/s | of processor time | ÷ first |")  # fmt: skip
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        print(run.line(runs[0]), flush=True)


# --- the corpora -----------------------------------------------------------------------------


def tokens_of(size: str) -> int:
    """Return the number that a size stands for: 200M is 200,000,000."""
    return round(float(size[:-1]) * UNITS[size[-1]])


def zipf(types: int) -> np.ndarray:
    """Return how often each type is in the table that ids are drawn from, (V,), once at least."""
    shares_V = 1 / (np.arange(types) + 2.7)
    return np.maximum(1, np.round(shares_V / shares_V.sum() * PLACES)).astype(np.int64)


def write_vocabulary(path: Path, counts_V: np.ndarray) -> str:
    """Write the vocabulary; return its digest."""
    import pyarrow as pa

    from corpus2vec.pipeline.artifacts.digests import digest
    from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, format_vocabulary

    tokens = pa.array([f"w{number}" for number in range(len(counts_V))])
    path.write_bytes(format_vocabulary(Vocabulary(tokens, counts_V)))
    return digest(path)[0]


def write_ids(path: Path, tokens: int, counts_V: np.ndarray, vocabulary: str) -> None:
    """Write that many drawn ids as an artifact, unless it is there."""
    import pyarrow as pa

    from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter

    if path.exists():
        return
    random = np.random.default_rng(1)
    table = np.repeat(np.arange(len(counts_V), dtype=np.int32), counts_V)
    began = time.monotonic()
    with RowGroupWriter(path, "ids", labelled=False) as writer:
        for first in range(0, tokens, PIECE):
            number = min(PIECE, tokens - first)
            ids = table[random.integers(len(table), size=number)]
            inner = np.unique(random.integers(1, number, size=max(1, number // DOCUMENT)))
            offsets = np.concatenate([[0], inner, [number]]).astype(np.int32)
            lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids))
            writer.write(pa.RecordBatch.from_pydict({"ids": lists}))
        size = str(len(counts_V))
        writer.add_metadata({"vocabulary_size": size, "vocabulary_digest": vocabulary})
    print(f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, {time.monotonic() - began:.0f} s",
          file=sys.stderr, flush=True)  # fmt: skip


# --- a run and what it takes -----------------------------------------------------------------


@dataclass
class Run:
    """A process that trains, and what was seen of it."""

    size: str
    process: subprocess.Popen[bytes]
    metrics: Path
    began: float = field(default_factory=time.monotonic)
    reading: float = 0.0
    """Seconds until the first step."""
    memory: dict[str, list[float]] = field(
        default_factory=lambda: {"reading": [0.0, 0.0], "training": [0.0, 0.0]}
    )
    """Resident and anonymous MB at their peaks, before the first step and after."""
    steps: list[tuple[float, float, float]] = field(default_factory=list)
    """Tokens so far, seconds of training, seconds of processors."""

    def look(self) -> None:
        """Note what the process takes now."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            times = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        facts = dict(line.split(":", 1) for line in status.splitlines())
        if "VmRSS" not in facts:  # it has ended, and is waited for
            return
        worked = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        lines = self.metrics.read_bytes().split(b"\n")[:-1] if self.metrics.exists() else []
        if lines:
            last = json.loads(lines[-1])
            self.reading = self.reading or time.monotonic() - self.began
            if not self.steps or self.steps[-1][0] != last["tokens"]:
                self.steps.append((last["tokens"], last["seconds"], worked))
        peaks = self.memory["training" if lines else "reading"]
        for place, name in enumerate(("VmRSS", "RssAnon")):
            peaks[place] = max(peaks[place], int(facts[name].split()[0]) / 1000)

    def speeds(self) -> tuple[float, float]:
        """Return the tokens a second of the second half of the steps, and those of processors."""
        middle, last = self.steps[len(self.steps) // 2], self.steps[-1]
        tokens, seconds, worked = (b - a for a, b in zip(middle, last, strict=True))
        return tokens / max(seconds, 1e-9), tokens / max(worked, 1e-9)

    def line(self, first: Run) -> str:
        """Return the line of the table; the last column compares with the first run."""
        (by_clock, by_work), (_, work_of_first) = self.speeds(), first.speeds()
        cells = [
            f"{tokens_of(self.size):,}",
            f"{self.reading:.0f} s",
            *(f"{each:,.0f} MB" for peaks in self.memory.values() for each in peaks),
            f"{by_clock:,.0f}",
            f"{by_work:,.0f}",
            f"{by_work / work_of_first:.2f}",
        ]
        return f"| {' | '.join(cells)} |"


def begin(work: Path, size: str, options: argparse.Namespace) -> Run:
    """Begin to train on a corpus."""
    for left in work.glob(f"{size}.model*"):
        left.unlink()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "corpus2vec", "train", "--quiet"),
            *(work / f"{size}.parquet", work / "vocab.tsv"),
            *("-o", work / f"{size}.model.safetensors"),
            *("--epochs", "1", "--max-minutes", str(options.minutes)),
            *("--dim", str(options.dim), "--threads", str(options.threads)),
        ]
    )
    return Run(size, process, work / f"{size}.model.metrics.jsonl")


def watch(runs: list[Run]) -> None:
    """Look at the runs until all have ended."""
    while any(run.process.poll() is None for run in runs):
        for run in runs:
            run.look()
        time.sleep(POLL)
    for run in runs:
        if run.process.returncode:
            sys.exit(f"training on {run.size} failed")


if __name__ == "__main__":
    main()
