"""Rows for words that a table lacks."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.ask.spelling import spelt_out
from corpus2vec.pipeline.tables.table import Table

WORDS = ["walk", "walked", "walking", "talk", "talked", "talking", "jump", "jumped"]


def table(counts=None):
    rows = np.random.default_rng(1).standard_normal((len(WORDS), 4)).astype(np.float32)
    return Table(pa.array(WORDS), rows, counts)


def test_the_rows_that_were_there_stay_and_the_new_ones_follow():
    before = table(np.arange(8))
    after = spelt_out(before, ["jumping", "walk", "jumping", "xyz", "\udc80"])
    assert after.tokens.to_pylist() == [*WORDS, "jumping"]
    assert after.vectors_VD[:8].tobytes() == before.vectors_VD.tobytes()
    assert after.counts.tolist() == [*range(8), 0]
    assert after.vectors_VD[8].any()


@pytest.mark.parametrize(
    ("case", "added"),
    [("exact", ["Walk", "jumping"]), ("lower", ["jumping"]), ("fold", ["jumping"])],
)
def test_a_word_is_lacking_as_it_would_be_looked_up(case, added):
    after = spelt_out(table(), ["Walk", "JUMPING", "jumping"], case)
    assert after.tokens.to_pylist()[8:] == added


def test_a_table_that_lacks_nothing_is_the_same_table():
    before = table()
    assert spelt_out(before, ["walk"]) is before
