"""The Projector's two files: as its loader and CSV readers read them."""

import csv
import io

import numpy as np
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats import rows
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import COUNTS, TOKENS, VECTORS, spelt


def test_the_projector_reads_lines_of_both_files(dump):
    """As TensorBoard's loader does: lines at LF, cells at tabs, a header for several columns."""
    folder = dump("tsv")
    header, *rows = (folder / "metadata.tsv").read_bytes().decode().removesuffix("\n").split("\n")
    assert header.split("\t") == ["token", "count", "id"]
    expected = zip(spelt("tsv"), map(str, COUNTS), map(str, range(len(TOKENS))), strict=True)
    assert [tuple(row.split("\t")) for row in rows] == list(expected)
    lines = (folder / "vectors.tsv").read_text().splitlines()
    numbers = np.array([line.split("\t") for line in lines]).astype(np.float32)
    assert numbers.tobytes() == VECTORS.tobytes()


def test_csv_readers_without_quoting_read_the_metadata(dump):
    text = io.StringIO((dump("tsv") / "metadata.tsv").read_text(), newline="")
    rows = list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [row[0] for row in rows[1:]] == spelt("tsv")


def test_a_projectors_file_of_tokens_alone_is_read(tmp_path):
    (tmp_path / "metadata.tsv").write_text("Hope\nto\n")
    (tmp_path / "vectors.tsv").write_text("0.25\t-1.5\n1\t+0.5\n")
    read = read_vectors(tmp_path)
    assert read.tokens.to_pylist() == ["Hope", "to"]
    assert read.vectors_VD.tolist() == [[0.25, -1.5], [1, 0.5]]


def test_unsafe_tokens_of_the_projector_are_tabs_and_line_ends(dump):
    with pytest.raises(DataError, match=r"6 tokens have tabs or line ends in them"):
        dump("tsv", unsafe_token="error")
    assert len(read_vectors(dump("npy"))) == len(TOKENS)


@pytest.mark.parametrize("shorter", [1, 7])
def test_a_row_of_other_length_than_the_first_is_refused_by_its_line(tmp_path, shorter):
    """A block of 4 MiB ends where the rows of two numbers begin, which were read as rows of two."""
    row = "0.25\t0.5\t0.125\n"
    longer = -(-rows.BLOCK_BYTES // len(row))
    (tmp_path / "vectors.tsv").write_text(row * longer + "1\t2\n" * shorter)
    tokens = (f"w{number}\n" for number in range(longer + shorter))
    (tmp_path / "metadata.tsv").write_text("".join(tokens))
    with pytest.raises(DataError, match=rf"vectors\.tsv line {longer + 1} has 2 numbers where 3 "):
        read_vectors(tmp_path)


@pytest.mark.parametrize("vectors", ["1\t2\n", "1\t2\n" * 3, "1\t2\n" * 9])
def test_more_or_fewer_vectors_than_tokens_are_refused(tmp_path, monkeypatch, vectors):
    monkeypatch.setattr(rows, "BLOCK_BYTES", 1)
    (tmp_path / "metadata.tsv").write_text("Hope\nto\n")
    (tmp_path / "vectors.tsv").write_text(vectors)
    with pytest.raises(DataError, match=f"has 2 tokens and {vectors.count(chr(10))} vectors"):
        read_vectors(tmp_path)
