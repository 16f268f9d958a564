"""The page and the charts as text: complete, escaped, allowed by its own policy, readable."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from corpus2vec.pipeline.report.page import render
from tests.support.builds import HOSTILE, PLAIN, gather, hand_made

VOID = {"meta", "link", "input", "br"}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    folder = hand_made(tmp_path_factory.mktemp("page") / "<i>build")
    return gather(folder, ["sea", HOSTILE[0], "<b>nowhere"])


@pytest.fixture(scope="module")
def page(facts):
    return render(facts)


class Reader(HTMLParser):
    """The elements of a page with their attributes, and whether each one is closed."""

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
        texts = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digests = [hashlib.sha256(each.encode()).digest() for each in texts]
        encoded = [base64.b64encode(each).decode() for each in digests]
        assert rules[rule] == " ".join(f"'sha256-{each}'" for each in encoded)


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
    assert len(reader.attributes("script")) == 3  # the data, the theme and the map
    assert not reader.attributes("img")
    assert not reader.attributes("i") or all("class" in each for each in reader.attributes("i"))
    for hidden in "\u202e\u200b\u2028":
        assert hidden not in page
    assert r"\u202egnihton" in page
    assert "&lt;b&gt;news&lt;/b&gt;" in page
    assert "&lt;b&gt;nowhere" in page
    assert "x" * 100 not in page


def test_the_page_is_the_same_for_the_same_build_wherever_it_is(facts, page, tmp_path):
    again = gather(hand_made(tmp_path / facts.folder), ["sea", HOSTILE[0], "<b>nowhere"])
    assert render(again) == page


def test_ten_thousand_words_stay_under_a_megabyte_and_a_half(tmp_path):
    tokens = [f"{PLAIN[n % 8]}{n:06}" for n in range(12_000)]
    facts = gather(hand_made(tmp_path / "b", tokens, dim=8), layout="components")
    page = render(facts)
    assert len(facts.map.words) == 10_000
    assert 400_000 < len(page) < 1_500_000


@pytest.mark.parametrize(
    "lacking", [each for n in (1, 2, 4) for each in itertools.combinations(range(4), n)]
)
def test_a_page_of_part_of_a_build_is_whole(facts, lacking):
    nothing = {"frequency": None, "lengths": None, "curves": None, "map": None}
    names = list(nothing)
    less = replace(facts, **{names[each]: None for each in lacking}, remarks=("There is no x.",))
    page = render(less)
    reader = Reader(page)
    assert reader.open == []
    assert "There is no x." in page
    assert ("canvas" in {name for name, _ in reader.elements}) == (less.map is not None)
    ids = {each["id"] for _, each in reader.elements if "id" in each}
    assert {each["href"][1:] for each in reader.attributes("a")} <= ids
