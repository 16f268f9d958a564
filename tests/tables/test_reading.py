"""Word vectors of any tool are recognized and read bit for bit, or refused by name."""

import bz2
import contextlib
import gzip
import lzma

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import (
    FEW,
    FEW_VECTORS,
    ROWS,
    assert_same,
    table,
    word2vec_binary,
    written,
)

FORMATS = ("table", "word2vec", "glove", "parquet")


@pytest.mark.parametrize("format", FORMATS)
def test_a_dump_is_read_to_the_bit(file, format):
    assert_same(read_vectors(file(written(table(FEW, FEW_VECTORS), format))), FEW, FEW_VECTORS)


COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("format", ["table", "word2vec", "glove"])
def test_compressed_files_are_read(file, format, suffix):
    content = COMPRESS[suffix](written(table(FEW, FEW_VECTORS), format))
    assert_same(read_vectors(file(content, f"vectors{suffix}")), FEW, FEW_VECTORS)


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_wanted_rows_are_kept_in_the_files_order(file, format):
    found = read_vectors(file(written(table(FEW, FEW_VECTORS), format)), {"a\\b", "to", "absent"})
    assert_same(found, ["to", "a\\b"], FEW_VECTORS[[1, 4]])


@pytest.mark.parametrize("format", FORMATS)
def test_no_row_may_be_wanted(file, format):
    found = read_vectors(file(written(table(FEW, FEW_VECTORS), format)), {"absent"})
    assert len(found) == 0


@pytest.mark.parametrize("format", [*FORMATS, "binary"])
def test_a_repeated_token_keeps_its_first_row(read, format):
    if format == "binary":
        content = word2vec_binary({"a": [1, 2], "b": [3, 4]}).replace(b"b ", b"a ")
    else:
        content = written(table(["a", "a"], [[1, 2], [3, 4]]), format)
    assert read(content) == {"a": [1, 2]}


def test_a_token_of_two_blocks_keeps_its_first_row(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.rows.BLOCK_BYTES", 4)
    (tmp_path / "glove.txt").write_text("a 1\nb 2\na 3\nc 4\n")
    read = read_vectors(tmp_path / "glove.txt")
    assert read.tokens.to_pylist() == ["a", "b", "c"]
    assert read.vectors_VD.tolist() == [[1], [2], [4]]


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("Hope")
    with pytest.raises(DataError, match="is a folder, and not one of word vectors"):
        read_vectors(tmp_path)


NO_VECTORS = {
    "nothing": b"",
    "an empty line": b"\n",
    "a word": b"Hope\n",
    "a sentence": b"Hope to see you soon\nNice to see you again\n",
    "a year and a number": b"2024 12\nHope to see you soon\n",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "zeros": bytes(5000),
    "digits": b"1" * 5000 + b" " + b"2" * 5000,
    "an absurd header": b"99999999999 999999999999\na b c\n",
    "an absurd dimension": b"2 9999999\na 1 2\n",
}


@pytest.mark.parametrize("content", NO_VECTORS.values(), ids=NO_VECTORS)
def test_a_file_that_holds_no_vectors_is_refused_by_name(read, content):
    with pytest.raises(DataError, match=r"vectors\.txt"):
        read(content)


@pytest.mark.parametrize(
    ("first", "vector"), [("PAR1", [1, 2]), ("+-+", [1, 2]), ("7", [1, 2]), ("\ufeffHope", [1, 2])]
)
def test_a_token_that_looks_like_another_format_is_a_token(read, first, vector):
    assert read(written(table([first, "to"], [vector, [3, 4]]), "glove"))[first] == vector


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"^there is no file .*vectors\.txt$"):
        read_vectors(tmp_path / "vectors.txt")


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_that_is_cut_off_is_refused(read, suffix):
    content = COMPRESS[suffix](written(table(FEW, FEW_VECTORS), "word2vec"))
    with pytest.raises(DataError, match=r"is damaged: |ends after"):
        read(content[:-15], name=f"vectors{suffix}")


STARTS = [b"", b"2 2\n", b"+-+-+\n", b"PAR1"]


@given(st.sampled_from(STARTS), st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, start, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + content)
    with contextlib.suppress(PipelineError):
        read_vectors(path)


TEXTS = [written(table(FEW, FEW_VECTORS), each) for each in ("table", "word2vec", "glove")]
damages = st.dictionaries(st.integers(0, 99), st.integers(0, 255), min_size=1, max_size=3)


@given(st.sampled_from([*TEXTS, word2vec_binary(ROWS)]), damages)
def test_any_damage_is_read_or_refused(tmp_path_factory, content, damage):
    damaged = bytearray(content)
    for place, byte in damage.items():
        damaged[place % len(content)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged)
    with contextlib.suppress(PipelineError):
        read_vectors(path)
