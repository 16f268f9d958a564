"""A JSON object that is read piece by piece is the one that `json` reads, and so are its faults."""

import json
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError
from tests.support.corpora import corpus_of, documents, hint, refusal

SMALL = {"RECORD_CHARACTERS": 8, "SIGHT_CHARACTERS": 40, "DOCUMENT_BYTES": 16}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def outcome(content, block_bytes, record_characters, **settings):
    """The documents and the number of cuts, or what is refused."""
    sizes = {**SMALL, "BLOCK_BYTES": block_bytes, "RECORD_CHARACTERS": record_characters}
    corpus = corpus_of(content, kind="jsonl", **settings)
    with mock.patch.multiple(limits, **sizes):
        try:
            return documents(corpus), corpus.cuts
        except DataError as error:
            return error.message, error.hint


def assert_read_alike(content, block_bytes, **settings):
    """Piece by piece, it is what it is as a whole."""
    whole = outcome(content, 1 << 20, 1 << 20, **settings)
    assert outcome(content, block_bytes, 8, **settings) == whole


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(st.sampled_from('a é😀"\\\n\ud83d\ude00u') | st.characters(), max_size=30)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
names = st.sampled_from(["text", "y", "z", "text ", ""]) | st.text(max_size=3)
records = st.lists(st.tuples(names, values), max_size=6)


@st.composite
def lines(draw):
    """An object as some writer spells it, in which a name may occur twice."""
    ascii_only, gap = draw(st.booleans()), draw(st.sampled_from(["", " ", " \t\r "]))
    members = [
        gap.join([json.dumps(name, ensure_ascii=True), ":", json.dumps(value, ensure_ascii=True)])
        if ascii_only or "\ud83d" <= max(name + json.dumps(value, ensure_ascii=False)) < "\ue000"
        else json.dumps(name) + ":" + json.dumps(value)
        for name, value in draw(records)
    ]
    return gap + "{" + gap + f"{gap},{gap}".join(members) + gap + "}" + gap


blocks = st.integers(1, 30)
reading = st.fixed_dictionaries(
    {"label_field": st.sampled_from([None, "y"])},
    optional={"encoding_errors": st.just("replace")},
)


@given(st.lists(lines(), min_size=1, max_size=3), blocks, reading)
def test_an_object_read_piece_by_piece_is_the_same(given_lines, block_bytes, settings):
    assert_read_alike("\n".join(given_lines), block_bytes, **settings)


@given(text=st.text(max_size=60), y=scalars, block_bytes=blocks, last=st.booleans())
def test_a_label_is_known_before_the_text_or_after_it(text, y, block_bytes, last):
    fields = {"y": y, "text": text} if last else {"text": text, "y": y}
    assert_read_alike(json.dumps(fields), block_bytes, label_field="y")
    assert_read_alike(json.dumps(fields), block_bytes, label_field="text")


@given(st.data())
def test_what_is_wrong_is_reported_by_the_same_words_and_column(data):
    line = data.draw(lines())
    place = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(place, min(len(line), place + 3)))
    wrong = st.sampled_from(
        ["", ",", '"', "}", "]", "[", "\\", "\\u12", "\x01", "x", "-", ":", "1"]
    )
    broken = line[:place] + data.draw(wrong) + line[end:]
    assert_read_alike(broken, data.draw(blocks), label_field="y", encoding_errors="replace")


FAULTS = [
    '{"text": "a',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\ud83d\\u1',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\ud83d\\u1"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\x"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\u12"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\tb"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa"} {',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa"  "b"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa"  ,  }',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa"  ,  b}',
    '{"text"  "aaaaaaaaaaaaaaaaaaaaaa"}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": [1, 2, 3 4]}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": [1, 2, 3, ]}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": [1, .5]}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": {"a": 01}}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": -Infinit}',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa"',
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa", "z": [[1, 2], [3, {"b": "c", "d": "e"}}]}',
    '["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]',
    '["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    "nulllllllllllllllllllllllllllllllllll",
    "\ufeff\ufeff" + '{"text": "aaaaaaaaaaaaaaaaaaaaaa"}',
    " \ufeff" + '{"text": "aaaaaaaaaaaaaaaaaaaaaa"}',
    "\u3000" * 20 + '{"text": "a"}',
    "\u3000" * 20,
    " " * 50,
    '{"text": "aaaaaaaaaaaaaaaaaaaaaa\\ud800", "z": tru}',
    '{"text": 1, "z": "aaaaaaaaaaaaaaaaaaaaaa"}',
    '{"text": null, "y": "aaaaaaaaaaaaaaaaaaaaaa"}',
    '{"text": "", "y": {"z": 1}}',
    '{"body": "aaaaaaaaaaaaaaaaaaaaaa", "y": 1, "c": 2, "text ": 3}',
    json.dumps(dict.fromkeys("abcdefghijklmno")),
]


@pytest.mark.parametrize("block_bytes", [1, 3, 7, 1 << 10])
@pytest.mark.parametrize("line", FAULTS)
def test_a_long_line_is_refused_as_a_short_one_is(line, block_bytes):
    for settings in ({}, {"label_field": "y"}):
        assert_read_alike('{"text": "b", "y": 1}\n' + line, block_bytes, **settings)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[" * 100_000, " is nested too deeply to be read"),
        ('{"text": "a", "z": ' + "9" * 5000 + "}", " has a number of too many digits to be read"),
        ('{"text": "a", "z": ' + "9" * 50 + "}", " has a number of too many digits to be read"),
        ('{"text": "a", "y": "' + "b" * 50 + '"}', ": its label has more than 40 characters"),
        (
            '{"text": "a", "y": [' + "1, " * 50 + "1]}",
            ": its label is neither a string nor a number",
        ),
    ],
)
def test_what_cannot_be_read_piece_by_piece_is_refused(line, reason, monkeypatch):
    for name, size in {**SMALL, "BLOCK_BYTES": 16}.items():
        monkeypatch.setattr(limits, name, size)
    assert refusal(line, "a.jsonl", label_field="y").startswith("a.jsonl line 1" + reason)


def test_the_hint_of_a_long_line_lists_its_first_fields(monkeypatch):
    monkeypatch.setattr(limits, "RECORD_CHARACTERS", 8)
    monkeypatch.setattr(limits, "BLOCK_BYTES", 8)
    assert hint(json.dumps(dict.fromkeys("abcdefghij")), "a.jsonl").startswith(
        "it has a, b, c, d, e, f, g, h, …;"
    )


def test_a_line_in_which_json_finds_nothing_wrong_is_refused_all_the_same():
    with mock.patch("corpus2vec.pipeline.corpus.long_json.json.loads", return_value={}):
        said, _ = outcome(b'{"text" "a long string of text"}\n', 4, 8)
    assert "line 1" in said
    assert said.endswith("Expecting value at column 9")


nested_names = st.sampled_from(["text", "y", "doc", "doc.body", "body", "z"])
nested = st.recursive(
    scalars, lambda inner: st.dictionaries(nested_names, inner) | st.lists(inner), max_leaves=9
)


@given(
    st.lists(st.dictionaries(nested_names, nested).map(json.dumps), min_size=1, max_size=3),
    blocks,
    st.sampled_from(["doc.body", "text,doc.body", "doc.doc.body,text", "text,y"]),
    st.sampled_from([None, "y", "doc.y"]),
    st.sampled_from(["error", "skip"]),
)
def test_fields_within_others_are_read_piece_by_piece(
    given_lines, block_bytes, text, label, missing
):
    settings = {"text_field": text, "label_field": label, "on_missing": missing}
    assert_read_alike("\n".join(given_lines), block_bytes, encoding_errors="replace", **settings)
