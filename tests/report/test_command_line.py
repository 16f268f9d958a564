"""The command lines that build it again, and the settings that differ from the defaults."""

import shlex

from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.report.command_line import commands, settings
from corpus2vec.pipeline.stages import dump, tokenize, train, vocab
from tests.support.builds import gather
from tests.support.commands import spawn


def threads_of(build):
    return read_manifest(build / "model.safetensors").environment["threads"]


def test_the_command_builds_the_same_again(built):
    [command] = commands(gather(built).stages, str(built))
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["corpus2vec", "run"]
    assert "--min-count" in words
    assert "--seed" not in words
    assert int(words[words.index("--threads") + 1]) == threads_of(built)
    plan = spawn("plan", *words[2:])
    assert [line.split()[1] for line in plan.stdout.splitlines()] == ["hit"] * 5


def test_what_run_cannot_do_is_a_command_for_each_stage(built, tmp_path):
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


def test_a_corpus_of_many_files_is_not_listed(built):
    stages = dict(gather(built).stages)
    [corpus] = stages["tokenize"]["inputs"]
    many = [{**corpus, "name": f"{number}.csv"} for number in range(100)]
    stages["tokenize"] = {**stages["tokenize"], "inputs": many}
    assert commands(stages, "b")[0].startswith("corpus2vec run CORPUS... ")


def entry(stage, *inputs, **config):
    """A manifest's entry of a stage with those (role, name) as inputs."""
    given = [{"role": role, "name": name, "digest": name} for role, name in inputs]
    output = {"name": stage.FILE, "digest": stage.FILE}
    return {"stage": stage.NAME, "inputs": given, "config": config, "output": output}


def test_files_and_folders_are_options_by_their_inputs():
    tokens = entry(
        tokenize,
        *[("corpus", "a.txt"), ("pipeline", "/p/nlp/config.cfg"), ("pipeline", "/p/nlp/ner/cfg")],
        model="folder",
        lower=True,
    )
    words = entry(vocab, ("tokens", "tokens.parquet"), ("keep", "keep these.txt"), min_count=2)
    model = entry(
        train, ("ids", "i"), ("vocabulary", "v"), ("valid", "held"), ("init", "w.vec"), init="file"
    )
    entries = {each["stage"]: each for each in (tokens, words, model)}
    assert commands(entries, "b") == [
        "corpus2vec tokenize a.txt --lower --model /p/nlp -o b/tokens.parquet",
        "corpus2vec vocab b/tokens.parquet --min-count 2 --keep 'keep these.txt' -o b/vocab.tsv",
        "corpus2vec train i v --valid held --init w.vec -o b/model.safetensors",
    ]


def test_what_is_no_setting_is_no_option():
    made = entry(dump, ("model", "m"), ("vocabulary", "v"), format="spacy", lang="fi")
    [command] = commands({"dump": made}, "b")
    assert command == "corpus2vec dump m v --format spacy -o b/embeddings.txt"
    assert list(settings("dump", made)) == [("format", "spacy", False)]


def test_settings_that_decide_nothing_may_be_missing():
    made = entry(train, ("ids", "i"), ("vocabulary", "v"))
    assert commands({"train": made}, "b") == ["corpus2vec train i v -o b/model.safetensors"]


def test_a_switch_that_is_off_has_its_own_spelling():
    made = entry(train, ("ids", "i"), ("vocabulary", "v"), objective="lm", tie=False, freeze=True)
    [command] = commands({"train": made}, "b")
    assert "--objective lm --no-tie --freeze" in command
