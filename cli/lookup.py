"""The command that looks text up: its tokens, their ids, their vectors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records
from corpus2vec.cli.texts import require_text
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.stages import door, dump

if TYPE_CHECKING:
    from corpus2vec.pipeline.ask.lookup import Found


def lookup(
    request: Request,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A dump of the table, or a build folder.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Text, or - for the lines of stdin.")],
    unknown: Annotated[
        Literal["unk", "form"],
        typer.Option(
            "--unknown",
            help="Tokens that the table lacks: unk looks up <unk>, if there is one; form makes a "
            "vector of how each is spelt, from the table. It is learned in seconds, once a call.",
        ),
    ] = "unk",
    lang: Annotated[
        str | None,
        typer.Option("--lang", help="For a table of another tool: spaCy's code of its language."),
    ] = None,
    lower: Annotated[
        bool, typer.Option("--lower", help="For a table of another tool: lower-case the tokens.")
    ] = False,
) -> None:
    """Tokenize text as the corpus was, and print each token's id and vector.

    A terminal gets the matrix of each text too, one row a token. Lines of stdin are numbered in the
    first field of tsv. A table of another tool does not say how its corpus was tokenized: --lang
    does, and its rows are numbered from 0.

    Example: corpus2vec lookup build/embeddings.txt "Nice to see you again"
    """
    from corpus2vec.pipeline.ask.lookup import Lookup
    from corpus2vec.pipeline.files.failures import reading

    text = require_text(text)
    foreign = None
    if lang or lower:
        foreign = TokenizeConfig(lang=lang or TokenizeConfig.lang, lower=lower)
    ask = Lookup(door.artifact("table", table, dump.NAME), foreign, unknown == "form")
    with Records(request.format) as records:
        if text != "-":
            _add_found(records, text, ask.find(text))
            return
        with reading("standard input"):
            for number, line in enumerate(sys.stdin.buffer, start=1):
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                _add_found(records, text, ask.find(text), [] if records.is_table else [number])


def _add_found(records: Records, text: str, found: list[Found], line: Sequence[int] = ()) -> None:
    """Print the tokens of a text, for people with the matrix that they make."""
    vectors = [None if each.vector is None else _numbers(each.vector) for each in found]
    tokens = [
        {"token": each.token, "id": each.id, "unk": each.is_unk, "vector": vector}
        for each, vector in zip(found, vectors, strict=True)
    ]
    if not records.is_table:
        rows = [
            [*line, each.id, each.token, vector]
            for each, vector in zip(found, vectors, strict=True)
        ]
        records.add({"text": text, "tokens": tokens}, rows)
        return
    digits = max((len(str(each.id)) for each in found if each.id is not None), default=1)
    shown = [
        [
            ("-" if each.id is None else str(each.id)).rjust(digits),
            each.token + (" (<unk>)" if each.is_unk else " (form)" if each.is_form else ""),
            vector or "not in the vocabulary",
        ]
        for each, vector in zip(found, vectors, strict=True)
    ]
    records.add({}, shown)
    records.flush()
    records.add({}, [[[vector for vector in vectors if vector is not None]]])
    records.flush()


def _numbers(vector: Any) -> list[float]:
    """Return float32 values with as few digits as give them back."""
    return [float(str(value)) for value in vector]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    add_command(app, lookup, panel="Look", common=answering)
