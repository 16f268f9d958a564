"""A trained network, asked: what it says of documents that it may never have seen.

    n documents   B documents or windows of a batch   T positions   S = T and those around them
    C labels      D columns of the table              H units of the LSTM

Documents are read in batches of like length and of bounded size, without gradients, in float32. A
document's numbers do not depend on the others, but for their last digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from corpus2vec.pipeline.artifacts.stored import settings_of
from corpus2vec.pipeline.artifacts.weights import (
    EMBEDDING,
    published_name,
    read_arrays,
    read_header,
    require_finite,
    require_table,
)
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.batches.labelled import packed
from corpus2vec.pipeline.training.device import pick_threads
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.objectives.classifier import Classifier
from corpus2vec.pipeline.training.objectives.context import ContextModel
from corpus2vec.pipeline.training.objectives.language_model import LanguageModel
from corpus2vec.pipeline.training.objectives.objective import build_objective

POSITIONS = 1 << 13
"""Tokens that are read at a time: the outputs of the LSTM for them fit in a processor's cache."""
HEADER = {"config": {"objective": str, ...: Any}, "labels": [str], "rows": int}


class Network:
    """A model's network, as training left it.

    Raises DataError where the file is no model, or its arrays do not fit its settings.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        header = read_header(path, "model", HEADER)
        self.labels: list[str] = header["labels"]
        """The names of the labels by their ids; none but for `classify`."""
        self.config = settings_of(TrainConfig, header["config"], path)
        self._threads = pick_threads(threads)
        arrays = read_arrays(path)
        table_VD = arrays.get(EMBEDDING)
        require_table(path, EMBEDDING, table_VD, header["rows"])
        self.rows = len(arrays[EMBEDDING])
        with torch.random.fork_rng(devices=[]):
            model: Any = build_objective(
                torch.from_numpy(arrays[EMBEDDING]),
                torch.ones(self.rows),
                len(self.labels),
                self.config,
            )
        for name, parameter in model.named_parameters():
            own = published_name(name)
            _require_like(path, own, arrays.get(own), parameter)
            parameter.data = torch.from_numpy(arrays[own])
        self._model: Classifier | ContextModel | LanguageModel = model.eval()

    @property
    def state_size(self) -> int:
        """How many numbers a state has."""
        config = self.config
        return config.dim if config.objective == "context" else config.hidden_size

    def probabilities(self, documents: Documents) -> np.ndarray:
        """Return the probability of each label, (n, C) float32; documents have one token or more.

        Raises DataError for a network that has learned no labels.
        """
        model = self._model
        if not isinstance(model, Classifier):
            raise DataError("the network has learned no labels")
        found_nC = np.empty((len(documents), len(self.labels)), np.float32)
        for chosen_B, ids_n, sizes_T in self._packed(documents):
            with self._own_threads():
                found_nC[chosen_B] = model.logits(ids_n, sizes_T).softmax(1).numpy()
        return found_nC

    def states(self, documents: Documents) -> np.ndarray:
        """Return what the network makes of each document, which has one token or more, float32.

        For `lm` it is the LSTM's last output, (n, H); for `classify` too, of as many first tokens
        as training read of a document; for `context` the mean of the contexts of all tokens,
        (n, D).
        """
        model = self._model
        if isinstance(model, ContextModel):
            return self._mean_contexts(documents)
        states_nH = np.empty((len(documents), self.config.hidden_size), np.float32)
        for chosen_B, ids_n, sizes_T in self._packed(documents):
            with self._own_threads():
                _, last_BH = model.recurrent.forward_packed(ids_n, sizes_T)
                states_nH[chosen_B] = last_BH.numpy()
        return states_nH

    def contexts(self, documents: Documents) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield the contexts that a `context` network predicts at every token, in batches.

        A batch has windows of T tokens of one document each: their documents (B,), the place in its
        document where each begins (B,), and the contexts (B, T, D). Longer documents are several
        windows, of the length that training read. Raises DataError for another network.
        """
        model = self._model
        if not isinstance(model, ContextModel):
            raise DataError("only a network of the objective context predicts contexts")
        reach = model.sides.reach
        for document_B, begin_B, length in _windows(documents, self.config.length, reach):
            place_BS = begin_B[:, None] + np.arange(-reach, length + reach)
            inside_BS = (place_BS >= 0) & (place_BS < documents.lengths[document_B, None])
            first_B = documents.offsets[document_B]
            ids_BS = documents.ids_n[first_B[:, None] + np.where(inside_BS, place_BS, 0)]
            with self._own_threads():
                rows_BSD = model.embedding(torch.from_numpy(ids_BS.astype(np.int64)))
                contexts_BTD = model.sides(rows_BSD, torch.from_numpy((~inside_BS).astype(int)))
            yield document_B, begin_B, contexts_BTD.numpy()

    def add_blank_row(self) -> int:
        """Add a row of zeros to the table that is read, and return its id.

        For tokens that the network does not know: in a context they say nothing.
        """
        model = cast("ContextModel", self._model)
        table_VD = model.embedding.weight.detach()
        blank_D = torch.zeros(1, table_VD.shape[1])
        model.embedding.weight = nn.Parameter(torch.cat([table_VD, blank_D]), requires_grad=False)
        return len(table_VD)

    def _mean_contexts(self, documents: Documents) -> np.ndarray:
        model = cast("ContextModel", self._model)
        sums_nD = np.zeros((len(documents), model.embedding.embedding_dim), np.float32)
        for document_B, _, contexts_BTD in self.contexts(documents):
            np.add.at(sums_nD, document_B, contexts_BTD.sum(1))
        return sums_nD / documents.lengths[:, None].astype(np.float32)

    def _packed(self, documents: Documents) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        """Yield documents in batches of like length: their numbers, and their ids as packed."""
        lengths = documents.lengths
        if self.config.objective == "classify":
            lengths = np.minimum(lengths, self.config.length)
        order = np.argsort(-lengths, kind="stable")
        while len(order):
            chosen, order = np.split(order, [max(1, POSITIONS // int(lengths[order[0]]))])
            yield chosen, *packed(documents, chosen, lengths[chosen])

    @contextmanager
    def _own_threads(self) -> Iterator[None]:
        """Ask for no gradients, with as many threads as were given; then all is as before."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                yield
        finally:
            torch.set_num_threads(threads)


def _windows(
    documents: Documents, most: int, reach: int
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Yield windows of one length in batches: their documents, where they begin, the length."""
    lengths = documents.lengths
    pieces = -(-lengths // most)
    document_W = np.repeat(np.arange(len(lengths)), pieces)
    number_W = np.arange(len(document_W)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin_W = number_W * most
    length_W = np.minimum(lengths[document_W] - begin_W, most)
    order = np.argsort(length_W, kind="stable")
    of_lengths = np.flatnonzero(np.diff(length_W[order])) + 1
    for windows in np.split(order, of_lengths):
        length = int(length_W[windows[0]]) if len(windows) else 0
        step = max(1, POSITIONS // (length + 2 * reach)) if length else 1
        for begin in range(0, len(windows), step):
            chosen = windows[begin : begin + step]
            yield document_W[chosen], begin_W[chosen], length


def _require_like(path: Path, name: str, array: np.ndarray | None, parameter: Tensor) -> None:
    """Raise DataError unless the file has that array, of the parameter's shape, finite float32."""
    if array is None:
        raise DataError(f"{path} is damaged: it has no {name}")
    if array.shape != tuple(parameter.shape) or array.dtype != np.float32:
        raise DataError(
            f"{path} is damaged: {name} is {array.shape}, and its settings say "
            f"{tuple(parameter.shape)}"
        )
    require_finite(path, name, array)
