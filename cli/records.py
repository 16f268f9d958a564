"""Records on stdout: the one way in which commands print what they found.

    table  aligned columns, for people: what a terminal gets
    tsv    one record a line, its fields separated by tabs, no header: what a pipe or a file gets
    json   one JSON document: the whole result
    jsonl  one JSON value a line: one for each answer

A command names its columns and adds answers. An answer is a JSON value, and has one row of cells
for each record in it. In a field of tsv a backslash, a control character or a mark that reorders a
line is escaped; `restored` of `strings.display` undoes that, and so does every command that takes a
word. A list in a field is JSON, a
fraction has six digits. Text in JSON is escaped once, by JSON itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self

from corpus2vec.cli.streams import STDOUT, json_text
from corpus2vec.pipeline.errors import PipelineError

Format = Literal["table", "tsv", "json", "jsonl"]
Row = Sequence[Any]
"""The cells of a record: text, numbers, lists, None where there is nothing."""


def chosen_format(given: str, as_json: bool) -> Format:
    """Return the format that --format and --json ask for; auto is for who reads stdout."""
    if as_json:
        return "json"
    if given == "auto":
        return "table" if sys.stdout.isatty() else "tsv"
    return given  # type: ignore[return-value]  # one of the choices of the option


class Records:
    """Prints answers in the format asked for, as they come.

    Used as a context manager: its end prints what is still to be aligned, and closes the document.

        with Records(request.format, "word", "count") as records:
            records.add({"word": "New York", "count": 2})
    """

    def __init__(self, format: Format, *columns: str, header: bool = False) -> None:
        self.format = format
        self._columns = columns
        self._header = header
        self._waiting: list[Row] = []
        self._begun = False

    @property
    def is_table(self) -> bool:
        """Whether a person reads it."""
        return self.format == "table"

    def add(self, value: Mapping[str, Any], rows: Iterable[Row] | None = None) -> None:
        """Print an answer: its value as JSON, or else its rows.

        Without rows it is one record, whose cells are the value's items by the names of columns.
        """
        if self.format == "jsonl":
            STDOUT.write(json_text(value) + "\n")
        elif self.format == "json":
            STDOUT.write((",\n" if self._begun else "[\n") + json_text(value))
            self._begun = True
        else:
            found = [[value.get(name) for name in self._columns]] if rows is None else rows
            if self.is_table:
                self._waiting += found
            else:
                self._write("\t".join(map(field, row)) for row in found)

    def flush(self) -> None:
        """Print the rows of a table that wait for others to be aligned with."""
        header = [list(self._columns)] if self._header and self._waiting else []
        self._header = False
        self._write(aligned([*header, *(list(map(cell, row)) for row in self._waiting)]))
        self._waiting = []

    def document(self, value: Mapping[str, Any]) -> None:
        """Print the one JSON document of a result that is no list of answers."""
        STDOUT.write(json_text(value, indent=2) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, problem: object, trace: object) -> None:
        # After an error of the data, what was printed is still whole; after others nobody reads it.
        if problem is None or isinstance(problem, PipelineError):
            self.flush()
            if self.format == "json":
                STDOUT.write("\n]\n" if self._begun else "[]\n")

    def _write(self, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if text:
            STDOUT.write(text)


def field(value: Any) -> str:
    r"""Return a value as a field of a line of tsv.

    >>> field("a\tb\\"), field("New York"), field(0.70710677), field(["a\\"]), field(None)
    ('a\\u0009b\\\\', 'New York', '0.707107', '["a\\\\"]', '')
    """
    from corpus2vec.pipeline.strings.display import field as escaped

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return escaped(value) if isinstance(value, str) else json_text(value)


def cell(value: Any) -> str:
    r"""Return a value as a cell that a person reads.

    >>> cell("a\tb"), cell("New York"), cell(0.70710677), cell(None), cell(12000)
    ('a\\u0009b', 'New York', '0.7071', '-', '12,000')
    """
    from corpus2vec.pipeline.strings.display import visible

    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return visible(value, keep_spaces=True) if isinstance(value, str) else json_text(value)


def aligned(rows: Sequence[Sequence[str]], right: bool = False) -> list[str]:
    """Return rows as lines whose columns are aligned; a row of one cell is a title.

    Cells begin at one place, or with `right` all but the first end at one.

    >>> aligned([["sea", "0.5"], ["harbour", "0.25"]])
    ['sea      0.5', 'harbour  0.25']
    >>> aligned([["sea", "0.5"], ["the words"], ["harbour", "0.25"]], right=True)
    ['sea       0.5', 'the words', 'harbour  0.25']
    """
    from corpus2vec.pipeline.strings.display import display_width

    widths: dict[int, int] = {}
    for row in rows:
        for place, text in enumerate(row if len(row) > 1 else ()):
            widths[place] = max(widths.get(place, 0), display_width(text))
    lines = []
    for row in rows:
        cells = []
        for place, text in enumerate(row):
            padding = " " * (widths.get(place, 0) - display_width(text))
            last = place == len(row) - 1
            cells.append(padding + text if right and place else text + padding * (not last))
        lines.append("  ".join(cells))
    return lines
