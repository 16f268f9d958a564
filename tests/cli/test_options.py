"""Where settings come from: flags, the environment, config files, and the text that they take."""

import json
import os
import subprocess

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import TokenizeExecution, VocabExecution
from corpus2vec.pipeline.errors import DataError
from tests.support.commands import command
from tests.support.runs import SMALL, write

# --- precedence ------------------------------------------------------------------------------


def test_a_flag_overrides_the_environment_and_that_a_config_file(cli, built, tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text("[vocab]\nunk = 'file'\nmax-size = 3\n")
    arguments = ["vocab", built / "tokens.parquet", "-o", "-", "--config", file]

    def unk(*more):
        return cli(*arguments, *more).out.splitlines()[-1].split("\t")[1]

    assert unk() == "file"
    monkeypatch.setenv("CORPUS2VEC_VOCAB_UNK", "environment")
    assert unk() == "environment"
    assert unk("--unk", "flag") == "flag"
    assert len(cli(*arguments).out.splitlines()) == 1 + 3 + 1  # max-size from the file


def test_the_environment_names_the_section_of_a_setting(cli, monkeypatch, corpus, tmp_path):
    """Both evaluate and encode have --unknown, and three commands have --seed."""
    monkeypatch.setenv("CORPUS2VEC_ENCODE_UNKNOWN", "drop")
    (tmp_path / "v.txt").write_text("sea 1 0\nship 1 1\nnight 0 1\n")
    (tmp_path / "gold.txt").write_text("sea ship 8\nsea night 1\nship night 4\n")
    assert cli("evaluate", tmp_path / "v.txt", tmp_path / "gold.txt").code == 0
    monkeypatch.setenv("CORPUS2VEC_TRAIN_SEED", "7")
    build = tmp_path / "build"
    assert cli("run", corpus, "-o", build, *SMALL).code == 0
    manifests = {each.name.split(".")[0]: each for each in build.glob("*.manifest.json")}
    assert json.loads(manifests["model"].read_text())["config"]["seed"] == 7
    assert json.loads(manifests["ids"].read_text())["config"]["unknown"] == "drop"


def test_no_lower_overrides_a_config_file_with_lower(cli, corpus, tmp_path):
    (tmp_path / "c.toml").write_text("[tokenize]\nlower = true\n")
    config = ("--config", tmp_path / "c.toml")
    tokens = tmp_path / "t.parquet"
    for arguments, lower in ((config, True), ((*config, "--no-lower"), False)):
        assert cli("tokenize", corpus, "-o", tokens, *arguments).code == 0
        manifest = json.loads((tmp_path / "t.parquet.manifest.json").read_text())
        assert manifest["config"]["lower"] is lower


# --- config files ----------------------------------------------------------------------------


def test_run_takes_the_settings_of_every_stage_from_a_config_file(cli, corpus, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[tokenize]\ndrop = ['punct', 'space']\n[train]\ndim = 3\nthreads = 1\n")
    cli("run", corpus, "-o", tmp_path / "build", "--config", file, "--epochs", "1")
    manifest = json.loads(cli("info", tmp_path / "build/embeddings.txt", "--json").out)
    configs = {entry["stage"]: entry["config"] for entry in manifest["lineage"]}
    assert configs["tokenize"]["drop"] == ["space", "punct"]
    assert configs["train"]["dim"] == 3


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[train]\ndimm = 3", "[train] has no setting dimm", "did you mean dim?"),
        (
            "[training]\ndim = 3",
            "has training, which is not a section",
            "its sections are [tokenize]",
        ),
        ("dim = 3", "has dim, which is not a section", "its sections are [tokenize]"),
        ("[train", "is not TOML", ""),
    ],
)
def test_a_config_file_with_an_unknown_setting_is_refused(cli, tmp_path, text, message, hint):
    (tmp_path / "c.toml").write_text(text)
    result = cli("train", "ids", "vocab", "-o", "model", "--config", tmp_path / "c.toml")
    assert result.code == 2
    assert message in result.err
    assert hint in result.err


def test_workers_and_memory_can_be_set_in_a_config_file(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = {}

    def stage(name):
        def run(*arguments, **options):
            seen[name] = arguments[3]
            raise DataError("that is enough")

        return run

    for name in ("tokenize", "vocab"):
        monkeypatch.setattr(getattr(stages, name), "run", stage(name))
    config = write("c.toml", "[tokenize]\nworkers = 3\n[vocab]\nmemory = '700M'\n")
    corpus = write("a.txt", "Hope")
    cli("tokenize", corpus, "-o", "t.parquet", "--config", config)
    cli("vocab", "t.parquet", "-o", "v.tsv", "--config", config)
    assert seen["tokenize"] == TokenizeExecution(workers=3)
    assert seen["vocab"] == VocabExecution(memory="700M")
    cli("tokenize", corpus, "-o", "t.parquet", "--config", config, "--workers", "2")
    assert seen["tokenize"].workers == 2
    write("c.toml", "[tokenize]\nmemory = '700M'\n")
    result = cli("tokenize", corpus, "-o", "t.parquet", "--config", config)
    assert (result.code, "has no setting memory" in result.err) == (2, True)


# --- what an option takes --------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("vocab", "t.parquet", "-o", "v.tsv", "--unk", b"caf\xe9"),
        ("tokenize", "a.txt", "-o", "t.parquet", "--text-field", b"\xff"),
        ("lookup", "table.txt", b"caf\xe9"),
    ],
)
def test_text_that_is_not_utf8_is_refused_by_name(arguments, tmp_path):
    line = [os.fsencode(each) for each in command(arguments[0])] + [
        each if isinstance(each, bytes) else each.encode() for each in arguments[1:]
    ]
    result = subprocess.run(line, capture_output=True, cwd=tmp_path)
    assert result.returncode == 2
    assert b"is not UTF-8 text" in result.stderr
    assert b"internal" not in result.stderr


def test_a_negative_number_of_workers_is_refused(cli):
    result = cli("tokenize", "a.txt", "-o", "t.parquet", "--workers", "-1")
    assert result.code == 2
    assert "--workers" in result.err


@pytest.mark.parametrize("size", ["", "M", "0", "0G", "-1", "1.5G", "2X", "2 G", "2GB", "²", "٢"])
def test_memory_that_is_not_a_number_of_bytes_is_refused(cli, size):
    result = cli("vocab", "t.parquet", "-o", "v.tsv", "--memory", size)
    assert result.code == 2
    assert result.err == (
        f"error: --memory cannot be {size!r}\n"
        "hint: it takes a number of bytes, optionally followed by K, M, G or T\n"
    )
