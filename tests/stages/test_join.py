"""The join stage: its ledger, its recipe, and a build that has phrases."""

import json
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.config import EncodeConfig, PhrasesConfig, Settings, VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages import encode, join, phrases, vocab
from tests.support.front_end import tokenize
from tests.support.runs import SMALL, verdicts, write

TEXT = "new york is big\nis new york new\n\nyork\nnew york is\n"
LIST = "pass\twords\tphrase\tcount\tscore\n1\tnew york\tnew_york\t3\t1.5\n"
PAIR = [Path("t.parquet"), Path("p.tsv")]


def joined(inputs=PAIR, output="j.parquet"):
    return join.run(inputs, Path(output), Settings())


def texts(path="j.parquet"):
    return [" ".join(row["tokens"]) for row in documents(Path(path))]


def test_phrases_of_another_corpus_or_by_hand_are_joined():
    tokenize(write("a.txt", TEXT))
    write("p.tsv", LIST)
    outcome = joined()
    assert texts() == ["new_york is big", "is new_york new", "york", "new_york is"]
    assert outcome.counts == {
        "documents": {"in": 4, "kept": 4},
        "tokens": {"in": 12, "kept": 9, "dropped": {"joined to the one before": 3}},
        "rows": 4,
    }
    assert joined().hit
    write("p.tsv", LIST.replace("new_york", "ny"))
    assert joined().reason.endswith("p.tsv changed")
    assert texts()[0] == "ny is big"


def test_labels_and_empty_documents_stay():
    write("a.csv", "text,label\nnew york,x\nso new york,y\n")
    tokenize("a.csv", label_field="label")
    write("p.tsv", LIST)
    joined()
    assert list(documents(Path("j.parquet"))) == [
        {"tokens": ["new_york"], "label": "x"},
        {"tokens": ["so", "new_york"], "label": "y"},
    ]


def test_later_stages_read_it_as_tokens_and_ids_go_by_first_appearance():
    tokenize(write("a.txt", TEXT))
    phrases.run(PAIR[:1], PAIR[1], PhrasesConfig(threshold=0.1, phrase_min_count=1))
    joined()
    vocab.run([Path("j.parquet")], Path("v.tsv"), VocabConfig())
    encode.run([Path("j.parquet"), Path("v.tsv")], Path("i.parquet"), EncodeConfig())
    lines = Path("v.tsv").read_text().splitlines()[1:]
    assert [line.split("\t")[:2] for line in lines] == [
        ["0", "new_york"], ["1", "is"], ["2", "big"], ["3", "new"], ["4", "york"]
    ]  # fmt: skip
    assert [row["ids"] for row in documents(Path("i.parquet"))] == [
        [0, 1, 2], [1, 0, 3], [4], [0, 1]
    ]  # fmt: skip


def test_joined_tokens_can_be_joined_again():
    tokenize(write("a.txt", TEXT))
    write("p.tsv", LIST)
    joined()
    write("p.tsv", LIST.replace("new york\tnew_york", "new_york is\tnyi"))
    joined([Path("j.parquet"), Path("p.tsv")], "k.parquet")
    assert texts("k.parquet")[0] == "nyi big"


@pytest.mark.parametrize("wrong", ["v.tsv", "t.parquet"])
def test_what_is_no_list_of_phrases_is_refused(wrong):
    tokenize(write("a.txt", TEXT))
    vocab.run(PAIR[:1], Path("v.tsv"), VocabConfig())
    with pytest.raises(DataError, match=r"was made by .*, not by phrases"):
        joined([Path("t.parquet"), Path(wrong)])
    Path(f"{wrong}.manifest.json").unlink()
    with pytest.raises(DataError, match=r"is not a list of phrases|is not UTF-8"):
        joined([Path("t.parquet"), Path(wrong)])


# --- in a build ------------------------------------------------------------------------------

USUAL = ["tokenize", "vocab", "encode", "train", "dump"]
WITH = ["tokenize", "phrases", "join", "vocab", "encode", "train", "dump"]
OPTIONS = ["--phrases", "2", "--threshold", "0.1", "--phrase-min-count", "1"]


def names(folder="build"):
    files = (each.name for each in Path(folder).iterdir())
    return sorted(name for name in files if "manifest" not in name and "metrics" not in name)


def test_a_build_without_phrases_has_none_and_one_with_them_is_made_once(cli, tmp_path):
    corpus = ["run", write(tmp_path / "a.txt", TEXT), "-o", "build", *SMALL, "--table", "input"]
    assert verdicts(cli(*corpus).err) == dict.fromkeys(USUAL, "built")
    usual = {name: Path("build", name).read_bytes() for name in names()}
    assert verdicts(cli(*corpus, "--phrases", "0").err) == dict.fromkeys(USUAL, "hit")
    assert not {"phrases.tsv", "joined.parquet"} & set(names())

    plan = cli("plan", *corpus[1:], *OPTIONS).out.splitlines()
    assert [line.split()[:2] for line in plan] == [
        ["tokenize", "hit"], *([each, "run"] for each in WITH[1:])
    ]  # fmt: skip
    assert plan[3].endswith("join runs first")
    made = verdicts(cli(*corpus, *OPTIONS).err)
    assert made == {**dict.fromkeys(WITH, "built"), "tokenize": "hit"}
    assert verdicts(cli(*corpus, *OPTIONS).err) == dict.fromkeys(WITH, "hit")
    assert "new_york" in Path("build/vocab.tsv").read_text()

    cli(*corpus)  # what is left of the phrases is no part of this build
    assert {name: Path("build", name).read_bytes() for name in usual} == usual


def test_info_and_report_know_it_and_the_report_gives_the_command(cli, tmp_path):
    corpus = ["run", write(tmp_path / "a.txt", TEXT), "-o", "build", *SMALL, "--table", "input"]
    assert cli(*corpus, *OPTIONS).code == 0
    stages = cli("info", "build/embeddings.txt", "--json").out
    assert [each["stage"] for each in json.loads(stages)["lineage"]] == WITH[:-1]
    assert cli("report", "build", "-o", "r.html").code == 0
    page = Path("r.html").read_text()
    assert "--phrases 2 --threshold 0.1 --phrase-min-count 1" in page
    assert "made from a different" not in page
    assert "There is no" not in page.replace("There is no model.metrics", "")

    cli(*corpus)
    assert cli("report", "build", "-o", "r.html").code == 0
    page = Path("r.html").read_text()
    assert "--phrases" not in page
    assert "made from a different" not in page


def test_a_setting_without_phrases_is_refused(cli, tmp_path):
    corpus = write(tmp_path / "a.txt", TEXT)
    result = cli("run", corpus, "-o", "build", "--threshold", "2")
    assert result.code == 2
    assert "--threshold has no effect without --phrases\nhint: give --phrases 1" in result.err
