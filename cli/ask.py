"""The commands that ask a table about words: neighbors, analogy, similarity.

They take their words from the command line, or with `-` from the lines of stdin. Words
that the table does not have are reported on stderr, with close spellings, and stop nothing; where
no question can be answered the exit code is 65.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.questions import Question, lines_of, questions_of
from corpus2vec.cli.records import Records
from corpus2vec.pipeline.stages import door

if TYPE_CHECKING:
    from corpus2vec.pipeline.ask.queries import Near, Space

Rows = list[tuple[int, ...]]

BLOCK = 64
"""Questions that are answered together, in one pass over the table."""
SUGGESTED = 20
"""Unknown words that get close spellings; each one takes a pass over all tokens."""

Table = Annotated[
    Path, typer.Argument(metavar="TABLE", help="Word vectors of any tool, or a build folder.")
]
Unknown = Annotated[
    Literal["report", "form"],
    typer.Option(
        "--unknown",
        help="Words that the table lacks: report them, or make a vector of how each is spelt, from "
        "the table. It is learned in seconds, once a call.",
    ),
]
Top = Annotated[int, typer.Option("--top", help="How many to print.", min=1)]


def neighbors(
    request: Request,
    table: Table,
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORD...", help="Words, or - for one word a line on stdin."),
    ],
    top: Top = 10,
    unknown: Unknown = "report",
) -> None:
    """Print the nearest tokens of each word.

    A record is the word, a neighbour, their cosine.

    Example: corpus2vec neighbors build/embeddings.txt harbour night --top 5
    """
    questions = lines_of(1) if words == ["-"] else iter([(word,) for word in words])

    def ask(space: Space, rows: Rows) -> Sequence[Any]:
        return space.neighbors([row for (row,) in rows], top)

    def as_json(question: Question, near: list[Near] | None) -> dict[str, Any]:
        return {"word": question[0], "neighbors": _listed(near)}

    _answer(request, table, questions, ask, as_json, unknown)


def analogy(
    request: Request,
    table: Table,
    words: Annotated[
        list[str],
        typer.Argument(metavar="A B C", help="Words, or - for three words a line on stdin."),
    ],
    top: Top = 10,
    unknown: Unknown = "report",
) -> None:
    """Answer "A is to B as C is to …": print the tokens nearest to B - A + C, and their cosines.

    A, B and C themselves are left out. Vectors are scaled to length 1 before they are added
    (3CosAdd). A record is A, B, C, a token, its cosine.

    Example: corpus2vec analogy vectors.vec man king woman --top 1
    """

    def ask(space: Space, rows: Rows) -> Sequence[Any]:
        return space.analogies(rows, top)

    def as_json(question: Question, near: list[Near] | None) -> dict[str, Any]:
        return {"words": question, "answers": _listed(near)}

    _answer(request, table, questions_of("analogy", words, 3), ask, as_json, unknown)


def similarity(
    request: Request,
    table: Table,
    words: Annotated[
        list[str], typer.Argument(metavar="A B", help="Words, or - for two words a line on stdin.")
    ],
    unknown: Unknown = "report",
) -> None:
    """Print the cosine of two words, or of each pair of words on stdin.

    Example: corpus2vec similarity build/embeddings.txt harbour ship
    """

    def ask(space: Space, rows: Rows) -> Sequence[Any]:
        return space.similarity(rows)

    def as_json(question: Question, cosine: float | None) -> dict[str, Any]:
        return {"words": question, "cosine": cosine}

    _answer(request, table, questions_of("similarity", words, 2), ask, as_json, unknown)


# --- answers ---------------------------------------------------------------------------------


def _answer(
    request: Request,
    table: Path,
    questions: Iterator[Question],
    ask: Callable[[Space, Rows], Sequence[Any]],
    as_json: Callable[[Question, Any], dict[str, Any]],
    on_unknown: str,
) -> None:
    """Ask block by block, print the answers, and report at the end which words are unknown.

    With `on_unknown` form, all questions are read first, and unknown words get rows to ask about.
    """
    from corpus2vec.pipeline.ask.queries import Space
    from corpus2vec.pipeline.ask.spelling import spelt_out

    vectors = door.read_table(table)
    rows = len(vectors)
    if on_unknown == "form":
        asked = list(questions)
        vectors = spelt_out(vectors, (word for question in asked for word in question))
        questions = iter(asked)
    space = Space(vectors, answers=rows)
    unknown: dict[str, list[str]] = {}
    answered = 0
    size = 1 if sys.stdin.isatty() else BLOCK  # a person who types waits for the answer
    with Records(request.format) as records:
        while block := list(islice(questions, size)):
            rows_of = space.words.rows(block).tolist()
            answers = iter(ask(space, [tuple(rows) for rows in rows_of if -1 not in rows]))
            for question, found_rows in zip(block, rows_of, strict=True):
                missing = [word for word, row in zip(question, found_rows, strict=True) if row < 0]
                for word in missing:
                    if word not in unknown:
                        wanted = len(unknown) < SUGGESTED
                        unknown[word] = space.words.close(word) if wanted else []
                answer: Any = None if missing else next(answers)
                answered += not missing
                found = as_json(question, answer)
                if missing:
                    found["unknown"] = {word: unknown[word] for word in missing}
                tokens = [space.words.tokens[row] for row in found_rows if row >= 0]
                records.add(found, _rows(tokens, answer))
            records.flush()
    _report_unknown(request, table, unknown, answered)


def _rows(asked: list[str], answer: list[Near] | float | None) -> list[list[Any]]:
    """Return the records of an answer: the words asked, the token that answers, the cosine."""
    if answer is None:
        return []
    if isinstance(answer, float):
        return [[*asked, answer]]
    return [[*asked, each.token, each.cosine] for each in answer]


def _report_unknown(
    request: Request, table: Path, unknown: dict[str, list[str]], answered: int
) -> None:
    from corpus2vec.pipeline.errors import DataError

    name = _safe(table.name, keep_spaces=True)
    if len(unknown) == 1 and not answered:
        [(word, close)] = unknown.items()
        hint = f"close spellings: {', '.join(close)}" if close else ""
        raise DataError(f"{word} is not in {table}", hint=hint)
    for word, close in islice(unknown.items(), SUGGESTED):
        more = f"; close spellings: {', '.join(map(_safe, close))}" if close else ""
        request.console.say(f"{_safe(word)} is not in {name}{more}")
    if len(unknown) > SUGGESTED:
        request.console.say(f"{len(unknown) - SUGGESTED:,} more words are not in {name}")
    if unknown and not answered:
        raise DataError(
            f"no question could be answered: {table} lacks a word of each",
            hint="is it in the same language? Are its tokens lower-cased?",
        )


def _listed(near: list[Near] | None) -> list[dict[str, Any]] | None:
    if near is None:
        return None
    return [{"token": each.token, "cosine": each.cosine} for each in near]


def _safe(text: str, keep_spaces: bool = False) -> str:
    from corpus2vec.pipeline.strings.display import visible

    return visible(text, keep_spaces)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for function in (neighbors, analogy, similarity):
        add_command(app, function, panel="Look", common=answering)
