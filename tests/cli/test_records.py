"""Records on stdout, in each of the four formats."""

import io
import json
import sys

import pytest

from corpus2vec.cli.records import Records, chosen_format
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.display import field, restored

HOSTILE = "a\tb\n\x1b[2J\u202e\\ \x7f\u2028"


def printed(capfd, kind, *values, header=False):
    with Records(kind, "word", "count", header=header) as records:
        for value in values:
            records.add(value)
    return capfd.readouterr().out


ONE, TWO = {"word": "sea", "count": 12000}, {"word": "harbour", "count": None}


def test_a_line_for_each_record(capfd):
    assert printed(capfd, "tsv", ONE, TWO) == "sea\t12000\nharbour\t\n"


def test_a_table_is_aligned_and_may_have_a_header(capfd):
    assert printed(capfd, "table", ONE, TWO) == "sea      12,000\nharbour  -\n"
    with_header = printed(capfd, "table", ONE, header=True)
    assert with_header == "word  count\nsea   12,000\n"
    assert printed(capfd, "table", header=True) == ""


def test_json_is_one_document_and_jsonl_a_line_each(capfd):
    assert json.loads(printed(capfd, "json", ONE, TWO)) == [ONE, TWO]
    assert json.loads(printed(capfd, "json")) == []
    lines = printed(capfd, "jsonl", ONE, TWO).splitlines()
    assert [json.loads(line) for line in lines] == [ONE, TWO]


@pytest.mark.parametrize("kind", ["table", "tsv", "json", "jsonl"])
def test_hostile_text_stays_in_its_field(capfd, kind):
    out = printed(capfd, kind, {"word": HOSTILE, "count": 1})
    assert not {"\x1b", "\u202e", "\x7f", "\u2028"} & set(out)
    if kind == "tsv":
        word, count = out.removesuffix("\n").split("\t")
        assert (restored(word), count) == (HOSTILE, "1")
    elif kind.startswith("json"):
        found = json.loads(out)
        assert (found[0] if kind == "json" else found)["word"] == HOSTILE


def test_joiners_stay_in_a_field():
    assert field("می\u200cخواهم") == "می\u200cخواهم"


def test_what_was_printed_before_an_error_is_a_whole_document(capfd):
    def ask():
        with Records("json") as records:
            records.add(ONE)
            raise DataError("no more")

    with pytest.raises(DataError):
        ask()
    assert json.loads(capfd.readouterr().out) == [ONE]


def test_auto_is_a_table_on_a_terminal_and_tsv_elsewhere(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    assert chosen_format("auto", False) == "tsv"
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert chosen_format("auto", False) == "table"
    assert chosen_format("tsv", False) == "tsv"
    assert chosen_format("auto", True) == "json"
