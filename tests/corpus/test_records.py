"""A JSON object a line or a row of a table is a document; what is neither is refused by line."""

import csv
import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from tests.support.corpora import (
    blank,
    corpus_of,
    documents,
    hint,
    labels,
    opened,
    refusal,
    rows,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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
def test_a_line_that_cannot_be_read_is_reported_by_its_number(line, reason):
    content = '{"text": "a", "y": "b"}\n\n' + line
    assert refusal(content, "a.jsonl", label_field="y") == "a.jsonl line 3" + reason


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ("ab", "it has a, b; choose one with --text-field"),
        ("abcdefghij", "it has a, b, c, d, e, f, g, h, …; choose one with --text-field"),
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


def test_the_csv_module_s_limit_is_restored_when_no_file_is_being_read():
    before = csv.field_size_limit()
    cell = "Hope to " * (before // 8 + 1)
    Path("a.csv").write_text(f"text\n{cell}\n{cell}\n")
    first, second = opened("a.csv").batches(), opened("a.csv", "a.csv").batches()
    with mock.patch.object(limits, "BLOCK_BYTES", 1), mock.patch.object(limits, "BATCH_BYTES", 1):
        assert next(first).decoded() == next(second).decoded() == [cell]
        first.close()
        assert csv.field_size_limit() > before
        assert [batch.decoded() for batch in second] == [[cell]] * 3
    assert csv.field_size_limit() == before


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
def test_a_table_that_cannot_be_read_is_reported_by_its_line(content, message):
    assert refusal(content, "a.csv") == message


@pytest.mark.parametrize("content", ["", "\ufeff", "text,n\n", "text,n"], ids=repr)
def test_a_table_without_a_row_has_no_document(content):
    assert documents(corpus_of(content, "a.csv")) == []


def test_a_lone_return_in_an_unquoted_cell_is_refused():
    assert refusal("text\na\rb\n", "a.csv").startswith("a.csv line 2 cannot be read as CSV: ")


def test_where_the_label_s_column_is_missing_the_hint_lists_the_columns():
    assert hint("text,n\na,1\n", "a.csv", label_field="y") == (
        "it has text, n; choose one with --label-field"
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
