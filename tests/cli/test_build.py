"""The commands that build: one for each stage, run, plan."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.artifacts import names
from tests.support.runs import ALL_BUILT, ALL_HIT, SAMPLES, SMALL, STAGES, reason, verdicts, write

# --- the worked example ----------------------------------------------------------------------


def test_the_worked_example(cli, tmp_path):
    build = tmp_path / "build"
    assert cli("run", SAMPLES / "phrases.txt", "-o", build, *SMALL).code == 0
    words = [line.split("\t") for line in (build / "vocab.tsv").read_text().splitlines()]
    assert words == [
        ["id", "token", "count"],
        ["0", "Hope", "1"],
        ["1", "to", "2"],
        ["2", "see", "2"],
        ["3", "you", "2"],
        ["4", "soon", "1"],
        ["5", "Nice", "1"],
        ["6", "again", "1"],
    ]
    assert cli("show", build / "ids.parquet").out == "[0, 1, 2, 3, 4]\n[5, 1, 2, 3, 6]\n"

    grid = (build / "embeddings.txt").read_text().splitlines()
    rows = [line.strip("|").split(" | ") for line in grid[3:-1]]
    assert [int(row[0]) for row in rows] == list(range(7))
    table = [json.loads(row[2]) for row in rows]
    assert {len(vector) for vector in table} == {2}

    lookup = ["lookup", build / "embeddings.txt", "Nice to see you again", "--format", "table"]
    found = cli(*lookup).out.splitlines()
    assert [line.split()[:2] for line in found[:-1]] == [
        ["5", "Nice"], ["1", "to"], ["2", "see"], ["3", "you"], ["6", "again"]
    ]  # fmt: skip
    assert json.loads(found[-1]) == [table[row] for row in (5, 1, 2, 3, 6)]


# --- caching ---------------------------------------------------------------------------------


@pytest.fixture
def again(cli, corpus, built, tmp_path):
    """`again(…)` runs once more on a copy of the finished build, whose corpus is `corpus`."""
    folder = shutil.copytree(built, tmp_path / "build")

    def run(*more, corpus=corpus):
        return cli("run", corpus, "-o", folder, *SMALL, *more)

    return run


def test_nothing_changed_reruns_nothing(cli, corpus, tmp_path):
    first = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    second = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    assert verdicts(first.err) == ALL_BUILT
    assert verdicts(second.err) == ALL_HIT
    assert reason(second.err, "train") == "nothing changed"


def test_another_dim_reruns_train_and_dump_and_says_why(again):
    result = again("--dim", "4")
    assert verdicts(result.err) == {**ALL_HIT, "train": "built", "dump": "built"}
    assert reason(result.err, "train") == "miss: dim 2 → 4"


def test_one_byte_of_the_corpus_reruns_all(again, corpus):
    assert verdicts(again().err) == ALL_HIT
    corpus.write_text(corpus.read_text().replace("soon", "moon"))
    result = again()
    assert verdicts(result.err) == ALL_BUILT
    assert reason(result.err, "tokenize") == f"miss: corpus {corpus} changed"


def test_a_change_that_leaves_the_tokens_as_they_are_reruns_only_tokenize(again, corpus):
    corpus.write_text(corpus.read_text() + "\n\n")
    assert verdicts(again().err) == {**ALL_HIT, "tokenize": "built"}


def test_a_moved_corpus_is_a_hit(again, corpus, tmp_path):
    moved = corpus.rename(tmp_path / "moved.txt")
    assert verdicts(again(corpus=moved).err) == ALL_HIT


def test_force_builds_anyway(again):
    result = again("--force")
    assert verdicts(result.err) == ALL_BUILT
    assert reason(result.err, "dump") == "miss: forced"


def test_standard_input_is_read_again_and_later_stages_may_hit(cli, corpus, tmp_path, monkeypatch):
    for expected in (ALL_BUILT, {**ALL_HIT, "tokenize": "built"}):
        with corpus.open() as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            result = cli("run", "-", "-o", tmp_path / "build", *SMALL)
        assert verdicts(result.err) == expected


# --- plan ------------------------------------------------------------------------------------


def test_plan_prints_what_run_would_do_and_writes_nothing(cli, corpus, built, tmp_path):
    def plan(*more):
        before = sorted(tmp_path.rglob("*"))
        result = cli("plan", corpus, "-o", tmp_path / "build", *SMALL, *more)
        assert sorted(tmp_path.rglob("*")) == before
        return [line.split(maxsplit=2) for line in result.out.splitlines()]

    assert plan() == [
        ["tokenize", "run", "no tokens.parquet yet"],
        ["vocab", "run", "no vocab.tsv yet; tokenize runs first"],
        ["encode", "run", "no ids.parquet yet; tokenize runs first; vocab runs first"],
        ["train", "run", "no model.safetensors yet; encode runs first; vocab runs first"],
        ["dump", "run", "no embeddings.txt yet; train runs first; vocab runs first"],
    ]
    shutil.copytree(built, tmp_path / "build")
    assert plan() == [[stage, "hit", "nothing changed"] for stage in STAGES]
    assert plan("--dim", "4")[3:] == [
        ["train", "run", "dim 2 → 4"],
        ["dump", "run", "train runs first"],
    ]
    assert plan("--format", "glove")[4] == ["dump", "run", "no embeddings.glove yet"]


def test_plan_of_a_damaged_build_says_what_is_damaged(cli, built, tmp_path):
    folder = Path(shutil.copytree(built, tmp_path / "build"))
    (folder / "tokens.parquet").write_bytes(b"damaged")
    result = cli("plan", SAMPLES / "phrases.txt", "-o", folder, *SMALL)
    assert result.out.splitlines() == [
        "tokenize\trun\ttokens.parquet was damaged or edited",
        "vocab\trun\ttokenize runs first",
        "encode\trun\ttokenize runs first; vocab runs first",
        "train\trun\tencode runs first; vocab runs first",
        "dump\trun\ttrain runs first; vocab runs first",
    ]
    mended = cli("run", SAMPLES / "phrases.txt", "-o", folder, *SMALL)
    assert verdicts(mended.err) == {**ALL_HIT, "tokenize": "built"}


# --- summaries -------------------------------------------------------------------------------


def test_quiet_prints_nothing(cli, corpus, tmp_path):
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_json_is_one_summary_on_stdout(cli, corpus, tmp_path):
    stages = json.loads(cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--json").out)
    assert [stage["stage"] for stage in stages] == STAGES
    tokens = stages[0]["counts"]["tokens"]
    assert tokens == {"in": 10, "kept": 10}
    again = json.loads(
        cli("tokenize", corpus, "-o", tmp_path / "build/tokens.parquet", "--json").out
    )
    assert again["hit"] is True


def test_the_summary_shows_the_ledger(cli, tmp_path):
    corpus = write(tmp_path / "a.txt", "Well, well!\n\n...\n")
    arguments = ["tokenize", corpus, "-o", tmp_path / "t.parquet", "--drop", "punct,space"]
    assert (
        "3 documents, 1 document dropped (blank), 1 document dropped (no token left), "
        "5 tokens, 3 tokens dropped (punct), 1 row\n" in cli(*arguments).err
    )


# --- vocab and dump to stdout ----------------------------------------------------------------


def test_a_vocabulary_on_stdout_is_checked_like_a_file(cli, corpus, tmp_path):
    tokens = tmp_path / "t.parquet"
    assert cli("vocab", tokens, "-o", "-").code == 2  # not there
    cli("tokenize", corpus, "-o", tokens)
    printed = cli("vocab", tokens, "-o", "-")
    assert printed.out.startswith("id\ttoken\tcount\n0\t")
    damaged = bytearray(tokens.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    tokens.write_bytes(damaged)
    result = cli("vocab", tokens, "-o", "-")
    assert (result.code, result.out) == (65, "")


def test_a_dump_to_stdout_is_the_file(cli, built):
    arguments = ["dump", built / "model.safetensors", built / "vocab.tsv"]
    assert cli(*arguments, "-o", "-").out == (built / "embeddings.txt").read_text()
    assert cli(*arguments, "-o", "-", "--format", "word2vec").out.startswith("7 2\nHope ")


def test_columns_of_the_grid_can_be_chosen(cli, built):
    arguments = ["dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-"]
    grid = cli(*arguments, "--columns", "index,embedding", "--precision", "1").out
    assert re.fullmatch(
        r"(\+-+\+-+\+\n)\| index \| embedding +\|\n\1(\| +\d \| \[-?\d\.\d, -?\d\.\d\] +\|\n){7}\1",
        grid,
    )


def test_a_damaged_model_is_refused_even_without_its_manifest(cli, built, tmp_path):
    model = Path(shutil.copy(built / "model.safetensors", tmp_path))
    arguments = ["dump", model, built / "vocab.tsv", "-o", "-"]
    assert cli(*arguments).code == 0
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    result = cli(*arguments)
    assert result.code == 65
    assert "model.safetensors is damaged" in result.err


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("npy", "--format npy is several files: they cannot go to stdout"),
        ("glove,word2vec", "--format glove,word2vec is several artifacts, and this makes one"),
    ],
)
def test_a_dump_of_several_files_cannot_go_to_stdout(cli, built, format, message):
    model = [built / "model.safetensors", built / "vocab.tsv"]
    result = cli("dump", *model, "-o", "-", "--format", format)
    assert result.code == 2
    assert message in result.err


# --- dump in several formats -----------------------------------------------------------------


def test_several_formats_are_files_side_by_side(cli, built, tmp_path):
    model = [built / "model.safetensors", built / "vocab.tsv"]
    output = ["-o", tmp_path / "all", "--format", "word2vec,tsv"]
    result = cli("dump", *model, *output, "--json", "--quiet")
    assert result.code == 0
    outcomes = json.loads(result.out)
    assert [each["output"] for each in outcomes] == [
        str(tmp_path / "all.w2v"),
        str(tmp_path / "all.tsv"),
    ]
    assert names(tmp_path / "all.tsv") == ["metadata.tsv", "vectors.tsv"]
    assert [each["hit"] for each in json.loads(cli("dump", *model, *output, "--json").out)] == [
        True,
        True,
    ]


def test_another_precision_leaves_the_formats_without_digits_as_they_are(cli, built, tmp_path):
    model = [built / "model.safetensors", built / "vocab.tsv"]
    more = ["-o", tmp_path / "all", "--format", "glove,parquet", "--json", "--quiet"]
    assert cli("dump", *model, *more).code == 0
    again = json.loads(cli("dump", *model, *more, "--precision", "3").out)
    assert [each["hit"] for each in again] == [False, True]


def test_the_extension_of_the_output_decides_the_format(cli, built, tmp_path):
    model = [built / "model.safetensors", built / "vocab.tsv"]
    assert cli("dump", *model, "-o", tmp_path / "x.vec", "--json").code == 0
    assert (tmp_path / "x.vec").read_bytes().startswith(b"7 2\nHope ")
    assert len(read_vectors(tmp_path / "x.vec")) == 7


def test_a_dump_does_not_replace_a_folder_of_other_files(cli, built):
    model = [built / "model.safetensors", built / "vocab.tsv"]
    before = names(built)
    for options, said in (
        ([], "no manifest says that corpus2vec made it"),
        (["--force"], "is no part of this format"),
    ):
        result = cli("dump", *model, "-o", built, "--format", "spacy", *options)
        assert (result.code, names(built)) == (2, before)
        assert said in result.err


def test_a_build_does_not_replace_a_file_of_somebody_else(cli, corpus, tmp_path):
    """It is refused before the work, and replaced if that is said."""
    mine = tmp_path / "build/embeddings.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for command in (["run", corpus, "-o", mine.parent], ["tokenize", corpus, "-o", mine]):
        result = cli(*command)
        assert (result.code, mine.read_text(), names(mine.parent)) == (2, "mine", [mine.name])
        assert f"{mine} is there already" in result.err
    assert cli("tokenize", corpus, "-o", mine, "--force").code == 0
    assert mine.read_bytes().startswith(b"PAR1")
