"""The protocol of an objective: all that the loop knows of what it trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.batch import Batch, Epoch
from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.network import State
from corpus2vec.pipeline.training.objectives.classifier import Classifier
from corpus2vec.pipeline.training.objectives.context import ContextModel
from corpus2vec.pipeline.training.objectives.language_model import LanguageModel

B = TypeVar("B", bound=Batch)


class Objective(Protocol[B]):
    """A torch module that can say what to train on and how well it does."""

    def epoch(self, blocks: Blocks, number: int) -> Epoch[B]:
        """Return the batches of epoch `number`, the first being 0."""

    def loss(
        self, batch: B, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor | None, State | None]:
        """Return the batch's mean loss and the state to carry to the next batch.

        The loss is None where the batch has nothing to predict. `generator` draws all that is
        random in it.
        """

    def tokens(self, batch: B) -> int:
        """Return how many tokens the batch reads."""

    def evaluate(self, blocks: Blocks) -> Mapping[str, Any]:
        """Return the scores on held-out documents by name; `loss` is one of them.

        All but the classifier's `confusion` are single numbers.
        """

    # As every torch module has them:

    def parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters, a shared one once."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield the parameters with their names, a shared one once."""

    def modules(self) -> Iterator[nn.Module]:
        """Yield the module and all modules within it."""

    def train(self) -> Any:
        """Switch to training: dropout is active."""

    def eval(self) -> Any:
        """Switch to evaluation: dropout is not active."""


def build_objective(
    table_VD: Tensor,
    counts_V: Tensor,
    labels: int,
    config: TrainConfig,
    products: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> Objective[Any]:
    """Return the objective that `config` names, on `device`, over a table already filled."""
    if config.objective == "classify":
        return Classifier(table_VD, labels, config).to(device)
    if config.objective == "context":
        return ContextModel(table_VD, counts_V, config, products).to(device)
    return LanguageModel(table_VD, counts_V, config, products).to(device)
