"""init and config as commands."""

import json
import shutil
import subprocess
import sys

from tests.support.runs import SAMPLES


def test_init_makes_a_project_that_make_builds(cli, tmp_path):
    folder = tmp_path / "mine"
    result = cli("init", folder)
    assert result.err.startswith("wrote corpus2vec.toml, Makefile, .gitignore\nnext: cp YOUR_TEXT ")
    shutil.copy(SAMPLES / "phrases.txt", folder / "corpus.txt")
    settings = (folder / "corpus2vec.toml").read_text()
    settings = settings.replace("# dim = 100", "dim = 2").replace("# epochs = 5", "epochs = 1")
    (folder / "corpus2vec.toml").write_text(settings)
    make = ["make", "-C", folder, f"CORPUS2VEC={sys.executable} -m corpus2vec"]
    built = subprocess.run(make, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    manifest = json.loads((folder / "build/model.safetensors.manifest.json").read_text())
    assert (manifest["config"]["dim"], manifest["config"]["epochs"]) == (2, 1)
    assert "Nothing to be done" in subprocess.run(make, capture_output=True, text=True).stdout
    again = cli("init", folder)
    assert again.code == 2
    assert "has corpus2vec.toml, Makefile, .gitignore already" in again.err


def test_config_shows_where_each_setting_comes_from(cli, tmp_path, monkeypatch):
    file = tmp_path / "c.toml"
    file.write_text("[train]\ndim = 3\nepochs = 2\n")
    monkeypatch.setenv("CORPUS2VEC_TRAIN_EPOCHS", "7")
    lines = cli("config", "train", "--config", file).out.splitlines()
    found = {line.split("\t")[1]: line.split("\t")[2:] for line in lines}
    assert found["dim"] == ["3", str(file)]
    assert found["epochs"] == ["7", "CORPUS2VEC_TRAIN_EPOCHS"]
    assert found["layers"][1] == "default"
    assert all(line.startswith("train\t") for line in lines)
    assert "there is no section trian" in cli("config", "trian").err


def test_the_schema_knows_every_setting(cli):
    schema = json.loads(cli("config", "--schema").out)
    dim = schema["properties"]["train"]["properties"]["dim"]
    assert (dim["type"], dim["default"], dim["minimum"]) == ("integer", 100, 1)
    lines = [each.split("\t")[:2] for each in cli("config").out.splitlines()]
    assert {(section, name) for section, name in lines} == {
        (section, name)
        for section, each in schema["properties"].items()
        for name in each["properties"]
    }


def test_a_variable_that_is_no_setting_is_reported(cli, built, monkeypatch):
    monkeypatch.setenv("CORPUS2VEC_TRIAN_DIM", "3")
    result = cli("info", built)
    assert result.code == 0
    assert result.err == (
        "CORPUS2VEC_TRIAN_DIM is no setting; did you mean CORPUS2VEC_TRAIN_DIM?\n"
    )
