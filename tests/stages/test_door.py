"""The door: what is damaged, of another stage or of a newer format is refused by every command."""

import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, write_arrays
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.stages import STAGES, door, stages_with
from tests.support.readers import GOLD, OF_TABLES, READERS, complete, damage, naming
from tests.support.runs import SMALL

NPY = f"embeddings{FORMATS['npy'].extension}"


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


@pytest.fixture
def whole_build(build):
    """Copy the whole build, with a table in the default format."""
    build(*(stage.FILE for stage in stages_with({})))
    complete("embeddings.txt")


# --- damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_flipped_bit_of_a_table_is_refused_by_every_command(build, built, cli, format):
    table = f"embeddings{FORMATS[format].extension}"
    build("ids.parquet", "vocab.tsv", table)
    complete(built / "embeddings.txt")
    dice, silent = random.Random(format), []
    flips = 0
    for name, command in OF_TABLES.items():
        for damaged in (table, f"{table}.manifest.json" if name == "neighbors" else table):
            mend = damage(damaged, dice)
            result = cli(*naming(table, command))
            flips += 1
            if result.code != 65 or result.out or table not in result.err:
                silent.append(f"{name}: {result}")
            mend()
    print(f"{format}: silent {len(silent)} of {flips}")
    assert silent == []


@pytest.mark.parametrize("artifact", [each for each in READERS if each != "embeddings.txt"])
def test_a_damaged_artifact_is_refused_by_every_command(whole_build, cli, artifact):
    dice = random.Random(artifact)
    for command in READERS[artifact]:
        for cut in (False, True):
            mend = damage(artifact, dice, cut=cut)
            result = cli(*naming(artifact, command))
            assert (result.code, result.out) == (65, "")
            assert f"{artifact} is not what its manifest says" in result.err
            mend()


@pytest.mark.parametrize("name", ["neighbors", "evaluate", "compare, first", "info"])
def test_an_undamaged_table_is_read(whole_build, cli, name):
    assert cli(*naming("embeddings.txt", OF_TABLES[name])).code == 0


def test_a_table_of_another_tool_has_no_manifest_and_is_read(build, cli):
    build("embeddings.txt")
    manifest_path(Path("embeddings.txt")).unlink()
    assert cli("neighbors", "embeddings.txt", "see").code == 0


def test_the_tokens_beside_a_lone_array_are_part_of_what_it_is(tmp_path):
    np.save(tmp_path / "words.npy", np.ones((2, 2), np.float32))
    found = set()
    for tokens in ("Hope\nto\n", "to\nHope\n"):
        (tmp_path / "words.txt").write_text(tokens)
        found.add(str(door.vectors("init", tmp_path / "words.npy").identity))
    assert len(found) == 2


def test_the_current_folder_can_be_a_table(build, cli, monkeypatch):
    build(NPY)
    monkeypatch.chdir(NPY)
    assert cli("neighbors", ".", "see").code == 0
    Path("vocab.tsv").write_text("id\ttoken\tcount\n")
    assert "is not what its manifest says" in cli("neighbors", ".", "see").err


# --- another kind, a newer format ------------------------------------------------------------


def sign(artifact, **changes):
    """Change the manifest of an artifact, with a valid checksum."""
    manifest = replace(read_manifest(Path(artifact)), **changes)
    manifest_path(Path(artifact)).write_text(manifest.to_json())


@pytest.mark.parametrize("artifact", READERS)
def test_a_newer_format_is_refused_by_name_by_every_command(whole_build, cli, artifact):
    stage = next(stage for stage in STAGES if artifact == stage.FILE)
    sign(artifact, format=99)
    for command in READERS[artifact]:
        result = cli(*naming(artifact, command))
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
        result = cli(*naming(str(model), command))
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
    assert re.search("^hint: (this is|these are) .*: (name what `|`corpus2vec )", result.err, re.M)


def test_tokens_for_ids_are_to_be_encoded_first(whole_build, cli):
    result = cli(*WRONG["tokens for ids"])
    hint = "hint: these are tokens: `corpus2vec encode` makes ids.parquet of it\n"
    assert result.err.endswith(hint)


def test_the_artifact_of_a_stage_that_is_not_known_is_refused_by_name(whole_build, cli):
    sign("tokens.parquet", stage="sentences")
    result = cli("vocab", "tokens.parquet", "-o", "o")
    assert result.code == 65
    assert "tokens.parquet was made by sentences, a stage that this corpus2vec does not know" in (
        result.err
    )
