"""What the network is trained for: predicting the next token, or the document's label.

An objective is a module with four methods that `training.py` calls and knows no more of:

    epoch(documents, number)   the epoch's batches, a sequence
    loss(batch, state)         the mean loss of a batch, and the state to carry to the next
    tokens(batch)              how many tokens a batch reads
    evaluate(documents)        scores on held-out documents, by name; `loss` is one of them

To add one: write the class, name it in `TrainConfig.objective`, and build it in `build_objective`.
The legend of the shapes is in `network.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_packed_sequence

from pipeline.batches import Documents, LabelledBatch, Shuffled, Streams, Window
from pipeline.config import TrainConfig
from pipeline.network import Output, Recurrent, State

# Steps an epoch, where the corpus allows it: on 25 KB of prose, 2 epochs of 50 small steps reached
# the held-out loss that 11 epochs of 6 large ones did.
LEAST_STEPS = 50


class LanguageModel(nn.Module):
    """Predict the next token from those before it.

    Documents are packed into streams, and the state is carried from window to window; where a
    document ends nothing is predicted.
    """

    def __init__(self, table_VD: Tensor, counts_V: Tensor, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self.sampled = config.samples(len(table_VD))
        self.recurrent = Recurrent(
            table_VD,
            config.hidden_size,
            config.layers,
            config.dropout,
            frozen=config.freeze,
            # A table that the full softmax shares gets a dense gradient from there.
            sparse=self.sampled or not config.tie,
        )
        dim = table_VD.shape[1]
        self.projection: nn.Module = nn.Identity()
        if config.tie:
            weight = cast("nn.Parameter", self.recurrent.embedding.weight)
            if config.hidden_size != dim:
                self.projection = nn.Linear(config.hidden_size, dim, bias=False)
        else:
            weight = nn.Parameter(torch.empty(len(table_VD), config.hidden_size))
            nn.init.uniform_(weight, -0.1, 0.1)
        self.output = Output(weight, counts_V, config.negatives)

    def epoch(self, documents: Documents, number: int) -> Streams:
        """The same streams every epoch: the order of the text is what is learned.

        A small corpus is read in fewer streams than --batch-size, so that an epoch still has
        enough steps to learn something.
        """
        window = self.config.window
        streams = _at_once(len(documents.ids_n) // window, self.config)
        return Streams(documents, streams, window)

    def loss(self, batch: Window, state: State | None) -> tuple[Tensor | None, State | None]:
        """Mean cross-entropy of the next token."""
        context_NE, state = self._contexts(batch, state)
        if not len(context_NE):
            return None, state
        score = self.output.sampled if self.sampled else self.output.full
        return score(context_NE, batch.targets_N).mean(), state

    def tokens(self, batch: Window) -> int:
        """Positions of the window."""
        return batch.ids_BT.numel()

    def evaluate(self, documents: Documents) -> Mapping[str, float]:
        """Loss, in nats a token, and perplexity, by the exact softmax."""
        total, count = 0.0, 0
        state: State | None = None
        device = self.recurrent.embedding.weight.device
        windows = self.epoch(documents, 0)
        for step in range(len(windows)):
            batch = move(windows[step], device)
            context_NE, state = self._contexts(batch, state)
            if len(context_NE):
                total += self.output.exact(context_NE, batch.targets_N).double().sum().item()
                count += len(context_NE)
        loss = total / count if count else math.nan
        return {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}

    def _contexts(self, batch: Window, state: State | None) -> tuple[Tensor, State]:
        rows = len(batch.ids_BT)
        if state is not None:
            # Truncated backpropagation: the state goes on, its history does not. Where the
            # shorter streams are at their end, the first `rows` are what goes on.
            state = (state[0][:, :rows].detach(), state[1][:, :rows].detach())
        outputs_BTH, state = self.recurrent(batch.ids_BT, state)
        return self.projection(outputs_BTH[batch.predicts_BT]), state


class Classifier(nn.Module):
    """Predict the document's label from the LSTM's last output and the maximum over all.

    Pooling as in Howard & Ruder (2018), "Universal Language Model Fine-tuning", section 3.3.
    """

    def __init__(self, table_VD: Tensor, labels: int, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self.recurrent = Recurrent(
            table_VD,
            config.hidden_size,
            config.layers,
            config.dropout,
            frozen=config.freeze,
            sparse=True,
        )
        self.head = nn.Linear(2 * config.hidden_size, labels)

    def epoch(self, documents: Documents, number: int) -> Shuffled:
        """A new order every epoch; of few documents, fewer than --batch-size at once."""
        order = (self.config.seed, 1, number)
        together = _at_once(len(documents), self.config)
        return Shuffled(documents, together, self.config.window, order)

    def loss(self, batch: LabelledBatch, state: State | None) -> tuple[Tensor, None]:
        """Mean cross-entropy of the label."""
        return F.cross_entropy(self._logits(batch), batch.labels_B), None

    def tokens(self, batch: LabelledBatch) -> int:
        """Ids of the batch."""
        return len(batch.ids_n)

    def evaluate(self, documents: Documents) -> Mapping[str, float]:
        """Loss, in nats a document, and accuracy."""
        total, right = 0.0, 0
        device = self.recurrent.embedding.weight.device
        batches = Shuffled(documents, self.config.batch_size, self.config.window, None)
        for step in range(len(batches)):
            batch = move(batches[step], device)
            logits_BC = self._logits(batch)
            total += F.cross_entropy(logits_BC, batch.labels_B, reduction="sum").item()
            right += int((logits_BC.argmax(1) == batch.labels_B).sum())
        return {"loss": total / len(documents), "accuracy": right / len(documents)}

    def _logits(self, batch: LabelledBatch) -> Tensor:
        outputs, last_BH = self.recurrent.forward_packed(batch.ids_n, batch.sizes_T)
        padded_BTH, _ = pad_packed_sequence(outputs, batch_first=True, padding_value=-math.inf)
        pooled_B2H = torch.cat([last_BH, padded_BTH.amax(1)], dim=1)
        logits_BC: Tensor = self.head(self.recurrent.dropout(pooled_B2H))
        return logits_BC


def _at_once(pieces: int, config: TrainConfig) -> int:
    """How many of an epoch's pieces a step takes, so that there are steps enough."""
    return max(1, min(config.batch_size, pieces // LEAST_STEPS))


def move(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on `device`; a packed batch's sizes stay, as torch wants them."""
    if device.type == "cpu":
        return batch
    moved = {
        name: value if name == "sizes_T" else value.to(device, non_blocking=True)
        for name, value in vars(batch).items()
    }
    return type(batch)(**moved)


def build_objective(
    table_VD: Tensor, counts_V: Tensor, labels: int, config: TrainConfig
) -> LanguageModel | Classifier:
    """The objective that `config` names, over a table that is already filled."""
    if config.objective == "classify":
        return Classifier(table_VD, labels, config)
    return LanguageModel(table_VD, counts_V, config)
