"""How numbers and progress are worded."""

import pytest

from corpus2vec.cli.wording import amount, clock, progress_line


def test_without_a_total_there_is_no_share_and_no_time_left():
    assert progress_line(5_000_000, None, "bytes", 1e6, {}) == "5.0 MB  1.0 MB/s"


def test_a_training_line_shows_loss_and_speed():
    facts = {"epoch": "1/5", "loss": 4.56789, "tokens_per_second": 52_000.4}
    line = progress_line(500, 1000, "steps", 25.0, facts)
    assert line == (
        "50%  500 steps of 1,000 steps  25 steps/s  0:20 left  epoch 1/5  loss 4.568  "
        "52,000 tokens/s"
    )


def test_beyond_its_total_there_is_no_share_and_no_time_left():
    assert progress_line(101, 100, "steps", 1.0, {}) == "101 steps  1 steps/s"


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
