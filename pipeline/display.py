"""Hostile text made fit to be shown.

Tokens, labels and paths come from anywhere: a terminal must not obey the escapes in them, and a
right-to-left mark must not turn a table around.
"""

from __future__ import annotations

import unicodedata

# Cc controls, Cf format marks (bidi, zero width), Cs half surrogates, Zs Zl Zp white space
HIDDEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}


def visible(text: str, keep_spaces: bool = False) -> str:
    r"""The text with everything that has no glyph written out.

    >>> visible("a\x1b[31m\u202eb\\"), visible("New York"), visible("New York", keep_spaces=True)
    ('a\\u001b[31m\\u202eb\\\\', 'New\\u0020York', 'New York')
    """
    if text.isascii() and text.isprintable() and "\\" not in text and " " not in text:
        return text
    return "".join(_visible(each, keep_spaces) for each in text)


def _visible(character: str, keep_spaces: bool) -> str:
    if character == "\\":
        return "\\\\"
    if character == " " and keep_spaces:
        return character
    if unicodedata.category(character) in HIDDEN:
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


def display_width(text: str) -> int:
    """Columns that the text takes in a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(each) for each in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
