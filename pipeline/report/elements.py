"""The few HTML elements that the page is made of. Text becomes HTML here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

from corpus2vec.pipeline.strings.display import visible

LONGEST = 48
"""Characters of a token that are shown; a longer one ends in an ellipsis."""


class Markup(str):
    """Text that is HTML already; `put` escapes any other."""

    __slots__ = ()


def asset(name: str) -> str:
    """Return the text of one of this room's .css, .html and .js files."""
    return resources.files("corpus2vec.pipeline.report").joinpath(name).read_text(encoding="utf-8")


def shown(token: str) -> str:
    """Make a token safe to display: write out hidden characters, and shorten a long token."""
    text = visible(token, keep_spaces=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def put(content: str | int | float) -> str:
    """Return content as HTML: escape what is not `Markup`, and write out hidden characters."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, int):
        return f"{content:,}"
    return escape(visible(str(content), keep_spaces=True))


def word(token: str) -> Markup:
    """Return a token, isolated so that right-to-left text does not reorder what is around it."""
    return Markup(f"<bdi>{escape(shown(token))}</bdi>")


def code(text: str) -> Markup:
    """Return code, or the name of a file or an option."""
    return Markup(f"<code>{put(text)}</code>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Join several contents into one."""
    return Markup(between.join(put(each) for each in parts))


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str | int | float]],
    numbers: Sequence[int] = (),
) -> Markup:
    """Return a table that scrolls on its own, with the columns `numbers` aligned to the right.

    The first cell of a row is its heading.
    """
    kinds = [' class="n"' if column in numbers else "" for column in range(len(head))]
    top = "".join(
        f'<th scope="col"{kind}>{put(each)}</th>' for each, kind in zip(head, kinds, strict=True)
    )
    body = []
    for row in rows:
        first, *rest = row
        cells = "".join(
            f"<td{kind}>{put(cell)}</td>" for cell, kind in zip(rest, kinds[1:], strict=True)
        )
        body.append(f'<tr><th scope="row"{kinds[0]}>{put(first)}</th>{cells}</tr>')
    return Markup(
        f'<div class="scroll" role="region" tabindex="0" aria-label="{put(caption)}"><table>'
        f"<caption>{put(caption)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def slim(table: Markup) -> Markup:
    """Make a table no wider than it needs to be."""
    return Markup(table.replace('class="scroll"', 'class="scroll slim"', 1))


def figure(title: str, chart: str, note: str = "") -> Markup:
    """Return a chart with its title and a note above it."""
    caption = f"<p>{put(note)}</p>" if note else ""
    return Markup(
        f'<figure class="card"><figcaption><h3>{put(title)}</h3>{caption}</figcaption>'
        f"{chart}</figure>"
    )


def section(name: str, title: str, *content: str, lead: str = "") -> Markup:
    """Return a section of the page; the links at the top lead to its name."""
    first = f'<p class="lead">{put(lead)}</p>' if lead else ""
    return Markup(
        f'<section id="{name}" aria-labelledby="{name}-head"><h2 id="{name}-head">{put(title)}</h2>'
        f"{first}{''.join(put(each) for each in content)}</section>"
    )


def definitions(pairs: Iterable[tuple[str, str | int]], kind: str) -> Markup:
    """Return a list of names, each with its value."""
    inner = "".join(
        f"<div><dt>{put(name)}</dt><dd>{put(value)}</dd></div>" for name, value in pairs
    )
    return Markup(f'<dl class="{kind}">{inner}</dl>')


def details(summary: str, content: str) -> Markup:
    """Return content that a click on the summary opens."""
    return Markup(f"<details><summary>{put(summary)}</summary>{put(content)}</details>")
