"""Corpus → documents of ids, in which words that a vocabulary does not have get the next ids.

The corpus is read once, as that of the model was. All its ids are in memory, as they are when a
network is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.strings.slices import Slices, first_places
from corpus2vec.pipeline.tokenizer import Tokenizer
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Extended:
    """A vocabulary with new words at its end, and the corpus that they are from."""

    vocabulary: Vocabulary
    documents: Documents
    """Without the tokens that are rare, unless they are <unk>."""
    known: int
    """V: how many ids there were before; a new word's is V or more."""
    too_rare: int
    """How many distinct new words occur too seldom to get an id."""


class Newcomers:
    """Reads a corpus, batch by batch, and counts the words that the vocabulary does not have."""

    def __init__(
        self, tokens: TokenizeConfig, joinings: Sequence[Joining], vocabulary: Vocabulary
    ) -> None:
        self.documents = Ledger("documents")
        self.tokens = Ledger("tokens")
        self._tokenizer = Tokenizer(tokens)
        self._joinings = joinings
        self._vocabulary = vocabulary
        self._interner = vocabulary.interned()
        self._ids: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []

    @property
    def _joined(self) -> int:
        return sum(each.joined for each in self._joinings)

    def read(self, texts: Texts) -> None:
        """Add a batch of documents."""
        tokens = self._tokenizer.tokenize(texts)
        batch, before = tokens.batch, self._joined
        for each in self._joinings:
            batch = each.join(batch)
        lists = batch.column("tokens")
        flat = lists.flatten()
        if not pa.types.is_dictionary(flat.type):
            flat = flat.dictionary_encode()
        numbers = flat.indices.to_numpy()
        # New words get their ids by first appearance, and a dictionary may have any order.
        first = first_places(numbers, len(flat.dictionary))
        used = np.zeros(len(first), bool)
        used[numbers] = True
        distinct = np.flatnonzero(used)
        distinct = distinct[np.argsort(first[distinct])]
        ids = np.full(len(first), -1, np.int32)
        ids[distinct] = self._interner.intern(Slices.of(flat.dictionary)[distinct])
        self._ids.append(ids[numbers])
        self._lengths.append(pc.list_value_length(lists).to_numpy(zero_copy_only=False))

        self.documents.read += tokens.read
        self.documents.kept += len(lists)
        self.documents.drop("blank", tokens.blank)
        self.documents.drop("no token left", tokens.emptied)
        self.tokens.read += tokens.tokens
        for reason, count in tokens.dropped.items():
            self.tokens.drop(reason, count)
        self.tokens.drop("joined to the one before", self._joined - before)

    def extended(self, least: int) -> Extended:
        """Return what was read; a new word that occurs fewer than `least` times gets no id."""
        known = len(self._vocabulary)
        ids_n = np.concatenate([np.zeros(0, np.int32), *self._ids])
        lengths = np.concatenate([np.zeros(0, np.int64), *self._lengths])
        counts = np.bincount(ids_n, minlength=len(self._interner))
        stays = counts >= least
        stays[:known] = True
        unk = self._vocabulary.unk_id
        renumbered = np.where(stays, np.cumsum(stays) - 1, -1 if unk is None else unk)
        kept_n = stays[ids_n]
        if unk is None:
            owner = np.repeat(np.arange(len(lengths)), lengths)[kept_n]
            lengths = np.bincount(owner, minlength=len(lengths))
            self.tokens.drop("too rare", int(np.count_nonzero(~kept_n)))
        else:
            self.tokens.unk = int(np.count_nonzero(~kept_n | (ids_n == unk)))
        ids_n = renumbered[ids_n]
        ids_n = ids_n[ids_n >= 0].astype(np.int32)
        self.tokens.kept = len(ids_n) - self.tokens.unk
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])

        new = np.flatnonzero(stays[known:]) + known
        tokens = self._vocabulary.tokens
        strings = self._interner.slices(new).array().cast(tokens.type)
        vocabulary = Vocabulary(
            pa.concat_arrays([tokens, strings]),
            np.concatenate([self._vocabulary.counts, counts[new]]),
            self._vocabulary.unk,
        )
        rare = len(counts) - known - len(new)
        return Extended(vocabulary, Documents(ids_n, offsets), known, rare)
