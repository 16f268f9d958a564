"""`seal`, and the part that a scheduler wants."""

import json

import pytest

from corpus2vec.cli.parts import seal
from corpus2vec.cli.schedulers import scheduled_part
from corpus2vec.pipeline.errors import UsageError
from tests.support.runs import write


def slurm(task, least, count, step=1):
    names = {"ID": task, "MIN": least, "COUNT": count, "STEP": step}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in names.items()}


@pytest.mark.parametrize(
    ("text", "environment", "part"),
    [
        ("auto", slurm(0, 0, 16), "1/16"),
        ("auto", slurm(16, 1, 16), "16/16"),
        ("auto", slurm(8, 0, 4, 4), "3/4"),
        ("auto/32", slurm(5, 1, 16), "5/32"),
        ("auto/16", {"JOB_COMPLETION_INDEX": "3"}, "4/16"),
        ("2/7", slurm(0, 0, 16), "2/7"),
    ],
)
def test_a_scheduler_says_which_part(text, environment, part):
    assert scheduled_part(text, environment) == part


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("auto", {}, "this is no task of a Slurm array or of a Kubernetes Indexed Job"),
        ("auto/2", {"JOB_COMPLETION_INDEX": ""}, "this is no task"),
        ("auto", {"JOB_COMPLETION_INDEX": "3"}, "the environment does not say how many parts"),
    ],
)
def test_without_a_scheduler_the_part_must_be_named(text, environment, message):
    with pytest.raises(UsageError, match=message):
        scheduled_part(text, environment)


def test_parts_are_made_sealed_and_read(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("phrases.txt", "Hope to see you soon\nNice to see you again\n")
    for name, value in slurm(1, 0, 2).items():
        monkeypatch.setenv(name, value)
    result = cli("tokenize", "phrases.txt", "--part", "auto", "-o", "tokens")
    assert result.code == 0, result.err
    assert "built tokens/part-00002.parquet" in result.err
    result = cli("seal", "tokens")
    assert (result.code, seal.__name__) == (65, "seal")
    assert "error: " in result.err
    assert "tokens lacks part 1/2" in result.err
    assert "hint: make it with --part 1/2" in result.err
    assert cli("vocab", "tokens", "-o", "v.tsv").code == 65
    result = cli("tokenize", "phrases.txt", "--part", "1-2/2", "-o", "tokens")
    assert "hit   tokens/part-00002.parquet" in result.err
    summary = json.loads(cli("seal", "tokens", "--json").out)
    assert (summary["hit"], summary["counts"]["tokens"]["kept"]) == (False, 10)
    assert json.loads(cli("seal", "tokens", "--json").out)["hit"]
    result = cli("vocab", "tokens", "-o", "-")
    assert result.out.splitlines()[1:3] == ["0\tHope\t1", "1\tto\t2"]
    assert cli("show", "tokens").out.count("\n") == 2
    result = cli("seal", tmp_path)
    assert (result.code, "has no parts" in result.err) == (2, True)
