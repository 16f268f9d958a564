"""A known rotation is found again; what is rotated keeps its cosines."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.use.align import cosines, rotated, rotation, shared_words
from tests.support.tables import table

RANDOM = np.random.default_rng(1)
VECTORS_VD = RANDOM.standard_normal((300, 50)).astype(np.float32)
TURN_DD = np.linalg.qr(RANDOM.standard_normal((50, 50)))[0]


def test_a_known_rotation_is_recovered():
    other_VD = (VECTORS_VD @ TURN_DD).astype(np.float32)
    found_DD = rotation(VECTORS_VD, 3 * other_VD)
    assert np.abs(found_DD - TURN_DD).max() < 1e-5
    assert np.abs(rotated(VECTORS_VD, found_DD) - other_VD).max() < 1e-5
    assert np.abs(found_DD @ found_DD.T - np.eye(50)).max() < 1e-12


def test_it_is_scipys_rotation_of_unit_rows():
    other_VD = VECTORS_VD @ TURN_DD + RANDOM.standard_normal((300, 50))
    units = [unit_rows(each.astype(np.float32)).astype(float) for each in (VECTORS_VD, other_VD)]
    expected_DD, _ = orthogonal_procrustes(*units)
    found_DD = rotation(VECTORS_VD, other_VD.astype(np.float32))
    assert np.abs(found_DD - expected_DD).max() < 1e-5


def test_rows_beyond_a_block_count_too(monkeypatch):
    whole_DD = rotation(VECTORS_VD, VECTORS_VD[:, ::-1])
    monkeypatch.setattr("corpus2vec.pipeline.use.align.BLOCK_ROWS", 7)
    assert np.abs(rotation(VECTORS_VD, VECTORS_VD[:, ::-1]) - whole_DD).max() < 1e-6


def test_cosines_are_of_rows_in_their_places():
    found = cosines(np.array([[1, 0], [0, 2.0]]), np.array([[3, 0], [1, 1.0]]))
    assert found.tolist() == pytest.approx([1, 0.5**0.5])


def test_a_token_counts_as_shared_however_it_is_spelt():
    escaped = "New\\u0020York"
    words, rows, others = shared_words(table(["to", "New York", "to"]), table([escaped, "to"]))
    assert (words, rows.tolist(), others.tolist()) == (["to", escaped], [0, 1], [1, 0])


def test_tables_of_other_widths_are_refused():
    with pytest.raises(DataError, match="of 50 and 3 columns cannot be aligned"):
        rotation(VECTORS_VD, VECTORS_VD[:, :3])
