"""phrases.tsv: any words come back as they were, and what is no such file is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.phrases.phrases import HEADER, Phrase, parse_phrases, phrase_lines

HOSTILE = [
    "\\",
    "\\s",
    "a b",
    "\t",
    "\n",
    "\r",
    "\r\n",
    " ",
    "\u2028",
    "\0",
    "'\"",
    "\x1b[31m",
    "—",
]
any_word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(HOSTILE)
any_phrase = st.builds(
    Phrase,
    number=st.integers(1, 3),
    words=st.tuples(any_word, any_word),
    token=any_word,
    count=st.integers(0, 2**59),
    score=st.floats(allow_nan=False, allow_infinity=False),
)


def text_of(phrases):
    return b"".join(phrase_lines(phrases))


def parsed(*lines):
    return parse_phrases("\n".join([HEADER, *lines, ""]).encode(), "p.tsv")


@given(st.lists(any_phrase, unique_by=lambda each: (each.number, each.words)))
def test_any_phrases_come_back(phrases):
    assert parse_phrases(text_of(phrases), "p.tsv") == phrases


def test_hostile_words_are_one_line_each():
    phrases = [Phrase(1, (word, "of", word), word, 1, 0.5) for word in HOSTILE]
    text = text_of(phrases)
    assert text.count(b"\n") == 1 + len(HOSTILE)
    assert parse_phrases(text, "p.tsv") == phrases


def test_the_file_is_as_its_docstring_says():
    phrases = [
        Phrase(1, ("bank", "of", "england"), "bank_of_england", 57, 31.25),
        Phrase(2, ("new_york", "times"), "new_york_times", 12, 18.5),
    ]
    assert text_of(phrases).decode().splitlines() == [
        "pass\twords\tphrase\tcount\tscore",
        "1\tbank of england\tbank_of_england\t57\t31.25",
        "2\tnew_york times\tnew_york_times\t12\t18.5",
    ]


def test_no_phrases_and_no_last_newline_are_a_file():
    assert parse_phrases(f"{HEADER}\n".encode(), "p.tsv") == []
    assert parsed() == []
    whole = text_of([Phrase(1, ("a", "b"), "c")])
    assert parse_phrases(whole.removesuffix(b"\n"), "p.tsv") == [Phrase(1, ("a", "b"), "c")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1\ta b\tab\t1", "line 2 has 4 fields, not 5"),
        ("", "line 2 has 1 fields, not 5"),
        ("0\ta b\tab\t1\t1", "line 2: its pass is '0', not a number from 1 to 1000"),
        ("1001\ta b\tab\t1\t1", "line 2: its pass is '1001', not a number from 1 to 1000"),
        ("one\ta b\tab\t1\t1", "line 2: its pass is 'one', not a number"),
        ("1\ta b\tab\t-1\t1", "line 2: its count is '-1', not a number"),
        ("1\ta b\tab\t1\tnan", "line 2: its score is 'nan', not a number"),
        ("1\ta b\tab\t1\thigh", "line 2: its score is 'high', not a number"),
        ("1\tab\tab\t1\t1", "line 2: 'ab' is one word, and a phrase has two or more"),
        ("1\ta  b\tab\t1\t1", "line 2 has a word without letters"),
        ("1\ta b\t\t1\t1", "line 2 has a word without letters"),
        ("1\ta\\x b\tab\t1\t1", r"line 2 has the unknown escape '\x'"),
        ("1\ta b\\\tab\t1\t1", r"line 2 has the unknown escape '\'"),
        ("1\ta b\tab\t1\t1\n1\ta b\tc\t1\t1", "line 3: these words are there twice: a b"),
        ("1\ta of b\tab\t1\t1\n1\tof b\tc\t1\t1", "in pass 1, 'of' is at the end of a phrase and"),
    ],
)
def test_a_line_that_is_no_phrase_is_refused(line, said):
    with pytest.raises(DataError) as refused:
        parsed(line)
    assert refused.value.message.startswith("p.tsv")
    assert said in refused.value.message


def test_a_word_may_be_inside_and_at_an_end_in_different_passes():
    assert len(parsed("1\ta of b\tab\t1\t1", "2\tof b\tc\t1\t1")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not a list of phrases: its first line is not"),
        (b"id\ttoken\tcount\n", "is not a list of phrases"),
        (HEADER.encode() + b"\n1\ta\xff b\tc\t1\t1\n", "is not UTF-8 at byte 33"),
    ],
)
def test_another_file_is_refused(text, said):
    with pytest.raises(DataError, match="^p.tsv " + said):
        parse_phrases(text, "p.tsv")
