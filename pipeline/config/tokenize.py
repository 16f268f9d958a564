"""The settings of tokenize: what the corpus is, and how it becomes tokens."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from corpus2vec.pipeline.config.parts import Parted, PartedExecution
from corpus2vec.pipeline.config.settings import Settings, require, setting

ADDED = ("id_field", "on_missing", "delimiter", "quoting", "header")
"""Settings that came later than the format of tokens.parquet."""
CHOOSING = ("include", "exclude")
"""Settings that choose files: what is in the files decides, not how they were chosen."""


@dataclass(frozen=True, kw_only=True)
class CorpusConfig(Settings):
    """How the files of a corpus become documents."""

    kind: Literal["auto", "text", "jsonl", "csv", "tsv", "parquet"] = setting(
        "auto",
        "Format of the corpus files; auto goes by the extension, and is text for others.",
    )
    doc_per: Literal["line", "paragraph", "file"] = setting(
        "line", "What one document is in plain text; blank lines separate paragraphs."
    )
    text_field: str = setting(
        "text",
        "Field or column with the text (JSON Lines, CSV, TSV, Parquet); doc.body is a field within "
        "another, title,body are two whose texts are joined by a line break.",
        several=True,
    )
    label_field: str | None = setting(
        None, "Field or column with the label, for --objective classify."
    )
    id_field: str | None = setting(
        None,
        "Field or column with the document's id, which tokens.parquet and ids.parquet then carry.",
    )
    on_missing: Literal["error", "skip"] = setting(
        "error", "On a record without a field that is needed: stop, or leave it out and count it."
    )
    delimiter: str | None = setting(
        None,
        "The character between two columns of CSV or TSV; tab for a tab. By default a comma or a "
        "tab, or else the one of ,;| or tab that separates the named columns in the first row.",
        metavar="CHAR",
    )
    quoting: Literal["minimal", "none"] = setting(
        "minimal",
        'What a " at the beginning of a CSV or TSV cell is: the beginning of a quoted cell, or '
        "(none) a character like any other.",
    )
    header: bool = setting(
        True,
        "The first row of CSV and TSV names the columns; without a header, name them by number, "
        "from 1.",
    )
    label_from: Literal["none", "file", "folder"] = setting(
        "none",
        "Take each document's label from the name of its file (no extensions) or folder.",
    )
    include: tuple[str, ...] = setting(
        (),
        "Of a folder, read only the files whose name, path or folder matches one of these, such as "
        "'*.txt'.",
        metavar="PATTERN",
    )
    exclude: tuple[str, ...] = setting(
        (),
        "Of a folder, leave out the files whose name, path or folder matches, such as 'drafts'.",
        metavar="PATTERN",
    )
    encoding_errors: Literal["strict", "replace"] = setting(
        "strict",
        "On bytes that are not UTF-8: stop and say where, or replace them with U+FFFD.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.label_field is None or self.label_from == "none",
            "--label-field and --label-from both say where the label is",
            "give one of them",
        )
        if self.delimiter is not None:
            character = {"tab": "\t", "\\t": "\t"}.get(self.delimiter, self.delimiter)
            require(
                len(character) == 1 and character not in '"\r\n',
                f"--delimiter cannot be '{self.delimiter}'",
                "it is one character, such as ; or tab",
            )
            object.__setattr__(self, "delimiter", character)

    @property
    def text_fields(self) -> tuple[str, ...]:
        """The fields that --text-field names."""
        return tuple(each.strip() for each in self.text_field.split(",") if each.strip())

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide an artifact's bytes.

        Those in ADDED are left out where they have their default: an artifact that was made before
        there was such a setting is made no other way with it.
        """
        settings = super().deciding()
        for name in CHOOSING:
            del settings[name]
        usual = {field.name: field.default for field in dataclasses.fields(self)}
        return {
            name: value
            for name, value in settings.items()
            if name not in ADDED or value != usual[name]
        }


DROPPABLE = ("space", "punct", "num", "stop")


@dataclass(frozen=True, kw_only=True)
class TokenizeConfig(CorpusConfig, Parted):
    """How documents become tokens."""

    lang: str = setting("en", "spaCy's code of the language, whose blank tokenizer is used.")
    model: str | None = setting(
        None, "A spaCy pipeline, by name or folder, instead of a blank --lang."
    )
    lower: bool = setting(False, "Lower-case every token.")
    lemma: bool = setting(False, "Keep lemmas, not word forms; needs a --model with a lemmatizer.")
    drop: tuple[str, ...] = setting(
        ("space",), "Token classes to leave out, any of space,punct,num,stop; '' keeps all."
    )
    sentences: bool = setting(False, "Make each sentence a document.")
    max_doc_tokens: int | None = setting(
        None, "Cut longer documents into pieces of at most this many tokens.", least=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.drop if name not in DROPPABLE]
        require(
            not unknown,
            f"--drop does not know {', '.join(unknown)}",
            f"it takes any of {','.join(DROPPABLE)}",
        )
        # One order of names, or another order would make another fingerprint.
        ordered = tuple(name for name in DROPPABLE if name in self.drop)
        object.__setattr__(self, "drop", ordered)


@dataclass(frozen=True, kw_only=True)
class TokenizeExecution(PartedExecution):
    """How tokenizing is carried out: what a person chooses that is no part of the recipe."""

    workers: int | None = setting(
        None,
        "Processes that tokenize; by default up to 6, by processors and size of the corpus. Of "
        "several parts, how many are made at once; by default as many as there are processors.",
        least=1,
        most=1024,
        heading="Execution",
    )
