"""TensorBoard reads the event files, and nobody else's are touched."""

import time

from corpus2vec.pipeline.training.events import OWN, Events
from tests.support.training import scalars


def line(step, **facts):
    return {"step": step, "epoch": 1, "tokens": 9 * step, "seconds": 60.0 * step, **facts}


def test_tensorboard_reads_names_numbers_steps_and_times(tmp_path):
    events, before = Events(tmp_path), time.time()
    events.begin([line(1, loss=5.5), line(300, loss=None, lr=1e-9)])
    events.add(line(2**40, loss=-1e30))
    events.close()
    seen = [(each.step, each.value) for each in scalars(tmp_path, "loss")]
    assert seen == [(1, 5.5), (2**40, float.fromhex("-0x1.93e594p+99"))]  # as float32 has it
    (rate,) = scalars(tmp_path, "lr")
    assert (rate.step, rate.value) == (300, float.fromhex("0x1.12e0bep-30"))
    # The time of a line is that of training, and now is the last of those before.
    assert before <= rate.wall_time <= time.time()
    assert scalars(tmp_path, "loss")[0].wall_time == rate.wall_time - 60 * 299


def test_a_run_takes_the_place_of_other_runs_and_of_nothing_else(tmp_path):
    names = ("notes.txt", "events.out.tfevents.1769000000.host.1.0", "events.out.tfevents.mine")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    first, second = Events(tmp_path), Events(tmp_path)
    first.begin([line(1, loss=1.0)])
    assert first.is_there()
    second.begin([line(1, loss=2.0)])
    assert (first.is_there(), second.is_there()) == (False, True)
    first.add(line(2, loss=1.5))
    first.close()
    second.close()
    assert len(list(tmp_path.glob(OWN))) == 1
    assert [each.value for each in scalars(tmp_path, "loss")] == [2.0]
    assert {each.name for each in tmp_path.iterdir()} - set(names) == {
        each.name for each in tmp_path.glob(OWN)
    }
