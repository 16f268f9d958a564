"""The standard streams: data on stdout, messages on stderr, and what to do without one.

A stream may be closed (`>&-`), full (`2>/dev/full`) or gone (`| head`). Data that cannot be written
is an error; a message that cannot be written is not, and the exit code says what happened.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from typing import Any

import typer

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import storage_error
from corpus2vec.pipeline.strings.display import obeyed_escaped


def open_closed_streams() -> None:
    """Give each standard stream that the caller closed a descriptor again, for true errors.

    Reading closed input and writing to closed output then fail with "Bad file descriptor", and no
    file that is opened later takes their numbers. Messages to a closed stderr are lost.
    """
    # In a direction that does not serve: what is asked of them fails.
    for number, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def say(line: str) -> None:
    """Print a line on stderr; nothing more is printed there once that has failed."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: Any) -> None:
    """Let what is still to be written to the stream go nowhere, also when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Stdout(io.RawIOBase):
    """Standard output as a sink of bytes: always UTF-8, and a closed pipe is not an error.

    A terminal gets text in which control characters are escaped, and no binary data.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, block: Any) -> int:
        """Write text or bytes; exit quietly where nobody reads any more (`… | head`).

        Raises StorageError where the stream cannot be written, and UsageError for binary data that
        would go to a terminal.
        """
        # A word of the command line that is not UTF-8 has lone surrogates, which JSON can escape.
        data = block.encode("utf-8", "backslashreplace") if isinstance(block, str) else block
        try:
            if sys.stdout.isatty():
                data = self._for_terminal(bytes(data))
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as problem:
            discard(sys.stdout)
            if isinstance(problem, BrokenPipeError):
                raise typer.Exit(0) from None
            raise storage_error(problem, "write to", "standard output") from problem
        return len(block)

    def _for_terminal(self, data: bytes) -> bytes:
        try:
            return obeyed_escaped(self._decoder.decode(data)).encode()
        except UnicodeDecodeError as problem:
            raise UsageError(
                "this is binary data, which a terminal cannot show",
                hint="name a file with -o, or pipe it into a program",
            ) from problem


STDOUT = Stdout()


def json_text(value: Any, indent: int | None = None) -> str:
    r"""Return a value as JSON in which no character is left that a terminal would obey.

    >>> json_text(["\x1b\u202e\"\\"])
    '["\\u001b\\u202e\\"\\\\"]'
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    # Only texts have such characters, and JSON escapes are read as what they stand for. Whatever is
    # beyond 16 bits is written as two halves, as JSON wants it.
    return "".join(
        json.dumps(each)[1:-1] if each != "\n" and obeyed_escaped(each) != each else each
        for each in text
    ).replace("\x7f", "\\u007f")


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    STDOUT.write(json_text(value, indent=2) + "\n")
