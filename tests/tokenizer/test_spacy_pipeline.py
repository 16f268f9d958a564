"""The spaCy pipeline that --lang or --model names: loaded, refused, and identified."""

import shutil
import subprocess
import sys

import pytest

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.config.tokenize import ADDED
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.tokenizer import (
    deciding,
    import_spacy,
    load_pipeline,
    versions,
)

spacy = import_spacy(with_torch=False)


def test_spacy_is_imported_without_torch_which_can_be_imported_afterwards():
    lines = [
        "import sys",
        "from corpus2vec.pipeline.tokenizer import import_spacy",
        "spacy = import_spacy(with_torch=False)",
        "print(*[token.text for token in spacy.blank('en')('Hope to see')])",
        "print('torch' in sys.modules)",
        "import torch",
        "print(torch.ones(2).sum().item())",
    ]
    process = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert process.stdout.splitlines() == ["Hope to see", "False", "2.0"], process.stderr


# --- what is refused --------------------------------------------------------------------------


def refusal(**settings):
    with pytest.raises(UsageError) as refused:
        load_pipeline(TokenizeConfig(**settings))
    return refused.value.message


@pytest.mark.parametrize("lang", ["qq", "", "EN", "../en", "punctuation", "en.stop_words"])
def test_an_unknown_language_is_refused(lang):
    assert refusal(lang=lang).startswith(f"spaCy cannot load the language {lang!r}: ")


@pytest.mark.parametrize("model", ["no_such_model", "pytest", "json", "numpy"])
def test_what_is_no_pipeline_is_refused(model):
    assert refusal(model=model).startswith(f"spaCy cannot load the pipeline {model}: ")


def test_a_folder_that_holds_no_pipeline_is_refused(tmp_path):
    assert refusal(model=str(tmp_path)).startswith(f"spaCy cannot load the pipeline {tmp_path}: ")


def test_a_damaged_pipeline_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    (tmp_path / "tokenizer").write_bytes(b"\xc1")
    assert refusal(model=str(tmp_path)).startswith(f"spaCy cannot load the pipeline {tmp_path}: ")


def test_lemmas_need_something_that_lemmatizes():
    assert refusal(lemma=True) == "--lemma: the blank en has nothing that lemmatizes"


def test_lemmas_need_a_pipeline_that_lemmatizes(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    expected = f"--lemma: the pipeline {tmp_path} has nothing that lemmatizes"
    assert refusal(lemma=True, model=str(tmp_path)) == expected


# --- what decides tokens ----------------------------------------------------------------------


def test_the_versions_of_the_tools_that_decide_tokens():
    found = versions(TokenizeConfig())
    assert found["spacy"] == spacy.__version__
    assert set(found) == {"spacy", "pyarrow", "python"}


def test_an_installed_pipeline_s_version_is_one_of_them():
    assert versions(TokenizeConfig(model="numpy")).keys() >= {"numpy"}


def test_a_pipeline_that_is_not_installed_is_refused_with_how_to_get_it():
    with pytest.raises(UsageError) as refused:
        versions(TokenizeConfig(model="no_such_model"))
    assert refused.value.message == "the spaCy pipeline no_such_model is not installed"
    assert refused.value.hint == "python -m spacy download no_such_model"


def test_without_a_model_every_setting_decides():
    config = TokenizeConfig(lang="fi", lower=True)
    assert deciding(config) == {
        name: each for name, each in vars(config).items() if name not in ADDED
    }


def test_an_installed_pipeline_decides_by_its_name_and_the_language_does_not():
    settings = deciding(TokenizeConfig(lang="fi", model="numpy"))
    assert settings["model"] == "numpy"
    assert settings == deciding(TokenizeConfig(lang="de", model="numpy"))


def test_the_place_of_a_folder_decides_nothing(tmp_path, monkeypatch):
    spacy.blank("en").to_disk(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    configs = [TokenizeConfig(model=model) for model in ("one", f"{tmp_path}/one", "other")]
    absolute, *others = configs
    for config in others:
        assert deciding(config) == deciding(absolute)
        assert versions(config) == versions(absolute)
    assert deciding(absolute)["model"] == "folder"
