"""The door: what is damaged, of another stage or of a newer format is refused by every command."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, write_arrays
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.stages import STAGES
from tests.support.artifacts import edit_quietly
from tests.support.runs import SMALL

GOLD, NPY = "gold.tsv", f"embeddings{FORMATS['npy'].extension}"
COMMANDS = {
    "neighbors": ["neighbors", "T", "see"],
    "similarity": ["similarity", "T", "see", "you"],
    "analogy": ["analogy", "T", "Hope", "to", "see"],
    "compare, first": ["compare", "T", "other.txt"],
    "compare, second": ["compare", "other.txt", "T"],
    "evaluate": ["evaluate", "T", GOLD],
    "lookup": ["lookup", "T", "see you"],
    "info": ["info", "T"],
    "report": ["report", ".", "-o", "-"],
    "plot": ["plot", "map", ".", "-o", "-"],
    "train --init": ["train", "ids.parquet", "vocab.tsv", "--init", "T", "-o", "m", *SMALL],
}
"""Every command that reads a table, T."""


@pytest.fixture
def build(built, tmp_path):
    """Copy the build's files by name, each with its manifest, into the current folder."""

    def copied(*names):
        for name in names:
            for path in (built / name, manifest_path(built / name)):
                if path.is_dir():
                    shutil.copytree(path, tmp_path / path.name)
                else:
                    shutil.copy(path, tmp_path)

    return copied


def in_place(arguments, table):
    return [table if each == "T" else each for each in arguments]


# --- damage ----------------------------------------------------------------------------------


def flip_a_bit(path, dice):
    """Flip one bit of a file, or of a file of a folder, and give the way back."""
    path = Path(path)
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    file = dice.choice([each for each in files if each.stat().st_size])
    before = file.read_bytes()
    edit_quietly(file, before, dice)
    return lambda: file.write_bytes(before)


@pytest.mark.parametrize("format", FORMATS)
def test_a_flipped_bit_of_a_table_is_refused_by_every_command(build, built, cli, format):
    table = f"embeddings{FORMATS[format].extension}"
    build("ids.parquet", "vocab.tsv", table)
    shutil.copy(built / "embeddings.txt", "other.txt")
    Path(GOLD).write_text("see\tyou\t5\nHope\tto\t3\nto\tsoon\t1\n")
    dice, silent = random.Random(format), []
    flips = 0
    for name, arguments in COMMANDS.items():
        for damaged in (table, f"{table}.manifest.json" if name == "neighbors" else table):
            mend = flip_a_bit(damaged, dice)
            result = cli(*in_place(arguments, table))
            flips += 1
            if result.code != 65 or result.out or table not in result.err:
                silent.append(f"{name}: {result}")
            mend()
    print(f"{format}: silent {len(silent)} of {flips}")
    assert silent == []


@pytest.mark.parametrize("name", ["neighbors", "evaluate", "compare, first", "info"])
def test_an_undamaged_table_is_read(build, built, cli, name):
    build("embeddings.txt")
    shutil.copy(built / "embeddings.txt", "other.txt")
    Path(GOLD).write_text("see\tyou\t5\nHope\tto\t3\nto\tsoon\t1\n")
    assert cli(*in_place(COMMANDS[name], "embeddings.txt")).code == 0


def test_a_table_of_another_tool_has_no_manifest_and_is_read(build, cli):
    build("embeddings.txt")
    manifest_path(Path("embeddings.txt")).unlink()
    assert cli("neighbors", "embeddings.txt", "see").code == 0


def test_the_current_folder_can_be_a_table(build, cli, monkeypatch):
    build(NPY)
    monkeypatch.chdir(NPY)
    assert cli("neighbors", ".", "see").code == 0
    Path("vocab.tsv").write_text("id\ttoken\tcount\n")
    assert "is not what its manifest says" in cli("neighbors", ".", "see").err


# --- another kind, a newer format ------------------------------------------------------------

READERS = {
    "tokens.parquet": [
        ["vocab", "X", "-o", "o"],
        ["encode", "X", "vocab.tsv", "-o", "o"],
        ["show", "X"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "vocab.tsv": [
        ["encode", "tokens.parquet", "X", "-o", "o"],
        ["train", "ids.parquet", "X", "-o", "o", *SMALL],
        ["dump", "model.safetensors", "X", "-o", "o"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "ids.parquet": [
        ["train", "X", "vocab.tsv", "-o", "o", *SMALL],
        ["train", "ids2", "vocab.tsv", "--valid", "X", "-o", "o", *SMALL],
        ["show", "X"],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "model.safetensors": [
        ["dump", "X", "vocab.tsv", "-o", "o"],
        ["train", "ids.parquet", "vocab.tsv", "--init", "X", "-o", "o", *SMALL],
        ["info", "X"],
        ["report", ".", "-o", "-"],
    ],
    "embeddings.txt": [
        *([("X" if each == "T" else each) for each in command] for command in COMMANDS.values())
    ],
}
"""The commands that read each artifact, X."""


@pytest.fixture
def whole_build(build):
    build(*(stage.FILE for stage in STAGES))
    shutil.copy("ids.parquet", "ids2")
    shutil.copy("embeddings.txt", "other.txt")
    Path(GOLD).write_text("see\tyou\t5\n")


def sign(artifact, **changes):
    """Change the manifest of an artifact, with a valid checksum."""
    manifest = replace(read_manifest(Path(artifact)), **changes)
    manifest_path(Path(artifact)).write_text(manifest.to_json())


@pytest.mark.parametrize("artifact", READERS)
def test_a_newer_format_is_refused_by_name_by_every_command(whole_build, cli, artifact):
    stage = next(stage for stage in STAGES if artifact == stage.FILE)
    sign(artifact, format=99)
    for command in READERS[artifact]:
        result = cli(*(artifact if each == "X" else each for each in command))
        assert (result.code, result.out) == (65, "")
        assert (
            f"{artifact} was made by a newer corpus2vec "
            f"({stage.NAME} format 99, this one knows {stage.FORMAT})" in result.err
        )
    assert not Path("o").exists()


@pytest.mark.parametrize("artifact", READERS)
def test_an_older_format_is_read(whole_build, cli, artifact):
    sign(artifact, format=0)
    assert cli("info", artifact).code == 0


def test_a_model_whose_header_has_a_newer_format_is_refused(whole_build, cli):
    model = Path("model.safetensors")
    write_arrays(model, read_arrays(model), {**read_header(model, "model"), "format": 99})
    manifest_path(model).unlink()
    for command in READERS["model.safetensors"][:2]:
        result = cli(*(str(model) if each == "X" else each for each in command))
        assert result.code == 65
        assert "made by a newer corpus2vec (train format 99, this one knows" in result.err


WRONG = {
    "a vocabulary for tokens": ["vocab", "vocab.tsv", "-o", "o"],
    "ids for tokens": ["encode", "ids.parquet", "vocab.tsv", "-o", "o"],
    "tokens for a vocabulary": ["encode", "tokens.parquet", "tokens.parquet", "-o", "o"],
    "tokens for ids": ["train", "tokens.parquet", "vocab.tsv", "-o", "o", *SMALL],
    "a table for a model": ["dump", "embeddings.txt", "vocab.tsv", "-o", "o"],
    "a model for a vocabulary": ["dump", "model.safetensors", "model.safetensors", "-o", "o"],
    "a vocabulary for a table": ["neighbors", "vocab.tsv", "see"],
    "tokens for vectors": [
        *("train", "ids.parquet", "vocab.tsv", "-o", "o", "--init", "tokens.parquet", *SMALL)
    ],
    "a table for documents": ["show", "embeddings.txt"],
    "a vocabulary to look up in": ["lookup", "vocab.tsv", "see"],
    "a vocabulary to evaluate": ["evaluate", "vocab.tsv", GOLD],
    "a vocabulary to compare": ["compare", "vocab.tsv", "other.txt"],
}


@pytest.mark.parametrize("command", WRONG.values(), ids=WRONG)
def test_the_artifact_of_another_stage_is_refused_by_name(whole_build, cli, command):
    result = cli(*command)
    assert (result.code, result.out) == (65, "")
    assert " was made by " in result.err.splitlines()[0]
    assert ", which `" in result.err


def test_the_artifact_of_a_stage_that_is_not_known_is_refused_by_name(whole_build, cli):
    sign("tokens.parquet", stage="phrases")
    result = cli("vocab", "tokens.parquet", "-o", "o")
    assert result.code == 65
    assert "tokens.parquet was made by phrases, a stage that this corpus2vec does not know" in (
        result.err
    )
