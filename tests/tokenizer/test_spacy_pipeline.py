"""The spaCy pipeline that --lang or --model names: loaded, refused, and identified."""

import shutil
import subprocess
import sys
from importlib import metadata

import pytest

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.config.tokenize import ADDED, CHOOSING
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.tokenizer import (
    deciding,
    import_spacy,
    load_pipeline,
    versions,
)
from corpus2vec.pipeline.tokenizer.spacy_pipeline import PACKAGES, word_notice

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


@pytest.mark.parametrize(
    ("lang", "meant"),
    [
        ("german", "de (German)"),
        ("Deu", "de (German)"),
        ("de_DE", "de (German)"),
        ("englisch", "en (English)"),
        ("EN", "en (English)"),
        ("spanisch", "es (Spanish)"),
    ],
)
def test_the_nearest_languages_are_named(lang, meant):
    with pytest.raises(UsageError) as refused:
        load_pipeline(TokenizeConfig(lang=lang))
    assert refused.value.message == (
        f"spaCy cannot load the language {lang!r}: it has none of that name"
    )
    assert refused.value.hint.startswith("did you mean --lang ")
    assert meant in refused.value.hint


def test_all_languages_are_listed_where_none_is_near():
    with pytest.raises(UsageError) as refused:
        load_pipeline(TokenizeConfig(lang="0000"))
    assert refused.value.hint.startswith("it has af, am, ar, ")


@pytest.mark.parametrize("lang", PACKAGES)
def test_a_language_without_its_packages_names_the_extra(lang, monkeypatch):
    def version(name):
        if name in PACKAGES[lang]:
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(UsageError) as refused:
        versions(TokenizeConfig(lang=lang))
    assert refused.value.message.startswith(f"spaCy cannot load the language {lang!r}: ")
    assert refused.value.hint.startswith(f"pip install 'corpus2vec[{lang}]'")


def test_chinese_says_that_it_is_split_by_character():
    assert "a token of each character" in word_notice(TokenizeConfig(lang="zh"))
    assert word_notice(TokenizeConfig(lang="en")) is None
    assert word_notice(TokenizeConfig(lang="zh", model="zh_core_web_sm")) is None


WORDS = {
    "ja": ("東京に行きました", ["東京", "に", "行き", "まし", "た"]),
    "th": ("สวัสดีครับผม", ["สวัสดี", "ครับผม"]),
    "vi": ("Hà Nội là thủ đô", ["Hà Nội", "là", "thủ đô"]),
}


@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")  # spaCy's own call
@pytest.mark.parametrize("lang", WORDS)
def test_the_extra_of_a_language_finds_words(lang):
    config = TokenizeConfig(lang=lang)
    try:
        tools = versions(config)
    except UsageError as missing:
        pytest.skip(f"{lang}: not installed: {missing.hint}")
    assert set(PACKAGES[lang]) <= set(tools)
    text, expected = WORDS[lang]
    assert [token.text for token in load_pipeline(config)(text)] == expected


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
    others = {*ADDED, *CHOOSING, "part"}  # at their defaults, or of no effect on what is in a file
    assert deciding(config) == {
        name: each for name, each in vars(config).items() if name not in others
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
