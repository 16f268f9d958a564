"""What is taken out of a run goes back into one of the same kind, and into no other."""

import pytest
import torch

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.objectives.objective import build_objective
from corpus2vec.pipeline.training.optimizers import build_optimizers
from corpus2vec.pipeline.training.position import Checkpoint, Position
from corpus2vec.pipeline.training.snapshots import put_back, taken
from corpus2vec.pipeline.training.stepping import Stepper
from tests.support.documents import blocks, documents

TEXT = documents(*[[0, 1, 2, 3, 4], [5, 1, 2, 3, 6]] * 20)


def run(steps=0, **settings):
    """A network, its optimizers and the state that its LSTM carries after so many steps."""
    config = TrainConfig(dim=4, batch_size=4, seq_len=5, **settings)
    torch.manual_seed(1)
    model = build_objective(torch.rand(7, 4), torch.ones(7), 0, config)
    optimizers, state = build_optimizers(model, config), None
    batches = model.epoch(blocks(TEXT), 0)
    for step in range(steps):
        _, state = Stepper(model, torch.float32, 1).step(batches[step], state, (1, 2, step))
        for optimizer in optimizers:
            optimizer.step()
    return {name: each.detach() for name, each in model.named_parameters()}, optimizers, state


@pytest.mark.parametrize("objective", ["context", "lm"])
@pytest.mark.parametrize("optimizer", ["auto", "adam", "adagrad", "sgd"])
def test_a_snapshot_goes_back_into_a_new_run(objective, optimizer):
    settings = {"objective": objective, "optimizer": optimizer}
    weights, optimizers, state = run(3, **settings)
    tensors, steps = taken(weights, optimizers, weights, state)
    fresh, others, _ = run(0, **settings)
    shape = None if state is None else tuple(state[0].shape)
    best, carried = put_back(Checkpoint(tensors, Position(), steps), fresh, others, shape)
    again, same_steps = taken(fresh, others, best, carried)
    assert same_steps == steps
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("settings", [{"optimizer": "sgd"}, {"layers": 2}, {"objective": "lm"}])
def test_a_snapshot_of_another_network_is_refused(settings):
    weights, optimizers, _ = run(3)
    tensors, steps = taken(weights, optimizers, {}, None)
    fresh, others, _ = run(0, **settings)
    with pytest.raises(ValueError, match=r"^(it has|no optimizer has|model\.)"):
        put_back(Checkpoint(tensors, Position(), steps), fresh, others, None)


def test_a_part_of_adams_state_is_refused():
    weights, optimizers, _ = run(3)
    tensors, steps = taken(weights, optimizers, {}, None)
    del tensors[next(name for name in tensors if name.endswith("exp_avg_sq"))]
    fresh, others, _ = run(0)
    with pytest.raises(ValueError, match=r"it has no optimizer\.\d\.0\.exp_avg_sq"):
        put_back(Checkpoint(tensors, Position(), steps), fresh, others, None)
