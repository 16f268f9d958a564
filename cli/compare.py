"""The command that compares tables with each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.judge import loaded, names_of, safe
from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records, aligned
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.pipeline.config import CompareConfig

if TYPE_CHECKING:
    from corpus2vec.pipeline.judge.comparison import Comparison
    from corpus2vec.pipeline.judge.stability import Stability

SHOWN_NEIGHBORS = 5


def compare(
    request: Request,
    tables: Annotated[
        list[Path],
        typer.Argument(metavar="TABLE...", help="Word vectors of any tool, or build folders."),
    ],
    top: Annotated[
        int, typer.Option("--top", help="How many of the words that moved most to print.", min=0)
    ] = 10,
) -> None:
    """Compare tables over the words that all of them have.

    Of two tables it prints how many of a word's nearest neighbours are the same, on average; the
    rank correlation of the cosines of word pairs; and the words that moved most, by their cosines
    with their neighbours in both tables. Of more tables, such as those of several seeds, it prints
    how stable each word's neighbours are: the mean share that two tables have alike. Words and
    pairs are drawn at random; the same --seed draws the same ones.

    A record of tsv is a measure and its value, or "moved" and a word, its distance, the share of
    neighbours that are the same, and its nearest in both tables; of several tables "pair", two
    tables, their share, or "least" and a word, its stability, its nearest in each.

    Example: corpus2vec compare old/embeddings.txt build/embeddings.txt --top 20
    """
    from corpus2vec.pipeline.errors import UsageError
    from corpus2vec.pipeline.judge.comparison import compare as compared
    from corpus2vec.pipeline.judge.stability import stability

    config = request.config(CompareConfig)
    if len(tables) < 2:
        raise UsageError("compare takes two tables or more", hint="name another one")
    if len(tables) == 2:
        one, other = map(loaded, tables)
        found = compared(one, other, config, top)
        _print(request, tables, config, found, _comparison_lines(found, names_of(tables)))
        return
    if config.aligned or config.pairs != CompareConfig.pairs:
        raise UsageError(
            "--aligned and --pairs compare two tables, and these are more",
            hint="name two, or leave them out",
        )
    several = stability(list(map(loaded, tables)), config, top)
    _print(request, tables, config, several, _stability_lines(several, names_of(tables)))


def _print(
    request: Request,
    tables: Sequence[Path],
    config: CompareConfig,
    found: Comparison | Stability,
    lines: Iterable[str],
) -> None:
    """Print what was found, in the format asked for; `lines` are for people."""
    if request.format == "json":
        measures, chosen = dataclasses.asdict(found), dataclasses.asdict(config)
        print_json({"tables": list(map(str, tables)), **measures, "config": chosen})
    elif request.format == "table":
        for line in lines:
            STDOUT.write(line + "\n")
    else:
        with Records(request.format) as records:
            for name, value in _measures(found):
                records.add({"measure": name, "value": value}, [[name, value]])
            for kind, each, row in _ranked(found, tables):
                records.add({"measure": kind, **each}, [[kind, *row]])


def _ranked(
    found: Comparison | Stability, tables: Sequence[Path]
) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """Yield each ranked word, and each pair of several tables, as JSON and as a record."""
    for moved in getattr(found, "moved", ()):
        row = [moved.word, moved.distance, moved.overlap, *map(list, moved.neighbors)]
        yield "moved", dataclasses.asdict(moved), row
    if isinstance(found.pairs, list):
        for one, other, share in found.pairs:
            pair = [str(tables[one]), str(tables[other]), share]
            yield "pair", dict(zip(("one", "other", "stability"), pair, strict=True)), pair
    for word in getattr(found, "least", ()):
        yield "least", dataclasses.asdict(word), [word.word, word.stability, *word.neighbors]


def _measures(found: Comparison | Stability) -> Iterator[tuple[str, Any]]:
    """Yield the numbers of a comparison by name."""
    if isinstance(found.rows, list):
        yield "rows", found.rows
        names = ["shared", "words", "neighbors", "stability"]
    else:
        yield from zip(("rows_a", "rows_b"), found.rows, strict=True)
        names = ["shared", "words", "neighbors", "overlap", "jaccard", "pairs", "correlation"]
        names += ["aligned"] * (found.aligned is not None)
    for name in names:
        yield name, getattr(found, name)


def _comparison_lines(found: Comparison, names: list[str]) -> list[str]:
    shares = [f"{100 * found.shared / rows:.1f} %" for rows in found.rows]
    correlation = "-" if found.correlation is None else f"{found.correlation:.4f}"
    lines = [
        f"A  {names[0]}  {found.rows[0]:,} words",
        f"B  {names[1]}  {found.rows[1]:,} words",
        "",
        f"shared words        {found.shared:,}: {shares[0]} of A, {shares[1]} of B",
        f"same neighbours     {found.overlap:.4f} of {found.neighbors}, Jaccard "
        f"{found.jaccard:.4f}: means of {found.words:,} words",
        f"cosines, Spearman   {correlation} of {found.pairs:,} pairs",
    ]
    if found.aligned is not None:
        lines.append(f"aligned, cosine     {found.aligned:.4f}: mean of the shared words")
    if not found.moved:
        return lines
    rows = [
        [safe(each.word), f"{each.distance:.4f}", f"{each.overlap:.2f}"] for each in found.moved
    ]
    table = aligned([["moved most", "distance", "same"], *rows], right=True)
    around = [
        [" ".join(map(safe, near[:SHOWN_NEIGHBORS])) for near in each.neighbors]
        for each in found.moved
    ]
    lines += ["", f"{table[0]}  nearest in A | in B"]
    lines += [f"{line}  {' | '.join(two)}" for line, two in zip(table[1:], around, strict=True)]
    return lines


def _stability_lines(found: Stability, names: list[str]) -> list[str]:
    lines = aligned(
        [[name, f"{number:,} words"] for name, number in zip(names, found.rows, strict=True)]
    )
    lines += [
        "",
        f"shared words      {found.shared:,}",
        f"same neighbours   {found.stability:.4f} of {found.neighbors}: mean of {found.words:,} "
        "words and all pairs of tables",
        "",
    ]
    pairs = [[names[one], names[other], f"{share:.4f}"] for one, other, share in found.pairs]
    lines += aligned([["table", "table", "same"], *pairs])
    if found.least:
        rows = [
            [safe(each.word), f"{each.stability:.2f}", *_around(each.neighbors)]
            for each in found.least
        ]
        lines += ["", *aligned([["least stable", "same", "nearest in each"], *rows])]
    return lines


def _around(neighbors: Sequence[Sequence[str]]) -> list[str]:
    return [" | ".join(" ".join(map(safe, near[:SHOWN_NEIGHBORS])) for near in neighbors)]


def register(app: typer.Typer) -> None:
    """Add the command of this file to the app."""
    add_command(app, compare, ("compare", CompareConfig), panel="Judge", common=answering)
