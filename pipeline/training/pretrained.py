"""--init FILE → the weights that training starts with: rows by token, layers by name.

A file of vectors, from whatever tool, gives rows of the embedding table. A model gives the rows of
all its tables and, where their shapes fit, its layers too, so that training goes on from another
corpus: `--init news.safetensors --objective classify` takes over the table and the LSTM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import Tensor, nn

from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import (
    EMBEDDING,
    OUTPUT,
    is_model,
    published_name,
    read_arrays,
    read_header,
    require_finite,
    require_table,
    verify,
)
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.vocabulary.finding import find_vocabulary
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, read_vocabulary


@dataclass(frozen=True)
class Start:
    """The weights that training starts with, by their names in a model's file."""

    tables: Mapping[str, np.ndarray]
    """float32, one row a token of the vocabulary: NaN for a token that the file does not have."""
    layers: Mapping[str, np.ndarray]
    """Layers of any shape; those that do not fit the model are ignored."""
    found: int
    """How many tokens have a row in the file."""


def read_start(path: Path, vocabulary: Vocabulary, config: TrainConfig) -> Start:
    """Return what `path` has for this vocabulary.

    Raises DataError where it has nothing, or rows of another size than `config.dim`.
    """
    layers: dict[str, np.ndarray] = {}
    if path.is_file() and is_model(path):
        verify(path)
        arrays = read_arrays(path)
        names = (EMBEDDING, OUTPUT) if OUTPUT in arrays else (EMBEDDING,)
        tokens = _vocabulary_of(path).tokens
        for name in names:
            require_table(path, name, arrays.get(name), len(tokens))
        for name, each in arrays.items():
            require_finite(path, name, each)
        given = {name: arrays[name] for name in names}
        # The output layer's bias has a number a token: it starts from this corpus's counts.
        of_tokens = (EMBEDDING, "output.")
        layers = {name: each for name, each in arrays.items() if not name.startswith(of_tokens)}
    else:
        table = read_vectors(path, set(vocabulary.tokens.to_pylist()))
        tokens, given = table.tokens, {EMBEDDING: table.vectors_VD}
    at = pc.index_in(vocabulary.tokens, value_set=tokens.cast(vocabulary.tokens.type))
    known_V = at.is_valid().to_numpy(zero_copy_only=False)
    if not known_V.any():
        raise DataError(
            f"{path} has no vector for any of the {len(vocabulary)} tokens",
            hint="is it in the same language, and lower-cased alike?",
        )
    dim = given[EMBEDDING].shape[1]
    if dim != config.dim:
        raise DataError(
            f"{path} has vectors of {dim} numbers, and --dim is {config.dim}", hint=f"--dim {dim}"
        )
    rows = at.filter(pa.array(known_V)).to_numpy()
    tables = {}
    for name, each in given.items():
        tables[name] = np.full((len(vocabulary), each.shape[1]), np.nan, np.float32)
        tables[name][known_V] = each[rows]
    return Start(tables, layers, len(rows))


def _vocabulary_of(model: Path) -> Vocabulary:
    """Return the vocabulary a model was trained with."""
    wanted = read_header(model, "model", {"vocabulary_digest": str})["vocabulary_digest"]
    return read_vocabulary(find_vocabulary(model, read_manifest(model), wanted))


# --- a start → a model's weights -------------------------------------------------------------


def initial_table(rows: int, config: TrainConfig, start: Start | None) -> Tensor:
    """Return the table before the first step, V×D float32.

    Random rows are uniform in ±0.1; beside pretrained rows they have the same mean square.
    """
    size = (rows, config.dim)
    if config.init == "zeros":
        return torch.zeros(size)
    random_VD = torch.rand(size).mul_(0.2).sub_(0.1)
    if start is None:
        return random_VD
    given_VD = torch.from_numpy(start.tables[EMBEDDING])
    known_V = ~given_VD.isnan().any(1)
    spread = given_VD[known_V].square().mean().sqrt() / random_VD.square().mean().sqrt()
    return torch.where(known_V[:, None], given_VD, random_VD * spread)


def take_over(parameters: Mapping[str, nn.Parameter], start: Start) -> int:
    """Copy the start's other weights into parameters they fit; return how many layers did."""
    layers = 0
    for name, parameter in parameters.items():
        own = published_name(name)
        with torch.no_grad():
            if own == OUTPUT and own in start.tables:
                rows = torch.from_numpy(start.tables[own])
                if rows.shape == parameter.shape:
                    parameter.copy_(torch.where(rows.isnan(), parameter, rows))
            elif own in start.layers and start.layers[own].shape == parameter.shape:
                parameter.copy_(torch.from_numpy(start.layers[own]))
                layers += 1
    return layers
