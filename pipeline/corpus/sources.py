"""Find the files of a corpus, and open each one as a stream of decompressed bytes.

A person names files, folders, globs or `-`. Here they become a list of sources, in an order that
does not depend on the file system. A source knows its kind, compression and label, and how far it
has been read. What the bytes mean is the readers' concern (`readers.py`).
"""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import hashlib
import itertools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.signatures import refuse_no_text
from corpus2vec.pipeline.corpus.spans import Span, SpanStream
from corpus2vec.pipeline.corpus.streams import Stream, begun
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.compression import (
    COMPRESSIONS,
    HEAD_BYTES,
    compression_of,
    decompressed,
)
from corpus2vec.pipeline.files.failures import reading

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
ARCHIVES = (".tar", ".tgz", ".tbz2", ".txz", ".zip", ".7z", ".rar")
AS_IT_IS = "; or read it as it is, with --kind text"
WEB_PAGE = ("a web page", "extract its text first, such as with trafilatura" + AS_IT_IS)
MARKUP = {
    ".html": WEB_PAGE,
    ".htm": WEB_PAGE,
    ".xhtml": WEB_PAGE,
    ".warc": ("an archive of web pages", "extract their text first, such as with trafilatura"),
    ".xml": (
        "XML",
        "extract its text first (of a Wikipedia dump: with wikiextractor --json)" + AS_IT_IS,
    ),
}
"""What has its text among marks, and which tool takes it out."""
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
    digest: Any = field(default_factory=hashlib.sha256, compare=False)
    """SHA-256 of what was read so far. Only streams and what has a span feed it."""
    span: Span | None = None
    """The part of the file that is read, where the corpus is read in parts."""

    @property
    def is_stream(self) -> bool:
        """Whether it can be read only once."""
        return self.name == STDIN or self.is_pipe

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
            if self.name == STDIN:
                raw = cast("IO[bytes]", Stream(sys.stdin, sys.stdin.buffer, self.digest))
            else:
                raw = stack.enter_context(self.path.open("rb"))
                if self.is_pipe:
                    raw = cast("IO[bytes]", Stream(raw, raw, self.digest))
                elif self.bytes:
                    raw = cast("IO[bytes]", SpanStream(raw, self.bytes, self.digest))
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


def find_sources(
    paths: Sequence[str], config: CorpusConfig, output: Path | None = None
) -> list[Source]:
    """Return the sources that `paths` name: files as they are named, folders and globs sorted.

    `output` is where the stage writes: what was built there, below a folder of the corpus, is left
    out. Raise UsageError for a path that leads nowhere, DataError for a folder without files.
    """
    sources = [_source(name, config) for path in paths for name in _expand(path, config, output)]
    if sum(source.name == STDIN for source in sources) > 1:
        raise UsageError("standard input can be read only once", hint="name - once")
    return sources


def _expand(path: str, config: CorpusConfig, output: Path | None) -> list[str]:
    """Return the files that `path` names, sorted by name."""
    if path == STDIN:
        return [path]
    if os.path.lexists(path):
        matches, top = [path], path
    else:
        fixed = itertools.takewhile(lambda part: not glob.has_magic(part), Path(path).parts)
        top = os.path.join("", *fixed) or "."
        matches = glob.glob(path, recursive=True)
    if not matches:
        raise UsageError(f"there is no corpus {path}", hint="check the path; globs may be quoted")
    # A set, since `**` matches a folder and also each file in it.
    found = {
        name
        for match in matches
        for name in _files(match)
        if name == path or _is_chosen(os.path.relpath(name, top), config)
    }
    if output and not Path(path).is_file():
        found -= _built(found, path, output)
    if not found:
        chosen = " that --include and --exclude leave" * bool(config.include or config.exclude)
        raise DataError(f"there is no file in the folder {path}{chosen}")
    names = sorted(found, key=lambda name: Path(name).parts)
    for name in names:
        if not os.path.exists(name):
            raise UsageError(f"the link {name} leads nowhere", hint="correct it or remove it")
    return names


def _is_chosen(path: str, config: CorpusConfig) -> bool:
    """Return whether a file is read, by its path within the folder: patterns match any part of it.

    `drafts` and `drafts/old` match all that is below, `*.txt` the name of a file.
    """
    parts = Path(path).parts
    known = {*parts, *(os.path.join(*parts[:end]) for end in range(1, len(parts) + 1))}

    def matches(patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns for each in known)

    return not matches(config.exclude) and (not config.include or matches(config.include))


def _built(names: set[str], path: str, output: Path) -> set[str]:
    """Return the files below `path` that a build made: all in its folder, if that is below too."""
    folder = os.path.realpath(output.parent) + os.sep
    own = (os.path.realpath(output), os.path.realpath(output) + ".manifest.json")
    names_the_folder = (os.path.realpath(path) + os.sep).startswith(folder)
    built = set()
    for name in names:
        real = os.path.realpath(name)
        is_own = real in own or real.startswith(own[0] + os.sep)
        if is_own or (real.startswith(folder) and not names_the_folder):
            built.add(name)
    return built


def _files(path: str, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield `path`, or the files below it. Links to folders are followed, but never in a circle."""
    if os.path.isdir(path):
        real = os.path.realpath(path)
        if real not in above:
            with os.scandir(path) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        yield from _files(entry.path, above | {real})
    # Pipes and sockets in a folder are skipped, but a link that leads nowhere is reported later.
    elif not above or Path(path).is_file() or not os.path.exists(path):
        yield path


def _source(name: str, config: CorpusConfig) -> Source:
    path = Path(name)
    suffix = path.suffix.lower()
    compression = COMPRESSIONS.get(suffix, "")
    inner = path.with_suffix("") if compression else path
    kind = KINDS.get(inner.suffix.lower(), "text") if config.kind == "auto" else config.kind
    if config.kind == "auto" and inner.suffix.lower() in MARKUP:
        what, hint = MARKUP[inner.suffix.lower()]
        raise UsageError(f"{name} is {what}", hint=hint)
    if config.kind == "auto" and {suffix, inner.suffix.lower()} & set(ARCHIVES):
        raise UsageError(
            f"{name} is an archive of several files", hint="unpack it, and name the folder"
        )
    if config.kind == "auto" and inner.suffix.lower() == ".json":
        raise UsageError(
            f"{name}: .json may be many things",
            hint="if it has one JSON object a line, use --kind jsonl",
        )
    label = ""
    if config.label_from == "file":
        label = inner.stem if inner.suffix.lower() in (*KINDS, ".txt", ".text") else inner.name
    elif config.label_from == "folder":
        label = path.absolute().parent.name
    if any("\ud800" <= each <= "\udfff" for each in label):
        raise UsageError(f"{name}: the label in its name is not UTF-8", hint="rename it")
    if config.label_from != "none" and name == STDIN:
        raise UsageError("standard input has no name to take a label from")
    if kind == "text" and config.label_field:
        raise UsageError(
            f"{name} is plain text and has no field {config.label_field}",
            hint="use --kind, or take labels from names with --label-from file or folder",
        )
    if kind == "text" and config.id_field:
        raise UsageError(
            f"{name} is plain text and has no field {config.id_field}",
            hint="use --kind if it is JSON Lines, CSV, TSV or Parquet",
        )
    is_pipe = name != STDIN and path.is_fifo()
    return Source(name=name, kind=kind, compression=compression, label=label, is_pipe=is_pipe)
