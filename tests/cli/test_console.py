"""What a person sees while a stage works: a live line, a line in a log now and then, or nothing."""

import io

import pytest

from corpus2vec.cli import console
from corpus2vec.cli.console import Console
from corpus2vec.cli.wording import amount, clock, progress_line


class Clock:
    """A clock that the test turns."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def turned(monkeypatch):
    turned = Clock()
    monkeypatch.setattr(console.time, "monotonic", turned.monotonic)
    return turned


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_a_line_every_half_minute(capfd, turned):
    told = Console()
    told.begin("train")
    for _ in range(9):
        turned.now += 10
        told.advance(int(turned.now - 1000) * 5, 1000, "steps", loss=1.5)
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        "train: 15%  150 steps of 1,000 steps  5 steps/s  2:50 left  loss 1.500",
        "train: 30%  300 steps of 1,000 steps  5 steps/s  2:20 left  loss 1.500",
        "train: 45%  450 steps of 1,000 steps  5 steps/s  1:50 left  loss 1.500",
    ]


def test_what_was_done_before_a_resume_is_not_this_runs_speed(capfd, turned):
    told = Console()
    told.begin("train")
    told.advance(900, 1000, "steps")
    turned.now += 50
    told.advance(950, 1000, "steps")
    assert capfd.readouterr().err == "train: 95%  950 steps of 1,000 steps  1 steps/s  0:50 left\n"


def test_quiet_gets_nothing(capfd, turned):
    told = Console()
    told.quiet = True
    told.begin("train")
    turned.now += 100
    told.advance(1, 2, "steps")
    told.notice("resumed")
    assert capfd.readouterr().err == ""


def test_a_terminal_gets_a_live_line_that_goes_when_the_stage_is_over(monkeypatch, turned):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    told = Console()
    told.begin("tokenize")
    for _ in range(2):
        turned.now += 1
        told.advance(int(turned.now - 1000), 4, "bytes", documents=7)
    told.notice("a [bold]notice[/bold]")
    told.end()
    shown = console.sys.stderr.getvalue()
    assert "50%" in shown
    assert "7 documents" in shown
    assert "a [bold]notice[/bold]" in shown  # no markup is obeyed


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_refused(monkeypatch, variable, value):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    Console().error("no", "")
    assert console.sys.stderr.getvalue() == "error: no\n"


def test_a_total_that_is_not_known_is_not_guessed():
    assert progress_line(5_000_000, None, "bytes", 1e6, {}) == "5.0 MB  1.0 MB/s"


def test_a_training_line_shows_loss_and_speed():
    facts = {"epoch": "1/5", "loss": 4.56789, "tokens_per_second": 52_000.4}
    line = progress_line(500, 1000, "steps", 25.0, facts)
    assert line == (
        "50%  500 steps of 1,000 steps  25 steps/s  0:20 left  epoch 1/5  loss 4.568  "
        "52,000 tokens/s"
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (750, "12:30"), (3723, "1:02:03")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [
        (61_169_696, "bytes", "61.2 MB"),
        (1200, "steps", "1,200 steps"),
        (0.83, "steps", "0.8 steps"),
    ],
)
def test_amount(count, unit, text):
    assert amount(count, unit) == text


def test_progress_beyond_its_total_has_no_share_and_no_time_left():
    assert progress_line(101, 100, "steps", 1.0, {}) == "101 steps  1 steps/s"
