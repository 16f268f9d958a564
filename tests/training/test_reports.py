"""What a run reports while it trains."""

import re
import time

import pytest

from corpus2vec.cli.wording import facts_of
from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import Interrupted
from corpus2vec.pipeline.training.loop import Training
from tests.support.training import StopAt, train


def test_every_epoch_reports_its_held_out_score(corpus, tmp_path):
    progress = StopAt(10**9)
    train(corpus, tmp_path / "m.safetensors", progress=progress, valid_fraction=0.2, epochs=2)
    assert len(progress.notices) == 2
    pattern = r"epoch 2/2  loss \d\.\d+  held-out loss \d\.\d+  held-out perplexity \d+\.\d+"
    assert re.fullmatch(pattern, progress.notices[1])


class Advances(StopAt):
    """Collects how far the run says it is: steps done, and steps in all."""

    def __init__(self, looks=10**9):
        super().__init__(looks)
        self.seen = []

    def advance(self, done, total, unit, **facts):
        self.seen.append((done, total))


def test_progress_ends_at_its_total_though_epochs_differ_in_steps(corpus, tmp_path):
    progress = Advances()
    settings = {"objective": "context", "subsample": 0.05, "batch_size": 1, "epochs": 5}
    outcome = train(corpus, tmp_path / "m.safetensors", progress=progress, **settings)
    assert all(done <= total for done, total in progress.seen)
    assert progress.seen[-1] == (outcome.counts["steps"], outcome.counts["steps"])


def test_steps_before_a_resume_do_not_count_as_speed(corpus, tmp_path, monkeypatch):
    """The first report says where the run resumed; the closing line is of seconds of training."""
    model = tmp_path / "model.safetensors"
    step = Training._step

    def slow(self, batch):
        time.sleep(0.02)
        return step(self, batch)

    monkeypatch.setattr(Training, "_step", slow)
    with pytest.raises(Interrupted):
        train(corpus, model, progress=Advances(40))
    progress = Advances()
    outcome = train(corpus, model, TrainExecution(threads=1, resume=True), progress)
    assert progress.seen[0][0] == 40
    [speed] = re.findall(r"([\d,]+) tokens/s", " ".join(facts_of(outcome)))
    tokens_a_step = outcome.counts["tokens_read"] / outcome.counts["steps"]
    assert int(speed.replace(",", "")) <= tokens_a_step / 0.02
