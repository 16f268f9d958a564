"""Long texts, written piece by piece into a temporary file, so that memory does not hold them.

The text of a record may come before its label, and Parquet is read from its end. The file has no
name, so it cannot be left behind.
"""

from __future__ import annotations

import codecs
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, Self

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.decoding import HALF_PAIR, without_halves
from corpus2vec.pipeline.files.failures import spooling

Sink = Callable[[str], object]
"""Takes the pieces of a text."""


@contextlib.contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """Give an empty temporary file. Raise StorageError if it cannot be made."""
    with spooling():
        file = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # closing tries once more what could not be written
            file.close()


class Spool:
    """One text after another, each written piece by piece and then read in blocks.

    Its file is made when something is first written. Raises StorageError if that fails.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def clear(self) -> None:
        """Forget what was written."""
        if self._file:
            with spooling():
                self._file.seek(0)
                self._file.truncate()

    def write(self, text: str) -> None:
        """Add to the text."""
        self._file = self._file or self._stack.enter_context(temporary_file())
        with spooling():
            self._file.write(text.encode())

    def blocks(self) -> Iterator[bytes]:
        """Yield the text in UTF-8. A block may end within a character."""
        if self._file:
            with spooling():
                self._file.seek(0)
            while block := self._file.read(limits.BLOCK_BYTES):
                yield block

    def texts(self) -> Iterator[str]:
        """Yield the text in pieces."""
        return codecs.iterdecode(self.blocks(), "utf-8")


class LongText(Spool):
    """The text of a long record, in which half surrogate pairs are replaced.

    Whether they may be is known when the record has been read: what is wrong with the record as a
    whole is reported first.
    """

    def __init__(self, errors: str) -> None:
        super().__init__()
        self._errors = errors
        self._half = ""

    def clear(self) -> None:
        """Forget what was written."""
        super().clear()
        self._half = ""

    def write(self, text: str) -> None:
        """Add to the text. Pairs must not be divided."""
        half = HALF_PAIR.search(text)
        if half:
            self._half = self._half or half[0]
            text = HALF_PAIR.sub("\ufffd", text)
        super().write(text)

    def checked(self, where: str) -> Iterator[bytes]:
        """Return the text in blocks. Raise DataError for half a pair if errors are strict."""
        without_halves(self._half, where, self._errors)
        return self.blocks()


class Beginning:
    """The first characters of a text that is written piece by piece."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.clear()

    def clear(self) -> None:
        """Forget what was written."""
        self.text = ""
        self.whole = True

    def write(self, piece: str) -> None:
        """Add a piece, as far as there is room."""
        room = self._most - len(self.text)
        self.whole = self.whole and len(piece) <= room
        self.text += piece[:room]
