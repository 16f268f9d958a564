"""The sections of the page below its map: neighbours, corpus, training, how it was made.

A section whose facts are missing is empty, and the page leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from corpus2vec.pipeline.config import option_name
from corpus2vec.pipeline.report import charts
from corpus2vec.pipeline.report.command_line import commands, settings
from corpus2vec.pipeline.report.elements import (
    Markup,
    code,
    details,
    figure,
    joined,
    put,
    section,
    slim,
    table,
    word,
)
from corpus2vec.pipeline.report.facts import Facts
from corpus2vec.pipeline.report.measures import Confusion, Frequency
from corpus2vec.pipeline.stages import train

SCORES = {
    "train_loss": "training loss",
    "valid_loss": "held-out loss",
    "valid_perplexity": "held-out perplexity",
    "valid_accuracy": "held-out accuracy",
}


# --- neighbours ------------------------------------------------------------------------------


def _below(count: int | None) -> Markup:
    """Return the count again, under the word, for screens too narrow for its column."""
    return Markup("" if count is None else f'<small class="narrow">{count:,}</small>')


def neighbours(facts: Facts) -> str:
    """Return the nearest neighbours of chosen and of frequent words."""
    if not facts.neighbours:
        return ""

    def rows_of(chosen: bool) -> list[list[str | int]]:
        return [
            [
                joined([word(each.word), _below(each.count)]),
                "" if each.count is None else each.count,
                joined(
                    (
                        Markup(f"<span>{word(near)} <small>{cosine:.2f}</small></span>")
                        for near, cosine in each.nearest
                    )
                ),
            ]
            for each in facts.neighbours
            if each.chosen is chosen
        ]

    head = ["word", "count", "nearest words, with their cosine similarity"]
    tables = [
        table(caption, head, rows, numbers=[1])
        for caption, rows in (
            ("Chosen words", rows_of(chosen=True)),
            ("The most frequent words", rows_of(chosen=False)),
        )
        if rows
    ]
    lead = "The words of the whole table whose vectors have the highest cosine similarity."
    return section("neighbours", "Nearest neighbours", *tables, lead=lead)


# --- the corpus ------------------------------------------------------------------------------


def corpus(facts: Facts) -> str:
    """Return the frequencies, the lengths, and the account of what was kept and dropped."""
    blocks: list[str] = []
    figures: list[str] = []
    if facts.frequency and facts.frequency.ranks:
        found = facts.frequency
        rarest = found.ranks[-1][1]
        note = f"The rarest of {found.types:,} types occur {rarest:,} times."
        if found.once:
            note = f"{found.once:,} of {found.types:,} types occur once."
        figures.append(figure("Frequency by rank", charts.rank_frequency(found), note))
        note = f"{found.unknown:,} tokens are <unk>." if found.unknown else ""
        figures.append(figure("Coverage", charts.coverage(found), note))
        cells = [
            (f"{share:.0%}", "more than there are" if types is None else types)
            for share, types in found.enough
        ]
        figures.append(
            table(
                "Tokens and types",
                ["of the corpus", "number"],
                _types(found, facts.types_left_out),
                [1],
            )
        )
        head = ["share of all tokens", "types"]
        figures.append(table("Most frequent types needed to cover", head, cells, numbers=[1]))
    if facts.lengths:
        spread = facts.lengths
        note = (
            f"Median {spread.median:,}, mean {spread.mean:,.1f}, "
            f"from {spread.least:,} to {spread.most:,} tokens."
        )
        if spread.beyond:
            note += f" {spread.beyond:,} longer documents are not drawn."
        figures.append(figure("Length of documents", charts.lengths(spread), note))
    rows = list(_accounts(facts))
    if rows:
        head = ["stage", "unit", "read", "kept", "<unk>", "dropped"]
        blocks.append(table("What was kept and what was dropped", head, rows, numbers=[2, 3, 4, 5]))
    if figures:
        blocks.append(f'<div class="charts">{"".join(figures)}</div>')
    if not blocks:
        return ""
    lead = "Every document and token that a stage read is accounted for."
    return section("corpus", "Corpus", *map(Markup, blocks), lead=lead)


def _types(found: Frequency, left_out: int) -> list[tuple[str, str | int]]:
    """Return how many tokens and types there are, and how the one compares with the other."""
    types = found.types + left_out
    rows: list[tuple[str, str | int]] = [("tokens", found.tokens), ("types", types)]
    if left_out:
        rows += [("types left out", left_out), ("types in the table", found.types)]
    rows.append(("types per 1,000 tokens", f"{1000 * types / max(found.tokens, 1):.1f}"))
    if found.slope is not None:
        rows.append(("slope of count by rank (Zipf)", f"{found.slope:.2f}"))
    return rows


def _accounts(facts: Facts) -> Iterable[list[str | int]]:
    """Yield a row for each account: read = kept + <unk> + dropped."""
    for stage, entry in facts.stages.items():
        for unit, account in entry["counts"].items():
            if isinstance(account, Mapping) and "in" in account:
                dropped = account.get("dropped", {})
                reasons = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
                total = joined([f"{sum(dropped.values()):,}", _why(reasons)])
                yield [stage, unit, account["in"], account["kept"], account.get("unk", 0), total]


def _why(reasons: str) -> Markup:
    return Markup(f"<small> ({put(reasons)})</small>" if reasons else "")


# --- training --------------------------------------------------------------------------------


def training(facts: Facts) -> str:
    """Return the curves and the scores of the training run."""
    trained = facts.stages.get(train.NAME, {}).get("counts", {})
    figures, tables = [], []
    if facts.curves and (facts.curves.loss or facts.curves.held_out):
        note = ""
        if facts.curves.loss_range:
            note = "The line is the mean of neighbouring values, the band their lowest and highest."
        sampled = facts.loss_is_sampled
        if sampled and facts.curves.held_out:
            note += " The held-out loss scores all tokens, this one a sample: they do not compare."
        if facts.curves.loss:
            figures.append(
                figure("Training loss", charts.loss(facts.curves, sampled), note.strip())
            )
        if facts.curves.held_out and (sampled or not facts.curves.loss):
            figures.append(figure("Held-out loss", charts.held_out(facts.curves)))
    if facts.curves and facts.curves.accuracy:
        figures.append(figure("Held-out accuracy", charts.accuracy(facts.curves)))
    if facts.curves and facts.curves.rate:
        figures.append(figure("Learning rates", charts.learning_rate(facts.curves)))
    scores = [(label, trained[name]) for name, label in SCORES.items() if name in trained]
    scores = [(label, f"{value:.4g}") for label, value in scores if isinstance(value, float)]
    if scores:
        tables.append(slim(table("Scores of the model", ["score", "value"], scores, numbers=[1])))
    if facts.confusion:
        tables.append(_confused(facts.confusion))
    if facts.curves and len(facts.curves.epochs) > 1:
        tables.append(_epochs(facts.curves.epochs))
    if not figures and not tables:
        return ""
    lead = ""
    if trained and "valid_loss" not in trained:
        lead = "No documents were held out, so the loss only shows how well the corpus was learned."
    elif trained.get("valid_documents"):
        lead = f"{trained['valid_documents']:,} documents were held out of the training."
    drawn = Markup(f'<div class="charts">{"".join(figures)}</div>') if figures else Markup("")
    return section("training", "Training", drawn, *tables, lead=lead)


def _confused(found: Confusion) -> Markup:
    """Return how many documents of each label were predicted each label, and both ratios."""
    head = ["label", *found.names, "recall"]
    rows = [
        [name, *(f"{count:,}" for count in row), _percent(recall)]
        for name, row, recall in zip(
            found.names, found.counts_CC.tolist(), found.recall, strict=True
        )
    ]
    rows.append(["precision", *map(_percent, found.precision), ""])
    caption = "Held-out documents by their label (rows) and the label predicted (columns)"
    return slim(table(caption, head, rows, numbers=range(1, len(head))))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _epochs(lines: Iterable[Mapping[str, Any]]) -> Markup:
    lines = list(lines)
    names = [name for name in SCORES if any(name in line for line in lines)]
    rows = [
        [line["epoch"], line["step"], *(_score(line.get(name)) for name in names)] for line in lines
    ]
    head = ["epoch", "step", *(SCORES[name] for name in names)]
    return table("Epoch by epoch", head, rows, numbers=range(len(head)))


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


# --- how it was made -------------------------------------------------------------------------


def recipe(facts: Facts) -> str:
    """Return the command line, the files and the settings."""
    if not facts.stages:
        return ""
    built = [
        [
            stage,
            code(entry["output"]["name"]),
            joined(map(_source, entry["inputs"]), "<br>"),
            entry["output"]["size"],
            f"{entry['seconds']:,.1f}",
            entry["created"].replace("T", " ").removesuffix("+00:00"),
        ]
        for stage, entry in facts.stages.items()
    ]
    head = ["stage", "file", "made from", "bytes", "seconds", "created (UTC)"]
    rows = [
        (stage, code(option_name(name)), _setting(value), usual)
        for stage, entry in facts.stages.items()
        for name, value, usual in settings(stage, entry)
    ]
    columns = ["stage", "setting", "value"]
    chosen = [row[:3] for row in rows if not row[3]]
    tools = {name: each for entry in facts.stages.values() for name, each in entry["tools"].items()}
    versions = ", ".join(f"{name} {each}" for name, each in sorted(tools.items()))
    lines = Markup("\n\n".join(escape(each) for each in commands(facts.stages, facts.folder)))
    return section(
        "recipe",
        "How it was made",
        Markup(f'<pre tabindex="0" aria-label="Command line"><code>{lines}</code></pre>'),
        Markup(f'<p class="lead">Versions: {put(versions)}.</p>') if versions else "",
        table("Files and what they were made from", head, built, numbers=[3, 4]),
        slim(table("Settings that differ from the defaults", columns, chosen)) if chosen else "",
        details("All settings", slim(table("All settings", columns, [row[:3] for row in rows]))),
        lead="The command that builds it again, from the manifests.",
    )


def _source(given: Mapping[str, Any]) -> Markup:
    return Markup(f"{code(given['name'])} <small>{put(given['digest'][:12])}</small>")


def _setting(value: Any) -> str:
    if value is None or value in ([], ""):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
