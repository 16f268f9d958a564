"""The registry of dump formats: their names, extensions and layouts, and which settings they heed.

A new format is one line in `FORMATS` and one module in `pipeline/tables/formats/`, which has its
specification, its writer and its reader. Everything else derives from these two: `--format` and its
help, the name of the output, which settings are part of the recipe, how a token is escaped, how a
file of any tool is recognized, and how a dump is verified. The registry is here, and not beside the
modules, because `corpus2vec --help` reads it: nothing heavy may be imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Layout(Enum):
    """How a format lies on the disk."""

    FILE = "one file"
    FOLDER = "several files in a folder"


class Unsafe(Enum):
    """The characters at which a format's readers would split a token."""

    NOTHING = "nothing"
    WHITE_SPACE = "white space"
    TABS_AND_LINE_ENDS = "tabs or line ends"


@dataclass(frozen=True, kw_only=True)
class Format:
    """What is known of a format without opening its module."""

    extension: str
    """Of the file or folder; --format auto goes by it."""
    layout: Layout
    module: str
    """Its module in `pipeline/tables/formats/`."""
    unsafe: Unsafe = Unsafe.NOTHING
    settings: tuple[str, ...] = ()
    """Settings that decide how this format is written; all others decide the table itself."""
    tools: tuple[str, ...] = ()
    """Packages whose version may decide bytes."""
    language: bool = False
    """Whether the corpus's language is written down."""


COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
"""The extensions behind that of a text format that compress it."""
TEXT_MODULES = ("grid", "text")
"""The modules of the formats that are text in one file."""

FORMATS: dict[str, Format] = {
    "table": Format(
        extension=".txt",
        layout=Layout.FILE,
        module="grid",
        settings=("columns", "precision"),
        tools=("pyarrow",),
    ),
    "word2vec": Format(
        extension=".w2v",
        layout=Layout.FILE,
        module="text",
        unsafe=Unsafe.WHITE_SPACE,
        settings=("precision", "unsafe_token"),
        tools=("pyarrow",),
    ),
    "word2vec-binary": Format(
        extension=".bin",
        layout=Layout.FILE,
        module="word2vec_binary",
        unsafe=Unsafe.WHITE_SPACE,
        settings=("unsafe_token",),
    ),
    "glove": Format(
        extension=".glove",
        layout=Layout.FILE,
        module="text",
        unsafe=Unsafe.WHITE_SPACE,
        settings=("precision", "unsafe_token"),
        tools=("pyarrow",),
    ),
    "fasttext": Format(
        extension=".vec",
        layout=Layout.FILE,
        module="text",
        unsafe=Unsafe.WHITE_SPACE,
        settings=("precision", "unsafe_token"),
        tools=("pyarrow",),
    ),
    "parquet": Format(
        extension=".parquet",
        layout=Layout.FILE,
        module="parquet",
        tools=("pyarrow",),
    ),
    "tsv": Format(
        extension=".tsv",
        layout=Layout.FOLDER,
        module="projector",
        unsafe=Unsafe.TABS_AND_LINE_ENDS,
        settings=("precision", "unsafe_token"),
        tools=("pyarrow",),
    ),
    "npy": Format(extension=".npy", layout=Layout.FOLDER, module="npy"),
    "safetensors": Format(
        extension=".safetensors",
        layout=Layout.FOLDER,
        module="static_embedding",
        tools=("spacy",),
        language=True,
    ),
    "spacy": Format(
        extension=".spacy",
        layout=Layout.FOLDER,
        module="spacy_vectors",
        tools=("spacy",),
        language=True,
    ),
}
"""Every format by its name in --format."""
