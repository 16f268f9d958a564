"""The sections below the map: what is in their tables and notes, and when they are left out."""

import re
from dataclasses import replace

import pytest

from corpus2vec.pipeline.report import sections
from corpus2vec.pipeline.report.curves import measure_curves
from corpus2vec.pipeline.report.facts import Facts
from corpus2vec.pipeline.report.word_map import Neighbours

NOTHING = Facts(title="t", folder="b", stages={})


def texts(markup):
    """The text of each cell, heading and paragraph."""
    return [each for each in re.sub(r"<[^>]+>", "\n", markup).split("\n") if each.strip()]


def entry(**more):
    given = [{"role": "corpus", "name": "<a>.txt", "digest": "0123456789abcdef"}]
    output = {"name": "tokens.parquet", "digest": "d", "size": 12345}
    made = {"created": "2026-11-25T07:00:00+00:00", "seconds": 1.5, "tools": {"spacy": "3.8"}}
    return {"inputs": given, "output": output, "config": {}, "counts": {}, **made, **more}


@pytest.mark.parametrize("name", ["neighbours", "corpus", "training", "recipe"])
def test_a_section_of_nothing_is_left_out(name):
    assert getattr(sections, name)(NOTHING) == ""


def test_every_account_is_a_row_with_its_reasons():
    account = {"in": 10, "kept": 6, "unk": 1, "dropped": {"space": 2, "<punct>": 1}}
    counts = {"rows": 3, "tokens": account}
    found = texts(sections.corpus(replace(NOTHING, stages={"tokenize": entry(counts=counts)})))
    row = found[found.index("tokenize") :]
    assert row == ["tokenize", "tokens", "10", "6", "1", "3", " (2 space, 1 &lt;punct&gt;)"]


def test_chosen_words_come_first_and_have_their_cosines():
    frequent = Neighbours(word="the", count=9, chosen=False, nearest=(("<a>", 0.5),))
    chosen = Neighbours(word="sea", count=None, chosen=True, nearest=(("boat", 0.256),))
    found = texts(sections.neighbours(replace(NOTHING, neighbours=(frequent, chosen))))
    assert found.index("Chosen words") < found.index("The most frequent words")
    assert found[found.index("boat") + 1] == "0.26"
    assert "&lt;a&gt;" in found


def test_a_band_is_explained_where_there_is_one():
    for steps, explained in ((10, False), (1000, True)):
        lines = [{"step": n, "loss": 1.0} for n in range(steps)]
        page = sections.training(replace(NOTHING, curves=measure_curves(lines)))
        assert ("the band their lowest and highest" in page) is explained


def test_scores_and_held_out_documents_are_shown():
    counts = {"train_loss": 0.5, "valid_loss": 0.25, "valid_documents": 3000}
    found = texts(sections.training(replace(NOTHING, stages={"train": entry(counts=counts)})))
    assert "3,000 documents were held out of the training." in found
    assert found[found.index("held-out loss") + 1] == "0.25"


def test_settings_are_told_apart_from_defaults():
    config = {"lower": True, "lang": "en", "drop": [], "max_doc_tokens": None}
    page = sections.recipe(replace(NOTHING, stages={"tokenize": entry(config=config)}))
    differ, everything = page.split("<details>")
    assert ("--lower", "yes") in zip(texts(differ), texts(differ)[1:], strict=False)
    assert "--lang" not in texts(differ)
    assert ("--lang", "en") in zip(texts(everything), texts(everything)[1:], strict=False)
    assert ("--max-doc-tokens", "–") in zip(texts(everything), texts(everything)[1:], strict=False)
    assert "&lt;a&gt;.txt" in page
    assert "2026-11-25 07:00:00" in texts(page)
