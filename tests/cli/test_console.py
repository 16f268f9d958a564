"""What a person sees while a stage works (a live line, plain lines, nothing); data on stdout."""

import io
import os
import subprocess
from pathlib import Path

import pytest

from corpus2vec.cli import console
from corpus2vec.cli.console import Console
from tests.support.commands import command, spawn


class Clock:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(console.time, "monotonic", clock.monotonic)
    return clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_a_line_every_half_minute(capfd, clock):
    shown = Console()
    shown.begin("train")
    for _ in range(9):
        clock.now += 10
        shown.advance(int(clock.now - 1000) * 5, 1000, "steps", loss=1.5)
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        "train: 15%  150 steps of 1,000 steps  5 steps/s  2:50 left  loss 1.500",
        "train: 30%  300 steps of 1,000 steps  5 steps/s  2:20 left  loss 1.500",
        "train: 45%  450 steps of 1,000 steps  5 steps/s  1:50 left  loss 1.500",
    ]


def test_the_speed_leaves_out_what_was_done_before_a_resume(capfd, clock):
    shown = Console()
    shown.begin("train")
    shown.advance(900, 1000, "steps")
    clock.now += 50
    shown.advance(950, 1000, "steps")
    assert capfd.readouterr().err == "train: 95%  950 steps of 1,000 steps  1 steps/s  0:50 left\n"


def test_quiet_gets_nothing(capfd, clock):
    shown = Console()
    shown.quiet = True
    shown.begin("train")
    clock.now += 100
    shown.advance(1, 2, "steps")
    shown.notice("resumed")
    assert capfd.readouterr().err == ""


def test_a_terminal_gets_a_live_line_that_disappears_when_the_stage_ends(monkeypatch, clock):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    shown = Console()
    shown.begin("tokenize")
    for _ in range(2):
        clock.now += 1
        shown.advance(int(clock.now - 1000), 4, "bytes", documents=7)
    shown.notice("a [bold]notice[/bold]")
    shown.end()
    text = console.sys.stderr.getvalue()
    assert "50%" in text
    assert "7 documents" in text
    assert "a [bold]notice[/bold]" in text  # printed, not taken as markup


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_switched_off(monkeypatch, variable, value):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    Console().error("yes", "")
    assert console.sys.stderr.getvalue() == "\x1b[31merror:\x1b[0m yes\n"
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv(variable, value)
    Console().error("no", "")
    assert console.sys.stderr.getvalue() == "error: no\n"


# --- data on stdout --------------------------------------------------------------------------


def test_a_pipe_that_closes_early_ends_quietly(built):
    dump = " ".join(command("dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-"))
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {dump} | true"], capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_full_disk_behind_standard_output_is_reported(built):
    dump = command("dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-")
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(dump, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 74
    assert result.stderr == "error: cannot write to standard output: No space left on device\n"


def test_stdout_is_utf8_in_any_locale(built):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    corpus_words = spawn("lookup", built / "embeddings.txt", "Hope größer", env=environment)
    assert corpus_words.returncode == 0
    assert "größer" in corpus_words.stdout
