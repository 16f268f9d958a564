"""Scores of predicted labels."""

import numpy as np
import pytest

from corpus2vec.pipeline.use.scoring import Scoring

GIVEN = ["a", "a", "b", "c", "b", "d"]
PREDICTED = [0, 1, 1, 0, 1, 2]
PROBABILITY = np.array([0.9, 0.55, 0.97, 0.6, 1.0, 0.5])


@pytest.fixture
def scoring():
    scoring = Scoring(["a", "b", "c", "never"])
    scoring.add(GIVEN[:4], np.array(PREDICTED[:4]), PROBABILITY[:4])
    scoring.add(GIVEN[4:], np.array(PREDICTED[4:]), PROBABILITY[4:])
    return scoring


def test_counts_of_several_batches_add_up(scoring):
    assert scoring.documents == 6
    assert scoring.accuracy == pytest.approx(3 / 6)
    assert scoring.confusion == {
        ("a", "a"): 1,
        ("a", "b"): 1,
        ("b", "b"): 2,
        ("c", "a"): 1,
        ("d", "c"): 1,
    }


def test_labels_come_in_the_order_of_ids_and_unknown_ones_last(scoring):
    assert [each.label for each in scoring.labels()] == ["a", "b", "c", "d"]
    assert [each.support for each in scoring.labels()] == [2, 2, 1, 1]
    assert scoring.unseen == {"d": 1}


def test_precision_recall_and_f1_by_hand(scoring):
    a, b, c, d = scoring.labels()
    assert (a.precision, a.recall, a.f1) == (0.5, 0.5, 0.5)
    assert (b.precision, b.recall, b.f1) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))
    assert (c.precision, c.recall, c.f1) == (d.precision, d.recall, d.f1) == (0, 0, 0)
    assert scoring.macro_f1 == pytest.approx((0.5 + 0.8) / 4)


def test_calibration_by_hand(scoring):
    # Bins of a fifteenth: 0.5 (wrong) with nothing else, 0.55 and 0.6 (both wrong) in one,
    # 0.9 (right) alone, and 0.97 and 1.0 (both right).
    gaps = 0.5 + (0.55 + 0.6) + (1 - 0.9) + (2 - 1.97)
    assert scoring.calibration_error == pytest.approx(gaps / 6)
    assert scoring.confidence == pytest.approx(PROBABILITY.mean())
