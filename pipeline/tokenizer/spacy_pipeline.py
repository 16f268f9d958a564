"""The spaCy pipeline that decides what a token is: found, loaded, and its versions told."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.errors import UsageError

if TYPE_CHECKING:
    from spacy.language import Language

# The class a token is dropped for is the first of these that it belongs to.
CLASSES = {"space": "IS_SPACE", "punct": "IS_PUNCT", "num": "LIKE_NUM", "stop": "IS_STOP"}

# What spaCy lets through of an unknown language, a package that is no pipeline, a damaged folder.
LOADING_ERRORS = (AttributeError, ImportError, KeyError, OSError, TypeError, ValueError)


def import_spacy(with_torch: bool) -> ModuleType:
    """spaCy, without the 1.3 seconds of torch that it would import and not use.

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
    """The versions of the tools that decide tokens."""
    tools = {
        "spacy": metadata.version("spacy"),
        "pyarrow": metadata.version("pyarrow"),
        # Lower-casing and white space go by the Unicode tables that Python carries.
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    if config.model and not is_model_folder(config.model):
        try:
            tools[config.model] = metadata.version(config.model)
        except metadata.PackageNotFoundError as problem:
            raise UsageError(
                f"the spaCy pipeline {config.model} is not installed",
                hint=f"python -m spacy download {config.model}",
            ) from problem
    return tools


def is_model_folder(model: str) -> bool:
    """Whether --model names a folder rather than an installed package."""
    return Path(model).is_dir()


def load_pipeline(config: TokenizeConfig) -> Language:
    """The spaCy pipeline that `config` asks for.

    Raises UsageError for a language or a pipeline that spaCy does not have, or that cannot do
    what is asked of it.
    """
    spacy = import_spacy(with_torch=config.model is not None)
    try:
        nlp: Language = spacy.load(config.model) if config.model else spacy.blank(config.lang)
    except LOADING_ERRORS as problem:
        wanted = f"pipeline {config.model}" if config.model else f"language {config.lang!r}"
        reason = " ".join(str(problem).split())
        raise UsageError(f"spaCy cannot load the {wanted}: {reason:.300}") from problem
    if config.lemma and not any(
        "token.lemma" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names
    ):
        raise UsageError(
            f"--lemma: the {'pipeline ' + config.model if config.model else 'blank ' + config.lang}"
            " has nothing that lemmatizes",
            hint="give a --model with a lemmatizer, such as en_core_web_sm",
        )
    marks_sentences = any(
        "token.is_sent_start" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names
    )
    if config.sentences and not marks_sentences:
        nlp.add_pipe("sentencizer", first=True)
    return nlp
