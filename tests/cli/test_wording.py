"""How numbers, progress and outcomes are worded."""

from pathlib import Path

import pytest

from corpus2vec.cli.wording import (
    advice_on,
    amount,
    clock,
    counted,
    facts_of,
    outcome_json,
    progress_line,
)
from corpus2vec.pipeline.artifacts.store import Outcome


def outcome(counts, seconds=2.0):
    return Outcome("vocab", Path("v.tsv"), False, "forced", counts, seconds, "f1")


# --- progress --------------------------------------------------------------------------------


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


@pytest.mark.parametrize("width", [49, 40, 30])
def test_a_narrow_terminal_keeps_the_loss_and_the_time_left(width):
    facts = {"epoch": "1/5", "loss": 4.56789, "tokens_per_second": 52_000.4}
    line = progress_line(500, 1000, "steps", 25.0, facts, width)
    assert len(line) <= width
    assert line.startswith("50%  ")
    assert "0:20 left" in line
    assert "loss 4.568" in line


# --- numbers ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (0, "rows", "0 rows"),
        (1, "rows", "1 row"),
        (1200, "rows", "1,200 rows"),
        (1, "tokens cut from long documents", "1 token cut from long documents"),
        (1, "cuts in chunks that were too long", "1 cut in chunks that were too long"),
    ],
)
def test_counted(count, words, text):
    assert counted(count, words) == text


# --- outcomes --------------------------------------------------------------------------------


def test_a_summary_shows_the_ledger_and_the_speed():
    documents = {"in": 3, "kept": 1, "dropped": {"blank": 1, "no token left": 1}}
    tokens = {"in": 2000, "kept": 1990, "unk": 8, "dropped": {"punct": 2}}
    counts = {"documents": documents, "tokens": tokens, "rows": 1, "cuts": 0, "bytes": 3_000_000}
    assert facts_of(outcome(counts)) == [
        "3 documents, 1 document dropped (blank), 1 document dropped (no token left), "
        "2,000 tokens, 8 of them <unk>, 2 tokens dropped (punct), 1 row",
        "2.0 s, 1.5 MB/s, 1,000 tokens/s",
    ]


def test_a_summary_of_training_shows_scores_and_the_speed_of_training():
    scores = {"train_loss": 1.25, "valid_perplexity": 54.9}
    speed = {"tokens_read": 300, "training_seconds": 1.5}
    counts = {"rows": 7, "tokens": 100, "epochs": 3, "steps": 1, **scores, **speed}
    assert facts_of(outcome(counts)) == [
        "7 rows, 100 tokens, 3 epochs, 1 step, loss 1.25, held-out perplexity 54.9",
        "2.0 s, 200 tokens/s",
    ]


def test_a_summary_without_counts_is_the_time():
    assert facts_of(outcome({}, seconds=0.0)) == ["0.0 s"]


def test_advice_where_it_helps_and_only_there():
    def advised(stage, **counts):
        return advice_on(Outcome(stage, Path("v"), False, "", counts, 1.0, ""))

    assert advised("vocab", types=5000, seen_once=2450).startswith("49 % of the types were seen")
    assert advised("vocab", types=7, seen_once=7) == ""
    assert advised("vocab", types=5000, seen_once=100) == ""
    assert advised("encode", tokens={"in": 10, "unk": 2}).startswith("20 % of the tokens are <unk>")
    assert advised("encode", tokens={"in": 10, "kept": 10}) == ""
    assert advised("train", epochs=3, best_epoch=3).startswith("the held-out loss still fell")
    assert advised("train", epochs=3, best_epoch=2) == advised("train", epochs=3) == ""


def test_an_outcome_as_json():
    assert outcome_json(outcome({"rows": 1}, seconds=0.12345)) == {
        "stage": "vocab",
        "output": "v.tsv",
        "hit": False,
        "reason": "forced",
        "seconds": 0.123,
        "fingerprint": "f1",
        "counts": {"rows": 1},
    }
