"""A dump that does not hold the table, to the bit, is refused before it is published."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.verify import verify_dump
from corpus2vec.pipeline.tables.writing import write_dump

TOKENS = ["Hope", "to", "see", "you"]
VECTORS = np.random.default_rng(1).standard_normal((4, 3), np.float32)
TABLE = Table(pa.array(TOKENS), VECTORS, np.array([1, 2, 2, 2]))


@pytest.fixture
def written(tmp_path):
    """Writes a table in a format, as it is."""

    def write(table, config):
        path = tmp_path / "dump"
        if config.layout is Layout.FOLDER:
            path.mkdir()
        write_dump(path, table, config)
        return path

    return write


def other_bit():
    vectors = VECTORS.copy()
    vectors.view(np.uint32)[2, 1] ^= 1
    return replace(TABLE, vectors_VD=vectors)


def other_token():
    return replace(TABLE, tokens=pa.array(["Hope", "to", "sea", "you"]))


def swapped():
    rows = np.array([0, 2, 1, 3])
    return replace(TABLE.taken(rows), ids=None)


def a_row_less():
    return TABLE.taken(np.arange(3))


def a_row_more():
    vectors = np.concatenate([VECTORS, VECTORS[:1]])
    return Table(pa.array([*TOKENS, "soon"]), vectors, np.array([1, 2, 2, 2, 1]))


CHANGES = [other_bit, other_token, swapped, a_row_less, a_row_more]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("change", CHANGES)
def test_another_table_than_was_meant_is_refused(written, format, change):
    config = DumpConfig(format=format)
    path = written(change(), config)
    with pytest.raises(PipelineError) as caught:
        verify_dump(path, TABLE, config)
    assert caught.value.exit_code == 70
    assert caught.value.message.startswith(f"reading the {format} dump back, before ")
    assert caught.value.hint.startswith("nothing was published")


@pytest.mark.parametrize("format", FORMATS)
def test_the_table_itself_passes(written, format):
    config = DumpConfig(format=format)
    verify_dump(written(TABLE, config), TABLE, config)


@pytest.mark.parametrize("format", ["table", "word2vec", "glove", "fasttext", "tsv"])
@pytest.mark.parametrize("precision", [0, 1, 3, 9])
def test_decimals_are_right_to_half_of_the_last(written, format, precision):
    config = DumpConfig(format=format, precision=precision)
    path = written(TABLE, config)
    verify_dump(path, TABLE, config)
    further = VECTORS + np.float32(1.1 * 10.0**-precision + 1e-6)
    with pytest.raises(PipelineError, match=r"found other numbers in row 0$"):
        verify_dump(path, replace(TABLE, vectors_VD=further), config)


LINES = {
    "a byte order mark": b"\xef\xbb\xbf4 1\nHope 1\nto 2\nsee 3\nyou 4\n",
    "another count": b"5 1\nHope 1\nto 2\nsee 3\nyou 4\n",
    "another width": b"4 2\nHope 1\nto 2\nsee 3\nyou 4\n",
    "no header": b"Hope 1\nto 2\nsee 3\nyou 4\n",
    "two spaces": b"4 1\nHope 1\nto  2\nsee 3\nyou 4\n",
    "a tab": b"4 1\nHope 1\nto\t2\nsee 3\nyou 4\n",
    "a blank line": b"4 1\nHope 1\n\nto 2\nsee 3\nyou 4\n",
    "a token twice": b"4 1\nHope 1\nto 2\nsee 3\nHope 4\n",
    "not a number": b"4 1\nHope 1\nto nan\nsee 3\nyou 4\n",
}


@pytest.mark.parametrize("content", LINES.values(), ids=LINES)
def test_text_that_a_reader_would_stumble_over_is_refused(tmp_path, content):
    table = Table(pa.array(TOKENS), np.array([[1], [2], [3], [4]], np.float32))
    (tmp_path / "dump").write_bytes(content)
    with pytest.raises(PipelineError):
        verify_dump(tmp_path / "dump", table, DumpConfig(format="word2vec"))


def test_a_token_twice_or_with_white_space_is_refused_even_if_it_was_meant(written):
    for tokens, message in [
        (["a", "a"], "1 tokens in 2 rows"),
        (["a", "b c"], "readers would split"),
    ]:
        table = Table(pa.array(tokens), VECTORS[:2])
        config = DumpConfig(format="word2vec")
        with pytest.raises(PipelineError, match=message):
            verify_dump(written(table, config), table, config)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("\ufeffHope", "readers would drop the byte order mark that it begins with"),
        ("7", "readers would take its first row for word2vec's header"),
    ],
)
def test_a_first_row_of_glove_text_that_readers_would_take_for_more_is_refused(
    written, token, message
):
    table = Table(pa.array([token, "to"]), np.ones((2, 1), np.float32))
    config = DumpConfig(format="glove")
    with pytest.raises(PipelineError, match=f"found a fault: {message}$"):
        verify_dump(written(table, config), table, config)
    verify_dump(written(table, DumpConfig(format="parquet")), table, DumpConfig(format="parquet"))


def test_a_grid_without_vectors_has_as_many_rows(written):
    config = DumpConfig(format="table", columns=("index", "token"))
    path = written(TABLE, config)
    verify_dump(path, TABLE, config)
    with pytest.raises(PipelineError, match=r"found a fault: it has 8 lines$"):
        verify_dump(path, a_row_less(), config)


def test_a_wide_table_is_proved_line_by_line(written, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.rows.CSV_COLUMNS", 2)
    config = DumpConfig(format="word2vec")
    path = written(TABLE, config)
    verify_dump(path, TABLE, config)
    with pytest.raises(PipelineError, match=r"found other numbers in row 2$"):
        verify_dump(path, other_bit(), config)
