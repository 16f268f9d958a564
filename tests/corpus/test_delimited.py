"""A row of a CSV or TSV file is a document; what is none is refused by its line."""

import csv
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
    notices,
    opened,
    refusal,
    rows,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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


# --- columns ---------------------------------------------------------------------------------


def test_the_texts_of_several_columns_are_joined_and_a_column_of_that_very_name_comes_first():
    content = 'title,body,"title,body"\nHope,to,see\n'
    assert texts(content, "a.csv", text_field="title,body") == ["see"]
    assert texts(content, "a.csv", text_field="body,title") == ["to\nHope"]


def test_a_row_without_an_id_is_left_out_on_request():
    corpus = corpus_of("id,text\n1,a\n,b\n3,c\n", "a.csv", id_field="id", on_missing="skip")
    assert [row["text"] for row in rows(corpus)] == ["a", "c"]
    assert corpus.missing == 1


def test_without_quoting_a_quote_is_a_character_like_any_other():
    content = 'text\tn\n"Hope\t1\nto "see"\t2\n""\t3\n'
    assert texts(content, "a.tsv", quoting="none") == ['"Hope', 'to "see"', '""']
    assert "--quoting none" in hint(content, "a.tsv")
    with mock.patch.multiple(limits, RECORD_CHARACTERS=8, BLOCK_BYTES=5):
        assert texts(content, "a.tsv", quoting="none") == ['"Hope', 'to "see"', '""']


def test_a_cell_that_seems_to_hold_rows_is_noticed():
    corpus = corpus_of('n\ttext\n1\t"a\n2\tb\n3\tc"\n', "a.tsv")
    assert rows(corpus) == [{"text": "a\n2\tb\n3\tc"}]
    assert "--quoting none" in notices(corpus)[0]
