"""The dump's formats: exact to the character, exact to the bit, and readable by other tools."""

import io
import itertools
import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.display import HIDDEN, display_width
from corpus2vec.pipeline.tables.formats import rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tables.writing import prepare, write_file


def table(tokens, vectors=None, counts=None):
    vectors = [[0.5, -0.5]] * len(tokens) if vectors is None else vectors
    counts = None if counts is None else np.array(counts)
    return Table(pa.array(tokens, pa.string()), np.array(vectors, np.float32), counts)


def written(given, format, **settings):
    return dump(given, format, **settings)[0]


def dump(given, format, **settings):
    sink = io.BytesIO()
    config = DumpConfig(format=format, **settings)
    ready, unsafe = prepare(given, config)
    write_file(sink, ready, config)
    return sink.getvalue(), unsafe


THREE = table(["Hope", "to", "see"], [[0.25, -1.5], [1, 0.1], [-0.0, 1e-45]], [1, 2, 2])
HOSTILE = [
    "|",
    "a\\b",
    "東京",
    "e\u0301",
    "\x1b[31m",
    "\u202egnp",
    "\u200b",
    "\x00",
    "+-+",
    "7",
    "''",
]
SPACED = ["New York", "a\tb", "a\nb", "\r", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000"]


# --- the grid --------------------------------------------------------------------------------


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


# --- word2vec and GloVe text -----------------------------------------------------------------


def test_word2vec_text_to_the_character():
    assert written(THREE, "word2vec") == b"3 2\nHope 0.25 -1.5\nto 1 0.1\nsee -0 1e-45\n"


def test_glove_text_is_the_same_without_the_first_line():
    assert written(THREE, "glove") == written(THREE, "word2vec").removeprefix(b"3 2\n")


RANDOM = np.random.default_rng(1).standard_normal((len(HOSTILE), 7), np.float32)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # gensim's, without a header
@pytest.mark.parametrize(("format", "options"), [("word2vec", {}), ("glove", {"no_header": True})])
def test_gensim_reads_the_same_tokens_and_the_same_bits(tmp_path, format, options):
    path = tmp_path / "vectors.txt"
    path.write_bytes(written(table(HOSTILE, RANDOM), format))
    vectors = KeyedVectors.load_word2vec_format(path, **options)
    assert vectors.index_to_key == HOSTILE
    assert (len(vectors), vectors.vector_size) == RANDOM.shape
    assert vectors.vectors.dtype == np.float32
    assert vectors.vectors.tobytes() == RANDOM.tobytes()


@pytest.mark.parametrize("unsafe_token", ["escape", "skip"])
def test_every_row_has_a_token_and_d_numbers_for_awk(unsafe_token):
    tokens = [*HOSTILE, *SPACED]
    rows = written(table(tokens), "glove", unsafe_token=unsafe_token)
    assert {len(row.split()) for row in rows.strip(b"\n").split(b"\n")} == {3}


# --- Parquet ---------------------------------------------------------------------------------


def read_parquet(data):
    return pq.read_table(pa.BufferReader(data))


def test_parquet_has_the_schema_of_its_specification():
    fields = {each.name: each.type for each in read_parquet(written(THREE, "parquet")).schema}
    assert fields == {
        "token": pa.string(),
        "count": pa.int64(),
        "vector": pa.list_(pa.float32(), 2),
    }


def test_parquet_keeps_every_token_count_and_bit():
    counts = np.arange(len(HOSTILE)) + 2**40
    read = read_parquet(written(table(HOSTILE, RANDOM, counts), "parquet"))
    assert read["token"].to_pylist() == HOSTILE
    assert read["count"].to_pylist() == counts.tolist()
    vectors = read["vector"].combine_chunks().flatten().to_numpy()
    assert vectors.tobytes() == RANDOM.tobytes()


def test_parquet_of_a_table_without_counts_has_none():
    read = read_parquet(written(table(["a"]), "parquet"))
    assert read.column_names == ["token", "vector"]


def test_parquet_is_the_same_bytes_every_time():
    assert written(THREE, "parquet") == written(THREE, "parquet")


# --- numbers ---------------------------------------------------------------------------------

EDGES = [0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF]
finite_bits = (st.integers(0, 2**32 - 1) | st.sampled_from(EDGES)).filter(
    lambda bits: bits & 0x7F800000 != 0x7F800000
)


def digits(number):
    """The significant digits of a number's text."""
    mantissa = number.lower().split("e")[0]
    return mantissa.lstrip("+-").replace(".", "").strip("0")


@given(st.lists(finite_bits, min_size=1, max_size=50))
def test_numbers_have_the_fewest_digits_that_give_every_bit_back(bits):
    numbers = np.array(bits, np.uint32).view(np.float32)
    [row] = written(table(["a"], [numbers]), "glove").decode().splitlines()
    texts = row.split(" ")[1:]
    read = np.array([float(each) for each in texts], np.float32)
    assert read.view(np.uint32).tolist() == bits
    shortest = [np.format_float_scientific(each, unique=True) for each in numbers]
    assert [len(digits(each)) for each in texts] == [len(digits(each)) for each in shortest]


def test_the_one_number_that_is_rounded_twice_has_a_digit_more():
    number = np.array([0x15AE43FD], np.uint32).view(np.float32)
    _, text = written(table(["a"], [number]), "glove").decode().split()
    assert text == "7.0385307e-26"
    assert np.float32(float(text)) == number[0]
    assert np.float32(float("7.038531e-26")) != number[0]


@pytest.mark.parametrize(
    ("precision", "row"),
    [
        (0, "a 0 -2"),
        (1, "a 0.1 -1.5"),
        (3, "a 0.125 -1.500"),
        (12, "a 0.125000000000 -1.500000000000"),
    ],
)
def test_precision_is_the_number_of_decimals(precision, row):
    given = table(["a"], [[0.125, -1.5]])
    assert written(given, "glove", precision=precision).decode() == row + "\n"


def test_precision_holds_in_the_grid_too():
    assert "| [0.2, -1.5] |" in written(THREE, "table", precision=1).decode()


@pytest.mark.parametrize("format", ["table", "word2vec", "glove"])
@pytest.mark.parametrize("precision", [None, 3])
def test_text_does_not_depend_on_how_much_is_formatted_at_a_time(monkeypatch, format, precision):
    given = table(HOSTILE, RANDOM)
    whole = written(given, format, precision=precision)
    for size in (1, 20):
        monkeypatch.setattr(rows, "PRINTED_NUMBERS", size)
        assert written(given, format, precision=precision) == whole


# --- tokens with white space -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "spelt"),
    [
        ("New York", "New\\u0020York"),
        ("a\tb\nc", "a\\u0009b\\u000ac"),
        ("\u2028", "\\u2028"),
        ("\u3000x", "\\u3000x"),
        ("a\\b", "a\\b"),
    ],
)
@pytest.mark.parametrize("format", ["word2vec", "glove"])
def test_white_space_is_escaped(token, spelt, format):
    assert as_written(token, format) == spelt
    assert f"{spelt} 0.5 -0.5\n" in written(table([token]), format).decode()


def test_whatever_any_tool_takes_for_white_space_is_escaped():
    everything = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    spaces = [each for each in everything if not each.strip() or len(f"a{each}b".splitlines()) > 1]
    rows, unsafe = dump(table(everything), "glove")
    assert unsafe == {"escaped": len(spaces)}
    assert len(rows.decode().splitlines()) == len(everything)


def test_escaped_tokens_are_counted():
    assert dump(table(["a", *SPACED]), "glove")[1] == {"escaped": len(SPACED)}
    assert dump(table(["a"]), "glove")[1] == {}


def test_skipped_tokens_take_their_vectors_along():
    given = table(["a", "b c", "d"], [[1], [2], [3]])
    assert dump(given, "word2vec", unsafe_token="skip") == (b"2 1\na 1\nd 3\n", {"skipped": 1})


def test_all_tokens_may_be_skipped():
    assert dump(table([" "]), "word2vec", unsafe_token="skip") == (b"0 2\n", {"skipped": 1})


def test_unsafe_tokens_are_refused_by_name_if_asked():
    with pytest.raises(DataError) as caught:
        written(table(["a", "b c", "d\te"]), "glove", unsafe_token="error")
    assert caught.value.message == (
        "2 tokens have white space in them, the first is 'b c': glove text cannot hold them"
    )


@pytest.mark.parametrize("unsafe_token", ["escape", "skip", "error"])
def test_safe_tokens_are_written_as_they_are(unsafe_token):
    rows = written(table(HOSTILE), "glove", unsafe_token=unsafe_token).decode().split("\n")
    assert [row.split(" ")[0] for row in rows] == [*HOSTILE, ""]


def test_an_escaped_token_that_is_spelt_like_another_is_refused():
    with pytest.raises(DataError, match="an escaped token is spelt like another one"):
        written(table(["New York", "New\\u0020York"]), "glove")


@pytest.mark.parametrize("format", ["table", "parquet"])
def test_the_grid_and_parquet_need_no_such_care(format):
    assert dump(table(["New York", "New\\u0020York"]), format, unsafe_token="error")[1] == {}
