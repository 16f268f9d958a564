"""The page and the charts as text: complete, escaped, allowed by its own policy, readable."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report import chart_of, page_of
from corpus2vec.pipeline.report.charts import Axis, as_file, map_of_words
from corpus2vec.pipeline.report.elements import Markup, code, put, table, word
from corpus2vec.pipeline.report.palette import DARK, FREQUENCY_CLASSES, LABEL_COLOURS, LIGHT
from tests.support.builds import HOSTILE, PLAIN, gather, hand_made

VOID = {"meta", "link", "input", "br"}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    folder = hand_made(tmp_path_factory.mktemp("page") / "<i>build")
    return gather(folder, ["sea", HOSTILE[0], "<b>nowhere"])


@pytest.fixture(scope="module")
def page(facts):
    return page_of(facts).decode()


class Reader(HTMLParser):
    """What stands in a page: elements with their attributes, and whether each one is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):  # SVG's
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def attributes(self, tag):
        return [each for name, each in self.elements if name == tag]


# --- the page --------------------------------------------------------------------------------


def test_every_element_is_closed_and_every_id_is_one(page):
    reader = Reader(page)
    assert reader.open == []
    ids = [each["id"] for _, each in reader.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for _, each in reader.elements:
        for name in ("for", "aria-labelledby", "aria-controls", "aria-describedby"):
            assert set(each.get(name, "").split()) <= set(ids)
        if each.get("href", "").startswith("#"):
            assert each["href"][1:] in ids


def test_the_policy_allows_the_style_and_the_script_by_digest_and_nothing_else(page):
    [policy] = [each["content"] for each in Reader(page).attributes("meta") if "http-equiv" in each]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for element, rule in (("style", "style-src"), ("script", "script-src")):
        [text] = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_nothing_in_the_page_needs_what_the_policy_forbids(page):
    reader = Reader(page)
    for _, attributes in reader.elements:
        assert not {"style", "src", "srcset", "onclick", "onload", "onerror"} & set(attributes)
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_hostile_tokens_are_text(page):
    reader = Reader(page)
    assert len(reader.attributes("script")) == 2  # the data and the script
    assert not reader.attributes("img")
    assert not reader.attributes("i") or all("class" in each for each in reader.attributes("i"))
    for hidden in "\u202e\u200b\u2028":
        assert hidden not in page
    assert r"\u202egnihton" in page
    assert "&lt;b&gt;news&lt;/b&gt;" in page
    assert "&lt;b&gt;nowhere" in page
    assert "x" * 100 not in page


def test_the_page_is_the_same_for_the_same_build_wherever_it_stands(facts, page, tmp_path):
    again = gather(hand_made(tmp_path / facts.folder), ["sea", HOSTILE[0], "<b>nowhere"])
    assert page_of(again).decode() == page


def test_ten_thousand_words_stay_under_a_megabyte_and_a_half(tmp_path):
    tokens = [f"{PLAIN[n % 8]}{n:06}" for n in range(12_000)]
    page = page_of(gather(hand_made(tmp_path / "b", tokens, dim=8)))
    assert len(gather(tmp_path / "b").map.words) == 10_000
    assert 400_000 < len(page) < 1_500_000


@pytest.mark.parametrize(
    "lacking", [each for n in (1, 2, 4) for each in itertools.combinations(range(4), n)]
)
def test_a_page_of_part_of_a_build_is_whole(facts, lacking):
    nothing = {"frequency": None, "lengths": None, "curves": None, "map": None}
    names = list(nothing)
    less = replace(facts, **{names[each]: None for each in lacking}, remarks=("There is no x.",))
    page = page_of(less).decode()
    reader = Reader(page)
    assert reader.open == []
    assert "There is no x." in page
    assert ("canvas" in {name for name, _ in reader.elements}) == (less.map is not None)
    ids = {each["id"] for _, each in reader.elements if "id" in each}
    assert {each["href"][1:] for each in reader.attributes("a")} <= ids


# --- elements --------------------------------------------------------------------------------


def test_what_is_not_markup_is_escaped():
    assert put("<b>") == "&lt;b&gt;"
    assert put(Markup("<b>")) == "<b>"
    assert put(12345) == "12,345"
    assert code("a\x1b&") == "<code>a\\u001b&amp;</code>"
    assert word("<\u202e") == "<bdi>&lt;\\u202e</bdi>"
    assert "<td>&lt;i&gt;</td>" in table("t", ["a", "b"], [["x", "<i>"]])


# --- charts ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (4.3, 6.8, [4.5, 5, 5.5, 6, 6.5]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low, high, ticks):
    found = Axis(low=low, high=high, name="x").ticks()
    assert found == pytest.approx(ticks)


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten():
    assert Axis(low=1, high=4000, name="x", log=True).ticks() == [1, 10, 100, 1000]
    assert Axis(low=1, high=2, name="x", log=True).ticks() == [1, 2]
    assert len(Axis(low=1, high=1e12, name="x", log=True).ticks()) <= 7


# --- colours ---------------------------------------------------------------------------------


def contrast(one, other):
    """WCAG 2.2's contrast ratio."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_keep_the_contrast_that_people_need(palette):
    for ground in ("page", "card", "sunk", "note"):
        for text in ("ink", "soft"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    for ground in ("page", "card"):
        for text in ("accent", "warm"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    frequencies = [f"f{n}" for n in range(FREQUENCY_CLASSES)]
    for mark in ["edge", *frequencies, *(f"l{n}" for n in range(LABEL_COLOURS))]:
        assert contrast(palette[mark], palette["card"]) >= 3, mark
