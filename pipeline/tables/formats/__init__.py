"""The formats of a dump, one module a family: specification, writer and reader.

    grid               a grid to look at
    text               word2vec, GloVe and fastText text
    word2vec_binary    word2vec's binary format
    parquet            Parquet
    projector          the TensorFlow Projector's two files
    npy                NumPy's format beside a vocabulary
    static_embedding   what model2vec and sentence-transformers load
    spacy_vectors      a pipeline that spaCy loads
    fasttext_model     fastText's .bin, which is only read
    foreign            what is known by its first bytes, and not read
    rows, arrays       what these share: rows of numbers as text, matrices in files

Names, extensions and layouts are in the registry, `config/formats.py`, which also says how a format
is added. A module has the functions of `FileFormat` or of `FolderFormat`, as its layout is.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, runtime_checkable

from corpus2vec.pipeline.config.formats import FORMATS

if TYPE_CHECKING:
    from corpus2vec.pipeline.config import DumpConfig
    from corpus2vec.pipeline.tables.table import Table


@dataclass(frozen=True)
class VectorFile:
    """A file of word vectors, opened: what a reader is given."""

    path: Path
    """For messages, and for Parquet, which is read from its end."""
    stream: BufferedIOBase
    """Its bytes from the first on, decompressed."""
    probe: bytes
    """As many of the first ones as recognizing a format takes."""
    wanted: frozenset[str] | None = None
    """The tokens whose rows are needed; None: all. A reader may pass over the other rows."""


@runtime_checkable
class FileFormat(Protocol):
    """A module of formats of one file."""

    def write(self, sink: IO[bytes], table: Table, config: DumpConfig) -> None:
        """Write the table."""

    def recognizes(self, probe: bytes) -> bool:
        """Return whether a file that begins so is of this family."""

    def read(self, file: VectorFile) -> Iterator[Table]:
        """Yield the rows block by block. Raise DataError for a fault, with its line or row."""

    def read_strictly(self, file: VectorFile, ready: Table, config: DumpConfig) -> Iterator[Table]:
        """Yield the rows of a dump of `ready`. Raise DataError for what any reader may trip over.

        `verify` compares them with `ready`.
        """


@runtime_checkable
class FolderFormat(Protocol):
    """A module of a format of several files."""

    FILES: tuple[str, ...]
    """A folder that has all of these is of this format."""
    PLACES: tuple[str, ...]
    """Where in a folder they may be: "" is the folder itself."""

    def write(self, folder: Path, table: Table, config: DumpConfig) -> None:
        """Write the table into an empty folder."""

    def read(self, place: Path) -> Iterator[Table]:
        """Yield the rows block by block, of the folder that has FILES. Raise DataError."""


def module_of(name: str) -> Any:
    """Return the module of a format: a FileFormat or a FolderFormat."""
    return importlib.import_module(f"{__name__}.{FORMATS[name].module}")


def only_read() -> list[Any]:
    """Return the modules of files that are read and never written."""
    return [importlib.import_module(f"{__name__}.fasttext_model")]
