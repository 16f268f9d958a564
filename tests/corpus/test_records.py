"""A JSON object a line is a document; what is none is refused by its line."""

import json

import pytest

from tests.support.corpora import (
    blank,
    corpus_of,
    documents,
    hint,
    labels,
    refusal,
    rows,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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
    '{"text": "\\ud800", "y": 1}': " has half a surrogate pair, which is no character: U+D800",
    '{"text": "a", "y": "\\udc00"}': " has half a surrogate pair, which is no character: U+DC00",
}


@pytest.mark.parametrize(("line", "reason"), BROKEN_JSON.items(), ids=BROKEN_JSON.values())
def test_a_line_that_cannot_be_read_is_reported_by_its_number(line, reason):
    content = '{"text": "a", "y": "b"}\n\n' + line
    assert refusal(content, "a.jsonl", label_field="y") == "a.jsonl line 3" + reason


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ("ab", "it has a, b; "),
        ("abcdefghij", "it has a, b, c, d, e, f, g, h, …; "),
    ],
)
def test_where_the_field_is_missing_the_hint_lists_the_fields_that_are_there(fields, listed):
    hinted = "choose one with --text-field; --on-missing skip leaves such records out"
    assert hint(json.dumps(dict.fromkeys(fields)), "a.jsonl") == listed + hinted


def test_half_a_surrogate_pair_is_replaced_on_request():
    content = '{"text": "a\\ud800b", "y": "\\udc00"}'
    corpus = corpus_of(content, "a.jsonl", label_field="y", encoding_errors="replace")
    assert rows(corpus) == [{"text": "a\ufffdb", "label": "\ufffd"}]


# --- fields within others, and several -------------------------------------------------------


def test_a_field_may_be_within_others_and_a_field_of_that_very_name_comes_first():
    lines = [
        '{"doc": {"body": "Hope", "y": 1}}',
        '{"doc.body": "to", "doc": {"body": "x", "y": 2}}',
    ]
    corpus = corpus_of("\n".join(lines), "a.jsonl", text_field="doc.body", label_field="doc.y")
    assert rows(corpus) == [{"text": "Hope", "label": "1"}, {"text": "to", "label": "2"}]


def test_the_texts_of_several_fields_are_joined_by_a_line_break():
    content = '{"title": "Hope", "doc": {"body": "to"}}\n{"title": null, "doc": {"body": "see"}}\n'
    assert texts(content, "a.jsonl", text_field="title, doc.body") == ["Hope\nto", "see"]
    assert texts('{"a,b": "Hope", "a": "x", "b": "y"}', "a.jsonl", text_field="a,b") == ["Hope"]


@pytest.mark.parametrize(
    ("record", "settings", "message", "hinted"),
    [
        ('{"doc": {"a": "b"}}', {}, "a.jsonl line 1: doc has no field body", "it has a; "),
        ('{"doc": "b", "c": 1}', {}, "a.jsonl line 1 has no field doc.body", "it has doc, c; "),
        (
            '{"doc": {"body": {"de": "b"}}}',
            {},
            "a.jsonl line 1: the field doc.body is not a string",
            "name a field within it: --text-field doc.body.FIELD",
        ),
    ],
)
def test_what_is_missing_within_others_is_reported_with_what_is_there(
    record, settings, message, hinted
):
    refused_by = {"text_field": "doc.body", **settings}
    assert refusal(record, "a.jsonl", **refused_by) == message
    assert hint(record, "a.jsonl", **refused_by).startswith(hinted)


def test_records_that_lack_a_field_are_left_out_and_counted():
    lines = ['{"text": "a", "y": 1}', '{"y": 1}', '{"text": "b"}', '{"text": "c", "y": null}']
    corpus = corpus_of("\n".join(lines), "a.jsonl", label_field="y", on_missing="skip")
    assert rows(corpus) == [{"text": "a", "label": "1"}]
    assert corpus.missing == 3
