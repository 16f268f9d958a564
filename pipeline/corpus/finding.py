"""Find the files of a corpus: files, folders, globs, URIs and `-` become a list of sources.

Their order does not depend on the file system. What a file's name says of it is decided here.
"""

from __future__ import annotations

import fnmatch
import functools
import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.remote import RemoteFile, find_remote, is_remote
from corpus2vec.pipeline.corpus.signatures import refuse_by_name
from corpus2vec.pipeline.corpus.sources import STDIN, Source
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.compression import COMPRESSIONS

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def find_sources(
    paths: Sequence[str], config: CorpusConfig, output: Path | None = None
) -> list[Source]:
    """Return the sources that `paths` name: files as they are named, folders and globs sorted.

    `output` is where the stage writes: what was built there, below a folder of the corpus, is left
    out. Raise UsageError for a path that leads nowhere, DataError for a folder without files.
    """
    sources: list[Source] = []
    for path in paths:
        if is_remote(path):
            found = find_remote(path, functools.partial(_is_chosen, config=config))
            sources += [_source(each.name, config, each) for each in found]
        else:
            sources += [_source(name, config) for name in _expand(path, config, output)]
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


def _source(name: str, config: CorpusConfig, remote: RemoteFile | None = None) -> Source:
    path = Path(name)
    suffix = path.suffix.lower()
    compression = COMPRESSIONS.get(suffix, "")
    inner = path.with_suffix("") if compression else path
    kind = KINDS.get(inner.suffix.lower(), "text") if config.kind == "auto" else config.kind
    if config.kind == "auto":
        refuse_by_name(name, {suffix, inner.suffix.lower()})
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
    return Source(
        name=name,
        kind=kind,
        compression=compression,
        label=label,
        is_pipe=is_pipe,
        remote=remote,
    )
