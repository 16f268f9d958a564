"""Rows of new words: as long as others, from contexts where there are any, else from the form."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.use.extension import contexts_of_table, new_rows, tables_of, with_rows
from corpus2vec.pipeline.use.newcomers import Extended
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

TOPICS, OF_EACH = 4, 60


@pytest.fixture(scope="module")
def world():
    """Words of four topics, which occur among themselves; the last of each topic is new."""
    random = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnop"))
    words = ["".join(random.choice(letters, 6)) for _ in range(TOPICS * OF_EACH)]
    topic_V = np.arange(TOPICS * OF_EACH) // OF_EACH
    is_new_V = np.arange(TOPICS * OF_EACH) % OF_EACH == OF_EACH - 1
    order = np.argsort(is_new_V, kind="stable")
    words, topic_V = [words[each] for each in order], topic_V[order]
    centres = random.standard_normal((TOPICS, 12))
    rows = centres[topic_V] + 0.3 * random.standard_normal((len(words), 12))
    documents = []
    for number in range(800):
        own = np.flatnonzero(topic_V == number % TOPICS)
        documents.append(random.choice(own, 20))
    ids = np.concatenate(documents).astype(np.int32)
    known = len(words) - TOPICS
    vocabulary = Vocabulary(pa.array(words), np.bincount(ids, minlength=len(words)))
    extended = Extended(vocabulary, Documents(ids, np.arange(801) * 20), known, 0)
    return extended, rows[:known].astype(np.float32), unit_rows(centres.astype(np.float32))


def test_a_new_word_gets_a_row_among_those_that_it_occurs_with(world):
    extended, table, centres = world
    tables = [table, 3 * table[:, ::-1]]
    found = new_rows(tables, extended, contexts_of_table(table, extended))
    one, other = found.tables
    assert found.facts["new"] == TOPICS
    assert found.facts["weight_of_context"]["64"] > 0.5
    for rows, own, turned in ((one, tables[0], centres), (other, tables[1], centres[:, ::-1])):
        assert (rows.dtype, rows.shape) == (np.float32, (TOPICS, 12))
        np.testing.assert_allclose(
            np.linalg.norm(rows, axis=1), np.median(np.linalg.norm(own, axis=1)), rtol=1e-5
        )
        cosines = unit_rows(rows) @ turned.T
        assert (cosines.argmax(1) == np.arange(TOPICS)).all()
        assert cosines.diagonal().min() > 0.8


def test_a_corpus_of_which_nothing_can_be_learned_leaves_the_form(world):
    extended, table, _ = world
    few = Documents(np.array([extended.known, 0, 1], np.int32), np.array([0, 3]))
    extended = Extended(extended.vocabulary, few, extended.known, 0)
    found = new_rows([table], extended, contexts_of_table(table, extended))
    assert "weight_of_context" not in found.facts
    assert np.isfinite(found.tables[0]).all()


def test_arrays_grow_at_their_end(world):
    extended, table, _ = world
    bias = np.arange(extended.known, dtype=np.float32)[:, None]
    arrays = {"embedding": table, "output.bias": bias, "join.weight": table[:3]}
    tables = tables_of(Path("m"), arrays, extended.known)
    assert list(tables) == ["embedding"]
    grown = with_rows(arrays, {"embedding": np.ones((TOPICS, 12), np.float32)}, extended)
    assert list(grown) == ["embedding", "output.bias"]
    assert grown["embedding"][: len(table)].tobytes() == table.tobytes()
    assert grown["output.bias"][: len(bias)].tobytes() == bias.tobytes()
    assert (grown["output.bias"][len(bias) :] < 0).all()
    with pytest.raises(DataError, match=r"embedding has 236 rows, and the vocabulary 9"):
        tables_of(Path("m"), arrays, 9)
