"""The curves of a training run: what they keep of many lines."""

import numpy as np
import pytest

from corpus2vec.pipeline.report.curves import measure_curves


def test_curves_keep_what_is_a_number():
    found = measure_curves(
        [
            {"step": 1, "loss": 2.0, "lr": 0.1},
            {"step": 2, "loss": None, "lr": 0.1},
            {"step": 2, "epoch": 1, "train_loss": 2.0, "valid_loss": 3.0},
        ]
    )
    assert found.loss == ((1, 2.0),)
    assert found.held_out == ((2, 3.0),)
    assert found.last_step == 2


def test_curves_go_by_the_tokens_that_were_read():
    lines = [{"step": n, "tokens": 100 * n, "loss": 2.0, "lr": 0.1} for n in range(1, 600)]
    lines += [{"step": 600, "tokens": 59_901, "loss": 99.0, "lr": 0.1}]  # a step of one token
    lines += [{"step": 600, "tokens": 59_901, "train_loss": 2.0, "valid_loss": 3.0}]
    found = measure_curves(lines)
    assert (found.unit, found.end, found.last_step) == ("tokens read", 59_901, 600)
    assert found.held_out == ((59_901, 3.0),)
    assert found.loss[-1][1] == pytest.approx(2 + 97 / 101)


def test_a_long_run_is_thinned_and_its_mean_kept():
    found = measure_curves({"step": n, "loss": float(n % 7)} for n in range(1, 7001))
    assert len(found.loss) <= 300
    assert np.mean([value for _, value in found.loss]) == pytest.approx(3, abs=0.05)


def test_a_spike_is_in_the_range_of_its_group():
    lines = [{"step": n, "loss": 100.0 if n == 3500 else 5.0} for n in range(1, 7001)]
    found = measure_curves(lines)
    [(step, low, high)] = [each for each in found.loss_range if each[2] > 5]
    assert (low, high) == (5, 100)
    assert 3500 <= step < 3500 + 7000 / 300 + 1
    assert [at for at, _ in found.loss] == [at for at, *_ in found.loss_range]


def test_a_short_run_is_drawn_value_by_value():
    found = measure_curves({"step": n, "loss": float(n)} for n in range(1, 301))
    assert len(found.loss) == 300
    assert found.loss_range == ()
