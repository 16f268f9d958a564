"""New words get the next ids, by first appearance; rare ones are <unk> or left out."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.use.newcomers import Newcomers
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

BATCHES = [["see you again", "", "new york , new jersey"], ["jersey is new", "you see <unk>"]]


def read(unk, least=1):
    tokens = ["see", "you", "<unk>"] if unk else ["see", "you"]
    vocabulary = Vocabulary(pa.array(tokens), np.arange(len(tokens)) + 5, unk)
    newcomers = Newcomers(TokenizeConfig(), [], vocabulary)
    for batch in BATCHES:
        newcomers.read(Texts.of(batch))
    extended = newcomers.extended(least)
    newcomers.documents.balance()
    newcomers.tokens.balance()
    return newcomers, extended


@pytest.mark.parametrize("least", [1, 2, 3])
def test_ids_go_on_where_the_vocabulary_ends(least):
    _, extended = read(None, least)
    new = {1: ["again", "new", "york", ",", "jersey", "is", "<", "unk", ">"], 2: ["new", "jersey"]}
    tokens = extended.vocabulary.tokens.to_pylist()
    assert tokens == ["see", "you", *new.get(least, ["new"])]
    assert extended.vocabulary.counts[:2].tolist() == [5, 6]
    assert extended.vocabulary.counts[tokens.index("new")] == 3
    assert extended.too_rare == 9 - len(tokens) + 2
    documents = extended.documents
    text = [
        [tokens[each] for each in documents.ids_n[begin:end]]
        for begin, end in zip(documents.offsets, documents.offsets[1:], strict=False)
    ]
    words = [" ".join(each).split() for each in text]
    assert words[0][:2] == ["see", "you"]
    assert [each for each in words[1] if each == "new"] == ["new", "new"]


def test_rare_words_are_unk_where_there_is_one():
    newcomers, extended = read("<unk>", 2)
    assert extended.vocabulary.tokens.to_pylist() == ["see", "you", "<unk>", "new", "jersey"]
    assert extended.vocabulary.unk_id == 2
    assert extended.documents.ids_n[:3].tolist() == [0, 1, 2]
    assert newcomers.tokens.unk == int((extended.documents.ids_n == 2).sum())
