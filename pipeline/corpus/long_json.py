r"""One JSON object of any size, read piece by piece: its long strings are never held.

A line of ordinary length is parsed whole, by `json.loads` (`records.py`). Here the same `json`
module parses what fits in a window: strings in pieces that do not end within an escape, and values
that lie in the window as a whole. Only the structure around them is followed here. So what is not
JSON is refused with the words and the column of `json.loads`: where something is wrong, a short
stand-in for what was read, like `[0,`, is parsed together with what follows.

Deeper nesting than `DEEPEST` is refused, as `json.loads` refuses about as much, and so is a number
or a label of more than `limits.SIGHT_CHARACTERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NoReturn

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.spool import Beginning, Sink
from corpus2vec.pipeline.corpus.window import Window

DEEPEST = 900
TRIED = 4
"""Deeper values are not tried as a whole, or each of many brackets would be tried in vain."""
NAMES = 9
"""Names of fields that are kept for a hint, beyond those that are wanted."""
LONGEST_ESCAPE = len(r"\ud83d\ude00")

WHITE = re.compile(r"[ \t\n\r]*")
HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
# Many short values, each with the comma that follows: for skipping them without a turn for each.
_VALUE = (
    r"(?:-?(?:0|[1-9][0-9]{0,99}+)(?:\.[0-9]{1,99}+)?(?:[eE][-+]?[0-9]{1,99}+)?"
    r'|true|false|null|"[^"\\\x00-\x1f]*+")'
)
_WHITE = r"[ \t\n\r]*+"
_KEY = rf'"[^"\\\x00-\x1f]*+"{_WHITE}:{_WHITE}'
SHORT_ELEMENTS = re.compile(rf"(?:{_VALUE}{_WHITE},{_WHITE})*+")
SHORT_MEMBERS = re.compile(rf"(?:{_KEY}{_VALUE}{_WHITE},{_WHITE})*+")


class TooDeepError(Exception):
    """Too many brackets are open."""


class TooLongError(Exception):
    """A number has too many digits."""


class NotJsonError(Exception):
    """What `json` says about it, and the column, from 1."""

    def __init__(self, reason: str, column: int) -> None:
        super().__init__(reason, column)
        self.reason = reason
        self.column = column


class Unread:
    """A value that was skipped, and is shown by its beginning."""

    def __init__(self, begin: str) -> None:
        self._begin = begin

    def __repr__(self) -> str:
        return self._begin


class LongJson:
    """The line, read once."""

    def __init__(
        self, blocks: Iterator[str], wanted: Collection[str], begin: Callable[[str], Sink]
    ) -> None:
        """`begin` is called for each string in a `wanted` field, and returns its sink."""
        self._window = Window(blocks)
        self._wanted = wanted
        self._begin = begin
        self._scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
        self._comma = 0

    def read(self) -> dict[str, object] | None:
        """Return the fields of the object; None for a value that is no object.

        A wanted string is "" here, since its pieces are in its sink; a wanted value that is large
        is `Unread`. Of fields that are not wanted, only some of the names are there. Raise
        NotJsonError, TooDeepError or TooLongError.
        """
        record: dict[str, object] | None = None
        if self._next() == "{":
            record = {}
            self._object(record)
        else:
            self._skip("" if self._window.position == 0 else " ")
        if self._next():
            self._fail("0 ")
        return record

    def is_blank(self) -> bool:
        """Return whether there is only white space. To be called before `read`."""
        window = self._window
        begin = self._next()
        column = window.position + 1
        while begin.isspace():  # such as U+3000, which is no white space to JSON
            window.at += len(window.text) - window.at - len(window.text[window.at :].lstrip())
            window.see(1)
            begin = window.text[window.at : window.at + 1]
        if begin and window.position + 1 > column:
            raise NotJsonError("Expecting value", column)
        return not begin

    # --- structure ---------------------------------------------------------------------------

    def _object(self, record: dict[str, object]) -> None:
        window = self._window
        window.at += 1
        if self._next() == "}":
            window.at += 1
            return
        context = "{"
        while True:
            name = self._key(context, most=max(map(len, self._wanted), default=0))
            value = self._member(name)
            if name in self._wanted or len(record) < NAMES:
                record[name] = value
            if self._next() == "}":
                window.at += 1
                return
            self._pass_comma("{")
            context = '{"":0,'

    def _member(self, name: str) -> object:
        """Read the value of a field of the outermost object."""
        window = self._window
        begin = self._next()
        if name not in self._wanted:
            self._skip('{"":', depth=1)
            return None
        if begin == '"':
            self._string(self._begin(name))
            return ""
        window.see(limits.SIGHT_CHARACTERS)
        try:
            value, window.at = self._scan(window.text, window.at)
        except (ValueError, StopIteration, RecursionError):
            unread = Unread(window.text[window.at : window.at + 60])
            self._skip('{"":', depth=1)
            return unread
        self._check_length(begin)
        return value

    def _skip(self, context: str, depth: int = 0) -> None:
        """Read a value for nothing but its errors. `context` stands in for what is before it."""
        window = self._window
        open_brackets = bytearray()
        while True:
            begin = self._next()
            if begin == '"':
                self._string()
            elif not begin or begin not in "[{":
                self._scalar(context)
            elif not (len(open_brackets) < TRIED and self._pass_whole()):
                if depth + len(open_brackets) >= DEEPEST:
                    raise TooDeepError
                window.at += 1
                if self._next() == {"[": "]", "{": "}"}[begin]:
                    window.at += 1
                else:
                    open_brackets.append(ord(begin))
                    context = self._begin_next(begin, begin)
                    continue
            while open_brackets:
                bracket = chr(open_brackets[-1])
                if self._next() == {"[": "]", "{": "}"}[bracket]:
                    window.at += 1
                    open_brackets.pop()
                else:
                    self._pass_comma(bracket)
                    context = self._begin_next(bracket, {"[": "[0,", "{": '{"":0,'}[bracket])
                    break
            else:
                return

    def _begin_next(self, bracket: str, context: str) -> str:
        """Pass short elements or members, and the next one's key; return what stands for them."""
        window = self._window
        short = SHORT_ELEMENTS if bracket == "[" else SHORT_MEMBERS
        self._next()
        passed = short.match(window.text, window.at)
        if passed and passed.end() > window.at:
            window.at = passed.end()
            self._comma = window.position - 1
            context = {"[": "[0,", "{": '{"":0,'}[bracket]
        if bracket == "{":
            self._key(context)
            context = '{"":'
        return context

    def _pass_whole(self) -> bool:
        """Pass a value that lies in the window as a whole; return whether one does."""
        self._window.see(limits.SIGHT_CHARACTERS)
        try:
            _, self._window.at = self._scan(self._window.text, self._window.at)
        except (ValueError, StopIteration, RecursionError):
            return False
        return True

    def _pass_comma(self, bracket: str) -> None:
        if self._next() != ",":
            self._fail({"[": "[0 ", "{": '{"":0 '}[bracket])
        self._comma = self._window.position
        self._window.at += 1

    def _key(self, context: str, most: int | None = None) -> str:
        """Pass a key and its colon; return its beginning, of at least `most` characters."""
        if self._next() != '"':
            self._fail(context)
        name = Beginning(0 if most is None else max(most + 1, limits.SIGHT_CHARACTERS))
        self._string(name.write)
        if self._next() != ":":
            self._fail('{"" ')
        self._window.at += 1
        return name.text

    # --- what has no structure ---------------------------------------------------------------

    def _next(self) -> str:
        """Pass white space; return the character that follows, or "" at the end."""
        window = self._window
        while True:
            white = WHITE.match(window.text, window.at)
            window.at = white.end() if white else window.at
            if window.at < len(window.text) or window.ended:
                return window.text[window.at : window.at + 1]
            window.see(1)

    def _scalar(self, context: str) -> None:
        """Pass a number or a word."""
        window = self._window
        window.see(limits.SIGHT_CHARACTERS)
        try:
            _, window.at = self._scan(window.text, window.at)
        except StopIteration:
            self._fail(context)
        except ValueError as problem:
            raise TooLongError from problem
        self._check_length()

    def _check_length(self, begin: str = "") -> None:
        """Raise TooLongError if a number that was passed may go on beyond the window."""
        window = self._window
        if window.at == len(window.text) and not window.ended and begin not in ("[", "{"):
            raise TooLongError

    def _string(self, sink: Sink | None = None) -> None:
        """Pass a string, whose pieces go to `sink`."""
        window = self._window
        opening = window.position
        window.at += 1
        while True:
            try:
                piece, end = scanstring(window.text, window.at)
            except json.JSONDecodeError as problem:
                if window.ended:
                    self._refuse(problem, 0, opening)
                body = window.text[window.at :]
                end = window.at + whole_escapes(body)
                # Characters after the quote, so that an escape before it cannot seem cut off.
                padded = window.text[window.at : end] + '"' + " " * LONGEST_ESCAPE
                try:
                    piece, _ = scanstring(padded, 0)
                except json.JSONDecodeError as within:
                    self._refuse(within, window.at, opening)
                closed = False
            else:
                closed = True
            if sink and piece:
                sink(piece)
            window.at = end
            if closed:
                return
            window.see_more()

    def _refuse(self, problem: json.JSONDecodeError, shift: int, opening: int) -> NoReturn:
        """Report what is wrong in the string that begins at `opening`."""
        position = self._window.position - self._window.at + shift + problem.pos
        if problem.msg.startswith("Unterminated"):
            position = opening
        raise NotJsonError(problem.msg, position + 1) from problem

    def _fail(self, context: str) -> NoReturn:
        """Report what `json` says about what follows here, after `context`."""
        window = self._window
        window.see(LONGEST_ESCAPE)
        following = window.text[window.at : window.at + LONGEST_ESCAPE]
        try:
            json.loads(context + following)
        except json.JSONDecodeError as problem:
            shift = problem.pos - len(context)
            position = window.position + shift if shift >= 0 else self._comma
            raise NotJsonError(problem.msg, position + 1) from problem
        raise AssertionError(f"{context + following!r} is JSON")


def whole_escapes(body: str) -> int:
    r"""Return how much of `body`, the inside of a string, ends in no unfinished escape or pair.

    >>> whole_escapes(r"caf\u00e9 \ud83d\ude")
    10
    """
    last = body.rfind("\\", max(0, len(body) - LONGEST_ESCAPE))
    if last < 0:
        return len(body)
    if not _begins_escape(body, last):
        return last + 1  # two backslashes are an escape that is whole
    high = last - 6
    if high >= 0 and HIGH_SURROGATE.match(body, high, last) and _begins_escape(body, high):
        return high
    return last


def _begins_escape(body: str, place: int) -> bool:
    r"""Return whether the backslash at `place` begins an escape, or ends one that is `\\`."""
    run = place + 1 - len(body[: place + 1].rstrip("\\"))
    return run % 2 == 1
