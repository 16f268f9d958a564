"""How the tests call the command line: inside this process, or as a process of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console


@dataclass
class Result:
    code: int
    out: str
    err: str


def call(capfd, monkeypatch, *arguments):
    """`corpus2vec ARGUMENTS` in this process, where importing torch is paid for once."""
    monkeypatch.setattr(sys, "argv", ["corpus2vec", *map(str, arguments)])
    capfd.readouterr()
    code = run(Console())
    return Result(code, *capfd.readouterr())


def command(*arguments):
    """The command line of `corpus2vec ARGUMENTS` as a process."""
    return [sys.executable, "-m", "corpus2vec", *map(str, arguments)]


def spawn(*arguments, **options):
    """Run it to its end as a process, with text in and out."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, encoding="utf-8", **options
    )


needs_ps = pytest.mark.skipif(
    not shutil.which("ps") and "CI" not in os.environ,
    reason="NO PS: the processes of a command were not found (make browser)",
)


def descendants(process, does):
    """The ids of processes that a process started, directly or not, and that do such a thing."""
    listed = subprocess.run(
        ["ps", "-Aww", "-o", "pid=,ppid=,args="], capture_output=True, text=True
    )
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    found, waiting = [], [process]
    while waiting:
        parent = waiting.pop()
        below = [row for row in rows if int(row[1]) == parent]
        waiting += [int(row[0]) for row in below]
        found += [int(row[0]) for row in below if does in row[2]]
    return found
