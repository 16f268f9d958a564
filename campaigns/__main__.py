"""Test every promise of docs/promises.md: one line each, with its figure.

    python -m campaigns [NUMBER ...] [--share 1] [--full] [--seed 1]

Each line has the number, pass, FAIL or NOT RUN, what was promised and what was found. What
was wrong, point by point, is in build/campaign/, and so is the table as Markdown. Exits with 1 if a
promise fails. Two parts run at once; what measures time runs alone.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from campaigns.findings import ROOT, Effort, Finding, NotRunError

PROMISES = {
    1: "A stage that is killed or fails leaves the old artifact or the new one, whole",
    2: "What was reported as done survives a power cut",
    3: "A full disk, a limit on file sizes, a read-only disk: exit 74, and nothing is lost",
    4: "A signal ends the command, its workers and its temporary files",
    5: "Two runs at once both end well, without locks too",
    6: "An input that changed is noticed, whatever its size and time say",
    7: "A flipped bit or a cut is noticed before the artifact is used",
    8: "Artifacts that do not belong together are refused by name",
    9: "Any bytes are read, or refused in one line that names the file",
    10: "Every token survives the text formats, or is refused by name",
    11: "Memory and time are bounded, whatever the shape of the text",
    12: "Nothing ends at 2³¹",
    13: "A number that is not finite is never published",
    14: "A training that was killed and resumed has the bytes of one left alone",
    15: "Workers, parts, files and the tokenizer's two ways decide no byte",
    16: "Nothing is lost without being counted",
    17: "No text of a corpus acts on a terminal or in a browser",
    18: "Every exit code is as documented, and nothing is left behind",
    19: "Every command that reads an artifact checks it",
    20: "An artifact and its manifest belong together, and every message is true",
    21: "Only what a run made itself is removed or replaced, unless `--force` says so",
    22: "Folder, locale, time zone, hash seed and umask decide no byte",
    23: "The tokens are spaCy's",
}


@dataclass(frozen=True)
class Technique:
    """A module of this package, and the promises that it tests."""

    module: str
    promises: tuple[int, ...]
    parts: tuple[str, ...] = ("",)
    alone: bool = False


def techniques() -> Iterable[Technique]:
    """Return all techniques; those that take long come first."""
    from campaigns import faults, flips, proofs, resume

    cases = tuple(case.name for case in faults.CASES)
    yield Technique("faults", (1, 20), cases)
    yield Technique("stress", (18,), ("18",))
    yield Technique("flips", (7, 19), flips.KINDS)
    yield Technique("resume", (14,), resume.OBJECTIVES)
    yield Technique("fuzz", (9,))
    yield Technique("stress", (4, 5), ("4", "5"))
    yield Technique("disks", (3,), cases)
    yield Technique("power", (2,), cases)
    yield Technique("exactness", (23,))
    yield Technique("chains", (8,))
    yield Technique("hostile", (17,))
    yield Technique("same", (22,))
    yield Technique("strangers", (21,))
    for number in proofs.TESTS:
        yield Technique("proofs", (number,), (str(number),))
    yield Technique("bounds", (11,), alone=True)


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("promises", nargs="*", type=int, metavar="NUMBER", help="all, by default")
    parser.add_argument("--share", type=float, default=1.0, help="of the points; 0.1 is quick")
    parser.add_argument("--full", action="store_true", help="as many points as are promised")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # A shell starts background jobs with SIGINT ignored, and the runs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    effort = Effort(options.share, options.full, options.seed)
    if options.part:
        run_part(*options.part, effort)
        return
    wanted = set(options.promises or PROMISES)
    if unknown := wanted - PROMISES.keys():
        parser.error(f"there is no promise {min(unknown)}: they are 1 to {max(PROMISES)}")
    sys.exit(Campaign(effort, wanted).run())


def run_part(module: str, part: str, to: str, effort: Effort) -> None:
    """Run one part of a technique, and write what it found as JSON."""
    found: dict[int, Finding]
    try:
        found = importlib.import_module(f"campaigns.{module}").measure(effort, part)
    except NotRunError as reason:
        of_module = [each.promises for each in techniques() if each.module == module]
        numbers = {number for promises in of_module for number in promises}
        found = {number: Finding(not_run=str(reason)) for number in numbers}
    os.chdir(ROOT)
    Path(to).write_text(json.dumps({number: each.as_json() for number, each in found.items()}))


class Campaign:
    """The promises that are tested, and what was found so far."""

    def __init__(self, effort: Effort, wanted: set[int]) -> None:
        self.effort = effort
        self.wanted = wanted
        self.found = {number: Finding() for number in sorted(wanted)}
        self.seconds = dict.fromkeys(self.found, 0.0)
        self.left = dict.fromkeys(self.found, 0)
        self.folder = ROOT / "build/campaign"
        self._lock = threading.Lock()

    def run(self) -> int:
        """Run all parts; return the exit code."""
        self.folder.mkdir(parents=True, exist_ok=True)
        chosen = [each for each in techniques() if self.wanted & {*each.promises}]
        for each in chosen:
            for number in self.wanted & {*each.promises}:
                self.left[number] += len(each.parts)
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            together = [each for each in chosen if not each.alone]
            parts = [(each, part) for each in together for part in each.parts]
            for done in [pool.submit(self.run_one, *each) for each in parts]:
                done.result()
        for each in chosen:
            for part in each.parts if each.alone else ():
                self.run_one(each, part)
        failed = [number for number, each in self.found.items() if each.verdict == "FAIL"]
        print(f"{len(self.found) - len(failed)} of {len(self.found)} promises did not fail")
        return bool(failed)

    def run_one(self, technique: Technique, part: str) -> None:
        """Run one part in a process of its own, and print the promises that are done."""
        name = "-".join(filter(None, (technique.module, part))).replace(" ", "-")
        to, began = self.folder / f"{name}.json", time.monotonic()
        to.unlink(missing_ok=True)
        command = [sys.executable, "-m", "campaigns", *self.effort.words()]
        with (self.folder / f"{name}.log").open("w") as log:
            code = subprocess.run(
                [*command, "--part", technique.module, part, str(to)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ).returncode
        numbers = self.wanted & {*technique.promises}
        if to.exists():
            found = {int(each): Finding.from_json(one) for each, one in _read(to).items()}
        else:
            found = {each: Finding(1) for each in numbers}
            for each in found.values():
                each.wrong[f"the campaign itself ended with {code}: {log.name}"] += 1
        with self._lock:
            for number in numbers & found.keys() if to.exists() else numbers:
                self.found[number].add(found[number])
                self.seconds[number] += time.monotonic() - began
            for number in sorted(numbers):
                self.left[number] -= 1
                if not self.left[number]:
                    print(self.line(number), flush=True)
            self.write_table()

    def line(self, number: int) -> str:
        """Return what is printed of a promise."""
        found, seconds = self.found[number], self.seconds[number]
        says = PROMISES[number]
        return f"{number:>2}  {found.verdict:<7}  {says}: {found.figure} ({seconds:.0f} s)"

    def write_table(self) -> None:
        """Write the promises that are done as a table in Markdown."""
        done = [number for number in self.found if not self.left[number]]
        rows = [
            f"| {number} | {PROMISES[number]} | {self.found[number].figure} "
            f"| {self.found[number].verdict} |"
            for number in done
        ]
        lines = ["| | promise | found | |", "|--:|---|---|---|", *rows]
        (self.folder / "promises.md").write_text("\n".join(lines) + "\n", "utf-8")


def _read(path: Path) -> dict[str, dict[str, object]]:
    value: dict[str, dict[str, object]] = json.loads(path.read_text())
    return value


if __name__ == "__main__":
    main()
