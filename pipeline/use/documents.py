"""Corpus → documents of ids, tokenized and encoded as the corpus of a model was.

The tokens are made as the model's manifest says (see `tokenizer.lineage`, `phrases.retracing`), and
looked up in its vocabulary. A token that the vocabulary does not have is its <unk>, or is left out
where it has none; both are counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.tokenizer import Tokenizer
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.vocabulary.encoding import Encoder
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class Encoded:
    """A batch of n documents, of which some have no token that the vocabulary knows."""

    documents: Documents
    """Those that have one or more."""
    places: np.ndarray
    """(documents,) int64: which of the n each one is."""
    number: int
    """n."""
    labels: pa.Array | None
    """(n,) string, if the corpus has labels."""
    ids: pa.Array | None
    """(n,) string, if the corpus has ids."""

    def pieces(self, most: int) -> Iterator[Encoded]:
        """Yield the batch in pieces of at most that many documents."""
        for begin in range(0, self.number, most):
            end = min(begin + most, self.number)
            first, last = np.searchsorted(self.places, [begin, end])
            offsets = self.documents.offsets[first : last + 1]
            ids_n = self.documents.ids_n[offsets[0] : offsets[-1]]
            yield Encoded(
                Documents(ids_n, offsets - offsets[0]),
                self.places[first:last] - begin,
                end - begin,
                None if self.labels is None else self.labels[begin:end],
                None if self.ids is None else self.ids[begin:end],
            )


class Reader:
    """Turns batches of texts into batches of documents of ids, and counts what becomes of them."""

    def __init__(
        self, tokens: TokenizeConfig, joinings: Sequence[Joining], vocabulary: Vocabulary
    ) -> None:
        self._tokenizer = Tokenizer(tokens)
        self._joinings = joinings
        self._encoder = Encoder(vocabulary, EncodeConfig(unknown="drop"))
        self.documents = Ledger("documents")
        self.tokens = Ledger("tokens")

    @property
    def vocabulary(self) -> Vocabulary:
        """What ids stand for."""
        return self._encoder.vocabulary

    @property
    def unknown(self) -> int:
        """How many tokens the vocabulary does not know, so far."""
        return self.tokens.unk + self.tokens.dropped["unknown"]

    @property
    def _joined(self) -> int:
        return sum(each.joined for each in self._joinings)

    def read(self, texts: Texts) -> Encoded:
        """Return the documents of a batch."""
        # Their numbers in place of their ids, since they show which documents are left.
        numbers = pa.array(np.arange(len(texts)))
        numbered = dataclasses.replace(texts, labels=None, ids=numbers)
        tokens = self._tokenizer.tokenize(numbered)
        batch, before = tokens.batch, self._joined
        for each in self._joinings:
            batch = each.join(batch)
        unk, unknown = self._encoder.tokens.unk, self._encoder.tokens.dropped["unknown"]
        encoded = self._encoder.encode(batch)
        documents = Documents.from_batch(encoded)

        self.documents.read += tokens.read
        self.documents.kept += len(documents)
        self.documents.drop("blank", tokens.blank)
        self.documents.drop("no token left", tokens.emptied)
        self.documents.drop("no known token", tokens.documents - len(documents))
        self.tokens.read += tokens.tokens
        for reason, count in tokens.dropped.items():
            self.tokens.drop(reason, count)
        self.tokens.drop("joined to the one before", self._joined - before)
        unk = self._encoder.tokens.unk - unk
        self.tokens.unk += unk
        self.tokens.drop("unknown", self._encoder.tokens.dropped["unknown"] - unknown)
        self.tokens.kept += len(documents.ids_n) - unk
        places = encoded.column("id").to_numpy()
        return Encoded(documents, places, len(texts), texts.labels, texts.ids)
