"""The command lines that build it again, and the settings that are not the defaults."""

import shlex

from corpus2vec.pipeline.report.command_line import commands
from tests.support.builds import gather
from tests.support.commands import spawn


def test_the_command_builds_the_same_again(built):
    [command] = commands(gather(built).stages, str(built))
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["corpus2vec", "run"]
    assert "--no-tie" in words
    assert "--seed" not in words
    plan = spawn("plan", *words[2:])
    assert [line.split()[1] for line in plan.stdout.splitlines()] == ["hit"] * 5


def test_stages_that_run_cannot_do_are_told_one_by_one(built, tmp_path):
    model = tmp_path / "model.safetensors"
    ids, vocab = built / "ids.parquet", built / "vocab.tsv"
    small = ("--objective", "classify", "--dim", "2", "--epochs", "1")
    result = spawn("train", ids, vocab, "--valid", ids, *small, "-o", model)
    assert result.returncode == 0, result.stderr
    lines = commands(gather(tmp_path).stages, str(tmp_path))
    assert [line.split()[1] for line in lines] == ["tokenize", "vocab", "encode", "train"]
    assert f"--valid {shlex.quote(str(ids))}" in lines[-1]
    for line in lines:
        again = spawn(*shlex.split(line)[1:])
        assert again.returncode == 0, again.stderr
    assert " hit " in again.stderr


def test_a_corpus_of_many_files_is_not_spelt_out(built):
    stages = dict(gather(built).stages)
    [corpus] = stages["tokenize"]["inputs"]
    many = [{**corpus, "name": f"{number}.csv"} for number in range(100)]
    stages["tokenize"] = {**stages["tokenize"], "inputs": many}
    assert commands(stages, "b")[0].startswith("corpus2vec run CORPUS... ")
