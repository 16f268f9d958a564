"""Fields of records: how they are named, found and joined, and what may be a label or an id.

A name is first taken as it is. Where there is no such field, `doc.body` is the field `body` within
`doc`, and `title,body` are two fields, whose texts are joined by a line break.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.errors import DataError

JOINT = "\n"
"""Between the texts of several fields."""
ABSENT = object()
"""In place of a field that is not there."""


class MissingFieldError(DataError):
    """A record lacks a field; with --on-missing skip it is left out."""


def skipped(problem: MissingFieldError, opened: Opened, config: CorpusConfig) -> None:
    """Count a record that lacks a field. Raise the error unless such records are to be skipped."""
    if config.on_missing == "error":
        raise problem
    opened.missing += 1


def text_fields(config: CorpusConfig, there: Container[str]) -> tuple[str, ...]:
    """Return the fields with the text: several, unless a field has that very name.

    >>> text_fields(CorpusConfig(text_field="title, body"), {"title"})
    ('title', 'body')
    >>> text_fields(CorpusConfig(text_field="when, where"), {"when, where"})
    ('when, where',)
    """
    return (config.text_field,) if config.text_field in there else config.text_fields


def paths_of(name: str) -> set[tuple[str, ...]]:
    """Return where a field of that name may be.

    >>> sorted(paths_of("doc.body"))
    [('doc', 'body'), ('doc.body',)]
    """
    return {(name,), tuple(name.split("."))}


def found(record: Mapping[str, object], name: str) -> object:
    """Return the value of a field, or of one within others; ABSENT if there is none.

    >>> found({"doc": {"body": "Hope"}}, "doc.body")
    'Hope'
    """
    if name in record:
        return record[name]
    value: object = record
    for part in name.split("."):
        value = value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value


def require_field(record: Mapping[str, object], name: str, option: str, where: str) -> object:
    """Return the value of a field. Raise MissingFieldError if there is none."""
    value = found(record, name)
    if value is ABSENT:
        within = record
        above = name.rpartition(".")[0]
        if above and isinstance(inner := found(record, above), Mapping):
            within, where = inner, f"{where}: {above}"
            name = name.rpartition(".")[2]
        raise MissingFieldError(
            f"{where} has no field {name}",
            hint=f"it has {listed(within)}; choose one with {option}; "
            "--on-missing skip leaves such records out",
        )
    return value


def label_text(value: object, where: str, what: str = "label") -> str:
    """Return a label as text. Raise DataError unless it is a string, a number or a truth value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    kind = MissingFieldError if value is None else DataError
    raise kind(f"{where}: its {what} is neither a string nor a number: {value!r:.60}")


def id_text(value: object, where: str) -> str:
    """Return a document's id as text. Raise DataError where there is none; two may be the same."""
    if value is None or value == "":
        raise MissingFieldError(
            f"{where} has no id",
            hint="give each document one, or leave those without one out with --on-missing skip",
        )
    text = label_text(value, where, "id")
    if len(text) > limits.ID_CHARACTERS:
        raise DataError(f"{where}: its id has more than {limits.ID_CHARACTERS:,} characters")
    return text


def column_number(names: Sequence[str], name: str, option: str, source: Source) -> int:
    """Return which column has that name. Raise DataError unless exactly one has it."""
    if names.count(name) != 1:
        number = "no column" if name not in names else f"{names.count(name)} columns"
        raise DataError(
            f"{source.title} has {number} {name}",
            hint=f"it has {listed(names)}; choose one with {option}",
        )
    return names.index(name)


def listed(names: Iterable[str]) -> str:
    """Return the first eight names, for a hint.

    >>> listed("abcdefghij")
    'a, b, c, d, e, f, g, h, …'
    """
    first = list(names)
    return ", ".join([*first[:8], *(["…"] if len(first) > 8 else [])])
