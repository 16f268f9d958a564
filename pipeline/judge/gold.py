"""Gold files: what people say of words, to judge word vectors by.

Two kinds, told by their content. **Pairs** have a line for two words and a score:

    word1<TAB>word2<TAB>POS<TAB>score…

Tab, comma, semicolon or white space parts the fields, the same in all lines. The score is the first
number behind the words; what follows (single ratings) is passed over, and so is a first line
without a number, the header. WordSim, SimLex, MEN, RW, SimVerb and MTurk are laid out so.
**Analogies** have a line for four words, A is to B as C is to D, below lines that name sections:

    : gram3-comparative
    bad worse big bigger

as in Google's questions-words, where a section that begins with `gram` is syntactic, any other
semantic. Blank lines, and lines that begin with # or //, are comments in both. Files are UTF-8,
also compressed.
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
SEPARATORS = ("\t", ",", ";", " ")


@dataclass(frozen=True)
class Pairs:
    """N pairs of words, and how similar people find them."""

    name: str
    words: list[tuple[str, str]]
    scores: list[float]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Analogies:
    """N questions A : B = C : D, and the section that each one stands in."""

    name: str
    words: list[tuple[str, str, str, str]]
    sections: list[str]

    def __len__(self) -> int:
        return len(self.words)


Gold = Pairs | Analogies
Line = tuple[int, str]  # its number, from 1, and what it says


def is_gold(path: Path) -> bool:
    """Whether the file is laid out as a gold file is; a table, a folder or no file is not."""
    if not path.is_file():
        return False
    try:
        with reading(str(path)):
            lines = list(_lines(_bytes(path, PROBE_BYTES), cut=True))
    except DataError:
        return False
    return bool(_kind([line for _, line in lines[:PROBE_LINES]]))


def read_gold(path: Path) -> Gold:
    """The pairs or analogies of a gold file.

    Raises DataError for a file that is neither, with the line for a line that does not fit.
    """
    with reading(str(path)):
        lines = list(_lines(_bytes(path)))
    kind = _kind([line for _, line in lines[:PROBE_LINES]])
    if kind == "pairs":
        return _read_pairs(path, lines)
    if kind == "analogies":
        return _read_analogies(path, lines)
    raise DataError(
        f"{path} is no gold file: its lines are neither two words and a score nor four words",
        hint="the fields of a line are parted by tabs, commas, semicolons or spaces",
    )


def _bytes(path: Path, size: int = -1) -> bytes:
    with path.open("rb") as raw:
        with decompressed(raw, COMPRESSIONS.get(path.suffix.lower(), "")) as stream:
            return stream.read(size) if size >= 0 else stream.read()


def _lines(content: bytes, cut: bool = False) -> Iterator[Line]:
    """The lines that say something; of content that was cut, not the last one."""
    if cut and len(content) == PROBE_BYTES:
        content = content[: content.rfind(b"\n") + 1]
    for number, line in enumerate(content.decode("utf-8-sig").split("\n"), start=1):
        if line.strip() and not line.startswith(("#", "//")):
            yield number, line.rstrip("\r")


def _kind(lines: list[str]) -> str:
    """Pairs, analogies, or neither: what most lines are, but for one that may be a header."""
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
    """The first that makes three fields of the line."""
    return next((each for each in SEPARATORS if len(_fields(line, each)) >= 3), " ")


def _fields(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    if separator == "\t":
        return [field.strip() for field in line.split("\t")]
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def _is_number(field: str) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False


def _score_column(fields: list[str]) -> int | None:
    """The first number behind two words; a row of a table has one behind its first word."""
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
                f"{path} line {number} is not two words and a score as the lines before it",
                hint=f"its score is expected in field {column + 1}",
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
            raise DataError(f"{path} line {number} has {len(fields)} words where 4 are expected")
        words.append((fields[0], fields[1], fields[2], fields[3]))
        sections.append(section)
    if not words:
        raise DataError(f"{path} names sections but has no question in them")
    return Analogies(path.name, words, sections)
