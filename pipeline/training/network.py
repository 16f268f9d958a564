"""Embedding + LSTM: the parts that read.

    V vocabulary   D columns of the table   H units of the LSTM
    B batch   T positions in a window   S = T and those around them   N predicted positions

The embedding is a table of V rows: an id picks a row, and the gradient of a loss reaches only the
rows that were picked. Tables get sparse gradients, so the cost of a step depends on its tokens and
not on V. What is predicted, and the output layer, are not here but in `objectives` and `softmax`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

State = tuple[Tensor, Tensor]  # the LSTM's (h, c), each layers × B × H


def predicted(rows_BTX: Tensor, predicts_BT: Tensor, number: int) -> Tensor:
    """Return the rows (N, X) where `predicts_BT` is True; `number` is N."""
    rows = rows_BTX.flatten(0, 1)
    if number == len(rows):
        return rows
    # With the number given, torch need not wait for a GPU to count.
    positions_N = torch.nonzero_static(predicts_BT.flatten(), size=number)[:, 0]
    return rows.index_select(0, positions_N)


class Dropout(nn.Module):
    """Dropout that draws from the caller's generator, so that threads do not share one."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, units: Tensor, generator: torch.Generator | None) -> Tensor:
        """Return the units, a share of them set to 0 and the others scaled up; as is in eval()."""
        if not self.training or not self.share:
            return units
        kept = torch.empty_like(units).bernoulli_(1 - self.share, generator=generator)
        return units * kept.div_(1 - self.share)


class Layers(nn.Module):
    """Stacked LSTM layers, with dropout between them."""

    def __init__(
        self, dim: int, hidden: int, layers: int, dropout: float, *, bidirectional: bool = False
    ) -> None:
        super().__init__()
        widths = [dim, *[hidden * (1 + bidirectional)] * (layers - 1)]
        self.layers = nn.ModuleList(
            nn.LSTM(width, hidden, batch_first=True, bidirectional=bidirectional)
            for width in widths
        )
        self.dropout = Dropout(dropout)

    def forward(
        self, rows: Any, state: State | None, generator: torch.Generator | None
    ) -> tuple[Any, State]:
        """Return the outputs (B, T, H or 2H), packed if the rows are, and the state after them."""
        after = []
        for number, layer in enumerate(self.layers):
            if number:
                rows = _mapped(rows, lambda units: self.dropout(units, generator))
            each = slice(number, number + 1)
            before = None if state is None else (state[0][each], state[1][each])
            rows, (h, c) = layer(rows, before)
            after.append((h, c))
        return rows, (torch.cat([h for h, _ in after]), torch.cat([c for _, c in after]))


def _mapped(rows: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply `change` to a tensor, or to the data of a packed sequence."""
    return (
        rows._replace(data=change(rows.data)) if isinstance(rows, PackedSequence) else change(rows)
    )


class Recurrent(nn.Module):
    """The embedding table and the LSTM over its rows."""

    def __init__(
        self,
        table_VD: Tensor,
        hidden: int,
        layers: int,
        dropout: float,
        *,
        frozen: bool,
        sparse: bool,
    ) -> None:
        super().__init__()
        dim = table_VD.shape[1]
        self.embedding = nn.Embedding(len(table_VD), dim, sparse=sparse, _weight=table_VD)
        self.embedding.weight.requires_grad_(not frozen)
        self.lstm = Layers(dim, hidden, layers, dropout)
        self.dropout = Dropout(dropout)

    def forward(
        self, ids_BT: Tensor, state: State | None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """Return the LSTM's outputs (B, T, H) and its state after the window."""
        rows_BTD = self.dropout(self.embedding(ids_BT), generator)
        outputs_BTH, state = self.lstm(rows_BTD, state, generator)
        return self.dropout(outputs_BTH, generator), state

    def forward_packed(
        self, ids_n: Tensor, sizes_T: Tensor, generator: torch.Generator | None = None
    ) -> tuple[PackedSequence, Tensor]:
        """Return the outputs for packed documents, and each document's last output (B, H)."""
        rows_nD = self.dropout(self.embedding(ids_n), generator)
        outputs, (last_LBH, _) = self.lstm(PackedSequence(rows_nD, sizes_T), None, generator)
        return outputs, last_LBH[-1]


class BothSides(nn.Module):
    """What is on both sides of each token of a window, as one vector of D numbers.

    A forward LSTM has read what is left of the token and a backward one what is right of it
    (Melamud et al. 2016, "context2vec: Learning Generic Context Embedding with Bidirectional
    LSTM"). A linear map of the two is added to a path around them: the mean of the rows within
    `reach` on both sides, in which nearer ones count more. The LSTMs start again with each window
    and read across the ends of documents: a learned vector marks such an end, and another stands in
    for a side on which the document has nothing. The path never leaves the document.
    """

    def __init__(self, dim: int, hidden: int, layers: int, dropout: float, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.dropout = Dropout(dropout)
        self.lstm: Layers | None = None
        if layers:
            self.lstm = Layers(dim, hidden, layers, dropout, bidirectional=True)
            self.edge_2D = nn.Parameter(torch.zeros(2, dim))
            self.edge_2H = nn.Parameter(torch.zeros(2, hidden))
            self.join = nn.Linear(2 * hidden, dim)

    def forward(
        self, rows_BSD: Tensor, documents_BS: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the contexts (B, T, D) of all S positions but the first and last `reach`."""
        reach = self.reach
        inner = slice(reach, rows_BSD.shape[1] - reach)
        contexts = []
        if reach:
            weights_BTS = self.near(documents_BS).to(rows_BSD.dtype)
            contexts.append(torch.bmm(weights_BTS, rows_BSD))
        if self.lstm is not None:
            inside = rows_BSD[:, inner], documents_BS[:, inner]
            contexts.append(self._read(self.lstm, *inside, generator))
        return contexts[0] if len(contexts) == 1 else contexts[0] + contexts[1]

    def _read(
        self,
        lstm: Layers,
        rows_BTD: Tensor,
        documents_BT: Tensor,
        generator: torch.Generator | None,
    ) -> Tensor:
        """Return what the LSTMs add to the contexts (B, T, D)."""
        changes = documents_BT[:, 1:] != documents_BT[:, :-1]
        first, last = F.pad(changes, (1, 0)), F.pad(changes, (0, 1))  # not at the window's ends
        edges = torch.stack([first, last], -1).to(rows_BTD.dtype) @ self.edge_2D
        read_BTH2, _ = lstm(self.dropout(rows_BTD + edges, generator), None, generator)
        forward, backward = self.dropout(read_BTH2, generator).chunk(2, -1)
        first[:, 0] = last[:, -1] = True
        # Where a side has nothing: 0 times what was read, plus the learned vector. Forwards and
        # back that takes two thirds of the time of `torch.where`.
        left_1, right_1 = (each[:, :, None].to(read_BTH2.dtype) for each in (first, last))
        left = F.pad(forward[:, :-1], (0, 0, 1, 0)) * (1 - left_1) + left_1 @ self.edge_2H[:1]
        right = F.pad(backward[:, 1:], (0, 0, 0, 1)) * (1 - right_1) + right_1 @ self.edge_2H[1:]
        joined: Tensor = self.join(torch.cat([left, right], -1))
        return joined

    def near(self, documents_BS: Tensor) -> Tensor:
        """Return the weight (B, T, S) of each position in the mean around a token.

        All weights are 0 where the document has no other token within reach.
        """
        reach, device = self.reach, documents_BS.device
        positions = torch.arange(documents_BS.shape[1], device=device)
        inner = slice(reach, len(positions) - reach)
        distance_TS = (positions[inner, None] - positions).abs()
        band_TS = ((reach + 1 - distance_TS).clamp(min=0) * (distance_TS > 0)).float()
        weights = band_TS * (documents_BS[:, inner, None] == documents_BS[:, None, :])
        return weights / weights.sum(-1, keepdim=True).clamp(min=1)
