"""Read JSON that anything may have written: parse it, and check the values that a reader uses.

`json.loads` takes any text as deep as the stack holds, and gives back infinities, numbers of any
size and half surrogates. Whoever uses such a value fails somewhere else, in words that name no
file. So JSON comes in here, and a reader says once what it needs, as a shape:

    str           a text; a path with bytes that are not UTF-8 is one too
    bool          true or false
    int           a whole number that fits in 64 bits
    float         a finite number, whole or not
    range(9)      a whole number in that range
    {"a", 1.5}    one of these values
    [shape]       a list of such values
    {"a": shape}  an object with these names and no others; `...: shape` allows others
    (one, other)  either; None is null, or a name that is missing
    Any           anything
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from corpus2vec.pipeline.errors import DataError

MOST_LEVELS = 64
"""How deep lists and objects may be nested. What this program and its neighbours write has ten."""
COUNT = range(1 << 63)
"""The shape of a count, an id or a size."""
SHOWN = 40
"""Characters of a value that an error shows."""
NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number", None: "null"}


def parse_json(text: str | bytes, name: object, verdict: str = "is not JSON") -> Any:
    """Return the value of a JSON text. Raise DataError, which begins with `name`, for any other.

    >>> parse_json('{"rows": [1, 2]}', "a.json")
    {'rows': [1, 2]}
    >>> parse_json("[" * 99999, "a.json")
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.DataError: a.json is not JSON: it is nested too deeply
    """
    try:
        # Bytes would be taken for UTF-16 or UTF-32 too.
        value = json.loads(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except RecursionError as problem:
        raise DataError(f"{name} {verdict}: it is nested too deeply") from problem
    except ValueError as problem:  # UnicodeDecodeError and a number of too many digits, too
        raise DataError(f"{name} {verdict}: {problem}") from problem
    if not _is_within(value, MOST_LEVELS):
        raise DataError(f"{name} {verdict}: it is nested too deeply")
    return value


def _is_within(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    within = value.values() if isinstance(value, dict) else value
    below = (each for each in within if isinstance(each, dict | list))
    return levels > 0 and all(_is_within(each, levels - 1) for each in below)


def require_shape(value: Any, shape: Any, name: object, verdict: str = "is damaged") -> None:
    """Raise DataError unless the value has that shape; it names the place that has not."""
    if found := misfit(value, shape):
        raise DataError(f"{name} {verdict}: {found}")


def misfit(value: Any, shape: Any, place: str = "") -> str:
    """Return where and how the value is not of that shape; an empty text if it is.

    >>> misfit({"rows": [1, -2]}, {"rows": [COUNT]})
    'rows[1] is -2, not a whole number from 0'
    >>> misfit({"name": "a"}, {"name": str, "size": (None, int)})
    ''
    """
    if isinstance(shape, tuple):
        found = [misfit(value, each, place) for each in shape]
        return "" if "" in found else found[-1]
    if isinstance(shape, list) and isinstance(value, list):
        return _first_misfit(enumerate(value), shape[0], lambda at: f"{place}[{at}]")
    before = f"{place}." if place else ""
    if isinstance(shape, Mapping) and isinstance(value, Mapping):
        for name in (each for each in shape if each is not ...):
            if wrong := misfit(value.get(name), shape[name], before + name):
                return wrong
        others = ((name, value[name]) for name in value if name not in shape)
        if ... in shape:
            return _first_misfit(others, shape[...], before.__add__)
        return next((f"{before}{_shown(name)} is not known here" for name, _ in others), "")
    if _test_of(shape)(value):
        return ""
    shown = "missing" if value is None else _shown(value)
    return f"{place or 'it'} is {shown}, not {_described(shape)}"


def _first_misfit(
    values: Iterable[tuple[Any, Any]], shape: Any, place: Callable[[Any], str]
) -> str:
    """Return the first misfit of many values, by their keys. They may be millions."""
    is_simple = not isinstance(shape, tuple | list | Mapping)
    test = _test_of(shape) if is_simple else lambda value: not misfit(value, shape)
    for key, value in values:
        if not test(value):
            return misfit(value, shape, place(key if isinstance(key, int) else _shown(key)))
    return ""


def _test_of(shape: Any) -> Callable[[Any], bool]:
    """Return the test of whether a value is of a shape that has no parts."""
    if isinstance(shape, range):
        return lambda value: type(value) is int and value in shape
    if isinstance(shape, Set):
        return lambda value: isinstance(value, str | float | int) and value in shape
    if shape is Any:
        return lambda value: True
    known = TESTS.get(shape) if isinstance(shape, type | None) else None
    return known or (lambda value: False)


def _is_text(value: Any) -> bool:
    """Return whether it is text, with no half surrogates but those by which Python names bytes."""
    if not isinstance(value, str):
        return False
    try:
        return value.isascii() or bool(value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return False


WHOLE = range(-(1 << 63), 1 << 63)
TESTS: Mapping[Any, Callable[[Any], bool]] = {
    str: _is_text,
    bool: lambda value: isinstance(value, bool),
    int: _test_of(WHOLE),
    float: lambda value: (type(value) is float and math.isfinite(value)) or _test_of(WHOLE)(value),
    None: lambda value: value is None,
}


def _described(shape: Any) -> str:
    if isinstance(shape, range):
        return f"a whole number from {shape.start}" + (f" to {shape[-1]}" * (shape != COUNT))
    if isinstance(shape, Set):
        return "one of " + ", ".join(sorted(map(str, shape)))
    if isinstance(shape, list):
        return "a list"
    return "an object" if isinstance(shape, Mapping) else NAMES.get(shape, shape)


def _shown(value: Any) -> str:
    """Return the value as an error shows it: not all of a long one."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, int) and value.bit_length() > 8 * SHOWN:  # `str` might refuse it
        return "a huge number"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
