"""PNG is the same picture as the SVG, with its text, or it is refused."""

import functools
import io
import os
import struct
import sys

import pytest
import resvg_py

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.report import png
from corpus2vec.pipeline.report.charts import map_of_words, rank_frequency
from tests.support.builds import gather, hand_made


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return gather(hand_made(tmp_path_factory.mktemp("png") / "build"))


@pytest.fixture(autouse=True)
def fonts():
    """Where CI is set a machine without fonts fails these tests; elsewhere they are skipped."""
    try:
        png.as_png('<svg class="chart" viewBox="0 0 1 1"></svg>')
    except UsageError as problem:
        if "CI" in os.environ:
            raise
        pytest.skip(f"NO FONT: charts were not tested as PNG ({problem.hint})")


def test_the_same_chart_gives_the_same_bytes(facts):
    for chart in (map_of_words(facts.map), rank_frequency(facts.frequency)):
        picture = png.as_png(chart)
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">I", picture[16:20]) == (png.WIDTH,)
        assert png.as_png(chart) == picture


def test_the_colours_of_the_style_are_drawn():
    pillow = pytest.importorskip("PIL.Image")
    chart = '<svg class="chart" viewBox="0 0 10 10"><path class="line" d="M0 5H10"/></svg>'
    picture = pillow.open(io.BytesIO(png.as_png(chart))).convert("RGB")
    assert picture.getpixel((900, 900)) == (0x0B, 0x6A, 0x75)  # the light palette's accent
    assert picture.getpixel((900, 100)) == (255, 255, 255)


def test_a_chart_without_its_text_is_refused(facts, monkeypatch):
    without = functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", without)
    with pytest.raises(UsageError, match="no font was found") as refusal:
        png.as_png(rank_frequency(facts.frequency))
    assert "fonts-dejavu-core" in refusal.value.hint


def test_without_its_library_it_says_what_to_install(facts, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match="PNG needs the package resvg-py") as refusal:
        png.as_png(rank_frequency(facts.frequency))
    assert (
        refusal.value.hint == "pip install 'corpus2vec[plot]', or name a .svg, which needs nothing"
    )
