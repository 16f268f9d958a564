"""The columns of a CSV or TSV file: what separates them, which are wanted, by name or number.

The first row decides. A notice reports where it is read otherwise than a file of its kind usually
is, and where it seems to be data although a header is expected.
"""

from __future__ import annotations

import contextlib
import csv
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.decoding import Line
from corpus2vec.pipeline.corpus.fields import column_number, listed, text_fields
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.errors import DataError

DELIMITERS = {"csv": ",;\t|", "tsv": "\t,;|"}
"""Those that are looked for, and first the one that is expected."""
SHOWN = {"\t": "tabs"}
SAMPLE_LINES = 20
"""What separates the columns of a file without a header shows in its first lines."""
PROSE_WORDS = 5
"""A first row with a cell of as many words seems to be data."""


@dataclass(frozen=True)
class Columns:
    """Which columns are wanted, by their places from 0, and how many there are."""

    texts: tuple[int, ...]
    label: int | None
    id: int | None
    count: int


def columns_of(
    first: Sequence[str], opened: Opened, source: Source, config: CorpusConfig
) -> Columns:
    """Return which columns are wanted. Raise DataError for one that the first row does not have."""
    if not config.header:
        names = config.text_fields
        if config.text_field == "text" and len(first) == 1:
            names = ("1",)
        return _placed(names, functools.partial(_numbered, first, source=source), first, config)
    by_name = functools.partial(column_number, first, source=source)
    try:
        columns = _placed(text_fields(config, first), by_name, first, config)
    except DataError as problem:
        if not _seems_data(first):
            raise
        raise DataError(
            problem.message,
            hint=f"{problem.hint}; or, if the first row is data, use --no-header and numbers, such "
            "as --text-field 1",
        ) from problem
    if _seems_data(first):
        opened.notices["header"] = (
            f"the first row of {source.title} is taken for the names of its columns: "
            f"{listed(first)}; if it is data, use --no-header and numbers of columns"
        )
    return columns


def _placed(
    texts: Sequence[str], place: Callable[..., int], first: Sequence[str], config: CorpusConfig
) -> Columns:
    label, own_id = config.label_field, config.id_field
    return Columns(
        texts=tuple(place(name=name, option="--text-field") for name in texts),
        label=place(name=label, option="--label-field") if label else None,
        id=place(name=own_id, option="--id-field") if own_id else None,
        count=len(first),
    )


def _numbered(first: Sequence[str], name: str, option: str, source: Source) -> int:
    """Return the place of a column that is named by its number, from 1."""
    if name.isdecimal() and 1 <= int(name) <= len(first):
        return int(name) - 1
    raise DataError(
        f"{source.title} has no column {name}: with --no-header, columns have numbers",
        hint=f"it has {len(first)}, the first row is {listed(first)}; choose one with {option}",
    )


def _seems_data(first: Sequence[str]) -> bool:
    """Return whether what should be names seem to be values: a number, a sentence."""
    return any(_is_number(cell) or len(cell.split()) >= PROSE_WORDS for cell in first)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def delimiter_of(
    sample: Sequence[Line], opened: Opened, source: Source, config: CorpusConfig
) -> str:
    """Return what separates columns: the expected one, or else one that gives what is wanted.

    The first lines of the file, in `sample`, show that.
    """
    if config.delimiter:
        return config.delimiter
    likely = DELIMITERS[source.kind]
    whole = [line for line in sample if isinstance(line, str)]
    fits = _names_fit if config.header else _numbers_fit
    found = likely[0]
    # What the csv module refuses is reported with its line, by whoever reads the rows.
    with contextlib.suppress(csv.Error):
        found = next((each for each in likely if whole and fits(whole, each, config)), found)
    if found != likely[0]:
        opened.notices["delimiter"] = (
            f"the columns of {source.title} are separated by {SHOWN.get(found, found)}"
        )
    return found


def _names_fit(sample: Sequence[str], delimiter: str, config: CorpusConfig) -> bool:
    """Return whether the first row names what is wanted."""
    rows = csv.reader(sample[:1], delimiter=delimiter)
    names = next(rows, [])
    others = {name for name in (config.label_field, config.id_field) if name}
    return {*text_fields(config, names), *others} <= set(names)


def _numbers_fit(sample: Sequence[str], delimiter: str, config: CorpusConfig) -> bool:
    """Return whether the rows have as many columns as each other, and as are wanted."""
    reader = csv.reader(sample, delimiter=delimiter)
    if config.quoting == "none":
        reader = csv.reader(sample, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows = [row for row in reader if row]
    if len(sample) == SAMPLE_LINES:
        rows = rows[:-1]  # it may be cut off
    wanted = [*config.text_fields, config.label_field, config.id_field]
    numbers = [int(name) for name in wanted if name and name.isdecimal()]
    counts = {len(row) for row in rows}
    return len(counts) == 1 and max(numbers, default=1) <= counts.pop()
