"""Word vectors of every tool are read bit for bit, and what is wrong with a file is told."""

import bz2
import contextlib
import gzip
import io
import itertools
import lzma
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gensim.models import KeyedVectors
from hypothesis import assume, given
from hypothesis import strategies as st

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tables.writing import prepare, write_file

FORMATS = ("table", "word2vec", "glove", "parquet")
TOKENS = ["Hope", "to", "東京", "|", "a\\b"]
VECTORS = np.random.default_rng(1).standard_normal((len(TOKENS), 3), np.float32)


def dumped(tokens, vectors, format, **settings):
    sink = io.BytesIO()
    given = Table(pa.array(tokens, pa.string()), np.array(vectors, np.float32))
    config = DumpConfig(format=format, **settings)
    write_file(sink, prepare(given, config)[0], config)
    return sink.getvalue()


@pytest.fixture
def file(tmp_path):
    """Makes a file of bytes, or of text."""

    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def read(file):
    """Reads vectors from such a file, as a dictionary of lists."""

    def read_content(content, wanted=None, name="vectors.txt"):
        return rows_of(read_vectors(file(content, name), wanted))

    return read_content


def rows_of(table):
    return dict(zip(table.tokens.to_pylist(), table.vectors_VD.tolist(), strict=True))


def assert_same(table, tokens, vectors):
    assert table.tokens.to_pylist() == list(tokens)
    assert table.vectors_VD.dtype == np.float32
    assert table.vectors_VD.tobytes() == np.asarray(vectors).tobytes()


# --- what other tools write ------------------------------------------------------------------

ROWS = {"Hope": [0.25, -1.5], "to": [1.0, 0.5]}

FOREIGN = {
    "word2vec": "2 2\nHope 0.25 -1.5\nto 1 0.5\n",
    "word2vec, Mikolov's trailing spaces": "2 2\nHope 0.25 -1.5 \nto 1.0 0.5 \n",
    "word2vec, byte order mark": "\ufeff2 2\nHope 0.25 -1.5\nto 1 0.5\n",
    "word2vec, CR LF": "2 2\r\nHope 0.25 -1.5\r\nto 1 0.5\r\n",
    "glove": "Hope 0.25 -1.5\nto 1 0.5\n",
    "glove, CR LF": "Hope 0.25 -1.5\r\nto 1 0.5\r\n",
    "glove, trailing spaces": "Hope 0.25 -1.5 \nto 1 0.5 \n",
    "no last newline": "Hope 0.25 -1.5\nto 1 0.5",
    "exponents and signs": "Hope 2.5e-1 -15E-1\nto +1.0 .5\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_text_vectors_are_read(read, text):
    assert read(text) == ROWS


def test_fasttext_vectors_are_read(read):
    text = "3 2\n</s> 0.25 -1.5 \n, 1 0.5 \n2024 3 4 \n"
    assert read(text, name="wiki.vec") == {"</s>": [0.25, -1.5], ",": [1, 0.5], "2024": [3, 4]}


def test_tokens_with_spaces_are_read_as_glove_has_them(read):
    text = "the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"
    assert read(text) == {"the": [1, 2], ". . .": [3, 4], "at name@domain.com": [5, 6]}


def test_only_a_line_feed_ends_a_row(read):
    text = "a\u2028b 1 2\n\x85 3 4\n\x0b\x1c 5 6\n"
    assert read(text) == {"a\u2028b": [1, 2], "\x85": [3, 4], "\x0b\x1c": [5, 6]}


def test_bytes_that_are_not_utf8_spoil_their_own_token_only(read):
    assert read(b"caf\xe9 1 2\nto 3 4\n") == {"caf\ufffd": [1, 2], "to": [3, 4]}


@pytest.mark.parametrize("dim", [1, 2, 3, 300])
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "text"])
def test_what_gensim_writes_is_read_to_the_bit(tmp_path, binary, dim):
    vectors = np.random.default_rng(dim).standard_normal((len(TOKENS), dim), np.float32)
    model = KeyedVectors(dim)
    model.add_vectors(TOKENS, vectors)
    model.save_word2vec_format(tmp_path / "vectors.bin", binary=binary)
    assert_same(read_vectors(tmp_path / "vectors.bin"), TOKENS, vectors)


def binary(rows, newline=b"", count=None):
    """word2vec's binary format; Mikolov's own files have a newline behind each row."""
    header = f"{len(rows) if count is None else count} {len(next(iter(rows.values())))}\n".encode()
    return header + b"".join(
        token.encode() + b" " + np.array(vector, "<f4").tobytes() + newline
        for token, vector in rows.items()
    )


@pytest.mark.parametrize("newline", [b"", b"\n"], ids=["gensim's", "Mikolov's"])
@pytest.mark.parametrize("byte", [b"\n", b" ", b"\r", b"0"])
def test_binary_numbers_may_have_any_byte(read, newline, byte):
    vector = np.frombuffer(byte * 4 + b"\x00\x00\x80\x3f", "<f4").tolist()
    rows = {"Hope": vector, "to": vector}
    assert read(binary(rows, newline)) == rows


# --- what we write ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_dump_is_read_to_the_bit(file, format):
    assert_same(read_vectors(file(dumped(TOKENS, VECTORS, format))), TOKENS, VECTORS)


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
    grid = dumped(TOKENS, VECTORS, "table", columns=columns)
    assert_same(read_vectors(file(grid)), TOKENS, VECTORS)


COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("format", ["table", "word2vec", "glove"])
def test_compressed_files_are_read(file, format, suffix):
    content = COMPRESS[suffix](dumped(TOKENS, VECTORS, format))
    assert_same(read_vectors(file(content, f"vectors{suffix}")), TOKENS, VECTORS)


def test_compressed_binary_is_read(read):
    assert read(gzip.compress(binary(ROWS)), name="vectors.bin.gz") == ROWS


hostile = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("|\\u0 +-\n"), min_size=1
)
float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("format", FORMATS)
@given(tokens=st.lists(hostile, min_size=1, max_size=8, unique=True), data=st.data())
def test_any_table_survives_the_round_trip(tmp_path_factory, format, tokens, data):
    expected = [as_written(token, format) for token in tokens]
    assume(len(set(expected)) == len(expected))  # else it is refused
    dim = data.draw(st.integers(2, 4))
    row = st.lists(float32, min_size=dim, max_size=dim)
    vectors = np.array([data.draw(row) for _ in tokens], np.float32)
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_bytes(dumped(tokens, vectors, format))
    assert_same(read_vectors(path), expected, vectors)


# --- which rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_wanted_rows_are_kept_in_the_files_order(file, format):
    table = read_vectors(file(dumped(TOKENS, VECTORS, format)), {"a\\b", "to", "absent"})
    assert_same(table, ["to", "a\\b"], VECTORS[[1, 4]])


@pytest.mark.parametrize("format", FORMATS)
def test_no_row_may_be_wanted(file, format):
    table = read_vectors(file(dumped(TOKENS, VECTORS, format)), {"absent"})
    assert len(table) == 0


@pytest.mark.parametrize("format", [*FORMATS, "binary"])
def test_a_token_that_stands_there_twice_keeps_its_first_row(read, format):
    if format == "binary":
        content = binary({"a": [1, 2], "b": [3, 4]}).replace(b"b ", b"a ")
    else:
        content = dumped(["a", "a"], [[1, 2], [3, 4]], format)
    assert read(content) == {"a": [1, 2]}


# --- what is wrong ---------------------------------------------------------------------------

MALFORMED = {
    "too few numbers": ("a 1 2\nb 3\n", "line 2 has 1 numbers where 2 are expected"),
    "no number": ("a 1 2\nb x 4\n", "line 2: could not convert string to float: b'x'"),
    "too few numbers below a header": ("2 3\na 1 2 3\nb 3\n", "line 3 has 1 numbers where 3"),
    "no number in the first row": ("2 3\na 1 x 3\nb 1 2 3\n", "line 2: could not convert"),
    "first row too short": ("2 3\na 1 2\nb 1 2 3\n", "line 2 has 2 numbers where 3 are"),
    "blank line": ("a 1 2\n\nb 3 4\n", "line 2 has 0 numbers where 2 are expected"),
    "NaN": ("a 1 2\nb nan 4\n", "line 2 has a number that is not finite"),
    "infinity": ("2 1\na 1\nb inf\n", "line 3 has a number that is not finite"),
    "more than float32 holds": ("a 1e39 2\n", "line 1 has a number that is not finite"),
    "fewer rows than the header says": ("3 1\na 1\nb 2\n", "ends after 2 of 3 rows"),
    "nothing below the header": ("3 1\n", "ends after 0 of 3 rows"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_row_is_told_by_its_line(read, text, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(text)
    assert "vectors.txt" in caught.value.message


def test_binary_that_is_cut_off_is_refused(read):
    content = binary(ROWS)
    for end in range(len(content)):
        with pytest.raises(DataError):
            read(content[:end])


def test_binary_that_is_cut_off_says_where(read):
    with pytest.raises(DataError, match=r"ends in row 2 of 2$") as caught:
        read(binary(ROWS)[:-1], wanted={"Hope"})
    assert caught.value.hint == "is it complete?"


def test_binary_that_goes_on_is_refused(read):
    with pytest.raises(DataError, match="goes on after the 1 rows that its first line names"):
        read(binary(ROWS, count=1))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_binary_numbers_that_are_not_finite_are_refused_by_row(read, number):
    with pytest.raises(DataError, match="row 2 has a number that is not finite"):
        read(binary({"a": [1, 2], "b": [1, number]}))


GRID = dumped(TOKENS, VECTORS, "table").decode()


def test_a_grid_that_is_cut_off_is_refused(read):
    for end in range(GRID.index("\n") + 1, len(GRID) - len(GRID.splitlines()[0]) - 1):
        with pytest.raises(DataError):
            read(GRID[:end])


@pytest.mark.parametrize("column", ["token", "embedding"])
def test_a_grid_without_tokens_or_embeddings_says_what_it_lacks(read, column):
    columns = tuple(each for each in ("index", "token", "embedding") if each != column)
    with pytest.raises(DataError, match="token and embedding are needed") as caught:
        read(dumped(TOKENS, VECTORS, "table", columns=columns))
    assert "--columns index,token,embedding" in caught.value.hint


def test_a_grid_row_that_is_shorter_is_told_by_its_line(read):
    changed = re.sub(r"(\| to .*), [^,]*\]", r"\1]", GRID)
    with pytest.raises(DataError, match="line 5 has 2 numbers where 3 are expected"):
        read(changed)


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def vectors_of(rows, value_type="float32"):
    return pa.array(rows, pa.list_(pa.type_for_alias(value_type), 2))


BAD_PARQUET = {
    "no token": (parquet(vector=vectors_of([[1, 2]])), "holds no word vectors"),
    "no vector": (parquet(token=["a"]), "holds no word vectors"),
    "lists of any size": (parquet(token=["a"], vector=[[1.0]]), "of a fixed size"),
    "text": (parquet(token=["a"], vector=vectors_of([["x", "y"]], "string")), "of a fixed size"),
    "null token": (parquet(token=["a", None], vector=vectors_of([[1, 2]] * 2)), "without a token"),
    "null vector": (parquet(token=["a", "b"], vector=vectors_of([[1, 2], None])), "without a vec"),
    "null number": (parquet(token=["a"], vector=vectors_of([[1, None]])), "without a vector"),
    "NaN": (parquet(token=["a"], vector=vectors_of([[1, np.nan]])), "row 1 has a number that is"),
    "more than float32 holds": (
        parquet(token=["a"], vector=vectors_of([[1, 1e39]], "float64")),
        "row 1 has a number that is not finite",
    ),
    "cut off": (parquet(token=["a"], vector=vectors_of([[1, 2]]))[:-9], "holds no word vectors"),
}


@pytest.mark.parametrize(("content", "message"), BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_parquet_that_holds_no_such_table_is_refused(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


@pytest.mark.parametrize("value_type", ["float16", "float32", "float64"])
def test_parquet_of_other_tools_may_have_other_floats(read, value_type):
    vectors = vectors_of(list(ROWS.values()), value_type)
    assert read(parquet(more=[1, 2], vector=vectors, token=list(ROWS))) == ROWS


def test_an_empty_parquet_table_is_empty(read):
    content = parquet(token=pa.array([], pa.string()), vector=vectors_of([]))
    assert read(content) == {}


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
    assert read(dumped([first, "to"], [vector, [3, 4]], "glove"))[first] == vector


def test_a_missing_file_is_told_by_name(tmp_path):
    with pytest.raises(UsageError, match=r"^there is no file .*vectors\.txt$"):
        read_vectors(tmp_path / "vectors.txt")


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_that_is_cut_off_is_refused(read, suffix):
    content = COMPRESS[suffix](dumped(TOKENS, VECTORS, "word2vec"))
    with pytest.raises(DataError, match=r"is damaged: |ends after"):
        read(content[:-15], name=f"vectors{suffix}")


STARTS = [b"", b"2 2\n", b"+-+-+\n", b"PAR1"]


@given(st.sampled_from(STARTS), st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, start, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + content)
    with contextlib.suppress(PipelineError):
        read_vectors(path)


TEXTS = [dumped(TOKENS, VECTORS, each) for each in ("table", "word2vec", "glove")]
damages = st.dictionaries(st.integers(0, 99), st.integers(0, 255), min_size=1, max_size=3)


@given(st.sampled_from([*TEXTS, binary(ROWS)]), damages)
def test_any_damage_is_read_or_refused(tmp_path_factory, content, damage):
    damaged = bytearray(content)
    for place, byte in damage.items():
        damaged[place % len(content)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged)
    with contextlib.suppress(PipelineError):
        read_vectors(path)
