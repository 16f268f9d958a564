"""The page: one self-contained HTML file, which can also be read without its script.

Its policy allows its style and its script by their digests, and nothing else: no request can leave
the page, and markup in a token could do no harm even if it were not escaped. The sections are in
sections.py and map_section.py.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from corpus2vec.pipeline.report import map_section, sections
from corpus2vec.pipeline.report.elements import asset, definitions, put, shown
from corpus2vec.pipeline.report.facts import Facts
from corpus2vec.pipeline.report.palette import DARK, LIGHT, custom_properties
from corpus2vec.pipeline.stages import tokenize, train

HEADLINES = ("valid_accuracy", "valid_loss", "train_loss")
"""The score that stands at the top of the page: the first of these that there is."""


def render(facts: Facts) -> str:
    """Return the whole page."""
    dark = custom_properties(DARK)
    style = (
        f":root{{{custom_properties(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}" + asset("chart.css") + asset("page.css")
    )
    scripts = [asset("theme.js"), *([map_section.script()] if facts.map else [])]
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; "
        f"script-src {' '.join(map(_digest, scripts))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        ("map", "Map"): map_section.section_of(facts.map),
        ("neighbours", "Neighbours"): sections.neighbours(facts),
        ("corpus", "Corpus"): sections.corpus(facts),
        ("training", "Training"): sections.training(facts),
        ("recipe", "How it was made"): sections.recipe(facts),
    }
    links = "".join(
        f'<a href="#{name}">{title}</a>' for (name, title), text in parts.items() if text
    )
    data = map_section.packed(facts.map) if facts.map else ""
    data += "".join(f"<script>{each}</script>\n" for each in scripts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        # Without this line a browser asks the server for an icon.
        '<link rel="icon" href="data:,">\n'
        f"<title>{put(facts.title)} · corpus2vec report</title>\n<style>{style}</style>\n</head>\n"
        f'<body>\n<a class="skip" href="#main">Skip to the content</a>\n{_header(facts, links)}'
        f'<main id="main">\n{_remarks(facts)}{"".join(parts.values())}</main>\n'
        f"<footer>Made by corpus2vec. This page is self-contained: it loads nothing from a network."
        f"</footer>\n{data}</body>\n</html>\n"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# --- top -------------------------------------------------------------------------------------


def _header(facts: Facts, links: str) -> str:
    counts = {stage: entry["counts"] for stage, entry in facts.stages.items()}
    figures: list[tuple[str, str | int]] = []
    for unit in ("documents", "tokens"):
        account = counts.get(tokenize.NAME, {}).get(unit)
        if isinstance(account, Mapping):
            figures.append((unit, account["kept"]))
    if facts.frequency:
        figures.append(("types", facts.frequency.types + facts.types_left_out))
    if facts.shape:
        figures.append(("dimensions", facts.shape[1]))
    trained = counts.get(train.NAME, {})
    headline = next((each for each in HEADLINES if isinstance(trained.get(each), float)), None)
    if headline:
        score = trained[headline]
        text = f"{score:.1%}" if headline == "valid_accuracy" else f"{score:.3g}"
        figures.append((sections.SCORES[headline], text))
    made = [entry["created"][:10] for entry in facts.stages.values()]
    lead = f"Built {max(made)}. " if made else ""
    if facts.shape:
        lead += f"A table of {facts.shape[0]:,} word vectors, {facts.shape[1]:,} numbers each."
    return (
        f'<header><p class="eyebrow">corpus2vec report</p><h1>{put(facts.title)}</h1>'
        f'<p class="lead">{put(lead)}</p>{definitions(figures, "figures")}'
        f'<nav aria-label="Contents">{links}<label id="themes" hidden>Theme <select id="theme">'
        '<option value="">as the system</option><option>light</option><option>dark</option>'
        "</select></label></nav></header>\n"
    )


def _remarks(facts: Facts) -> str:
    remarks = list(facts.remarks)
    if facts.not_found:
        asked = ", ".join(f"“{shown(each)}”" for each in facts.not_found)
        remarks.append(f"Not in the table: {asked}.")
    if not remarks:
        return ""
    items = "".join(f"<li>{put(each)}</li>" for each in remarks)
    return f'<aside class="note" aria-label="Remarks"><ul>{items}</ul></aside>'
