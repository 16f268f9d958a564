"""A row that is read piece by piece is the one that the csv module reads, and so are its faults."""

import csv
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError
from tests.support.corpora import corpus_of, documents, refusal


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def outcome(content, block_bytes, record_characters, sight, **settings):
    """The documents and the number of cuts, or what is refused."""
    sizes = {
        "BLOCK_BYTES": block_bytes,
        "RECORD_CHARACTERS": record_characters,
        "SIGHT_CHARACTERS": sight,
        "DOCUMENT_BYTES": 16,
    }
    corpus = corpus_of(content, **settings)
    with mock.patch.multiple(limits, **sizes):
        try:
            return documents(corpus), corpus.cuts
        except DataError as error:
            return error.message, error.hint


def assert_read_alike(content, block_bytes, sight=40, **settings):
    """Piece by piece, it is what it is as a whole."""
    whole = outcome(content, 1 << 20, 1 << 20, 1 << 20, **settings)
    assert outcome(content, block_bytes, 8, sight, **settings) == whole


cells = st.text(st.sampled_from('a "",\t\r\né😀'), max_size=30)


@given(
    table=st.lists(st.tuples(cells, cells), max_size=4),
    kind=st.sampled_from(["csv", "tsv"]),
    label=st.sampled_from([None, "y", "text"]),
    end=st.sampled_from(["\n", "\r\n"]),
    block_bytes=st.integers(1, 30),
)
def test_a_row_read_piece_by_piece_is_the_same(table, kind, label, end, block_bytes):
    delimiter = {"csv": ",", "tsv": "\t"}[kind]
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    content = end.join([delimiter.join(["text", "y"]), *quoted])
    assert_read_alike(content, block_bytes, kind=kind, label_field=label)


@given(
    st.text(st.sampled_from('aaa"",,\r\n \0'), max_size=80),
    st.integers(1, 30),
    st.integers(30, 60),
)
def test_whatever_a_table_holds_is_read_or_refused_alike(body, block_bytes, sight):
    assert_read_alike("text,n\n" + body, block_bytes, sight, kind="csv")
    assert_read_alike("n\ttext\n" + body.replace(",", "\t"), block_bytes, sight, kind="tsv")


@given(st.text(st.sampled_from('"a'), max_size=60), st.integers(1, 9), st.integers(2, 9))
def test_pairs_of_quotes_are_read_wherever_a_piece_ends(cell, block_bytes, sight):
    quoted = cell.replace('"', '""')
    assert_read_alike(f'text,n\n"{quoted}",1\n"b",2\n', block_bytes, sight, kind="csv")


def test_a_label_or_a_header_must_not_be_long(monkeypatch):
    for name in ("RECORD_CHARACTERS", "SIGHT_CHARACTERS", "BLOCK_BYTES"):
        monkeypatch.setattr(limits, name, 10)
    table = "text,y\na," + "b" * 20 + "\n"
    expected = "a.csv line 2: its label has more than 10 characters"
    assert refusal(table, "a.csv", label_field="y") == expected
    header = "text," + "y" * 20 + "\na,b\n"
    assert refusal(header, "a.csv") == "a.csv: the first row has more than 10 characters"


def test_a_row_in_which_the_csv_module_finds_nothing_wrong_is_refused_all_the_same():
    lenient = mock.Mock(reader=lambda *row, **settings: [], Error=csv.Error)
    with mock.patch("corpus2vec.pipeline.corpus.long_rows.csv", lenient):
        said, _ = outcome(b'text\n"a long cell" of text\n', 4, 8, 40, kind="csv")
    assert said.endswith("line 2 cannot be read as CSV: a quote or a line end where none can be")
