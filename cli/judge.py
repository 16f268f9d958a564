"""The command that judges tables by gold files: evaluate."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records, aligned
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.cli.wording import counted
from corpus2vec.pipeline.config import EvaluateConfig
from corpus2vec.pipeline.stages import door

if TYPE_CHECKING:
    from corpus2vec.pipeline.judge.evaluation import Score
    from corpus2vec.pipeline.judge.gold import Gold
    from corpus2vec.pipeline.tables.table import Table


def evaluate(
    request: Request,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE... GOLD...",
            help="Word vectors or build folders, and gold files, in any order; their content shows "
            "which is which.",
        ),
    ],
    sections: Annotated[
        bool,
        typer.Option("--sections", help="Print a score for each section of the analogies too."),
    ] = False,
) -> None:
    """Score word vectors by gold files: word pairs rated by people, and analogies.

    Pairs (two words and a rating a line: WordSim, SimLex, MEN, RW) are scored by
    Spearman's rank correlation, analogies (four words a line: Google's) by how often
    D is nearest to B - A + C. Beside each score are its 95 % bootstrap interval, the
    number of questions (n), and of those with a word that the table lacks (oov).

    A record of tsv is table, gold file, section, measure, score, low, high, n, oov, coverage.

    Example: corpus2vec evaluate build/embeddings.txt cc.en.300.vec MEN.txt questions-words.txt
    """
    from corpus2vec.pipeline.errors import DataError
    from corpus2vec.pipeline.judge.evaluation import Judged, known_to_all
    from corpus2vec.pipeline.judge.gold import read_gold

    config = request.config(EvaluateConfig)
    tables, golds = _sorted_out(files)
    gold = [read_gold(path) for path in golds]

    def judged_by(path: Path) -> Judged:
        request.console.begin(f"evaluate {safe(path.name)}")
        return Judged(loaded(path), config, request.console, gold)

    if config.common:
        judged = [judged_by(path) for path in tables]
        asked = [known_to_all(judged, each) for each in gold]
        scores = [list(map(table.scores, gold, asked)) for table in judged]
    else:  # one table in memory at a time
        scores = [list(map(judged_by(path).scores, gold)) for path in tables]
    request.console.end()
    if not any(score.n for of_table in scores for found in of_table for score in found):
        raise DataError(
            "no question has all of its words in the table",
            hint="is it in the gold files' language? See also --case and --restrict",
        )
    if request.format == "json":
        of_tables = [
            {"table": str(path), "scores": list(_records(golds, each))}
            for path, each in zip(tables, scores, strict=True)
        ]
        print_json({"tables": of_tables, "config": dataclasses.asdict(config)})
    elif request.format == "table":
        for line in _score_lines(names_of(tables), names_of(golds), gold, scores, sections):
            STDOUT.write(line + "\n")
    else:
        with Records(request.format) as records:
            for path, of_table in zip(tables, scores, strict=True):
                for each in _records(golds, of_table):
                    if sections or each["part"] != "section":
                        records.add({"table": str(path), **each}, [_fields(str(path), each)])
    if any(len({score.n for score in at_once}) > 1 for at_once in _side_by_side(scores)):
        request.console.say("the tables answered different questions: see n, and --common")


def _side_by_side(scores: list[list[list[Score]]]) -> Iterator[tuple[Score, ...]]:
    """Yield the scores of all tables, for each gold file or part of one."""
    for of_tables in zip(*scores, strict=True):
        yield from zip(*of_tables, strict=True)


def _sorted_out(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the tables and the gold files among `files`."""
    from corpus2vec.pipeline.artifacts.pairs import has_manifest
    from corpus2vec.pipeline.errors import UsageError
    from corpus2vec.pipeline.judge.gold import is_gold

    for path in files:
        if not path.exists():
            raise UsageError(f"there is no file {path}", hint="check the path")
    golds = [path for path in files if not has_manifest(path) and is_gold(path)]
    tables = [path for path in files if path not in golds]
    if not golds:
        raise UsageError(
            "none of the files is a gold file",
            hint="it has two words and a score a line, or four words a line",
        )
    if not tables:
        raise UsageError("all of the files are gold files", hint="name a table of vectors too")
    return tables, golds


def loaded(path: Path) -> Table:
    """Read a table. Raises DataError if it has no row."""
    from corpus2vec.pipeline.errors import DataError

    table = door.read_table(path)
    if not len(table):
        raise DataError(f"{path} has no row")
    return table


def _records(golds: Sequence[Path], scores: list[list[Score]]) -> Iterator[dict[str, Any]]:
    """Yield the scores of a table as JSON has them."""
    for gold, found in zip(golds, scores, strict=True):
        for score in found:
            yield {
                "gold": str(gold),
                "part": score.part,
                "section": score.section,
                "measure": score.measure,
                "score": score.value,
                "interval": score.interval,
                "n": score.n,
                "total": score.total,
                "oov": score.oov,
                "coverage": score.coverage,
            }


def _fields(table: str, score: dict[str, Any]) -> list[Any]:
    """Return a score as a record of tsv; the interval is two fields."""
    low, high = score["interval"] or (None, None)
    names = ("gold", "section", "measure", "score")
    counts = ("n", "oov", "coverage")
    return [table, *(score[each] for each in names), low, high, *(score[each] for each in counts)]


def _score_lines(
    tables: list[str],
    names: list[str],
    gold: list[Gold],
    scores: list[list[list[Score]]],
    sections: bool,
) -> list[str]:
    """Return a group of lines for each gold file or part of one, with a line for each table."""
    rows = []
    for at, name in enumerate(names):
        for part, first in enumerate(scores[0][at]):
            if first.part == "section" and not sections:
                continue
            measure, unit = "accuracy", "questions"
            if first.measure == "spearman":
                measure, unit = "Spearman's ρ", "pairs"
            title = ", ".join(filter(None, [name, safe(first.section)]))
            rows.append([f"{title}: {measure} of {counted(first.total, unit)}"])
            for table, of_table in zip(tables, scores, strict=True):
                rows.append([f"  {table}", *_cells(of_table[at][part])])
    return aligned([["", "score", "95 % interval", "n", "oov", "coverage"], *rows], right=True)


def _cells(score: Score) -> list[str]:
    interval = "-"
    if score.interval:
        interval = "[{:.4f}, {:.4f}]".format(*score.interval)
    value = "-" if score.value is None else f"{score.value:.4f}"
    return [value, interval, f"{score.n:,}", f"{score.oov:,}", f"{100 * score.coverage:.1f} %"]


# --- how it is laid out ----------------------------------------------------------------------


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return the files' names, with their folders where two names are alike; escaped."""
    short = [path.name for path in paths]
    alike = len(set(short)) < len(set(paths))
    return [safe(str(path) if alike else path.name) for path in paths]


def safe(text: str) -> str:
    """Return text as it can be shown."""
    from corpus2vec.pipeline.strings.display import visible

    return visible(text, keep_spaces=True)


def register(app: typer.Typer) -> None:
    """Add the command of this file to the app."""
    add_command(app, evaluate, ("evaluate", EvaluateConfig), panel="Judge", common=answering)
