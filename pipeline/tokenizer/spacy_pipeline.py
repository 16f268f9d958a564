"""The spaCy pipeline that decides what a token is: how it is found, loaded and identified.

--lang names a blank pipeline, --model an installed package or a folder. What identifies it goes
into the recipe: settings (`deciding`), versions of packages (`versions`), and the files of a folder
as inputs; never a path.
"""

from __future__ import annotations

import difflib
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.errors import UsageError

if TYPE_CHECKING:
    from spacy.language import Language

# A token is dropped for the first of these classes that it belongs to.
CLASSES = {"space": "IS_SPACE", "punct": "IS_PUNCT", "num": "LIKE_NUM", "stop": "IS_STOP"}

# What spaCy raises for an unknown language, a package that is no pipeline, a damaged folder.
LOADING_ERRORS = (AttributeError, ImportError, KeyError, OSError, TypeError, ValueError)

PACKAGES = {
    "ja": ("sudachipy", "sudachidict_core"),
    "ko": ("natto-py",),
    "th": ("pythainlp",),
    "vi": ("pyvi",),
}
"""What spaCy needs beside itself for a language; the extra has the language's code."""

FOLDER = "folder"
"""What a recipe has in place of the path of a --model folder."""


def import_spacy(with_torch: bool) -> ModuleType:
    """Import spaCy, without the 1.3 seconds of torch that it would import and not use.

    thinc takes torch to be absent if importing it fails. Pipelines given by --model may need it.
    """
    blocked = not with_torch and "torch" not in sys.modules and "spacy" not in sys.modules
    if blocked:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy
    finally:
        if blocked:
            del sys.modules["torch"]
    return spacy


def versions(config: TokenizeConfig) -> dict[str, str]:
    """Return the versions of the tools that decide tokens.

    Raises UsageError where --model is neither a folder nor an installed package.
    """
    tools = {
        "spacy": metadata.version("spacy"),
        "pyarrow": metadata.version("pyarrow"),
        # Lower case and white space follow the Unicode tables of this Python.
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    if not config.model:
        for package in PACKAGES.get(config.lang, ()):
            try:
                tools[package] = metadata.version(package)
            except metadata.PackageNotFoundError as problem:
                raise _no_language(config.lang, problem) from problem
    if config.model and not is_model_folder(config.model):
        try:
            tools[config.model] = metadata.version(config.model)
        except metadata.PackageNotFoundError as problem:
            raise UsageError(
                f"the spaCy pipeline {config.model} is not installed",
                hint=f"python -m spacy download {config.model}",
            ) from problem
    return tools


def deciding(config: TokenizeConfig) -> dict[str, Any]:
    """Return the settings that decide tokens, as a recipe has them.

    With --model, --lang has no effect and is left out. A folder's content decides and not its
    path, so the recipe has its files as inputs, and "folder" instead of the path.

    >>> deciding(TokenizeConfig(lang="fi"))["lang"]
    'fi'
    >>> settings = deciding(TokenizeConfig(lang="fi", model="en_core_web_sm"))
    >>> settings["model"], "lang" in settings
    ('en_core_web_sm', False)
    """
    settings = config.deciding()
    if config.model:
        del settings["lang"]
        settings["model"] = FOLDER if is_model_folder(config.model) else config.model
    return settings


def is_model_folder(model: str) -> bool:
    """Return whether --model names a folder rather than an installed package."""
    return Path(model).is_dir()


def load_pipeline(config: TokenizeConfig) -> Language:
    """Load the spaCy pipeline that `config` names.

    Raises UsageError for a language or a pipeline that spaCy does not have, or that cannot do
    what is asked of it.
    """
    spacy = import_spacy(with_torch=config.model is not None)
    try:
        nlp: Language = spacy.load(config.model) if config.model else spacy.blank(config.lang)
    except LOADING_ERRORS as problem:
        if not config.model:
            raise _no_language(config.lang, problem) from problem
        reason = " ".join(str(problem).split())
        raise UsageError(
            f"spaCy cannot load the pipeline {config.model}: {reason:.300}"
        ) from problem
    if config.lemma and not _assigns(nlp, "token.lemma"):
        raise UsageError(
            f"--lemma: the {'pipeline ' + config.model if config.model else 'blank ' + config.lang}"
            " has nothing that lemmatizes",
            hint="give a --model with a lemmatizer, such as en_core_web_sm",
        )
    if config.sentences and not _assigns(nlp, "token.is_sent_start"):
        nlp.add_pipe("sentencizer", first=True)
    return nlp


def _no_language(lang: str, problem: Exception) -> UsageError:
    """Return the error for a language that spaCy does not have, or whose package is missing."""
    names = language_names()
    if lang in names:
        reason = " ".join(str(problem).split())
        hint = f"pip install 'corpus2vec[{lang}]'" if lang in PACKAGES else ""
        if lang == "ko":
            hint += ", and mecab-ko with its dictionary, a library of the system"
        return UsageError(
            f"spaCy cannot load the language {lang!r}: {names[lang]} needs a package or library "
            f"that is missing ({reason:.200})",
            hint=hint,
        )
    # A code such as de_DE or deu, a name such as German, or what is spelt like one.
    wanted = lang.lower().replace("_", "-").split("-")[0]
    by_name = {name.lower(): code for code, name in names.items()}
    close = [wanted] * (wanted in names)
    close += [by_name[each] for each in difflib.get_close_matches(wanted, by_name, 2, 0.75)]
    close += [code for code in names if len(wanted) == 3 and wanted.startswith(code)]
    close += difflib.get_close_matches(wanted, names, 3, 0.6)
    shown = ", ".join(f"{code} ({names[code]})" for code in list(dict.fromkeys(close))[:3])
    return UsageError(
        f"spaCy cannot load the language {lang!r}: it has none of that name",
        hint=f"did you mean --lang {shown}?" if shown else f"it has {', '.join(sorted(names))}",
    )


def language_names() -> dict[str, str]:
    """Return the languages that spaCy has, by their codes: {"de": "German", …}."""
    import spacy.lang

    names = {}
    for folder in spacy.lang.__path__:
        for path in sorted(Path(folder).glob("*/__init__.py")):
            found = re.search(r"^class (\w+)\(Language\)", path.read_text("utf-8"), re.MULTILINE)
            if found:
                names[path.parent.name] = found[1]
    return names


def word_notice(config: TokenizeConfig) -> str | None:
    """Return what a person should know of how a language is split, or None."""
    if config.model is None and config.lang == "zh":
        return (
            "--lang zh makes a token of each character; for words, give a --model, such as "
            "zh_core_web_sm"
        )
    return None


def _assigns(nlp: Language, attribute: str) -> bool:
    return any(attribute in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names)
