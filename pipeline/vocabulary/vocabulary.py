r"""The vocabulary and its file, `vocab.tsv`.

Ids are given by order of first appearance, from 0, with no gap. The file is UTF-8 with LF: a header
`id token count`, then a line per id, in the order of ids, with three fields separated by tabs. In a
token, backslash, tab, newline and carriage return are written `\\`, `\t`, `\n` and `\r`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.config import UNK
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.vocabulary.spill import pieces

HEADER = "id\ttoken\tcount"
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
NO_UTF8 = b"\xff"  # a byte that no UTF-8 text contains
LINES = 1 << 20  # how many lines of vocab.tsv are formatted at a time
REACH = (1 << 31) - 1
"""How many bytes an Arrow `string` array can address, and its CSV reader takes in one block."""


@dataclass(frozen=True)
class Vocabulary:
    """V tokens; a token's position is its id. `unk` names <unk>, if it is one of them.

    It is the last one, unless the vocabulary was extended later.
    """

    tokens: pa.Array
    """(V,) string, or large_string if they are too long for that."""
    counts: np.ndarray
    """(V,) int64: how often each token occurs; for <unk>, all the tokens that it stands for."""
    unk: str | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def unk_id(self) -> int | None:
        """The id of <unk>, or None."""
        return None if self.unk is None else pc.index(self.tokens, self.unk).as_py()

    def interned(self) -> Interner:
        """Return the tokens as an interner, in which to look up ids."""
        interner = Interner()
        for piece in pieces(len(self)):
            interner.intern(Slices.of(self.tokens[piece]))
        return interner


def format_vocabulary(vocabulary: Vocabulary) -> bytes:
    """Return the bytes of `vocab.tsv`."""
    return b"".join(vocabulary_lines(vocabulary))


def vocabulary_lines(vocabulary: Vocabulary) -> Iterator[bytes | pa.Buffer]:
    """Yield the bytes of `vocab.tsv`, many lines at a time."""
    yield HEADER.encode() + b"\n"
    for begin in range(0, len(vocabulary), LINES):
        counts = pa.array(vocabulary.counts[begin : begin + LINES])
        ids = pa.array(np.arange(begin, begin + len(counts)))
        tokens = vocabulary.tokens[begin : begin + LINES]
        for plain, escaped in ESCAPES:
            tokens = pc.replace_substring(tokens, plain, escaped)
        yield joined_lines(ids.cast(pa.string()), "\t", tokens, "\t", counts.cast(pa.string()))


def parse_vocabulary(
    text: bytes, name: str, unk: str | None = None, *, hand_made: bool = True
) -> Vocabulary:
    """Parse the bytes of a `vocab.tsv`; `name` is its name, for errors.

    `unk` is the token that stands for all others, according to the manifest. A file without a
    manifest is hand-made; there, a last token `<unk>` is taken for it. Raises DataError for
    anything that is not such a file.
    """
    if not text.startswith(HEADER.encode() + b"\n"):
        raise DataError(f"{name} is not a vocabulary: its first line is not id, token, count")
    strings = pa.string() if len(text) <= REACH else pa.large_string()
    try:
        table = pa.csv.read_csv(
            pa.py_buffer(text),
            parse_options=pa.csv.ParseOptions(
                delimiter="\t", quote_char=False, ignore_empty_lines=False
            ),
            # One thread, since only then do errors name the line.
            read_options=pa.csv.ReadOptions(block_size=min(len(text), REACH), use_threads=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={"id": pa.int64(), "token": strings, "count": pa.int64()},
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowException as problem:
        reason = " ".join(str(problem).split())
        raise DataError(f"{name} is not a vocabulary: {reason}") from problem
    if not table.num_rows:
        raise DataError(f"{name} has no tokens")
    ids, tokens, counts = (table.column(each).combine_chunks() for each in table.column_names)
    wrong = np.flatnonzero(ids.to_numpy() != np.arange(len(ids)))
    if len(wrong):
        raise DataError(
            f"{name} line {wrong[0] + 2}: id {ids[int(wrong[0])]} where {wrong[0]} was expected",
            hint="ids run from 0 without a gap",
        )
    if pc.min(counts).as_py() < 0:
        raise DataError(f"{name} has a negative count")
    high, low = np.divmod(counts.to_numpy(), 1 << 32)  # their sums fit in 64 bits
    if (int(high.sum()) << 32) + int(low.sum()) >= 1 << 63:
        raise DataError(f"{name} has counts that add up to more than 2^63")
    tokens = _unescaped(tokens, name)
    if len(tokens.unique()) != len(tokens):
        found = pc.value_counts(tokens)
        twice = found.filter(pc.greater(found.field(1), 1))
        raise DataError(f"{name} has the token '{twice[0]['values'].as_py()}' twice")
    last = tokens[len(tokens) - 1].as_py()
    if unk is not None and pc.index(tokens, unk).as_py() < 0:
        raise DataError(f"{name} has no token '{unk}', which its manifest names")
    if hand_made and last == UNK:
        unk = UNK
    return Vocabulary(tokens, counts.to_numpy(), unk)


def read_vocabulary(given: Input) -> Vocabulary:
    """Read the vocabulary of an input."""
    with reading(given.name):
        text = Path(given.name).read_bytes()
    return parse_vocabulary(text, given.name, unk_of(given), hand_made=given.manifest is None)


def unk_of(given: Input) -> str | None:
    """Return the token that stands for all others, according to the vocabulary's manifest."""
    counts = given.manifest.counts if given.manifest else {}
    return counts.get("unk")


def _unescaped(tokens: pa.Array, name: str) -> pa.Array:
    has_escape = pc.match_substring(tokens, "\\")
    escaped = tokens.filter(has_escape)
    if not len(escaped):
        return tokens
    # An escaped backslash is replaced by a byte that no text contains, until the others are done.
    large = pa.types.is_large_string(tokens.type)
    read = escaped.cast(pa.large_binary() if large else pa.binary())
    read = pc.replace_substring(read, "\\\\", NO_UTF8)
    for plain, written in ESCAPES[1:]:
        read = pc.replace_substring(read, written, plain)
    wrong = escaped.filter(pc.match_substring(read, "\\"))
    if len(wrong):
        known = [written for _, written in ESCAPES]
        found = re.findall(r"\\.?", wrong[0].as_py(), re.DOTALL)
        unknown = next(each for each in found if each not in known)
        raise DataError(f"{name} has the unknown escape '{unknown}'")
    read = pc.replace_substring(read, NO_UTF8, "\\")
    return pc.replace_with_mask(tokens, has_escape, read.cast(tokens.type))
