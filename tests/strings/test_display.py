"""Hostile text: nothing without a glyph reaches a terminal, and columns stay columns."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings.display import HIDDEN, display_width, restored, visible

WRITTEN_OUT = [
    ("Hope", "Hope"),
    ("naïve東京🙂", "naïve東京🙂"),
    ("e\u0301", "e\u0301"),
    ("", ""),
    ("New York", "New\\u0020York"),
    ("a\tb\nc\rd", "a\\u0009b\\u000ac\\u000dd"),
    ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
    ("\x00\x7f\x85", "\\u0000\\u007f\\u0085"),
    ("\u202egnp.exe", "\\u202egnp.exe"),
    ("\u2066a\u2069", "\\u2066a\\u2069"),
    ("\u200b\u200d\ufeff", "\\u200b\\u200d\\ufeff"),
    ("\u00a0\u3000\u2028", "\\u00a0\\u3000\\u2028"),
    ("\U000e0041", "\\U000e0041"),
    ("\udcff", "\\udcff"),
    ("\\", "\\\\"),
    ("\\u0020", "\\\\u0020"),
]


@pytest.mark.parametrize(("text", "shown"), WRITTEN_OUT)
def test_visible_writes_out_what_has_no_glyph(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("New York", "New York"), ("a\u00a0b", "a\\u00a0b"), ("a \x1b[m\n", "a \\u001b[m\\u000a")],
)
def test_visible_keeps_spaces_on_request_and_nothing_else(text, shown):
    assert visible(text, keep_spaces=True) == shown


def test_no_character_gets_through_that_a_terminal_would_obey():
    shown = visible("".join(map(chr, range(sys.maxunicode + 1))))
    assert not {unicodedata.category(each) for each in shown} & HIDDEN


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\uU0a \x1b")))
def test_visible_text_can_be_restored(text):
    assert restored(visible(text)) == text


@given(st.text(st.sampled_from("\\uUdfF018 ")))
def test_any_text_can_be_restored_to_something_that_is_utf8(text):
    restored(text).encode()


WIDTHS = [
    ("", 0),
    ("Hope", 4),
    ("naïve", 5),
    ("東京", 4),
    ("한국어", 6),
    ("\u1112\u1161\u11ab", 2),  # one Hangul syllable, letter by letter
    ("ｗｉｄｅ", 8),
    ("ｶﾅ", 2),
    ("e\u0301", 1),
    ("x\u20dd", 1),  # a letter in a circle
    ("ไม้", 2),  # a Thai tone mark
    ("हिन्दी", 5),  # Devanagari's vowel signs have a column of their own
    ("❤\ufe0f", 1),
    ("🙂", 2),
    ("Привет", 6),
    ("עברית", 5),
]


@pytest.mark.parametrize(("text", "columns"), WIDTHS)
def test_display_width_is_the_columns_of_a_terminal(text, columns):
    assert display_width(text) == columns
