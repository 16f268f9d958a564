"""The files of a corpus as a person names them: arguments, and a list of --files-from."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from corpus2vec.pipeline.errors import UsageError

FilesFrom = Annotated[
    Path | None,
    typer.Option(
        "--files-from",
        help="Read paths of corpus files from this file, one a line, or separated by NUL as of "
        "find -print0; - for stdin.",
        metavar="FILE",
    ),
]


def named_corpora(corpora: Sequence[str] | None, files_from: Path | None) -> list[str]:
    """Return the paths that are given as arguments, then those that the file lists.

    The list is read here, and once: it may come through a pipe. Raise UsageError for no path at
    all.
    """
    from corpus2vec.pipeline.files.failures import reading

    listed = b""
    if files_from is not None:
        with reading("standard input" if str(files_from) == "-" else files_from):
            is_stdin = str(files_from) == "-"
            listed = sys.stdin.buffer.read() if is_stdin else files_from.read_bytes()
    end = b"\0" if b"\0" in listed else b"\n"
    names = [os.fsdecode(line) for line in listed.replace(b"\r\n", b"\n").split(end) if line]
    named = [*(corpora or ()), *names]
    if not named:
        raise UsageError("no corpus is named", hint="name files, folders or -, or use --files-from")
    return named
