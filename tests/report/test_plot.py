"""Charts as files: SVG that any program reads, PNG with its text, or a refusal."""

import functools
import io
import os
import struct
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import resvg_py

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report.charts import map_of_words, rank_frequency
from corpus2vec.pipeline.report.plot import PNG_WIDTH, as_png, plot
from tests.support.builds import gather, hand_made


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return gather(hand_made(tmp_path_factory.mktemp("png") / "build"))


@pytest.fixture
def fonts():
    """Where CI is set a machine without fonts fails these tests; elsewhere they are skipped."""
    try:
        as_png('<svg class="chart" viewBox="0 0 1 1"></svg>')
    except UsageError as problem:
        if "CI" in os.environ:
            raise
        pytest.skip(f"NO FONT: charts were not tested as PNG ({problem.hint})")


@pytest.mark.parametrize("kind", ["loss", "map", "zipf"])
def test_a_chart_as_a_file_is_xml_without_custom_properties(facts, kind):
    text = plot(kind, facts).decode()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text


def test_the_same_chart_gives_the_same_bytes(facts, fonts):
    for chart in (map_of_words(facts.map), rank_frequency(facts.frequency)):
        picture = as_png(chart)
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">I", picture[16:20]) == (PNG_WIDTH,)
        assert as_png(chart) == picture


def test_the_colours_of_the_style_are_drawn(fonts):
    pillow = pytest.importorskip("PIL.Image")
    chart = '<svg class="chart" viewBox="0 0 10 10"><path class="line" d="M0 5H10"/></svg>'
    picture = pillow.open(io.BytesIO(as_png(chart))).convert("RGB")
    assert picture.getpixel((900, 900)) == (0x0B, 0x6A, 0x75)  # the light palette's accent
    assert picture.getpixel((900, 100)) == (255, 255, 255)


def test_a_chart_without_its_text_is_refused(facts, monkeypatch):
    without = functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", without)
    with pytest.raises(UsageError, match="no font was found") as refusal:
        as_png(rank_frequency(facts.frequency))
    assert "fonts-dejavu-core" in refusal.value.hint


def test_without_its_library_it_says_what_to_install(facts, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match="PNG needs the package resvg-py") as refusal:
        as_png(rank_frequency(facts.frequency))
    assert (
        refusal.value.hint == "pip install 'corpus2vec[plot]', or name a .svg, which needs nothing"
    )


def test_what_cannot_be_drawn_is_refused(facts):
    with pytest.raises(DataError, match="nothing to draw for loss") as refusal:
        plot("loss", replace(facts, curves=None))
    assert refusal.value.hint == "it needs the metrics that train writes beside its model"
    with pytest.raises(UsageError, match=r"cannot be written as \.gif"):
        plot("loss", facts, ".gif")
