"""The folder of a build stands for any artifact in it that a command asks for."""

import json
import shutil
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages import door, stages_with
from corpus2vec.pipeline.stages.folder import is_build, within
from tests.support.runs import SMALL


def test_a_build_has_an_artifact_with_a_manifest(built, tmp_path):
    assert is_build(built)
    assert not is_build(tmp_path)
    assert not is_build(built / "vocab.tsv")
    assert not is_build(built / "embeddings.npy")  # a dump that is a folder


@pytest.mark.parametrize("stage", stages_with({}), ids=lambda stage: stage.NAME)
def test_the_artifact_of_a_stage_is_found(built, stage):
    found = within(built, stage.NAME)
    assert (found.parent, found.stem) == (built, Path(stage.FILE).stem)


def test_without_a_stage_the_latest_artifact_is_meant(built, tmp_path):
    assert within(built).stem == "embeddings"
    for name in ("tokens.parquet", "vocab.tsv"):
        shutil.copy(built / name, tmp_path)
        shutil.copy(manifest_path(built / name), tmp_path)
    assert within(tmp_path).name == "vocab.tsv"


def test_what_is_missing_is_named_with_the_command_that_makes_it(built, tmp_path):
    shutil.copy(built / "vocab.tsv", tmp_path)
    shutil.copy(manifest_path(built / "vocab.tsv"), tmp_path)
    with pytest.raises(DataError) as missing:
        door.read_table(tmp_path)
    assert missing.value.message == f"{tmp_path} has no embeddings.*: it has vocab.tsv"
    assert missing.value.hint == "make it first: `corpus2vec dump`"


QUESTIONS = {
    "neighbors": ["neighbors", "{}", "see", "--top", 1],
    "analogy": ["analogy", "{}", "see", "you", "to"],
    "similarity": ["similarity", "{}", "see", "you"],
    "lookup": ["lookup", "{}", "see you"],
    "info": ["info", "{}", "--json"],
    "compare": ["compare", "{}", "{}"],
}


@pytest.mark.parametrize("arguments", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_to_a_build_is_one_to_its_table(cli, built, arguments):
    def ask(path):
        return cli(*(each.format(path) if "{}" in str(each) else each for each in arguments))

    of_build, of_table = ask(built), ask(within(built, "dump"))
    assert (of_build.code, of_build.out) == (0, of_table.out)


def test_the_stages_take_what_they_need_of_a_build(cli, built, tmp_path):
    for stage in stages_with({})[1:]:
        small = SMALL if stage.NAME == "train" else []
        output = tmp_path / stage.FILE
        result = cli(stage.NAME, built, "-o", output, *small)
        assert result.code == 0, result.err
        if stage.NAME != "dump":  # of which the build has one in each format
            assert output.read_bytes() == (built / stage.FILE).read_bytes()
    assert cli("show", built).code == 0
    init = cli("train", built, "--init", built, "-o", tmp_path / "m", "--dim", 2, *SMALL[2:])
    assert init.code == 0, init.err
    made = json.loads((tmp_path / "m.manifest.json").read_text())
    assert [each["name"] for each in made["inputs"] if each["role"] == "init"] == [
        str(built / "model.safetensors")
    ]


def test_two_inputs_are_needed_where_the_first_is_no_build(cli, built):
    result = cli("train", built / "ids.parquet", "-o", "m")
    assert result.code == 2
    assert result.err == (
        "error: train needs IDS and VOCAB: give both, or a build\n"
        "hint: corpus2vec train IDS VOCAB -o model.safetensors\n"
    )


def test_swapped_inputs_are_named(cli, built):
    tokens, vocabulary = built / "tokens.parquet", built / "vocab.tsv"
    result = cli("encode", vocabulary, tokens, "-o", "i")
    assert result.code == 2
    assert result.err == (
        f"error: {vocabulary} and {tokens} are swapped\n"
        "hint: corpus2vec encode TOKENS VOCAB -o ids.parquet\n"
    )
