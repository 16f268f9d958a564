"""Run the command again and again, two at a time: every exit code as documented, nothing missing.

    python -m campaigns.stress [--runs 5000] [--seconds 3000] [--seed 1] [--side-by-side 2]

Each run is one of these, drawn by chance, with threads and workers drawn as well:

    fresh    a whole build into a new folder                       0, every artifact there
    again    the same build once more                              0, every stage a hit
    pair     two processes that build the same folder at once,     0 and 0, every artifact there
             every second pair as on a file system without locks
    stopped  a build that gets SIGINT, SIGTERM or SIGKILL at a     130, 143 or 137 (0 if it was
             random moment, and the same build once more           done), then 0
    refused  a build that cannot be                                2, 65, 70 or 74, as documented

What a build makes must have the same bytes as the first one with the same settings. No process may
outlive the command. Python's fault handler is on; what a run that went wrong said is printed. Ends
with `N runs, 0 wrong`, or with exit code 1. Every process counts as a run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.findings import Effort, Finding

PHRASES = "Hope to see you soon\nNice to see you again\n" * 4
ARTIFACTS = ("tokens.parquet", "vocab.tsv", "ids.parquet", "model.safetensors", "embeddings.txt")
BESIDE = "model.metrics.jsonl"
SETTINGS = ("--dim", "4", "--epochs", "1", "--quiet")
REFUSED: dict[str, tuple[int, tuple[str, ...]]] = {
    "no corpus": (2, ("no such file.txt",)),
    "no such option": (2, ("{corpus}", "--dimm", "4")),
    "a bound": (2, ("{corpus}", "--dim", "100000000")),
    "an empty corpus": (65, ("{empty}",)),
    "not UTF-8": (65, ("{latin}",)),
    "a loss that is not finite": (70, ("{corpus}", "--objective", "lm", "--lr", "1e38")),
    "a file that grows too large": (74, ("{corpus}", "--dim", "4000")),
}
FILE_SIZE = 32_000
"""Bytes that a file may have where it grows too large."""
LEAST_LIFE = 2.0
"""Seconds after which every process of a command is gone."""
WEIGHTS = {"fresh": 8, "again": 4, "pair": 2, "stopped": 3, "refused": 3}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
NO_LOCKS = """
import errno, fcntl

def flock(*_):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = flock
"""
"""Python runs this when it starts, in a process that is to have no locks."""


@dataclass
class Stress:
    """What all lanes share."""

    folder: Path
    end: float
    most: int
    runs: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    weights: Mapping[str, int] = field(default_factory=WEIGHTS.copy)
    """How often each case is drawn."""
    signals: Sequence[signal.Signals] = SIGNALS
    bytes_of: dict[tuple[str, ...], dict[str, bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def takes_another(self) -> bool:
        """Return whether there is a run left to do, and count it."""
        with self.lock:
            if time.monotonic() > self.end or self.runs >= self.most:
                return False
            self.runs += 1
            return True


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-by-side", type=int, default=2)
    options = parser.parse_args()
    # A shell starts background jobs with SIGINT ignored, and the runs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as name:
        stress = Stress(Path(name), time.monotonic() + options.seconds, options.runs)
        campaign(stress, options.side_by_side, options.seed)
    print(", ".join(f"{count} {ended}" for ended, count in sorted(stress.ended.items())))
    print(f"{stress.runs} runs, {len(stress.wrong)} wrong")
    sys.exit(bool(stress.wrong))


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Draw the cases that test the promise whose number is `part`."""
    with tempfile.TemporaryDirectory() as name:
        stress = Stress(Path(name), float("inf"), effort.points(600, full=5000))
        if part == "4":
            stress.most, stress.weights = effort.points(2 * 60), {"stopped": 1}
            stress.signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        elif part == "5":
            stress.most, stress.weights = 2 * effort.points(60), {"pair": 1}
        campaign(stress, 1 if part == "5" else 2, effort.seed)
    return {int(part): Finding(stress.runs, Counter({"wrong runs": len(stress.wrong)}))}


def campaign(stress: Stress, side_by_side: int, seed: int) -> None:
    """Do all runs, so many side by side."""
    (stress.folder / "corpus.txt").write_text(PHRASES)
    (stress.folder / "empty.txt").write_text("")
    (stress.folder / "latin.txt").write_bytes("déjà vu\n".encode("latin-1"))
    (stress.folder / "no locks").mkdir()
    (stress.folder / "no locks/sitecustomize.py").write_text(NO_LOCKS)
    lanes = [
        threading.Thread(target=run_lane, args=(stress, number, seed))
        for number in range(side_by_side)
    ]
    for lane in lanes:
        lane.start()
    while any(lane.is_alive() for lane in lanes):
        for lane in lanes:
            lane.join(60 / len(lanes))
        print(f"{stress.runs} runs, {len(stress.wrong)} wrong", flush=True)


def run_lane(stress: Stress, number: int, seed: int) -> None:
    """Do one run after the other, until there are enough."""
    chance = random.Random(f"{seed} {number}")
    lane = Lane(stress, chance, stress.folder / f"lane{number}")
    while stress.takes_another():
        lane.folder.mkdir(exist_ok=True)
        case = chance.choices([*stress.weights], [*stress.weights.values()])[0]
        try:
            getattr(lane, case)()
        except Exception as problem:
            lane.report(case, f"{type(problem).__name__}: {problem}")


class Lane:
    """One of the sequences of runs that are side by side."""

    def __init__(self, stress: Stress, chance: random.Random, folder: Path) -> None:
        self.stress = stress
        self.chance = chance
        self.folder = folder
        self.settings: tuple[str, ...] = ()
        self._started = 0
        self._pairs = 0

    # --- the cases ---

    def fresh(self) -> None:
        """Build into a new folder."""
        self._new_build()
        self._check("fresh", self._start("{corpus}"), 0)
        self._compare("fresh")

    def again(self) -> None:
        """Build what is there, if it is."""
        if not (self.folder / "build" / ARTIFACTS[-1]).exists():
            self.fresh()
            return
        before = self._artifacts()
        self._check("again", self._start("{corpus}"), 0)
        if self._artifacts() != before:
            self.report("again", "a hit has changed an artifact")

    def pair(self) -> None:
        """Build the same folder twice at once."""
        self._new_build()
        self._pairs += 1
        locks = self._pairs % 2 == 1
        first, second = (self._start("{corpus}", locks=locks) for _ in range(2))
        self.stress.takes_another()  # it is done even where it is one too many
        self._check("pair", first, 0)
        self._check("pair", second, 0)
        self._compare("pair")

    def stopped(self) -> None:
        """Stop a build at a random moment, and build once more."""
        self._new_build()
        number = self.chance.choice(self.stress.signals)
        run = self._start("{corpus}")
        time.sleep(self.chance.uniform(0, 6))
        run.process.send_signal(number)
        run.is_stopped = True
        # Before Python has a handler, the signal itself ends the process.
        self._check("stopped", run, 128 + number, -number, 0)
        left = list((self.folder / "build").glob(".*.tmp"))
        if left and number != signal.SIGKILL:
            self.report("stopped", f"{number.name} left {left}")
        self.stress.takes_another()
        self._check("stopped, again", self._start("{corpus}", "--resume"), 0)
        self._compare("stopped, again")

    def refused(self) -> None:
        """Ask for what cannot be."""
        self._new_build()
        name = self.chance.choice(list(REFUSED))
        code, words = REFUSED[name]
        limit = FILE_SIZE if code == 74 else None
        self._check(f"refused: {name}", self._start(*words, limit=limit), code)

    # --- one run ---

    def _new_build(self) -> None:
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        self.settings = (
            *("--threads", str(self.chance.choice([1, 2, 4]))),
            *(self.chance.choice([(), (), ("--workers", "2")])),
            *(self.chance.choice([(), ("--objective", "lm")])),
        )

    def _start(self, *words: str, limit: int | None = None, locks: bool = True) -> Started:
        places = {name: self.stress.folder / f"{name}.txt" for name in ("corpus", "empty", "latin")}
        named = [each.format(**places) for each in words]
        # Of an option that is given twice the last one counts.
        command = [
            *(sys.executable, "-m", "corpus2vec", "run", "-o", str(self.folder / "build")),
            *(*SETTINGS, *self.settings, *named),
        ]
        if limit is not None:
            command = ["sh", "-c", f'ulimit -f {limit // 512}; exec "$@"', "sh", *command]
        paths = [str(self.stress.folder / "no locks"), os.environ.get("PYTHONPATH", "")]
        without = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self._started += 1
        said = self.folder / f"said{self._started}.txt"
        with said.open("wb") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, "PYTHONFAULTHANDLER": "1", **({} if locks else without)},
                start_new_session=True,
            )
        return Started(process, " ".join(command), said)

    def _check(self, case: str, run: Started, *expected: int) -> None:
        code = run.process.wait(timeout=600)
        said, told = run.said.read_text("utf-8", "replace"), run.command
        run.said.unlink()
        with self.stress.lock:
            self.stress.ended[f"{case.partition(':')[0]} {code}"] += 1
        if run.is_stopped and "init_import_site" in said:
            return  # SIGINT met Python before it could run a line of anybody's code
        if code not in expected:
            self.report(case, f"exit code {code}, not {expected[0]}\n{told}\n{said}")
        # Before our first line has run, Ctrl-C ends Python itself, which says where.
        ours = code != -signal.SIGINT or "/corpus2vec/" in said
        if "Fatal" in said or ("Traceback" in said and ours):
            self.report(case, f"it said\n{said}\n{told}")
        until = time.monotonic() + LEAST_LIFE
        while living := _living(run.process.pid):
            if time.monotonic() > until:
                self.report(case, f"a process has outlived it: {living}\n{told}")
                return
            time.sleep(0.05)

    def _artifacts(self) -> dict[str, bytes]:
        return {name: (self.folder / "build" / name).read_bytes() for name in (*ARTIFACTS, BESIDE)}

    def _compare(self, case: str) -> None:
        """Report what is missing, or differs from the first build with the same settings."""
        build = self.folder / "build"
        wanted = {*ARTIFACTS, BESIDE, *(f"{name}.manifest.json" for name in ARTIFACTS)}
        there = {each.name for each in build.iterdir()}
        if there != wanted:
            self.report(case, f"missing {wanted - there}, too much {there - wanted}")
            return
        made = {name: each for name, each in self._artifacts().items() if name != BESIDE}
        with self.stress.lock:
            first = self.stress.bytes_of.setdefault(self.settings, made)
        different = [name for name in ARTIFACTS if made[name] != first[name]]
        if different:
            self.report(case, f"{different} differ from those of the first run")

    def report(self, case: str, text: str) -> None:
        """Count and print something that went wrong."""
        with self.stress.lock:
            self.stress.wrong.append(case)
            print(f"WRONG  {case} ({' '.join(self.settings)}): {text}", flush=True)


@dataclass
class Started:
    """A run, and the file with what it says."""

    process: subprocess.Popen[bytes]
    command: str
    said: Path
    is_stopped: bool = False
    """Whether it was sent a signal."""


def _living(group: int) -> list[str]:
    """Return the commands of a group's processes, without those that have ended (Linux)."""
    commands = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, of_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                commands.append((folder / "cmdline").read_text().replace("\0", " "))
    return commands


if __name__ == "__main__":
    main()
