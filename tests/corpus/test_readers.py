"""The bytes of one file of any kind become documents: none lost, none invented, faults told."""

import codecs
import contextlib
import io
import json
import sys
import tracemalloc
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import readers
from corpus2vec.pipeline.corpus.readers import READERS
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.errors import DataError
from tests.corpus.test_sources import COMPRESS
from tests.support.corpora import (
    blank,
    corpus_of,
    documents,
    hint,
    labels,
    opened,
    refusal,
    refused,
    rows,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# --- plain text ------------------------------------------------------------------------------

TEXT = "Hope to see you soon\nNice to see you again\n\n \n\tMany\nlines \n"


@pytest.mark.parametrize(
    ("doc_per", "expected"),
    [
        ("line", ["Hope to see you soon", "Nice to see you again", "\tMany", "lines "]),
        ("paragraph", ["Hope to see you soon\nNice to see you again", "\tMany\nlines "]),
        ("file", [TEXT]),
    ],
)
def test_a_document_is_a_line_a_paragraph_or_a_file(doc_per, expected):
    assert texts(TEXT, doc_per=doc_per) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\rb\n", ["a\rb"]),
        ("a\r\r\nb\r", ["a\r", "b\r"]),
        ("a\u2028b\u2029c\n", ["a\u2028b\u2029c"]),
        ("a\x85b\n", ["a\x85b"]),
        ("a\vb\fc\x1cd\n", ["a\vb\fc\x1cd"]),
        ("a\0b\n\0\n", ["a\0b", "\0"]),
    ],
    ids=repr,
)
def test_only_a_newline_with_or_without_a_return_before_it_ends_a_line(content, expected):
    assert texts(content) == expected


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
def test_a_byte_order_mark_is_no_text(doc_per):
    assert texts(codecs.BOM_UTF8 + b"Hope", doc_per=doc_per) == ["Hope"]


def test_only_the_first_mark_at_the_start_is_a_byte_order_mark():
    assert texts("\ufeff\ufeffHope \ufeffto\n\ufeffsee") == ["\ufeffHope \ufeffto", "\ufeffsee"]


@pytest.mark.parametrize(
    ("doc_per", "expected"),
    [
        ("line", ["", " \t", "Hope", "\u3000\u2028", "", "to"]),
        ("paragraph", ["Hope", "to"]),
        ("file", ["\n \t\nHope\n\u3000\u2028\n\r\nto\n"]),
    ],
)
def test_blank_lines_are_documents_and_part_paragraphs(doc_per, expected):
    corpus = corpus_of("\n \t\nHope\n\u3000\u2028\n\r\nto\n", doc_per=doc_per)
    assert [row["text"] for row in documents(corpus)] == expected


@pytest.mark.parametrize(
    ("content", "lines"),
    [("", 0), ("\n", 1), (" \n\r\n\t", 3), ("\ufeff", 0), ("\ufeff\n", 1), ("\r", 1)],
    ids=repr,
)
def test_what_a_file_of_blanks_comes_to(content, lines):
    for doc_per, expected in {"line": lines, "paragraph": 0, "file": 1}.items():
        corpus = corpus_of(content, doc_per=doc_per)
        assert blank(corpus) == len(documents(corpus)) == expected


any_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))
any_block = st.integers(1, 9) | st.just(1 << 20)


@given(st.lists(any_line), any_block)
def test_documents_written_a_line_each_are_read_back_all_of_them(lines, block_bytes):
    with mock.patch.object(readers, "BLOCK_BYTES", block_bytes):
        corpus = corpus_of("".join(line + "\n" for line in lines))
        read = [row["text"] for row in documents(corpus)]
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    assert read == [line.removesuffix("\r") for line in lines]
    assert corpus.cuts == 0


# --- bytes that are not UTF-8 ----------------------------------------------------------------

BLOCK = 64

NOT_UTF8 = [
    (b"\xff", 0, 0xFF),
    (b"Hope\ncaf\xe9 au lait", 8, 0xE9),
    (b"caf\xc3\xa9 \x80", 6, 0x80),
    (b"Hope \xe2\x82", 5, 0xE2),  # the euro sign, cut off
    (b"Hope \xe2\x82\nto", 5, 0xE2),
    (b"\xc0\xaf", 0, 0xC0),  # a slash in two bytes
    (b"to \xed\xa0\x80", 3, 0xED),  # half a surrogate pair
    (codecs.BOM_UTF8 + b"see \xfe", 7, 0xFE),
    (codecs.BOM_UTF16_LE + b"H\0", 0, 0xFF),
    (b"a" * (BLOCK - 1) + b"\xe2\x28\xa1", BLOCK - 1, 0xE2),
    (b"a" * (BLOCK - 2) + "€".encode() + b"\xff", BLOCK + 1, 0xFF),
    (b"a\n" * BLOCK + b"b" * BLOCK + b"\xff", 3 * BLOCK, 0xFF),
    ("é".encode() * BLOCK + b"\n\xff", 2 * BLOCK + 1, 0xFF),
    (codecs.BOM_UTF8 + b"a\n" * BLOCK + b"\xff", 2 * BLOCK + 3, 0xFF),
]


@pytest.mark.parametrize(("content", "offset", "byte"), NOT_UTF8)
@pytest.mark.parametrize("extension", ["", ".gz", ".xz"])
@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
def test_a_bad_byte_is_told_by_its_offset_in_the_plain_bytes(
    doc_per, extension, content, offset, byte, monkeypatch
):
    monkeypatch.setattr(readers, "BLOCK_BYTES", BLOCK)
    name = "corpus.txt" + extension
    compressed = COMPRESS[extension](content) if extension else content
    expected = f"{name} is not UTF-8 at byte {offset}: 0x{byte:02x}"
    assert refusal(compressed, name, doc_per=doc_per) == expected


@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "tsv"])
def test_a_bad_byte_is_told_in_every_kind_of_text(kind):
    expected = "corpus.txt is not UTF-8 at byte 2: 0xff"
    assert refusal(b'{"\xff', kind=kind) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"caf\xe9 au lait", ["caf\ufffd au lait"]),
        (b"\xff\xfeHope\xc3", ["\ufffd\ufffdHope\ufffd"]),
        (b"\xed\xa0\x80", ["\ufffd" * 3]),
        (codecs.BOM_UTF8 + b"\xff\n", ["\ufffd"]),
    ],
)
def test_bad_bytes_are_replaced_on_request(content, expected):
    assert texts(content, encoding_errors="replace") == expected
    assert texts(content, encoding_errors="replace", doc_per="paragraph") == expected


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
@pytest.mark.parametrize("character", ["é", "€", "😀"])
def test_a_character_that_lies_across_two_blocks_is_whole(doc_per, character, monkeypatch):
    monkeypatch.setattr(readers, "BLOCK_BYTES", BLOCK)
    for within in range(1, len(character.encode())):
        content = "a" * (BLOCK - within) + character
        assert texts(content, doc_per=doc_per) == [content]


FRAGMENTS = [b"text", b"\n", b"\r\n", b"\r", b",", b"\t", b'"', b'{"text": "', b'"}', b"\\ud800"]
NASTY = [codecs.BOM_UTF8, b"\0", b"\xff", b"\xe2\x82", "\u2028\x85".encode(), b"PAR1", b"[" * 9999]
some_bytes = st.lists(st.sampled_from(FRAGMENTS + NASTY) | st.binary(max_size=9)).map(b"".join)


@settings(max_examples=500)
@given(
    start=st.sampled_from([b"", b"text\n", b"text,n\n"]),
    content=some_bytes,
    kind=st.sampled_from(list(READERS)),
    errors=st.sampled_from(["strict", "replace"]),
    doc_per=st.sampled_from(["line", "paragraph", "file"]),
    sizes=st.tuples(any_block, st.integers(4, 30)),
)
def test_whatever_the_bytes_they_are_documents_or_refused(
    start, content, kind, errors, doc_per, sizes
):
    """And the same ones, or for the same reason, however the bytes are read in blocks."""
    corpus = corpus_of(start + content, kind=kind, encoding_errors=errors, doc_per=doc_per)
    block_bytes, document_bytes = sizes
    with mock.patch.object(readers, "DOCUMENT_BYTES", document_bytes):
        with mock.patch.object(readers, "BLOCK_BYTES", block_bytes):
            found = outcome(corpus)
        assert found == outcome(corpus)


def outcome(corpus):
    corpus.cuts = 0
    try:
        return documents(corpus), corpus.cuts
    except DataError as refused:
        # Of several faults, which one is found first may depend on the blocks.
        return refused.message if corpus.config.kind == "text" else None


# --- JSON Lines ------------------------------------------------------------------------------


def test_a_json_object_a_line_is_a_document_a_line():
    content = '{"text": "Hope\\nto", "n": 1}\n\n{"n": 2, "text": "caf\\u00e9 \\ud83d\\ude00"}'
    corpus = corpus_of(content, "corpus.jsonl")
    assert documents(corpus) == [{"text": "Hope\nto"}, {"text": ""}, {"text": "café 😀"}]


@pytest.mark.parametrize("text", ['""', '" \\n"', "null"])
def test_a_text_that_is_empty_or_null_is_blank(text):
    corpus = corpus_of('{"text": ' + text + '}\n{"text": "Hope"}', "corpus.jsonl")
    assert rows(corpus) == [{"text": "Hope"}]
    assert blank(corpus) == 1


@pytest.mark.parametrize(
    ("spelled", "label"),
    [
        ('"news"', "news"),
        ('""', ""),
        ("7", "7"),
        ("-0.50", "-0.5"),
        ("true", "true"),
        ("false", "false"),
    ],
)
def test_a_label_is_a_string_a_number_or_a_truth_value(spelled, label):
    content = '{"text": "a", "y": ' + spelled + "}"
    assert labels(content, "a.jsonl", label_field="y") == [label]


BROKEN_JSON = {
    '{"text": \n': " is not JSON: Expecting value at column 10",
    "{'text': 1}": " is not JSON: Expecting property name enclosed in double quotes at column 2",
    '{"text": "a"} {"text": "b"}': " is not JSON: Extra data at column 15",
    '{"text": "a\tb"}': " is not JSON: Invalid control character at column 12",
    "[" * 100_000: " is nested too deeply to be read",
    '{"text": "a", "n": ' + "9" * 5000 + "}": " has a number of too many digits to be read",
    '["text"]': " is not a JSON object",
    '"text"': " is not a JSON object",
    '{"body": "a"}': " has no field text",
    '{"text": "a"}': " has no field y",
    '{"text": 1, "y": 1}': ": the field text is not a string",
    '{"text": ["a"], "y": 1}': ": the field text is not a string",
    '{"text": "a", "y": null}': ": its label is neither a string nor a number: None",
    '{"text": "a", "y": {"z": 1}}': ": its label is neither a string nor a number: {'z': 1}",
    '{"text": "\\ud800", "y": 1}': " has half a surrogate pair, which is no character: '\\ud800'",
    '{"text": "a", "y": "\\udc00"}': " has half a surrogate pair, which is no character: '\\udc00'",
}


@pytest.mark.parametrize(("line", "reason"), BROKEN_JSON.items(), ids=BROKEN_JSON.values())
def test_a_line_that_will_not_do_is_told_by_its_number(line, reason):
    content = '{"text": "a", "y": "b"}\n\n' + line
    assert refusal(content, "a.jsonl", label_field="y") == "a.jsonl line 3" + reason


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ("ab", "it has a, b; say which with --text-field"),
        ("abcdefghij", "it has a, b, c, d, e, f, g, h, …; say which with --text-field"),
    ],
)
def test_where_the_field_is_missing_the_hint_lists_the_fields_that_are_there(fields, listed):
    assert hint(json.dumps(dict.fromkeys(fields)), "a.jsonl") == listed


def test_half_a_surrogate_pair_is_replaced_on_request():
    content = '{"text": "a\\ud800b", "y": "\\udc00"}'
    corpus = corpus_of(content, "a.jsonl", label_field="y", encoding_errors="replace")
    assert rows(corpus) == [{"text": "a\ufffdb", "label": "\ufffd"}]


# --- CSV and TSV -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text\nHope\nto\n", ["Hope", "to"]),
        ("n,text\n1,Hope\n2,to", ["Hope", "to"]),
        ('text\n"Hope, to"\n', ["Hope, to"]),
        ('text\n"a ""see"" b"\n', ['a "see" b']),
        ('text,n\n"Hope\nto\n",1\nsee,2\n', ["Hope\nto\n", "see"]),
        ('text,n\r\n"Hope\r\nto",1\r\n', ["Hope\nto"]),
        ("text\n\nHope\n\n\nto\n", ["Hope", "to"]),
        ("text\nHope\0\n", ["Hope\0"]),
        ("text\na\u2028b\x85c\n", ["a\u2028b\x85c"]),
        ("\ufefftext\nHope\n", ["Hope"]),
        ('\ufeff"text"\nHope\n', ["Hope"]),
        (" text,text\na,Hope\n", ["Hope"]),
    ],
    ids=repr,
)
def test_a_csv_row_is_a_document(content, expected):
    assert texts(content, "a.csv") == expected


def test_a_tsv_row_is_a_document():
    content = "y\ttext\nnews\tHope, to\ntale\t'see\n"
    assert rows(corpus_of(content, "a.tsv", label_field="y")) == [
        {"text": "Hope, to", "label": "news"},
        {"text": "'see", "label": "tale"},
    ]


def test_a_cell_may_be_as_long_as_it_is():
    cell = "Hope to " * 100_000
    assert texts(f"text\n{cell}\n", "a.csv") == [cell]


def test_a_row_whose_text_is_blank_is_counted():
    corpus = corpus_of('text,n\n,1\n" ",2\nHope,3\n', "a.csv")
    assert rows(corpus) == [{"text": "Hope"}]
    assert blank(corpus) == 2


BROKEN_CSV = {
    "text,n\na,1\n\nb\n": "a.csv line 4 has 1 columns, the header 2",
    'text,n\n"a\nb",1\nc,2,3\n': "a.csv line 4 has 3 columns, the header 2",
    'text,n\na,1\n"b,2\nc,3\n': ("a.csv line 3 cannot be read as CSV: unexpected end of data"),
    'text,n\na,1\n"b"c,2\n': "a.csv line 3 cannot be read as CSV: ',' expected after '\"'",
    "body,n\na,1\n": "a.csv has no column text",
    "\na,1\n": "a.csv has no column text",
    "text,n,text\na,1,b\n": "a.csv has 2 columns text",
}


@pytest.mark.parametrize(("content", "message"), BROKEN_CSV.items(), ids=BROKEN_CSV.values())
def test_a_table_that_will_not_do_is_told_by_its_line(content, message):
    assert refusal(content, "a.csv") == message


@pytest.mark.parametrize("content", ["", "\ufeff", "text,n\n", "text,n"], ids=repr)
def test_a_table_without_a_row_has_no_document(content):
    assert documents(corpus_of(content, "a.csv")) == []


def test_a_lone_return_in_an_unquoted_cell_is_refused():
    assert refusal("text\na\rb\n", "a.csv").startswith("a.csv line 2 cannot be read as CSV: ")


def test_where_the_label_s_column_is_missing_the_hint_lists_the_columns():
    assert hint("text,n\na,1\n", "a.csv", label_field="y") == (
        "it has text, n; say which with --label-field"
    )


any_cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(st.lists(st.tuples(any_cell, any_cell)), st.sampled_from([",", "\t"]))
def test_what_csv_writers_write_is_read_back(table, separator):
    table = [("text", "y"), *table, ("the end", "z")]
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in table]
    content = "".join(separator.join(row) + "\r\n" for row in quoted)
    kind = {",": "csv", "\t": "tsv"}[separator]
    read = rows(corpus_of(content, kind=kind, label_field="y"))
    expected = [{"text": text, "label": label} for text, label in table[1:] if text.strip()]
    assert read == expected


# --- Parquet ---------------------------------------------------------------------------------


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


STRING_TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.int32(), pa.large_string()),
]


@pytest.mark.parametrize("kind", STRING_TYPES, ids=str)
def test_a_parquet_row_is_a_document_whatever_kind_of_strings_it_holds(kind):
    strings = pa.array(["Hope", None, "", "to"]).cast(kind)
    corpus = corpus_of(parquet(n=[1, 2, 3, 4], text=strings), "a.parquet")
    expected = [{"text": "Hope"}, {"text": ""}, {"text": ""}, {"text": "to"}]
    assert documents(corpus) == expected
    if pa.types.is_dictionary(kind):
        nulls_by_index = pa.DictionaryArray.from_arrays([1, None, 0], ["", "Hope"])
        corpus = corpus_of(parquet(text=nulls_by_index.cast(kind)), "a.parquet")
        assert documents(corpus) == [{"text": "Hope"}, {"text": ""}, {"text": ""}]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["news", "tale"], ["news", "tale"]),
        (pa.array(["news", "tale"]).dictionary_encode(), ["news", "tale"]),
        ([3, 4], ["3", "4"]),
        ([True, False], ["true", "false"]),
    ],
)
def test_a_parquet_label_is_a_string_a_number_or_a_truth_value(column, expected):
    content = parquet(text=["a", "b"], y=column)
    assert labels(content, "a.parquet", label_field="y") == expected


def test_a_label_that_is_null_is_told_by_its_row():
    content = parquet(text=["a", "b"], y=["news", None])
    expected = "a.parquet row 2: its label is neither a string nor a number: None"
    assert refusal(content, "a.parquet", label_field="y") == expected


@pytest.mark.parametrize(
    ("column", "held"),
    [([1], "int64"), ([["a"]], "list<element: string>"), ([b"a"], "binary"), ([None], "null")],
)
def test_a_text_column_must_hold_strings(column, held):
    content = parquet(text=column)
    assert refusal(content, "a.parquet") == f"a.parquet: the column text holds {held}, not strings"


def test_a_missing_column_is_told_with_those_that_are_there():
    corpus = corpus_of(parquet(body=["a"], n=[1]), "a.parquet")
    assert refused(corpus).message == "a.parquet has no column text"
    assert refused(corpus).hint == "it has body, n; say which with --text-field"


def test_a_column_that_is_there_twice_is_refused():
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([["a"], ["b"]], names=["text", "text"]), sink)
    assert refusal(sink.getvalue(), "a.parquet") == "a.parquet has 2 columns text"


def not_utf8():
    offsets = pa.array([0, 4, 8], pa.int32()).buffers()[1]
    strings = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"Hopecaf\xe9"))
    return parquet(text=strings, y=strings.dictionary_encode())


@pytest.mark.parametrize("column", ["text", "y"])
def test_a_parquet_string_that_is_not_utf8_is_refused(column):
    expected = f"a.parquet: the column {column} has a string that is not UTF-8: 0xe9"
    assert refusal(not_utf8(), "a.parquet", text_field=column) == expected


@pytest.mark.parametrize("column", ["text", "y"])
def test_a_parquet_string_that_is_not_utf8_is_replaced_on_request(column):
    given = {"text_field": column, "encoding_errors": "replace"}
    assert texts(not_utf8(), "a.parquet", **given) == ["Hope", "caf\ufffd"]


def test_a_parquet_file_that_is_cut_off_is_damaged_wherever_it_was_cut():
    whole = parquet(text=["Hope", "to"])
    for length in range(0, len(whole), 7):
        assert refusal(whole[:length], "a.parquet").startswith("a.parquet is damaged: ")


@given(st.data())
def test_a_parquet_file_with_a_flipped_bit_is_documents_or_refused(data):
    content = bytearray(parquet(text=["Hope", "to"], y=["a", "b"]))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(DataError):
        rows(corpus_of(bytes(content), "a.parquet", label_field="y"))


# --- every kind, compressed, from files and from standard input -------------------------------

SAME = {
    "text": b"Hope to\n\nsee you\n",
    "jsonl": b'{"text": "Hope to"}\n{"text": ""}\n{"text": "see you"}\n',
    "csv": b'n,text\n1,"Hope to"\n2,\n3,see you\n',
    "tsv": b"n\ttext\n1\tHope to\n2\t\n3\tsee you\n",
    "parquet": parquet(text=["Hope to", "", "see you"]),
}

every_kind = pytest.mark.parametrize("kind", SAME)


@every_kind
@pytest.mark.parametrize("extension", ["", *COMPRESS])
def test_every_kind_is_read_under_every_compression(kind, extension):
    content = COMPRESS[extension](SAME[kind]) if extension else SAME[kind]
    corpus = corpus_of(content, f"corpus.{kind}{extension}")
    assert documents(corpus) == [{"text": "Hope to"}, {"text": ""}, {"text": "see you"}]
    assert corpus.bytes_read == corpus.size == len(content)


@every_kind
def test_every_kind_is_read_from_standard_input(kind, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SAME[kind])))
    corpus = opened("-", kind=kind)
    assert documents(corpus) == [{"text": "Hope to"}, {"text": ""}, {"text": "see you"}]
    assert corpus.size is None
    assert corpus.bytes_read == len(SAME[kind])


@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "tsv"])
def test_a_compressed_file_that_breaks_off_is_told_by_name(kind):
    content = COMPRESS[".gz"](SAME[kind])[:-9]
    assert (
        refusal(content, f"a.{kind}.gz") == f"a.{kind}.gz is damaged: Truncated compressed stream"
    )


# --- streaming -------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """The same bytes for ever, or for a while; knows how many it gave out."""

    def __init__(self, header, line, most=1 << 60):
        self.given = 0
        self.most = most
        self.rest = header
        self.line = line

    def read(self, size=-1):
        assert size > 0, "a stream must not be read whole"
        while len(self.rest) < size:
            self.rest += self.line * 1000
        size = min(size, self.most - self.given)
        piece, self.rest = self.rest[:size], self.rest[size:]
        self.given += size
        return piece

    def tell(self):
        return self.given


def reading(stream, kind="text", **settings):
    source = Source(name="endless", kind=kind)
    return READERS[kind](Opened(stream, stream), source, CorpusConfig(**settings))


SOON = "Hope to see you soon"


@pytest.mark.parametrize(
    ("kind", "doc_per", "header", "line"),
    [
        ("text", "line", b"", b"Hope to see you soon\n"),
        ("text", "paragraph", b"", b"Hope to see you soon\n\n"),
        ("jsonl", "line", b"", b'{"text": "Hope to see you soon"}\n'),
        ("csv", "line", b"text\n", b'"Hope to see you soon"\n'),
    ],
)
def test_a_file_is_read_in_blocks_as_its_documents_are_taken(
    kind, doc_per, header, line, monkeypatch
):
    monkeypatch.setattr(readers, "BLOCK_BYTES", 4096)
    stream = Endless(header, line)
    taken = 0
    for _, batch in zip(range(20), reading(stream, kind, doc_per=doc_per), strict=False):
        assert set(batch.decoded()) == {SOON}
        taken += len(batch) * len(line)
        assert taken <= stream.given <= len(header) + taken + 2 * 4096


def test_lines_are_given_out_before_the_next_block_is_read(monkeypatch):
    monkeypatch.setattr(readers, "BLOCK_BYTES", 4096)
    stream = Endless(b"", b"Hope\nto\n")
    batch = next(reading(stream))
    assert batch.decoded()[:3] == ["Hope", "to", "Hope"]
    assert stream.given == 4096


# --- documents that are too long -------------------------------------------------------------


def written(kind, text):
    """A file of that kind, or of plain text in those documents, with one document."""
    if kind == "jsonl":
        return (json.dumps({"text": text}) + "\n").encode()
    if kind in ("csv", "tsv"):
        return ('text\n"' + text.replace('"', '""') + '"\n').encode()
    return parquet(text=[text]) if kind == "parquet" else text.encode()


def pieces(kind, text, document_bytes, block_bytes):
    """The documents that a text is cut into, and the number of cuts."""
    doc_per = kind if kind in ("line", "paragraph", "file") else "line"
    real_kind = "text" if kind in ("line", "paragraph", "file") else kind
    corpus = corpus_of(written(kind, text), kind=real_kind, doc_per=doc_per)
    with mock.patch.multiple(readers, DOCUMENT_BYTES=document_bytes, BLOCK_BYTES=block_bytes):
        return [row["text"] for row in documents(corpus)], corpus.cuts


KINDS = ["line", "paragraph", "file", "jsonl", "csv", "tsv", "parquet"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aaaa aaaa", ["aaaa ", "aaaa"]),
        ("aaaaaaaa", ["aaaaaaaa"]),
        ("aaaaaaaaa", ["aaaaaaaa", "a"]),
        ("aaaaaaa aaaaaaaa", ["aaaaaaa ", "aaaaaaaa"]),
        ("aaaaaaaa aaaaaaaa", ["aaaaaaaa", " ", "aaaaaaaa"]),
        ("a b c d e f g h i j", ["a b c d ", "e f g h ", "i j"]),
        ("aaaaaaaaa" * 2, ["aaaaaaaa", "aaaaaaaa", "aa"]),
        ("ééééé", ["éééé", "é"]),
        ("aéééé", ["aééé", "é"]),
        ("€€€€€", ["€€", "€€", "€"]),
        ("aaaaa😀😀", ["aaaaa", "😀😀"]),
        ("aaaaaaa😀", ["aaaaaaa", "😀"]),
        ("a\u3000aaaaaaaa", ["a\u3000aaaa", "aaaa"]),  # only a space is looked for
    ],
)
def test_a_document_that_is_too_long_is_cut_at_the_last_space_or_character(kind, text, expected):
    assert pieces(kind, text, 8, 1 << 20) == (expected, len(expected) - 1)


any_text = st.text(
    st.sampled_from(" ab\té€😀") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60
).map(lambda text: text.replace("\r", " ").replace("\n", " ").removeprefix("\ufeff"))


@given(
    text=any_text,
    kind=st.sampled_from(KINDS),
    document_bytes=st.integers(4, 40),
    block_bytes=any_block,
)
def test_nothing_is_lost_where_a_document_is_cut_whatever_the_blocks(
    text, kind, document_bytes, block_bytes
):
    assume(text.strip() or kind in ("file", "jsonl"))
    found, cuts = pieces(kind, text, document_bytes, block_bytes)
    assert "".join(found) == text
    assert cuts == len(found) - 1
    assert all(0 < len(piece.encode()) <= document_bytes for piece in found)
    for piece in found[:-1]:
        assert piece.endswith(" ") or " " not in piece
        assert piece.endswith(" ") or len(piece.encode()) > document_bytes - 4
    assert (found, cuts) == pieces(kind, text, document_bytes, 1 << 20)


@given(
    lines=st.lists(st.text(st.sampled_from(" aé€😀\r"), max_size=30), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
    document_bytes=st.integers(4, 20),
    block_bytes=any_block,
)
def test_among_many_lines_the_long_ones_are_cut(lines, end, document_bytes, block_bytes):
    corpus = corpus_of("".join(line + end for line in lines))
    whole = documents(corpus)
    assert (len(whole), corpus.cuts) == (len(lines), 0)
    with mock.patch.multiple(readers, DOCUMENT_BYTES=document_bytes, BLOCK_BYTES=block_bytes):
        found = documents(corpus)
    assert "".join(row["text"] for row in found) == "".join(row["text"] for row in whole)
    assert len(found) == len(whole) + corpus.cuts
    assert max(len(row["text"].encode()) for row in found) <= document_bytes


def test_the_lines_of_a_paragraph_that_is_cut_stay_parted(monkeypatch):
    monkeypatch.setattr(readers, "DOCUMENT_BYTES", 8)
    corpus = corpus_of("aaa\r\nbbb\nccc\n\nddd\n", doc_per="paragraph")
    assert [row["text"] for row in documents(corpus)] == ["aaa\nbbb\n", "ccc", "ddd"]
    assert corpus.cuts == 1


def test_each_piece_of_a_document_has_its_label(monkeypatch):
    monkeypatch.setattr(readers, "DOCUMENT_BYTES", 8)
    table = [("aaaa aaaa", "long"), ("b", "short")]
    for kind, content in {
        "csv": "text,y\n" + "".join(f"{text},{y}\n" for text, y in table),
        "jsonl": "".join(json.dumps({"text": text, "y": y}) + "\n" for text, y in table),
        "parquet": parquet(text=[text for text, _ in table], y=[y for _, y in table]),
    }.items():
        corpus = corpus_of(content, kind=kind, label_field="y")
        assert [row["label"] for row in documents(corpus)] == ["long", "long", "short"]
    corpus = corpus_of("aaaa aaaa\nb\n", "tale.txt", label_from="file")
    assert documents(corpus) == [{"text": text, "label": "tale"} for text in ("aaaa ", "aaaa", "b")]


@pytest.mark.parametrize("doc_per", ["line", "file"])
@pytest.mark.parametrize("content", [b"aaa ", b"a", "é".encode()], ids=["words", "a", "é"])
def test_a_line_without_end_takes_no_more_memory_than_some_documents(doc_per, content, monkeypatch):
    monkeypatch.setattr(readers, "BLOCK_BYTES", 1 << 14)
    monkeypatch.setattr(readers, "DOCUMENT_BYTES", 1 << 16)
    size = 200 << 16
    stream = Endless(b"", content, size)
    tracemalloc.start()
    try:
        read = sum(len(batch.used) - len(batch) for batch in reading(stream, doc_per=doc_per))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == size
    assert most < 40 << 16


def test_a_paragraph_may_have_very_many_lines():
    lines = ["word"] * 300_000
    [row] = documents(corpus_of("\n".join(lines), doc_per="paragraph"))
    assert row["text"] == "\n".join(lines)
