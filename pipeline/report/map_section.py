"""The map on the page: a still picture, and the controls and data of the script that draws it."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from corpus2vec.pipeline.report import charts
from corpus2vec.pipeline.report.elements import Markup, asset, put, section, shown
from corpus2vec.pipeline.report.measures import NEIGHBOURS
from corpus2vec.pipeline.report.palette import FREQUENCY_CLASSES
from corpus2vec.pipeline.report.word_map import WordMap


def script() -> str:
    """Return the script that draws the map."""
    return f'"use strict";(()=>{{\n{asset("map.js")}{asset("controls.js")}}})();'


def section_of(found: WordMap | None) -> str:
    """Return the section of the map; empty if there is none."""
    if found is None:
        return ""
    shares = [f"{share:.0%}" for share in found.map.explained]
    everything = len(found.words) == found.of
    lead = (
        f"{'All' if everything else 'The'} {len(found.words):,} "
        f"{'words' if everything else 'most frequent words'}. "
    )
    by_components, on_plane = found.map.kept
    if on_plane is not None:
        lead += (
            f"Neighbours keeps near words near each other, by t-SNE: of a word's {NEIGHBOURS} "
            f"nearest, {on_plane:.0%} are among its {NEIGHBOURS} nearest on the map "
            f"({by_components:.0%} in 2-D). How far apart groups are says little. "
        )
    lead += (
        "2-D and 3-D show principal components: the first two explain "
        f"{shares[0]} and {shares[1]} of the variance, the third {shares[2]}."
    )
    views = [("0", "Neighbours")] if on_plane is not None else []
    views += [("2", "2-D"), ("3", "3-D")]
    switch = "".join(
        f'<label><input type="radio" name="view" value="{value}"{" checked" if not place else ""}>'
        f"<span>{name}</span></label>"
        for place, (value, name) in enumerate(views)
    )
    steps = "".join(f'<i class="swatch f{kind}"></i>' for kind in range(FREQUENCY_CLASSES))
    labels = "".join(
        f'<span><i class="swatch l{place}"></i>{put(shown(name))}</span>'
        for place, name in enumerate(found.label_names)
    )
    # Labels first: where there are labels, they are what one wants to see.
    colours = '<option value="label">label</option>' if found.label_names else ""
    colours += '<option value="frequency">frequency</option>' if found.counts else ""
    colours += '<option value="none">nothing</option>'
    hidden = " hidden" if found.label_names else ""
    frequency = f'<p class="legend" id="by-frequency"{hidden}>rare {steps} frequent</p>'
    legend = frequency if found.counts else ""
    if labels:
        legend += (
            f'<p class="legend" id="by-label">{labels}'
            "<span>the label whose documents use the word most</span></p>"
        )
    markup = asset("map.html").replace("<!--colours-->", colours).replace("<!--views-->", switch)
    markup = markup.replace("<!--static-->", charts.map_of_words(found))
    return section("map", "Map", Markup(markup.replace("<!--legend-->", legend)), lead=lead)


def packed(found: WordMap) -> str:
    """Return what the script draws, as JSON without a character that could begin markup."""
    near = np.where(found.map.near_MK >= 0, found.map.near_MK, 65535)
    cosines = np.where(found.map.near_MK >= 0, found.map.cosines_MK, 0)
    value: dict[str, Any] = {
        "words": "\n".join(shown(each) for each in found.words),
        "places": _base64(found.map.places_M3, "<i2"),
        "plane": None if found.map.plane_M2 is None else _base64(found.map.plane_M2, "<i2"),
        "regions": [[*place, shown(name)] for place, name in found.regions],
        "kinds": _base64(np.array(charts.frequency_kinds(found)), "u1"),
        "neighbours": found.map.near_MK.shape[1],
        "near": _base64(near, "<u2"),
        "cosines": _base64(np.rint(cosines * 1000), "<i2"),
        "counts": found.counts,
        "labels": None if found.labels is None else _base64(np.array(found.labels), "i1"),
        "names": [shown(each) for each in found.label_names],
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="map-data">{text}</script>\n'


def _base64(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode()
