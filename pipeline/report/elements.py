"""The few HTML elements that the page is made of; the only place where text becomes markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from corpus2vec.pipeline.report.charts import shown
from corpus2vec.pipeline.strings.display import visible


class Markup(str):
    """Text that is HTML already; any other is escaped where it is put into the page."""

    __slots__ = ()


def put(content: str | int | float) -> str:
    """Content as HTML: whatever is not markup of ours is escaped, and hidden characters shown."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, int):
        return f"{content:,}"
    return escape(visible(str(content), keep_spaces=True))


def word(token: str) -> Markup:
    """A token, kept from turning the text around it when it runs from right to left."""
    return Markup(f"<bdi>{escape(shown(token))}</bdi>")


def code(text: str) -> Markup:
    """Text of a program, or a name in it."""
    return Markup(f"<code>{put(text)}</code>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Several contents as one."""
    return Markup(between.join(put(each) for each in parts))


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str | int | float]],
    numbers: Sequence[int] = (),
) -> Markup:
    """A table that scrolls within itself; the columns `numbers` are aligned to the right.

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
    """The table no wider than it needs to be."""
    return Markup(table.replace('class="scroll"', 'class="scroll slim"', 1))


def figure(title: str, chart: str, note: str = "") -> Markup:
    """A chart with its title above and a note below."""
    below = f"<p>{put(note)}</p>" if note else ""
    return Markup(
        f'<figure class="card"><figcaption><h3>{put(title)}</h3>{below}</figcaption>'
        f"{chart}</figure>"
    )


def section(name: str, title: str, *content: str, lead: str = "") -> Markup:
    """A part of the page, to which the contents at the top lead."""
    first = f'<p class="lead">{put(lead)}</p>' if lead else ""
    return Markup(
        f'<section id="{name}" aria-labelledby="{name}-head"><h2 id="{name}-head">{put(title)}</h2>'
        f"{first}{''.join(put(each) for each in content)}</section>"
    )


def definitions(pairs: Iterable[tuple[str, str | int]], kind: str) -> Markup:
    """Names and what they stand for."""
    inner = "".join(
        f"<div><dt>{put(name)}</dt><dd>{put(value)}</dd></div>" for name, value in pairs
    )
    return Markup(f'<dl class="{kind}">{inner}</dl>')


def details(summary: str, content: str) -> Markup:
    """What is there for those who ask."""
    return Markup(f"<details><summary>{put(summary)}</summary>{put(content)}</details>")
