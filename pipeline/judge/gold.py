"""Gold files: human judgements of words, to evaluate word vectors with.

Two kinds, recognized by their content. **Pairs** have two words and a score a line:

    word1<TAB>word2<TAB>POS<TAB>score…

Fields are separated by tab, comma, semicolon or white space, the same in all lines. The score is
the first number after the words; later fields (single ratings) are ignored, and so is a first line
without a number, the header. WordSim, SimLex, MEN, RW, SimVerb and MTurk have this layout.
**Analogies** have four words a line, A is to B as C is to D, under lines that name sections:

    : gram3-comparative
    bad worse big bigger

This is the layout of Google's questions-words, where a section whose name begins with `gram` is
syntactic, any other semantic. In both kinds, blank lines and lines that begin with # or // are
ignored. Files are UTF-8, optionally compressed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.compression import COMPRESSIONS, decompressed
from corpus2vec.pipeline.files.failures import reading

PROBE_BYTES = 1 << 16
PROBE_LINES = 20
MOST_BYTES = 64 << 20  # the largest known has 5 MB
SEPARATORS = ("\t", ",", ";", " ")


@dataclass(frozen=True)
class Pairs:
    """N pairs of words, and how similar people say they are."""

    name: str
    words: list[tuple[str, str]]
    scores: list[float]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Analogies:
    """N questions A : B = C : D, and the section of each."""

    name: str
    words: list[tuple[str, str, str, str]]
    sections: list[str]

    def __len__(self) -> int:
        return len(self.words)


Gold = Pairs | Analogies
Line = tuple[int, str]  # its number, from 1, and its text


def is_gold(path: Path) -> bool:
    """Return whether the file has the layout of a gold file; a table or a folder has not."""
    if not path.is_file():
        return False
    with reading(str(path)):
        content = _bytes(path, PROBE_BYTES)
    try:
        if len(content) == PROBE_BYTES:  # the last line may be cut
            content = content[: content.rfind(b"\n") + 1]
        lines = list(_lines(path, content))
    except DataError:
        return False
    return bool(_kind([line for _, line in lines[:PROBE_LINES]]))


def read_gold(path: Path) -> Gold:
    """Read the pairs or analogies of a gold file.

    Raises DataError for a file that is neither; it names the line that does not fit.
    """
    with reading(str(path)):
        content = _bytes(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(
            f"{path} is no gold file: it is larger than {MOST_BYTES >> 20} MB",
            hint="a question is a line, and a gold file has some thousands",
        )
    lines = list(_lines(path, content))
    kind = _kind([line for _, line in lines[:PROBE_LINES]])
    if kind == "pairs":
        return _read_pairs(path, lines)
    if kind == "analogies":
        return _read_analogies(path, lines)
    raise DataError(
        f"{path} is no gold file: its lines are neither two words and a score nor four words",
        hint="separate the fields of a line with tabs, commas, semicolons or spaces",
    )


def _bytes(path: Path, most: int) -> bytes:
    """Return the first bytes of the file, decompressed, and at most so many."""
    pieces, size = [], 0
    with path.open("rb") as raw:
        with decompressed(raw, COMPRESSIONS.get(path.suffix.lower(), "")) as stream:
            while size < most and (piece := stream.read(most - size)):
                pieces.append(piece)
                size += len(piece)
    return b"".join(pieces)


def _lines(path: Path, content: bytes) -> Iterator[Line]:
    """Yield the lines that are not blank or comments."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        number = 1 + problem.object.count(b"\n", 0, problem.start)
        raise DataError(
            f"{path} line {number} is not UTF-8", hint="convert the file, with iconv for one"
        ) from problem
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith(("#", "//")):
            yield number, line.rstrip("\r")


def _kind(lines: list[str]) -> str:
    """Return "pairs", "analogies" or "": what most lines are, not counting a possible header."""
    if not lines:
        return ""
    if lines[0].startswith(":"):
        return "analogies"
    separator = _separator(lines[1 if len(lines) > 1 else 0])  # a header may have spaces in it
    rows = [_fields(line, separator) for line in lines]
    scored = [_score_column(row) is not None for row in rows]
    if 2 * sum(scored) > len(scored) - (not scored[0]):
        return "pairs"
    fours = [len(line.split()) == 4 and not any(map(_is_number, line.split())) for line in lines]
    return "analogies" if 2 * sum(fours) > len(fours) else ""


def _separator(line: str) -> str:
    """Return the first separator that makes three fields of the line."""
    return next((each for each in SEPARATORS if len(_fields(line, each)) >= 3), " ")


def _fields(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    if separator == "\t":
        return [field.strip() for field in line.split("\t")]
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a field of more than 128 KB
        return []


def _is_number(field: str) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False


def _score_column(fields: list[str]) -> int | None:
    """Return the first field after two words that is a number; None for any other line.

    A row of a table has a number right after its first word.
    """
    if len(fields) < 3 or not all(fields[:2]) or any(map(_is_number, fields[:2])):
        return None
    return next((at for at in range(2, len(fields)) if _is_number(fields[at])), None)


def _read_pairs(path: Path, lines: list[Line]) -> Pairs:
    separator = _separator(lines[1 if len(lines) > 1 else 0][1])
    rows = [(number, _fields(line, separator)) for number, line in lines]
    if not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    column = next(at for _, row in rows if (at := _score_column(row)) is not None)
    words, scores = [], []
    for number, row in rows:
        if len(row) <= column or not all(row[:2]) or not _is_number(row[column]):
            raise DataError(
                f"{path} line {number} is not two words and a score like the lines before it",
                hint=f"its score should be in field {column + 1}",
            )
        words.append((row[0], row[1]))
        scores.append(float(row[column]))
    return Pairs(path.name, words, scores)


def _read_analogies(path: Path, lines: list[Line]) -> Analogies:
    words, sections, section = [], [], ""
    for number, line in lines:
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        fields = line.split()
        if len(fields) != 4:
            raise DataError(f"{path} line {number} has {len(fields)} words instead of 4")
        words.append((fields[0], fields[1], fields[2], fields[3]))
        sections.append(section)
    if not words:
        raise DataError(f"{path} has sections but no question")
    return Analogies(path.name, words, sections)
