"""Kill trainings at random moments and resume them: each model must be that of a run left alone.

    python -m campaigns.resume CORPUS [--kills 20] [--seed 1] [-- OPTIONS OF corpus2vec train]

One run is left alone and timed. Each of the others is sent a signal (mostly SIGKILL, also SIGTERM
and SIGINT) at a random moment of that time and resumed; its model is compared with the first, byte
for byte. Prints a line for each kill, and exits with 1 if a model differs. A checkpoint is written
every second, so that there is something to resume from.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVERY_SECOND = "0.0167"  # minutes


def main() -> None:
    """Run the campaign that the command line asks for."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    settings = arguments[cut + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments[:cut])
    # A shell starts background jobs with SIGINT ignored, and the runs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(options.corpus, folder)
        whole = folder / "whole.safetensors"
        began = time.monotonic()
        train(folder, whole, settings).wait()
        seconds = time.monotonic() - began
        print(f"left alone: {seconds:.1f} s, {whole.stat().st_size:,} bytes", flush=True)
        equal = 0
        for number in range(1, options.kills + 1):
            sign = chance.choice([signal.SIGKILL] * 3 + [signal.SIGTERM, signal.SIGINT])
            after = chance.uniform(0, seconds)
            model = folder / "killed.safetensors"
            model.unlink(missing_ok=True)
            where = kill_and_resume(folder, model, settings, sign, after)
            same = model.read_bytes() == whole.read_bytes()
            equal += same
            verdict = "equal" if same else "DIFFERENT"
            print(f"{number:3}  {sign.name} after {after:.1f} s, {where}: {verdict}", flush=True)
    print(f"{equal} of {options.kills} equal")
    sys.exit(equal < options.kills)


def prepare(corpus: Path, folder: Path) -> None:
    """Make the artifacts that training needs."""
    tokens, words, ids = (folder / each for each in ("t.parquet", "v.tsv", "i.parquet"))
    for stage in (
        ("tokenize", corpus, "--lower", "-o", tokens),
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
