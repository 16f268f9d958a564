"""Tokens + vocabulary → ids.

Only the distinct tokens of a batch are looked up, and their ids are then gathered; so the work
depends on the batch, not on the size of the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config import EncodeConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Labels:
    """Label names by order of first appearance; a name's position is its id."""

    names: pa.Array

    def extended(self, labels: pa.Array) -> Labels:
        """Return the labels with the new names in `labels`, in order of appearance."""
        return Labels(pc.unique(pa.concat_arrays([self.names, labels])))

    def ids(self, labels: pa.Array) -> pa.Array:
        """Return the id of each label, (documents,) int32."""
        return pc.index_in(labels, value_set=self.names).cast(pa.int32())


class Encoder:
    """Turns batches of tokens into batches of ids.

    The ledger `tokens` counts what was read, unknown or dropped; the caller, who writes the ids,
    fills in what was kept.

    >>> vocabulary = Vocabulary(pa.array(["Hope", "to", "see"]), np.array([1, 2, 2]))
    >>> tokens = pa.RecordBatch.from_pydict({"tokens": [["to", "see"], ["Hope"]]})
    >>> Encoder(vocabulary, EncodeConfig()).encode(tokens).column("ids").to_pylist()
    [[1, 2], [0]]
    """

    def __init__(self, vocabulary: Vocabulary, config: EncodeConfig) -> None:
        self.vocabulary = vocabulary
        self.config = config
        self.documents = Ledger("documents")
        self.tokens = Ledger("tokens")
        self.labels = Labels(pa.array([], pa.string()))
        self._known = vocabulary.interned()

    @property
    def keeps_documents(self) -> bool:
        """Whether every document with a token keeps one."""
        return self.vocabulary.unk is not None or self.config.unknown == "error"

    def encode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Replace `tokens: list<string>` by `ids: list<int32>`, and label names by label ids.

        Raises DataError for a token without an id, if there is no <unk> and no --unknown drop.
        """
        lists = batch.column("tokens")
        ids = self._ids(lists.flatten())
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        known = ids >= 0
        if not known.all():
            document = np.repeat(np.arange(len(lengths)), lengths)
            lengths = np.bincount(document[known], minlength=len(lengths))
            ids = ids[known]

        filled = lengths > 0
        self.documents.read += len(lengths)
        self.documents.kept += int(np.count_nonzero(filled))
        self.documents.drop("no token left", int(np.count_nonzero(~filled)))
        offsets = np.concatenate([[0], np.cumsum(lengths[filled])])
        columns = {"ids": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(ids))}
        if "label" in batch.schema.names:
            labels = batch.column("label").filter(pa.array(filled))
            self.labels = self.labels.extended(labels)
            columns["label"] = self.labels.ids(labels)
        if "id" in batch.schema.names:
            columns["id"] = batch.column("id").filter(pa.array(filled))
        return pa.RecordBatch.from_pydict(columns)

    def _ids(self, tokens: pa.Array) -> np.ndarray:
        """Return the id of each token, (tokens,) int32; -1 for a token to drop."""
        if not pa.types.is_dictionary(tokens.type):
            tokens = tokens.dictionary_encode()
        found = self._known.find(Slices.of(tokens.dictionary))
        unk_id = self.vocabulary.unk_id
        if unk_id is not None:
            found[found < 0] = unk_id
        ids: np.ndarray = found[tokens.indices.to_numpy()]
        self.tokens.read += len(ids)
        if unk_id is not None:
            self.tokens.unk += int(np.count_nonzero(ids == unk_id))
            return ids
        unknown = np.flatnonzero(ids < 0)
        if len(unknown) and self.config.unknown == "error":
            first = tokens[int(unknown[0])].as_py()
            raise DataError(
                f"the token '{first}' is not in the vocabulary, which has no <unk>",
                hint="drop such tokens with --unknown drop, or build the vocabulary with --unk",
            )
        self.tokens.drop("unknown", len(unknown))
        return ids
