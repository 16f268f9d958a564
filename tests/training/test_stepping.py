"""A step in shards: the gradients of the whole batch, whatever the number of threads."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.objectives.objective import build_objective
from corpus2vec.pipeline.training.stepping import Stepper

IDS = np.array([0, 1, 2, 3, 4, 5, 6, 1, 2, 3] * 60, np.int32)
DOCUMENTS = Documents(IDS, np.arange(0, len(IDS) + 1, 5))


def gradients(threads, **settings):
    """The loss, the state after, and the gradients of one step."""
    config = TrainConfig(dim=6, batch_size=8, seq_len=5, softmax="full", **settings)
    torch.manual_seed(1)
    model = build_objective(torch.rand(7, 6), torch.ones(7), 0, config)
    for parameter in model.parameters():  # tables of zeros have gradients of zeros
        parameter.data.uniform_(-1, 1)
    batches = model.epoch(Blocks.of([DOCUMENTS]), 0)
    stepper = Stepper(model, torch.float32, threads, config.shards)
    state = None
    for step in range(2):
        loss, state = stepper.step(batches[step], state, (1, 2, step))
    stepper.close()
    return loss, state, {name: each.grad.to_dense() for name, each in model.named_parameters()}


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "context", "subsample": 0.0},
        {"objective": "context", "residual": "none", "layers": 2, "subsample": 0.0},
        {"objective": "lm"},
        {"objective": "lm", "tie": False, "layers": 2},
    ],
)
@pytest.mark.parametrize("threads", [2, 3, 9])
def test_shards_have_the_gradients_of_the_whole(settings, threads):
    loss, state, whole = gradients(1, **settings)
    shard_loss, shard_state, shards = gradients(threads, **settings)
    assert torch.allclose(loss, shard_loss, rtol=1e-5)
    assert (state is None) == (shard_state is None)
    if state is not None:
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(state, shard_state, strict=True))
    for name, gradient in whole.items():
        assert torch.allclose(gradient, shards[name], atol=1e-6), name


def test_a_step_is_the_same_twice_with_dropout_and_threads():
    settings = {"objective": "context", "dropout": 0.5}
    (loss, _, one), (again, _, other) = gradients(2, **settings), gradients(2, **settings)
    assert torch.equal(loss, again)
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("objective", ["context", "lm"])
def test_with_shards_given_the_threads_decide_nothing(objective):
    settings = {"objective": objective, "dropout": 0.5, "subsample": 0.0, "shards": 4}
    loss, state, one = gradients(1, **settings)
    for threads in (2, 4, 9):
        again, same_state, other = gradients(threads, **settings)
        assert torch.equal(loss, again)
        assert all(torch.equal(one[name], other[name]) for name in one)
        if state is not None:
            assert all(torch.equal(a, b) for a, b in zip(state, same_state, strict=True))


def test_a_batch_without_anything_to_predict_has_no_gradient():
    config = TrainConfig(objective="context", dim=6, subsample=0.0)
    model = build_objective(torch.rand(7, 6), torch.ones(7), 0, config)
    alone = Documents(IDS[:4], np.arange(5))
    stepper = Stepper(model, torch.float32, 2)
    loss, _ = stepper.step(model.epoch(Blocks.of([alone]), 0)[0], None, (1,))
    stepper.close()
    assert loss is None
    assert all(each.grad is None for each in model.parameters())


WATCHED = """
import sys, threading

class Watch:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            print(threading.current_thread().name, "imports", name)
        if name == "torch._dynamo":
            print("torch's compiler is imported")

sys.meta_path.insert(0, Watch())
from corpus2vec.__main__ import main
main()
"""


def test_only_the_main_thread_imports_and_not_torchs_compiler(tmp_path):
    """A thread that imports can wait for ever for a main thread that a signal has stopped.

    The compiler would cost every training a second.
    """
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("Hope to see you soon\nNice to see you again\n" * 40)
    settings = ["--dim", "4", "--epochs", "1", "--threads", "2", "--quiet"]
    command = [sys.executable, "-c", WATCHED, "run", corpus, "-o", tmp_path / "build", *settings]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
