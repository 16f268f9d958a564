"""The phrases stage: its recipe, its passes, its connectors and its lines on a stream."""

import io
from pathlib import Path

import pytest

from corpus2vec.pipeline.config import PhrasesConfig, VocabExecution
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import SILENT
from corpus2vec.pipeline.stages import phrases
from tests.support.front_end import tokenize
from tests.support.runs import write

TOKENS = [Path("t.parquet")]
TEXT = "the bank of new york times\nnew york times\nnew york\nthe bank of x\n" * 3


@pytest.fixture
def tokens():
    tokenize(write("a.txt", TEXT))


def find(tokens=TOKENS, output="p.tsv", memory="2G", **settings):
    config = PhrasesConfig(**{"threshold": 0.1, "phrase_min_count": 3, **settings})
    return phrases.run(tokens, Path(output), config, VocabExecution(memory=memory))


def rows(output="p.tsv"):
    lines = Path(output).read_text().splitlines()[1:]
    return [tuple(line.split("\t")[:4]) for line in lines]


@pytest.mark.usefixtures("tokens")
def test_each_pass_joins_what_the_one_before_joined():
    counts = find(phrases=3, threshold=0.3).counts
    assert ("1", "new york", "new_york", "9") in rows()
    assert ("2", "new_york times", "new_york_times", "6") in rows()
    assert counts["tokens"] == {"in": 45, "kept": 45}


@pytest.mark.usefixtures("tokens")
def test_connectors_are_those_of_english_or_of_a_file():
    find(connectors="english", phrase_min_count=2)
    assert ("1", "bank of x", "bank_of_x", "3") in rows()
    find(connectors=write("words.txt", "of\nthe\n"), phrase_min_count=2)
    assert ("1", "bank of x", "bank_of_x", "3") in rows()
    assert find(connectors=write("same.txt", "of\nthe\n"), phrase_min_count=2).hit
    reason = find(connectors=write("words.txt", "of\n"), phrase_min_count=2).reason
    assert reason == "connectors words.txt changed"


@pytest.mark.usefixtures("tokens")
def test_a_setting_is_a_miss_and_the_same_again_a_hit():
    assert not find().hit
    assert find(phrases=1).hit
    assert find(memory="1").hit
    assert find(phrases=2).reason == "phrases 1 → 2"
    assert find(phrases=2, scoring="npmi").reason == "scoring word2phrase → npmi"


@pytest.mark.usefixtures("tokens")
def test_memory_changes_no_byte():
    find(phrases=2, connectors="english")
    find(phrases=2, connectors="english", output="other.tsv", memory="1")
    assert Path("p.tsv").read_bytes() == Path("other.tsv").read_bytes()


def test_tokens_of_several_corpora_are_counted_together():
    for name in ("one", "other"):
        tokenize(write("a.txt", "new york\nnew york\n"))
        Path("t.parquet").rename(f"{name}.parquet")
    find([Path("one.parquet"), Path("other.parquet")])
    assert rows() == [("1", "new york", "new_york", "4")]


def test_a_stream_has_the_same_lines(tokens):
    find()
    sink = io.BytesIO()
    config = PhrasesConfig(threshold=0.1, phrase_min_count=3)
    phrases.stream(sink, TOKENS, config, VocabExecution(), SILENT)
    assert sink.getvalue() == Path("p.tsv").read_bytes()


def test_no_token_and_no_pass_are_refused():
    tokenize(write("a.txt", " a\n"), drop=())
    with pytest.raises(UsageError, match=r"^--passes 0 finds no phrases$"):
        find(phrases=0)
    assert find().counts["phrases"] == 0
    assert rows() == []


def test_tokens_without_a_token_are_refused():
    tokenize(write("a.txt", "the a\n"), model=None, drop=("stop",))
    with pytest.raises(DataError, match=r"there is no token in t\.parquet"):
        find()
