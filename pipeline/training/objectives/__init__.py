"""What the network is trained for: the token between others, the next token, a document's label.

An objective is a module with five members that `training.py` uses and knows no more of:

    epoch(documents, number)   the epoch's batches, a sequence
    loss(batch, state)         the mean loss of a batch, and the state to carry to the next
    tokens(batch)              how many tokens a batch reads
    evaluate(documents)        scores on held-out documents, by name; `loss` is one of them
    operations                 floating-point operations of a token's matrix products, both ways

To add one: write the class, name it in `TrainConfig.objective`, and build it in `build_objective`.
The legend of the shapes is in `network.py` and `softmax.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.objectives.classifier import Classifier
from corpus2vec.pipeline.training.objectives.common import move
from corpus2vec.pipeline.training.objectives.context import ContextModel
from corpus2vec.pipeline.training.objectives.language_model import LanguageModel

Objective = ContextModel | LanguageModel | Classifier

__all__ = ["Objective", "build_objective", "move"]


def build_objective(
    table_VD: Tensor,
    counts_V: Tensor,
    labels: int,
    config: TrainConfig,
    products: torch.dtype = torch.float32,
) -> Objective:
    """The objective that `config` names, over a table that is already filled."""
    if config.objective == "classify":
        return Classifier(table_VD, labels, config)
    if config.objective == "context":
        return ContextModel(table_VD, counts_V, config, products)
    return LanguageModel(table_VD, counts_V, config, products)
