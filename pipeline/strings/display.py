"""Escape control, bidi and invisible characters before untrusted text is displayed.

Tokens, labels and paths come from anywhere. A terminal must not obey the escapes in them, and a
right-to-left mark must not reverse the columns of a table.
"""

from __future__ import annotations

import re
import unicodedata

# Cc controls, Cf format marks (bidi, zero width), Cs half surrogates, Zs Zl Zp white space
HIDDEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
OBEYED = HIDDEN - {"Zs"}
PLAIN = str.maketrans("", "", "\t\n")


def visible(text: str, keep_spaces: bool = False) -> str:
    r"""Escape every character that has no glyph, and the backslash.

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


def obeyed_escaped(text: str) -> str:
    r"""Escape what a terminal would obey, and nothing else: tabs and line ends stay.

    >>> obeyed_escaped("a\x1b[31m\u202e\t\\ b\n")
    'a\\u001b[31m\\u202e\t\\ b\n'
    """
    if text.isascii() and text.translate(PLAIN).isprintable():
        return text
    return "".join(
        each if each in "\t\n" or unicodedata.category(each) not in OBEYED else _visible(each, True)
        for each in text
    )


# Controls, line ends, and marks that reorder a line: what must not be in a field. Joiners belong to
# words, and stay.
SEPARATING = re.compile(
    r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def field(text: str) -> str:
    r"""Escape what must not be in a field of a tab-separated line, and the backslash.

    >>> field("a\tb\x1b\u202e\\"), field("New York"), field("\u0646\u200c\u0627").isascii()
    ('a\\u0009b\\u001b\\u202e\\\\', 'New York', False)
    """
    return SEPARATING.sub(lambda each: _visible(each[0], True), text)


# What `visible` writes, but for half surrogates: no text in a file can have one.
ESCAPED = re.compile(
    r"\\(?:(\\)|u(?!d[89a-f])([0-9a-f]{4})|U(000[1-9a-f][0-9a-f]{4}|0010[0-9a-f]{4}))"
)


def restored(text: str) -> str:
    r"""Undo `visible`: return the text that it escaped.

    >>> restored(r"New\u0020York"), restored(r"C:\\u0020")
    ('New York', 'C:\\u0020')
    """
    if "\\" not in text:
        return text
    return ESCAPED.sub(lambda each: each[1] or chr(int(each[2] or each[3], 16)), text)


def display_width(text: str) -> int:
    """Return how many columns of a terminal the text takes.

    A wide character takes two, a combining one none.
    """
    if text.isascii():
        return len(text)
    return sum(_width(each) for each in text)


def _width(character: str) -> int:
    # Marks go on the letter before them, and so do the vowels and finals of a Hangul syllable that
    # is spelled letter by letter.
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
