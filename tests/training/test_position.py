"""A position survives JSON, and what is none is refused by the name of its field."""

import dataclasses
import json
import math

import pytest

from corpus2vec.pipeline.training.position import Position

POSITION = Position(epoch=1, step=2, steps=9, loss_sum=2.5, scores=[{"epoch": 1, "loss": math.inf}])


def test_a_position_survives_json():
    for position in (Position(), POSITION):
        written = json.dumps(dataclasses.asdict(position))
        assert Position.from_json(json.loads(written)) == position


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": -1}, "its steps is -1"),
        ({"steps": True}, "its steps is True"),
        ({"steps": 9.0}, "its steps is 9.0"),
        ({"loss_sum": "2.5"}, "its loss_sum is '2.5'"),
        ({"scores": {}}, "its scores is {}"),
        ({"scores": [1.5]}, "its scores are no numbers"),
        ({"scores": [{"loss": None}]}, "its scores are no numbers"),
        ({"scores": []}, "it has other epochs than scores"),
        ({"best_epoch": 2}, "it has other epochs than scores"),
        ({"colour": 1}, "it has other fields than a position"),
    ],
)
def test_what_is_no_position_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        Position.from_json({**dataclasses.asdict(POSITION), **change})
