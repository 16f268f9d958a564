"""The files of a corpus, each opened as a stream of decompressed bytes.

A source knows its kind, compression and label, and how far it has been read. `finding` makes them
of what a person names. What the bytes mean is the readers' concern (`readers.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from corpus2vec.pipeline.corpus.remote import RemoteFile
from corpus2vec.pipeline.corpus.signatures import refuse_no_text
from corpus2vec.pipeline.corpus.spans import Span
from corpus2vec.pipeline.corpus.streams import Stream, begun
from corpus2vec.pipeline.files.compression import (
    HEAD_BYTES,
    compression_of,
    decompressed,
)
from corpus2vec.pipeline.files.failures import reading

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """One file of a corpus, or standard input."""

    name: str
    kind: str
    """text, jsonl, csv, tsv or parquet."""
    compression: str = ""
    """gzip, bz2, xz, zstd or empty, by its name; the content may say otherwise."""
    label: str = ""
    """The label of all its documents, taken from its name (--label-from)."""
    is_pipe: bool = False
    """Whether it is a named pipe, such as the shell makes of <(zcat corpus.gz)."""
    remote: RemoteFile | None = field(default=None, compare=False)
    """What it is in an object store, if it is in one."""
    digest: Any = field(default_factory=hashlib.sha256, compare=False)
    """SHA-256 of what was read so far. Only streams and what has a span feed it."""
    span: Span | None = None
    """The part of the file that is read, where the corpus is read in parts."""

    @property
    def is_stream(self) -> bool:
        """Whether it can be read only once."""
        return self.name == STDIN or self.is_pipe or self.remote is not None

    @property
    def title(self) -> str:
        """Its name in messages."""
        return "standard input" if self.name == STDIN else self.name

    @property
    def path(self) -> Path:
        """The file. Standard input has none."""
        return Path(self.name)

    @property
    def is_compressed(self) -> bool:
        """Whether its name or its content says so; a file is opened for that."""
        if self.compression or self.is_stream:
            return bool(self.compression)
        with reading(self.title), self.path.open("rb") as file:
            return bool(compression_of(file.read(HEAD_BYTES)))

    @property
    def size(self) -> int | None:
        """How many bytes are read of it; None if nobody knows before they are read."""
        if self.remote:
            return self.remote.size
        if self.span:
            return self.span.size
        return None if self.is_stream else self.path.stat().st_size

    @property
    def traits(self) -> Mapping[str, str]:
        """What its name decides about its documents."""
        traits = {"kind": self.kind, "compression": self.compression, "label": self.label}
        if self.span:
            traits[self.span.unit] = str(self.span)
        return {key: value for key, value in traits.items() if value}

    @property
    def bytes(self) -> Span | None:
        """The bytes of the file that are read; None for all."""
        return self.span if self.span and self.span.unit == "bytes" else None

    @property
    def row_groups(self) -> Span | None:
        """The row groups of a Parquet file that are read; None for all."""
        return self.span if self.span and self.span.unit == "row groups" else None

    @property
    def begin(self) -> int:
        """The byte of the file at which reading begins."""
        return self.bytes.begin if self.bytes else 0

    def line(self, number: int) -> str:
        """Return the name of a line in messages. The lines before a span are not counted."""
        return f"{self.title} line {number}" + f" from byte {self.begin}" * bool(self.begin)

    @contextlib.contextmanager
    def open(self) -> Iterator[Opened]:
        """Open it. Raise StorageError or DataError, with its name, for what cannot be read."""
        with contextlib.ExitStack() as stack, reading(self.title):
            raw: IO[bytes]
            if self.remote:
                remote = stack.enter_context(self.remote.open())
                raw = cast("IO[bytes]", Stream(remote, remote, self.digest))
            elif self.name == STDIN:
                raw = cast("IO[bytes]", Stream(sys.stdin, sys.stdin.buffer, self.digest))
            else:
                raw = stack.enter_context(self.path.open("rb"))
                if self.is_pipe:
                    raw = cast("IO[bytes]", Stream(raw, raw, self.digest))
                elif self.bytes:
                    raw.seek(self.bytes.begin)
                    size = self.bytes.end - self.bytes.begin
                    raw = cast("IO[bytes]", Stream(raw, raw, self.digest, size))
            stream, head = begun(raw)
            # What its name says and its content does not is damaged, and reported as that.
            if compression := compression_of(head) or self.compression:
                stream, head = begun(stack.enter_context(decompressed(stream, compression)))
            if self.kind != "parquet":
                refuse_no_text(head, self.title)
            yield Opened(raw, stream)
            if self.is_stream or self.bytes:  # the digest is of all, also behind compressed data
                while raw.read(1 << 20):
                    pass


@dataclass
class Opened:
    """A source being read: `raw` is the file as it is on the disk, `stream` decompresses it."""

    raw: IO[bytes]
    stream: IO[bytes]
    cuts: int = 0
    """Cuts made in documents that were too long."""
    missing: int = 0
    """Records that were left out, since they lack a field (--on-missing skip)."""
    notices: dict[str, str] = field(default_factory=dict)
    """What a person should know of how it is read, by what it is about."""

    @property
    def position(self) -> int:
        """Bytes of the file read so far."""
        return self.raw.tell()
