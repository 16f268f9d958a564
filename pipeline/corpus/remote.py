"""Corpus files in object stores: s3://, gs:// and hdfs:// through Arrow, others through fsspec.

Credentials, regions and endpoints come from the environment, as each store's own tools take them. A
file is downloaded once, as it is read. What the store calls its content (the ETag, the generation,
else size and time) is its version: as long as it is the same, the digest taken then is, too. Where
a store says none of these, as many web servers do not, a file is read again each time.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError, UsageError

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
VERSION_NAMES = ("etag", "generation", "blob_id", "version_id")
"""What stores call the version of an object, in the order of trust."""
REQUESTS = 16
"""Files asked for their versions at a time."""


@dataclass(frozen=True)
class RemoteFile:
    """A file in an object store."""

    name: str
    """Its URI."""
    size: int
    version: str
    """Empty if the store has none."""
    filesystem: Any
    """Arrow's, in which it has this path."""
    path: str

    @contextlib.contextmanager
    def open(self) -> Iterator[RemoteStream]:
        """Open it from its start. Raise DataError if it is no longer the version that was found."""
        with reported(self.name):
            stream = self.filesystem.open_input_stream(self.path, compression=None)
        try:
            yield RemoteStream(stream, self.name)
            with reported(self.name):
                now = _version(self.filesystem, self.filesystem.get_file_info(self.path))
            if now != self.version:
                raise DataError(
                    f"{self.name} changed during the run",
                    hint="run again when nothing writes to it",
                )
        finally:
            stream.close()


class RemoteStream(io.RawIOBase):
    """The bytes of a file in an object store. A connection that breaks is a StorageError."""

    def __init__(self, stream: Any, uri: str) -> None:
        self._stream = stream
        self._uri = uri

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, or less of it at the end; return the number of bytes."""
        with reported(self._uri):
            piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def is_remote(name: str) -> bool:
    """Return whether a name is that of a file in an object store.

    >>> is_remote("s3://bucket/corpus.txt"), is_remote("c:/corpus.txt"), is_remote("-")
    (True, False, False)
    """
    return bool(SCHEME.match(name))


def find_remote(uri: str, is_chosen: Callable[[str], bool] = lambda path: True) -> list[RemoteFile]:
    """Return the files that a URI names, sorted by name: one file, those below a folder, or a glob.

    `is_chosen` says of a path below the folder whether it is wanted.

    Raise UsageError for what leads nowhere or needs a package that is not installed, DataError for
    a folder without files, StorageError if the store does not answer.
    """
    from pyarrow.fs import FileSelector, FileType

    if ":" in urlsplit(uri).netloc.rpartition("@")[0]:
        raise UsageError(
            "a URI with a password would be recorded in the manifest",
            hint="credentials come from the environment, as the store's own tools take them",
        )
    with reported(uri):
        fixed, pattern = _split_glob(uri)
        filesystem, base = _file_system(fixed)
        top = filesystem.get_file_info(base)
        if top.type == FileType.NotFound:
            raise UsageError(f"there is no corpus {uri}", hint="check the URI, and who may read it")
        if top.type == FileType.File:
            found = [top]
        else:
            below = filesystem.get_file_info(FileSelector(base, recursive=True))
            found = [
                each
                for each in below
                if each.type == FileType.File
                and _fits(below_top := each.path[len(base) :].strip("/"), pattern)
                and is_chosen(below_top)
            ]
        if not found:
            raise DataError(f"there is no file in {uri}")
        found.sort(key=lambda each: each.path.split("/"))
        with ThreadPoolExecutor(REQUESTS) as pool:
            versions = pool.map(functools.partial(_version, filesystem), found)
            # hdfs://host/path has the path /path, s3://bucket/key has bucket/key
            head = fixed.partition("?")[0].removesuffix(base)
            return [
                RemoteFile(f"{head}{each.path}", each.size or 0, version, filesystem, each.path)
                for each, version in zip(found, versions, strict=True)
            ]


def _split_glob(uri: str) -> tuple[str, str]:
    """Return the part of a URI without wildcards, and the pattern behind it.

    >>> _split_glob("s3://b/books/**/*.txt"), _split_glob("s3://b/books/")
    (('s3://b/books', '**/*.txt'), ('s3://b/books', ''))
    """
    start = next((place for place, letter in enumerate(uri) if letter in "*["), len(uri))
    if start == len(uri):
        return uri.rstrip("/"), ""
    cut = uri.rindex("/", 0, start)
    return uri[:cut], uri[cut + 1 :]


def _fits(path: str, pattern: str) -> bool:
    """Return whether a glob finds a file, or a folder that it is in. Hidden ones it does not find.

    >>> [_fits("a/b.txt", pattern) for pattern in ("", "**/*.txt", "a", "*.txt")]
    [True, True, True, False]
    """
    parts = path.split("/")
    if any(each.startswith(".") for each in parts):
        return False
    wanted = pattern.strip("/").split("/") if pattern else ["**"]
    return any(_match(parts[:depth], wanted) for depth in range(1, len(parts) + 1))


def _match(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == "**":
        return _match(parts, wanted[1:]) or (bool(parts) and _match(parts[1:], wanted))
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _match(parts[1:], wanted[1:])


def _file_system(uri: str) -> tuple[Any, str]:
    """Return the file system of a URI and the path in it: Arrow's own, else one of fsspec's."""
    from pyarrow import ArrowInvalid
    from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem

    try:
        return FileSystem.from_uri(uri)  # type: ignore[no-any-return]
    except ArrowInvalid:
        pass
    scheme = uri.partition("://")[0]
    try:
        from fsspec.core import url_to_fs

        filesystem, path = url_to_fs(uri)
    except (ImportError, ValueError) as problem:
        raise UsageError(
            f"{scheme}:// cannot be read: {problem}",
            hint="pip install 'corpus2vec[remote]', and fsspec's package for this store",
        ) from problem
    return PyFileSystem(FSSpecHandler(filesystem)), path


def _version(filesystem: Any, info: Any) -> str:
    """Return what the store calls the content of a file; else its size and time, or nothing.

    The size alone does not do: other content may have the same.
    """
    from pyarrow.fs import PyFileSystem

    if isinstance(filesystem, PyFileSystem):
        said = filesystem.handler.fs.info(info.path)
    else:
        with filesystem.open_input_stream(info.path, compression=None) as stream:
            said = stream.metadata() or {}
    by_name = {_text(name).lower().replace("-", "_"): value for name, value in said.items()}
    for name in VERSION_NAMES:
        if by_name.get(name):
            return f"{name} {_text(by_name[name])}"
    return "" if info.mtime_ns is None else f"size {info.size} time {info.mtime_ns}"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


@contextlib.contextmanager
def reported(uri: str) -> Iterator[None]:
    """Report by its URI whatever a store's library raises: each has errors of its own."""
    try:
        yield
    except PipelineError:
        raise
    except FileNotFoundError as problem:
        raise UsageError(f"there is no {uri}", hint="check the URI") from problem
    except Exception as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise StorageError(
            f"cannot read {uri}: {reason}", hint="check the network, and the credentials"
        ) from problem
