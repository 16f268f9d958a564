"""Fuzz every reader: whatever is in a file, it is read or refused by name, and nothing else.

    python -m campaigns.fuzz [--seconds 600] [--seed 1] [--targets npy manifest …] [--random]

Each target is a reader and a good file for it (see `tests.support.fuzzing`). Its content is
flipped, cut, spliced, and changed value by value; manifests, models and checkpoints then get a
valid digest again. With atheris (libFuzzer) the mutations are led by which lines of the readers
they reach; without it, or with --random, they are drawn at random. A reader may return, or raise a
DataError or a UsageError. Anything else is a fault, and so is a warning, 30 seconds, 4 GB or the
end of the process. The files that are at fault go to build/fuzz/, each with its traceback: it
becomes a case in tests/nasty. Prints a line for each target, and exits with 1 if there was a fault.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import mmap
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from campaigns.findings import ROOT, Effort, Finding, by_tests

FAULTS = ROOT / "build/fuzz"
LONGEST = 1 << 20
MOST_SECONDS, MOST_BYTES = 30, 4 << 30
GRACE = 60
"""Seconds that a process has beyond its own time, to start and to end."""


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", nargs="*", help="all, by default")
    parser.add_argument("--random", action="store_true", help="do without atheris")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.random |= importlib.util.find_spec("atheris") is None
    if options.folder:  # a process for one target
        fuzz(options.folder, options.targets[0], options.seconds, options.seed, options.random)
        return
    from tests.support.fuzzing import TARGETS, build

    names = options.targets or list(TARGETS)
    how = "at random" if options.random else "with atheris"
    print(f"{len(names)} targets, {options.seconds:g} seconds, {how}", flush=True)
    inputs = faults = 0
    with tempfile.TemporaryDirectory() as name:
        folder = build(Path(name))
        for target in names:
            counts = campaign(folder, target, options.seconds / len(names), options)
            print(f"{target}: internal {counts[1]} of {counts[0]:,} inputs", flush=True)
            inputs, faults = inputs + counts[0], faults + counts[1]
    print(f"internal {faults} of {inputs:,} inputs")
    sys.exit(bool(faults))


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Take every nasty file through every command, and mutate a file for every reader."""
    from tests.support.fuzzing import TARGETS, build

    every = {"EVERY_COMMAND": "1"} if effort.share >= 1 else {}
    found, inputs = by_tests("tests/nasty", environment=every), Finding.counting("internal")
    options = argparse.Namespace(
        seed=effort.seed, random=importlib.util.find_spec("atheris") is None
    )
    with tempfile.TemporaryDirectory() as name:
        folder = build(Path(name))
        for target in TARGETS:
            count, faults = campaign(
                folder, target, max(2, 300 * effort.share / len(TARGETS)), options
            )
            inputs.add(Finding(count, Counter({"internal": faults})))
            print(f"{target}: internal {faults} of {count:,}", flush=True)
    inputs.add(found)
    return {9: inputs}


def campaign(folder: Path, name: str, seconds: float, options: Any) -> tuple[int, int]:
    """Fuzz one target in processes of their own; return the numbers of inputs and of faults."""
    from tests.support.fuzzing import TARGETS

    path = folder / TARGETS[name].file
    good, before = path.read_bytes(), {*FAULTS.glob("*.txt")}
    counter = folder / "inputs"
    counter.write_bytes(bytes(8))
    end, seed = time.monotonic() + seconds, options.seed
    while (left := end - time.monotonic()) > 1:
        command = [sys.executable, "-m", "campaigns.fuzz", "--in", str(folder), "--targets", name]
        command += ["--seconds", f"{left:.0f}", "--seed", str(seed)]
        with (folder / "log").open("w+b") as log:
            try:
                code = subprocess.run(
                    [*command, *(["--random"] if options.random else [])],
                    stdout=log,
                    stderr=log,
                    timeout=left + MOST_SECONDS + GRACE,
                ).returncode
            except subprocess.TimeoutExpired:
                code = -signal.SIGKILL
            if code:  # the input that ended the process is still in its file
                log.seek(0)
                said = log.read().decode("utf-8", "replace")
                keep(name, path.read_bytes(), f"the process ended with {code}\n{said[-5000:]}")
        path.write_bytes(good)
        seed += 1
    return int.from_bytes(counter.read_bytes(), "little"), len({*FAULTS.glob("*.txt")} - before)


def keep(name: str, content: bytes, why: str) -> None:
    """Keep an input that is at fault, one for each way in which a traceback ends."""
    lines = [line for line in why.split("\n") if line.strip()]
    key = hashlib.sha256("".join(lines[-3:-1]).encode()).hexdigest()[:8]
    FAULTS.mkdir(parents=True, exist_ok=True)
    place = FAULTS / f"{name.replace(' ', '-')}-{key}"
    if not place.exists():
        place.write_bytes(content)
        place.with_suffix(".txt").write_text(why, "utf-8", "replace")


# --- in a process for one target -------------------------------------------------------------


def fuzz(folder: Path, name: str, seconds: float, seed: int, at_random: bool) -> None:
    """Try inputs for so long. With atheris, this does not return."""
    if at_random:
        from tests.support import fuzzing
    else:
        import atheris

        with atheris.instrument_imports(include=["corpus2vec", "tomllib"]):
            from tests.support import fuzzing
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    target = fuzzing.TARGETS[name]
    good = (folder / target.file).read_bytes()
    others = [(folder / each.file).read_bytes() for each in fuzzing.TARGETS.values()]
    with (folder / "inputs").open("r+b") as file:
        counter = mmap.mmap(file.fileno(), 8)

    def attempt(content: bytes) -> None:
        counter[:] = (int.from_bytes(counter[:], "little") + 1).to_bytes(8, "little")
        try:
            target.try_out(folder, content)
        except Exception:
            keep(name, (folder / target.file).read_bytes(), traceback.format_exc())

    if at_random:
        limit_memory()
        signal.signal(signal.SIGALRM, too_slow)
        chance, end = random.Random(seed), time.monotonic() + seconds
        while time.monotonic() < end:
            signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
            attempt(fuzzing.mutated(chance, good, others)[:LONGEST])
            signal.setitimer(signal.ITIMER_REAL, 0)
        return

    def mutate(content: bytes, most: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < 0.5:
            return atheris.Mutate(content, most)
        return fuzzing.mutated(chance, content, others)[:most]

    corpus, found = folder / f"corpus of {name}", folder / "found"
    for each in (corpus, found):
        each.mkdir(exist_ok=True)
    (corpus / "good").write_bytes(good)
    settings = [
        *(f"-max_total_time={seconds:.0f}", f"-seed={seed}", f"-max_len={LONGEST}"),
        *(f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MOST_BYTES >> 20}"),
        f"-artifact_prefix={found}/",
    ]
    atheris.Setup(["fuzz", *settings, str(corpus)], attempt, custom_mutator=mutate)
    atheris.Fuzz()


def limit_memory() -> None:
    """Let the process have so much more memory than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def too_slow(number: int, frame: FrameType | None) -> None:
    """Raise TimeoutError."""
    raise TimeoutError(f"more than {MOST_SECONDS} seconds")


if __name__ == "__main__":
    main()
