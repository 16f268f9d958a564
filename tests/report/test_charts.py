"""The charts as files: XML, without what only a browser knows, and with tokens as text."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report import chart_of
from corpus2vec.pipeline.report.charts import as_file, map_of_words
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


def test_png_is_the_same_for_the_same_build(facts):
    for kind in ("loss", "map", "zipf"):
        picture = chart_of(kind, facts, ".png")
        assert picture.startswith(b"\x89PNG")
        assert chart_of(kind, facts, ".png") == picture


def test_what_cannot_be_drawn_is_refused(facts):
    with pytest.raises(DataError, match="nothing to draw for loss") as refusal:
        chart_of("loss", replace(facts, curves=None))
    assert refusal.value.hint == "it takes the metrics that train writes beside its model"
    with pytest.raises(UsageError, match=r"cannot be written as \.gif"):
        chart_of("loss", facts, ".gif")
