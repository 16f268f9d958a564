"""The commands that use a trained network or its table: one for each of `USES`."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.build import REQUIRED, command_of
from corpus2vec.cli.corpora import FilesFrom, named_corpora
from corpus2vec.cli.options import Request, add_command, building
from corpus2vec.cli.records import Records, aligned, cell, chosen_format
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.pipeline.config import PredictConfig
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages import USES, Use, predict

if TYPE_CHECKING:
    from corpus2vec.pipeline.use.scoring import Scoring

Output = Annotated[str, typer.Option("-o", "--output", help="The file to write; - is stdout.")]
SEVERAL = "..."
"""How the name of an argument ends that may be several."""
CORPUS = "CORPUS..."
OPTIONAL = ("corpus", "files_from")
"""A corpus is named by arguments, or listed in a file."""
MATRIX = 12
"""Up to so many labels, a person gets the confusion matrix as a matrix."""
PAIRS = 20
"""Else so many pairs of labels, the most frequent confusions."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for use in USES:
        default = "-" if use.stream else REQUIRED
        inputs = _arguments(use)
        command = command_of(use, inputs, _named, Output, optional=OPTIONAL, output=default)
        if use.NAME == predict.NAME:
            command = _scoring(command)
        sections = ((use.NAME, use.CONFIG), (use.NAME, use.EXECUTION))
        add_command(app, command, *sections, panel="Use", common=building, name=use.NAME)


def _arguments(use: Use) -> dict[str, Any]:
    """Return the arguments of a use: a path each, and the last may be several texts."""
    arguments: dict[str, Any] = {}
    for name, meaning in use.TAKES.items():
        several = name.endswith(SEVERAL)
        argument = typer.Argument(metavar=name.removesuffix(SEVERAL), help=meaning)
        kind: Any = list[str] if several else Path
        if name == CORPUS:
            arguments["files_from"] = FilesFrom
            kind = kind | None
        arguments[name.removesuffix(SEVERAL).lower()] = Annotated[kind, argument]
    return arguments


def _named(inputs: Mapping[str, Any]) -> list[Any]:
    """Return the inputs in order; those of an argument that may be several one by one."""
    inputs = dict(inputs)
    if "files_from" in inputs:
        inputs["corpus"] = named_corpora(inputs["corpus"], inputs.pop("files_from"))
    return [
        each
        for given in inputs.values()
        for each in (given if isinstance(given, list) else [given])
    ]


# --- predict --score -------------------------------------------------------------------------


def _scoring(command: Any) -> Any:
    """Return the command of predict, which prints scores instead with --score."""

    @functools.wraps(command)
    def scoring(request: Request, output: str, **inputs: Any) -> None:
        config = request.config(PredictConfig)
        if not config.score:
            command(request, output, **inputs)
            return
        if output != "-":
            raise UsageError(
                "--score prints, and writes no file", hint="send it to a file: --score > scores.tsv"
            )
        request.console.begin(predict.NAME)
        execution = request.config(predict.EXECUTION)
        found = predict.score(_named(inputs), config, execution, request.console)
        request.console.end()
        _print_score(request, config, found)

    return scoring


def _print_score(request: Request, config: PredictConfig, scoring: Scoring) -> None:
    """Print scores as records, or as the tables that a person reads."""
    whole = {
        "documents": scoring.documents,
        "accuracy": scoring.accuracy,
        "macro_f1": scoring.macro_f1,
        "calibration_error": scoring.calibration_error,
        "mean_probability": scoring.confidence,
    }
    labels = [vars(each) for each in scoring.labels()]
    confusion = [
        {"given": given, "predicted": best, "documents": scoring.confusion[given, best]}
        for given, best in sorted(scoring.confusion)
    ]
    shown = chosen_format(config.format, request.json)
    if shown == "json":
        print_json({**whole, "labels": labels, "confusion": confusion, "unseen": scoring.unseen})
    elif shown == "table":
        for line in _score_lines(whole, scoring):
            STDOUT.write(line + "\n")
    else:
        with Records(shown) as records:
            records.add({}, [[name, value] for name, value in whole.items()])
            records.add({}, [["label", *each.values()] for each in labels])
            records.add({}, [["confusion", *each.values()] for each in confusion])
    for label, count in scoring.unseen.items():
        request.console.say(f"training never saw the label {cell(label)} ({count:,} documents)")


def _score_lines(whole: Mapping[str, Any], scoring: Scoring) -> Iterator[str]:
    yield from aligned([[name.replace("_", " "), cell(value)] for name, value in whole.items()])
    columns = ["label", "precision", "recall", "f1", "documents"]
    rows = [list(map(cell, vars(each).values())) for each in scoring.labels()]
    yield from ["", *aligned([columns, *rows], right=True)]
    names = scoring.found()
    if len(names) <= MATRIX:
        matrix = [
            [cell(given), *(cell(scoring.confusion[given, best]) for best in names)]
            for given in names
        ]
        yield from ["", *aligned([["given, predicted:", *map(cell, names)], *matrix], right=True)]
        return
    wrong = {pair: count for pair, count in scoring.confusion.items() if pair[0] != pair[1]}
    worst = sorted(wrong, key=lambda pair: (-wrong[pair], pair))[:PAIRS]
    pairs = [[cell(given), cell(best), cell(wrong[given, best])] for given, best in worst]
    yield from ["", *aligned([["given", "predicted", "documents"], *pairs])]
