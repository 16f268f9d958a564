"""The charts: values at their places, tokens as text."""

import re
from xml.etree import ElementTree

import pytest

from corpus2vec.pipeline.report.axes import BOTTOM, HEIGHT, TOP
from corpus2vec.pipeline.report.charts import loss, map_of_words
from corpus2vec.pipeline.report.curves import measure_curves
from corpus2vec.pipeline.report.plot import as_svg
from tests.support.builds import HOSTILE, PLAIN, gather, hand_made


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return gather(hand_made(tmp_path_factory.mktemp("charts") / "build"))


def test_names_on_the_map_are_text(facts):
    root = ElementTree.fromstring(as_svg(map_of_words(facts.map)))
    names = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert set(PLAIN) & set(names)
    assert HOSTILE[0] in names
    assert len(names) == len(set(names))
    assert r"\u202egnihton" in names


def test_a_spike_of_the_loss_reaches_the_top_of_the_chart():
    lines = [{"step": n, "loss": 100.0 if n == 3500 else 5.0} for n in range(1, 7001)]
    root = ElementTree.fromstring(as_svg(loss(measure_curves(lines))))
    [band] = [each for each in root.iter() if each.get("class") == "band"]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", band.get("d"))]
    assert (min(heights), max(heights)) == (TOP, HEIGHT - BOTTOM)
    assert "100" in {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
