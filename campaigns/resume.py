"""Kill trainings at random moments and resume them: each must end as one that was left alone.

    python -m campaigns.resume CORPUS [--kills 20] [--seed 1] [--objectives context lm classify]
                               [-- OPTIONS OF corpus2vec train]

For each objective, one run is left alone and timed. Each of the others is sent a signal (mostly
SIGKILL, also SIGTERM and SIGINT) at a random moment of that time and resumed. Then its model must
have the same bytes as the first one, and its metrics the same lines, but for what a clock decides.
Prints a line for each kill, and exits with 1 if a model differs. A checkpoint is written every
second, so that there is something to resume from. Documents are lines; for classify, a document's
label is the half of the corpus that it is from.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from campaigns.findings import ROOT, Effort, Finding
from corpus2vec.pipeline.artifacts.beside import metrics_path

EVERY_SECOND = "0.0167"  # minutes
OBJECTIVES = ("context", "lm", "classify")
CLOCKS = ("seconds", "tokens_per_second")


def main() -> None:
    """Run the campaign that the command line asks for."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    settings = arguments[cut + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--kills", type=int, default=20, help="for each objective")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objectives", nargs="*", choices=OBJECTIVES, default=OBJECTIVES)
    options = parser.parse_args(arguments[:cut])
    # A shell starts background jobs with SIGINT ignored, and the runs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(options.seed)
    equal = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(options.corpus, folder)
        for objective in options.objectives:
            of_objective = ["--objective", objective, *settings]
            equal.append(compare(folder, of_objective, options.kills, chance))
            print(f"{objective}: {equal[-1]} of {options.kills} equal", flush=True)
    every = options.kills * len(equal)
    print(f"{sum(equal)} of {every} equal")
    sys.exit(sum(equal) < every)


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Kill and resume trainings with the objective that is called `part`."""
    chance, found = random.Random(f"{effort.seed} {part}"), Finding.counting("different")
    found.of = effort.points(20)
    with tempfile.TemporaryDirectory() as name:
        prepare(ROOT / "sample_corpora/english.txt", Path(name))
        settings = ["--objective", part, *("--epochs", "12", "--valid-fraction", "0.1")]
        equal = compare(Path(name), settings, found.of, chance)
        found.wrong["different"] = found.of - equal
    return {14: found}


def compare(folder: Path, settings: list[str], kills: int, chance: random.Random) -> int:
    """Leave one run alone, kill and resume the others; return how many ended like the first."""
    whole, model = folder / "whole.safetensors", folder / "killed.safetensors"
    began = time.monotonic()
    first = train(folder, whole, [*settings, "--force"])
    _, said = first.communicate()
    if first.returncode:
        sys.exit(f"the run that is left alone failed with {first.returncode}:\n{said}")
    seconds = time.monotonic() - began
    print(f"left alone: {seconds:.1f} s, {whole.stat().st_size:,} bytes", flush=True)
    equal = 0
    for number in range(1, kills + 1):
        sign = chance.choice([signal.SIGKILL] * 3 + [signal.SIGTERM, signal.SIGINT])
        after = chance.uniform(0, seconds)
        for old in folder.glob("killed.*"):
            old.unlink()
        where = kill_and_resume(folder, model, settings, sign, after)
        same = model.read_bytes() == whole.read_bytes()
        same_metrics = recorded(model) == recorded(whole)
        equal += same and same_metrics
        verdict = "equal" if same else "DIFFERENT"
        verdict += "" if same_metrics else ", its metrics are DIFFERENT"
        print(f"{number:3}  {sign.name} after {after:.1f} s, {where}: {verdict}", flush=True)
    return equal


def recorded(model: Path) -> list[dict[str, Any]]:
    """Return the metrics of the run that made `model`, without what a clock decides."""
    lines = [json.loads(line) for line in metrics_path(model).read_text().splitlines()]
    return [{name: line[name] for name in line if name not in CLOCKS} for line in lines]


def prepare(corpus: Path, folder: Path) -> None:
    """Make the artifacts that training needs."""
    lines = corpus.read_text("utf-8").splitlines(keepends=True)
    halves = folder / "half1.txt", folder / "half2.txt"
    for half, part in zip(
        halves, (lines[: len(lines) // 2], lines[len(lines) // 2 :]), strict=True
    ):
        half.write_text("".join(part), "utf-8")
    tokens, words, ids = (folder / each for each in ("t.parquet", "v.tsv", "i.parquet"))
    for stage in (
        ("tokenize", *halves, "--label-from", "file", "--lower", "-o", tokens),
        ("vocab", tokens, "--min-count", 2, "-o", words),
        ("encode", tokens, words, "-o", ids),
    ):
        subprocess.run(
            [sys.executable, "-m", "corpus2vec", *map(str, stage), "--quiet"],
            check=True,
            timeout=3600,
        )


def train(folder: Path, model: Path, settings: list[str]) -> subprocess.Popen[str]:
    """Start a process that trains `model`."""
    inputs = [str(folder / "i.parquet"), str(folder / "v.tsv")]
    frequent = ["--checkpoint-minutes", EVERY_SECOND]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "corpus2vec",
            "train",
            *inputs,
            "-o",
            str(model),
            *frequent,
            *settings,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_and_resume(
    folder: Path, model: Path, settings: list[str], sign: signal.Signals, after: float
) -> str:
    """Kill a run after so many seconds and resume it; return where it went on."""
    run = train(folder, model, settings)
    time.sleep(after)
    run.send_signal(sign)
    run.communicate()
    again = train(folder, model, [*settings, "--resume", "--force"])
    _, said = again.communicate()
    if again.returncode:
        sys.exit(f"the resumed run failed with {again.returncode}:\n{said}")
    resumed = [line.removeprefix("train: ") for line in said.splitlines() if "at step" in line]
    return resumed[0] if resumed else "from the start"


if __name__ == "__main__":
    main()
