"""The grid: exact to the character, aligned on a terminal, and read back."""

import itertools
import re
import unicodedata

import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.display import HIDDEN, display_width
from corpus2vec.pipeline.tables.formats import rows
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import (
    FEW,
    FEW_VECTORS,
    HOSTILE,
    SPACED,
    THREE,
    assert_same,
    table,
    written,
)


def test_the_grid_to_the_character():
    assert written(THREE, "table").decode() == (
        "+-------+-------+--------------+\n"
        "| index | token | embedding    |\n"
        "+-------+-------+--------------+\n"
        "|     0 | Hope  | [0.25, -1.5] |\n"
        "|     1 | to    | [1, 0.1]     |\n"
        "|     2 | see   | [-0, 1e-45]  |\n"
        "+-------+-------+--------------+\n"
    )


ORDERS = [
    order
    for length in (1, 2, 3)
    for order in itertools.permutations(("index", "token", "embedding"), length)
]


@pytest.mark.parametrize("columns", ORDERS, ids=",".join)
def test_the_grid_has_the_columns_asked_for_in_that_order(columns):
    _, header, _, first, *_ = written(THREE, "table", columns=columns).decode().splitlines()
    values = {"index": "0", "token": "Hope", "embedding": "[0.25, -1.5]"}
    assert cells(header) == list(columns)
    assert cells(first) == [values[name] for name in columns]


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


WIDE = ["Hope", "東京", "한국어", "한국어", "ｗｉｄｅ", "é", "e\u0301", "ไม้", "हिन्दी", "🙂", "|"]


@pytest.mark.parametrize("columns", ORDERS, ids=",".join)
def test_the_grids_lines_are_all_as_wide(columns):
    lines = written(table([*WIDE, *HOSTILE, *SPACED]), "table", columns=columns).decode()
    assert len({display_width(line) for line in lines.splitlines()}) == 1


@pytest.mark.parametrize("token", [*HOSTILE, *SPACED])
def test_the_grid_shows_what_has_no_glyph_and_lets_none_of_it_through(token):
    text = written(table([token]), "table").decode()
    hidden = {each for each in text if unicodedata.category(each) in HIDDEN}
    assert hidden <= {" ", "\n"}
    assert len(text.splitlines()) == 5


def test_the_grid_of_many_rows_has_room_for_the_last_id():
    lines = written(table(["a"] * 100_001), "table", columns=("index",)).decode().splitlines()
    assert lines[3] == "|      0 |"
    assert lines[-2] == "| 100000 |"


def test_precision_holds_in_the_grid_too():
    assert "| [0.2, -1.5] |" in written(THREE, "table", precision=1).decode()


@pytest.mark.parametrize(
    "columns",
    [
        columns
        for length in (2, 3)
        for columns in itertools.permutations(("index", "token", "embedding"), length)
        if {"token", "embedding"} <= set(columns)
    ],
    ids=",".join,
)
def test_the_grid_is_read_whatever_the_order_of_its_columns(file, columns):
    grid = written(table(FEW, FEW_VECTORS), "table", columns=columns)
    assert_same(read_vectors(file(grid)), FEW, FEW_VECTORS)


GRID = written(table(FEW, FEW_VECTORS), "table").decode()


def test_a_grid_that_is_cut_off_is_refused(read):
    for end in range(GRID.index("\n") + 1, len(GRID) - len(GRID.splitlines()[0]) - 1):
        with pytest.raises(DataError):
            read(GRID[:end])


@pytest.mark.parametrize("column", ["token", "embedding"])
def test_a_grid_without_tokens_or_embeddings_says_what_it_lacks(read, column):
    columns = tuple(each for each in ("index", "token", "embedding") if each != column)
    with pytest.raises(DataError, match="token and embedding are needed") as caught:
        read(written(table(FEW, FEW_VECTORS), "table", columns=columns))
    assert "--columns index,token,embedding" in caught.value.hint


def test_a_grid_row_that_is_shorter_is_refused_by_its_line(read):
    changed = re.sub(r"(\| to .*), [^,]*\]", r"\1]", GRID)
    with pytest.raises(DataError, match="line 5 has 2 numbers where 3 are expected"):
        read(changed)


@pytest.mark.parametrize(
    ("block_bytes", "message"), [(1, "line 10 is below the last rule"), (1 << 20, "line 9 has ")]
)
def test_rows_below_the_last_rule_are_refused(read, monkeypatch, block_bytes, message):
    monkeypatch.setattr(rows, "BLOCK_BYTES", block_bytes)
    with pytest.raises(DataError, match=message):
        read(GRID + GRID.splitlines(keepends=True)[3])
