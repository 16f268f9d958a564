"""Columns become lines."""

import pyarrow as pa
import pytest

from corpus2vec.pipeline.strings.lines import joined_lines


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((["0", "1"], "\t", ["a", "é"]), "0\ta\n1\té\n"),
        ((["", ""],), "\n\n"),
        (([], "\t", []), ""),
    ],
)
def test_columns_become_lines(pieces, expected):
    given = [each if isinstance(each, str) else pa.array(each, pa.string()) for each in pieces]
    assert bytes(joined_lines(*given)) == expected.encode()


def test_a_slice_of_a_column_becomes_its_own_lines_only():
    column = pa.array(["a", "b", "c", "d"])
    assert bytes(joined_lines(column[1:3], column[2:4])) == b"bc\ncd\n"
