"""Questions about a table: the words of a command line, or with `-` those of the lines of stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from corpus2vec.cli.wording import counted

Question = tuple[str, ...]


def questions_of(name: str, words: list[str], count: int) -> Iterator[Question]:
    """Return the one question of a command line, or those on stdin if it is `-`.

    Raises UsageError for another number of words than the command of that name takes.
    """
    from corpus2vec.pipeline.errors import UsageError

    if words == ["-"]:
        return lines_of(count)
    if len(words) != count:
        raise UsageError(
            f"{name} takes {count} words, not {len(words)}", hint="or - for the lines of stdin"
        )
    return iter([tuple(words)])


def lines_of(count: int) -> Iterator[Question]:
    """Yield the questions on stdin: words separated by tabs, or else by white space."""
    from corpus2vec.pipeline.errors import DataError
    from corpus2vec.pipeline.files.failures import reading

    with reading("standard input"):
        for number, line in enumerate(sys.stdin.buffer, start=1):
            text = line.decode("utf-8", "replace").strip()
            words = text.split("\t") if "\t" in text else text.split()
            question = (text,) if count == 1 else tuple(word.strip() for word in words)
            if text and len(question) != count:
                what = counted(len(question), "words")
                raise DataError(f"line {number} of standard input has {what}, not {count}")
            if text:
                yield question
