"""The charts as files: XML, without what only a browser knows, and with tokens as text."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report import chart_of
from corpus2vec.pipeline.report.axes import BOTTOM, HEIGHT, TOP
from corpus2vec.pipeline.report.charts import as_file, loss, map_of_words
from corpus2vec.pipeline.report.measures import measure_curves
from tests.support.builds import HOSTILE, PLAIN, gather, hand_made


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return gather(hand_made(tmp_path_factory.mktemp("charts") / "build"))


@pytest.mark.parametrize("kind", ["loss", "map", "zipf"])
def test_a_chart_as_a_file_is_xml_without_custom_properties(facts, kind):
    text = chart_of(kind, facts).decode()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text


def test_names_on_the_map_are_text(facts):
    root = ElementTree.fromstring(as_file(map_of_words(facts.map)))
    names = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert set(PLAIN) & set(names)
    assert HOSTILE[0] in names
    assert len(names) == len(set(names))
    assert r"\u202egnihton" in names


def test_a_spike_of_the_loss_reaches_the_top_of_the_chart():
    lines = [{"step": n, "loss": 100.0 if n == 3500 else 5.0} for n in range(1, 7001)]
    root = ElementTree.fromstring(as_file(loss(measure_curves(lines))))
    [band] = [each for each in root.iter() if each.get("class") == "band"]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", band.get("d"))]
    assert (min(heights), max(heights)) == (TOP, HEIGHT - BOTTOM)
    assert "100" in {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}


def test_what_cannot_be_drawn_is_refused(facts):
    with pytest.raises(DataError, match="nothing to draw for loss") as refusal:
        chart_of("loss", replace(facts, curves=None))
    assert refusal.value.hint == "it takes the metrics that train writes beside its model"
    with pytest.raises(UsageError, match=r"cannot be written as \.gif"):
        chart_of("loss", facts, ".gif")
