"""The settings of tokenize: what the corpus is, and how it becomes tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus2vec.pipeline.config.settings import Execution, Settings, require, setting


@dataclass(frozen=True, kw_only=True)
class CorpusConfig(Settings):
    """How the files of a corpus become documents."""

    kind: Literal["auto", "text", "jsonl", "csv", "tsv", "parquet"] = setting(
        "auto", "What the corpus files are; auto goes by the extension, and text is the rest."
    )
    doc_per: Literal["line", "paragraph", "file"] = setting(
        "line", "In plain text, what one document is; paragraphs are parted by blank lines."
    )
    text_field: str = setting(
        "text", "The field or column that holds the text (JSON Lines, CSV, TSV, Parquet)."
    )
    label_field: str | None = setting(
        None, "The field or column that holds the label, for --objective classify."
    )
    label_from: Literal["none", "file", "folder"] = setting(
        "none", "Take each document's label from its file's name (less extensions) or its folder's."
    )
    encoding_errors: Literal["strict", "replace"] = setting(
        "strict", "On bytes that are not UTF-8: stop and say where, or put U+FFFD in their place."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.label_field is None or self.label_from == "none",
            "--label-field and --label-from both say where the label is",
            "give one of them",
        )


DROPPABLE = ("space", "punct", "num", "stop")


@dataclass(frozen=True, kw_only=True)
class TokenizeConfig(CorpusConfig):
    """How documents become tokens."""

    lang: str = setting("en", "A spaCy language code; its blank pipeline's tokenizer is used.")
    model: str | None = setting(
        None, "An installed spaCy pipeline (name or folder) instead of a blank --lang."
    )
    lower: bool = setting(False, "Lower-case every token.")
    lemma: bool = setting(False, "Keep lemmas instead of forms; needs a --model that lemmatizes.")
    drop: tuple[str, ...] = setting(
        ("space",), "Token classes to leave out: any of space,punct,num,stop; '' keeps all."
    )
    sentences: bool = setting(False, "Make each sentence a document.")
    max_doc_tokens: int | None = setting(
        None, "Cut documents into pieces of at most this many tokens.", least=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.drop if name not in DROPPABLE]
        require(
            not unknown,
            f"--drop does not know {', '.join(unknown)}",
            f"it takes any of {','.join(DROPPABLE)}",
        )
        # One spelling for one meaning, or the order of names would make a new fingerprint.
        ordered = tuple(name for name in DROPPABLE if name in self.drop)
        object.__setattr__(self, "drop", ordered)


@dataclass(frozen=True, kw_only=True)
class TokenizeExecution(Execution):
    """How tokenizing is carried out: what a person chooses that is no part of the recipe."""

    workers: int | None = setting(
        None,
        "Processes that tokenize; by default as many as processors and corpus are worth, at most "
        "6.",
        least=1,
        heading="Execution",
    )
