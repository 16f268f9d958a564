"""What a campaign finds, and how much it tries.

A technique is a function (effort, part) → {number of a promise: Finding}. It may be divided into
parts, which run as processes of their own; the findings of the parts are added.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class NotRunError(Exception):
    """Raised where something cannot be tried; the message says why."""


@dataclass(frozen=True)
class Effort:
    """How much is tried."""

    share: float = 1.0
    """Of the points that are tried by default."""
    full: bool = False
    """As many points as the list of promises names, also where that takes hours."""
    seed: int = 1

    def points(self, number: int, full: int | None = None) -> int:
        """Return how many of so many points are tried, 1 at least."""
        return max(1, round((full if full and self.full else number) * self.share))

    def words(self) -> list[str]:
        """Return what asks for this effort on the command line."""
        full = ["--full"] if self.full else []
        return ["--share", str(self.share), "--seed", str(self.seed), *full]


@dataclass
class Finding:
    """How many points were tried for a promise, and what was wrong."""

    of: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """By name, with those that never were at zero: {"corrupt": 0, "litter": 0}."""
    notes: list[str] = field(default_factory=list)
    not_run: str = ""

    @classmethod
    def counting(cls, *names: str) -> Finding:
        """Return a finding that counts what is wrong by these names."""
        return cls(wrong=Counter(dict.fromkeys(names, 0)))

    def add(self, other: Finding) -> None:
        """Add what another part has found."""
        self.of += other.of
        for name, count in other.wrong.items():
            self.wrong[name] += count
        self.notes += other.notes
        self.not_run = self.not_run or other.not_run

    def report(self, name: str, text: str) -> None:
        """Count and print something wrong."""
        self.wrong[name] += 1
        print(f"WRONG  {name}: {text}", flush=True)

    @property
    def verdict(self) -> str:
        """pass, FAIL or NOT RUN."""
        if self.wrong.total():
            return "FAIL"
        return "NOT RUN" if self.not_run or not self.of else "pass"

    @property
    def figure(self) -> str:
        """Such as `corrupt 0, litter 0 of 2,340`."""
        counts = ", ".join(f"{name} {count:,}" for name, count in self.wrong.items())
        why = [f"not run: {self.not_run}"] if self.not_run else []
        return "; ".join([f"{counts} of {self.of:,}", *self.notes, *why])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**vars(self), "wrong": dict(self.wrong)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """Return what `as_json` was given."""
        return cls(value["of"], Counter(value["wrong"]), list(value["notes"]), value["not_run"])


def by_tests(*paths: str, only: str = "", environment: Mapping[str, str] | None = None) -> Finding:
    """Run tests of the suite that prove a promise; each is a point, and may itself try many."""
    which = ["-k", only] if only else []
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-r", "fE", *which, *paths]
    end = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    counts = {name: int(count) for count, name in re.findall(r"(\d+) ([a-z]+)", _last(end.stdout))}
    failed = counts.get("failed", 0) + counts.get("errors", 0) + counts.get("error", 0)
    passed, skipped = counts.get("passed", 0), counts.get("skipped", 0)
    if end.returncode and not failed:
        failed = 1
    if failed:
        print(end.stdout, flush=True)
    reason = f"{skipped} tests were skipped" if skipped else ""
    return Finding(passed + failed, Counter({"failed tests": failed}), not_run=reason)


def _last(text: str) -> str:
    lines: Iterable[str] = reversed(text.splitlines())
    return next((line for line in lines if line.strip()), "")
