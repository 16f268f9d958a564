r"""One JSON object of any size, read piece by piece: its long strings are never held.

A line of ordinary length is parsed whole, by `json.loads` (`records.py`). Here the same `json`
module parses what fits in a window: pieces of strings (`json_strings.py`), and values that lie in
the window as a whole. Only the structure around them is followed here. So what is not
JSON is refused with the words and the column of `json.loads`: where something is wrong, a short
stand-in for what was read, like `[0,`, is parsed together with what follows.

Deeper nesting than `DEEPEST` is refused, as `json.loads` refuses about as much, and so is a number
or a label of more than `limits.SIGHT_CHARACTERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn, Protocol

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.json_strings import NotJsonError, read_string
from corpus2vec.pipeline.corpus.spool import Beginning
from corpus2vec.pipeline.corpus.window import Window

DEEPEST = 900
TRIED = 4
"""Deeper values are not tried as a whole, or each of many brackets would be tried in vain."""
REPLAYED = 16
"""Characters that are enough to show `json` what is wrong."""
NAMES = 9
"""Names of fields that are kept for a hint, beyond those that are wanted."""

WHITE = re.compile(r"[ \t\n\r]*")
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


class Unread:
    """A value that was skipped, and is shown by its beginning."""

    def __init__(self, begin: str) -> None:
        self._begin = begin

    def __repr__(self) -> str:
        return self._begin


class Taker(Protocol):
    """Takes a string piece by piece, and may be given another in place of it."""

    def clear(self) -> None:
        """Forget what was written."""

    def write(self, piece: str) -> None:
        """Add to the string."""


Path = tuple[str, ...]
"""The names of a field and of those that it is in: ("doc", "body")."""


class LongJson:
    """The line, read once."""

    def __init__(self, blocks: Iterator[str], wanted: Mapping[Path, Taker]) -> None:
        """`wanted` are the fields to read, and what takes the string that each may be."""
        self._window = Window(blocks)
        self._wanted = wanted
        self._above = {path[:depth] for path in wanted for depth in range(1, len(path))}
        self._longest_name = max((len(name) for path in wanted for name in path), default=0)
        self._scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
        self._comma = 0

    def read(self) -> dict[str, object] | None:
        """Return the fields of the object; None for a value that is no object.

        A wanted string is what took its pieces; a wanted value that is large is `Unread`. Of
        fields that are not wanted, only some of the names are there. Raise
        NotJsonError, TooDeepError or TooLongError.
        """
        record: dict[str, object] | None = None
        if self._next() == "{":
            record = {}
            self._object(record, ())
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

    def _object(self, record: dict[str, object], path: Path) -> None:
        window = self._window
        window.at += 1
        if self._next() == "}":
            window.at += 1
            return
        context = "{"
        while True:
            name = self._key(context, most=self._longest_name)
            place = (*path, name)
            value = self._member(place)
            if place in self._wanted or place in self._above or len(record) < NAMES:
                record[name] = value
            if self._next() == "}":
                window.at += 1
                return
            self._pass_comma("{")
            context = '{"":0,'

    def _member(self, path: Path) -> object:
        """Read the value of a field."""
        window = self._window
        begin = self._next()
        if path in self._above and begin == "{":
            record: dict[str, object] = {}
            self._object(record, path)
            return record
        if path not in self._wanted:
            self._skip('{"":', depth=len(path))
            return None
        if begin == '"':
            taker = self._wanted[path]
            taker.clear()
            read_string(window, taker.write)
            return taker
        window.see(limits.SIGHT_CHARACTERS)
        try:
            value, window.at = self._scan(window.text, window.at)
        except (ValueError, StopIteration, RecursionError):
            unread = Unread(window.text[window.at : window.at + 60])
            self._skip('{"":', depth=len(path))
            return unread
        self._check_length(begin)
        return value

    def _skip(self, context: str, depth: int = 0) -> None:
        """Read a value for nothing but its errors. `context` replaces what is before it."""
        window = self._window
        open_brackets = bytearray()
        while True:
            begin = self._next()
            if begin == '"':
                read_string(window)
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
        """Pass short elements or members, and the next one's key; return their replacement."""
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
        read_string(self._window, name.write)
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

    def _fail(self, context: str) -> NoReturn:
        """Report what `json` says about what follows here, after `context`.

        Where `json` accepts it (no such case is known), the value has no words of its own.
        """
        window = self._window
        window.see(REPLAYED)
        following = window.text[window.at : window.at + REPLAYED]
        try:
            json.loads(context + following)
        except json.JSONDecodeError as problem:
            shift = problem.pos - len(context)
            position = window.position + shift if shift >= 0 else self._comma
            raise NotJsonError(problem.msg, position + 1) from problem
        raise NotJsonError("Expecting value", window.position + 1)
