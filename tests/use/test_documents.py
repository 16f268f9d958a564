"""Texts → documents of ids, and what becomes of each."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.phrases import Phrase
from corpus2vec.pipeline.use.documents import Reader
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

WORDS = ["Hope", "to", "see", "you", "new_york"]
TEXTS = ["Hope to see you", " ", "see new york .", "!", "nothing known", "you"]


def reader(words=WORDS, unk=None):
    vocabulary = Vocabulary(pa.array(words), np.ones(len(words), np.int64), unk)
    joining = Joining([Phrase(1, ("new", "york"), "new_york")])
    return Reader(TokenizeConfig(drop=("space", "punct")), [joining], vocabulary)


def test_a_batch_says_which_documents_are_left_and_keeps_labels_and_ids_of_all():
    labels, ids = list("abcdef"), list("uvwxyz")
    batch = reader().read(Texts.of(TEXTS, labels, ids))
    assert batch.places.tolist() == [0, 2, 5]
    assert batch.documents.ids_n.tolist() == [0, 1, 2, 3, 2, 4, 3]
    assert batch.documents.offsets.tolist() == [0, 4, 6, 7]
    assert batch.number == 6
    assert (batch.labels.to_pylist(), batch.ids.to_pylist()) == (labels, ids)


def test_everything_is_accounted_for():
    each = reader()
    each.read(Texts.of(TEXTS[:3]))
    each.read(Texts.of(TEXTS[3:]))
    each.documents.balance()
    each.tokens.balance()
    assert each.documents.as_json() == {
        "in": 6,
        "kept": 3,
        "dropped": {"blank": 1, "no known token": 1, "no token left": 1},
    }
    assert each.tokens.as_json()["dropped"] == {
        "joined to the one before": 1,
        "punct": 2,
        "unknown": 2,
    }
    assert each.unknown == 2


def test_unk_stands_for_an_unknown_token():
    each = reader([*WORDS, "<unk>"], "<unk>")
    batch = each.read(Texts.of(TEXTS))
    assert batch.places.tolist() == [0, 2, 4, 5]
    assert batch.documents.ids_n.tolist() == [0, 1, 2, 3, 2, 4, 5, 5, 3]
    each.tokens.balance()
    assert (each.tokens.unk, each.unknown) == (2, 2)


@pytest.mark.parametrize("most", [1, 2, 4, 100])
def test_pieces_together_are_the_batch(most):
    batch = reader().read(Texts.of(TEXTS, list("abcdef"), list("uvwxyz")))
    pieces = list(batch.pieces(most))
    assert all(piece.number <= most for piece in pieces)
    assert sum(piece.number for piece in pieces) == 6
    joined = np.concatenate([piece.documents.ids_n for piece in pieces])
    assert joined.tolist() == batch.documents.ids_n.tolist()
    before = np.cumsum([0, *(piece.number for piece in pieces)])
    places = [
        place + shift
        for piece, shift in zip(pieces, before, strict=False)
        for place in piece.places
    ]
    assert places == batch.places.tolist()
    assert [each for piece in pieces for each in piece.ids.to_pylist()] == list("uvwxyz")
    assert [each for piece in pieces for each in piece.labels.to_pylist()] == list("abcdef")
