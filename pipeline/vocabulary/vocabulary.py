r"""A vocabulary and its file.

Ids are given by order of first appearance, from 0, with no gap. `vocab.tsv` is UTF-8 with LF: a
header `id token count`, then a line an id, in id order, three fields parted by a tab. In a token,
backslash, tab, newline and carriage return are written `\\`, `\t`, `\n` and `\r`.
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
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.vocabulary.spill import pieces

HEADER = "id\ttoken\tcount"
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
NO_UTF8 = b"\xff"  # a byte that no text has
LINES = 1 << 20  # lines of vocab.tsv that are made at one time
REACH = (1 << 31) - 1
"""Bytes that `string` can address, and that Arrow's CSV reader takes at one time."""


@dataclass(frozen=True)
class Vocabulary:
    """V tokens; a token's place is its id. The last one is <unk>, if `unk` names it."""

    tokens: pa.Array
    """(V,) string; large_string where that has no room for them."""
    counts: np.ndarray
    """(V,) int64: how often each token stood in the corpus; <unk>: all that it stands for."""
    unk: str | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def unk_id(self) -> int | None:
        """The id of <unk>, or None."""
        return None if self.unk is None else len(self) - 1

    def interned(self) -> Interner:
        """The tokens, to look their ids up in."""
        interner = Interner()
        for piece in pieces(len(self)):
            interner.intern(Slices.of(self.tokens[piece]))
        return interner


def format_vocabulary(vocabulary: Vocabulary) -> bytes:
    """The bytes of `vocab.tsv`."""
    return b"".join(vocabulary_lines(vocabulary))


def vocabulary_lines(vocabulary: Vocabulary) -> Iterator[bytes | pa.Buffer]:
    """The same, some lines at a time."""
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
    """The vocabulary in the bytes of a `vocab.tsv`; `name` is for the error.

    `unk` names the token that stands for all others, as the manifest tells it. Where there is no
    manifest, the file is hand-made, and a last token `<unk>` is taken for it. Raises DataError for
    anything that is not such a file.
    """
    if not text.startswith(HEADER.encode() + b"\n"):
        raise DataError(f"{name} is no vocabulary: its first line is not {HEADER!r}")
    strings = pa.string() if len(text) <= REACH else pa.large_string()
    try:
        table = pa.csv.read_csv(
            pa.py_buffer(text),
            parse_options=pa.csv.ParseOptions(
                delimiter="\t", quote_char=False, ignore_empty_lines=False
            ),
            # One thread, since it is the only one that says in which line the fault is.
            read_options=pa.csv.ReadOptions(block_size=min(len(text), REACH), use_threads=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={"id": pa.int64(), "token": strings, "count": pa.int64()},
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowException as problem:
        reason = " ".join(str(problem).split())
        raise DataError(f"{name} is no vocabulary: {reason}") from problem
    if not table.num_rows:
        raise DataError(f"{name} has no token")
    ids, tokens, counts = (table.column(each).combine_chunks() for each in table.column_names)
    wrong = np.flatnonzero(ids.to_numpy() != np.arange(len(ids)))
    if len(wrong):
        raise DataError(
            f"{name} line {wrong[0] + 2}: id {ids[int(wrong[0])]} where {wrong[0]} was expected",
            hint="ids run from 0 without a gap",
        )
    if pc.min(counts).as_py() < 0:
        raise DataError(f"{name} has a count below 0")
    tokens = _unescaped(tokens, name)
    if len(tokens.unique()) != len(tokens):
        found = pc.value_counts(tokens)
        twice = found.filter(pc.greater(found.field(1), 1))
        raise DataError(f"{name} has the token {twice[0]['values'].as_py()!r} twice")
    last = tokens[len(tokens) - 1].as_py()
    if unk is not None and last != unk:
        raise DataError(f"{name}: its last token is {last!r}, not {unk!r} as its manifest says")
    if hand_made and last == UNK:
        unk = UNK
    return Vocabulary(tokens, counts.to_numpy(), unk)


def read_vocabulary(given: Input) -> Vocabulary:
    """The vocabulary in the artifact that `given` is."""
    text, hand_made = Path(given.name).read_bytes(), given.manifest is None
    return parse_vocabulary(text, given.name, unk_of(given), hand_made=hand_made)


def unk_of(given: Input) -> str | None:
    """The token that stands for all others, as the vocabulary's manifest names it."""
    counts = given.manifest.counts if given.manifest else {}
    return counts.get("unk")


def _unescaped(tokens: pa.Array, name: str) -> pa.Array:
    has_escape = pc.match_substring(tokens, "\\")
    escaped = tokens.filter(has_escape)
    if not len(escaped):
        return tokens
    # A backslash that is meant waits as a byte that no text has: so it is part of no other escape.
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
        raise DataError(f"{name} has {unknown!r}, which stands for nothing")
    read = pc.replace_substring(read, NO_UTF8, "\\")
    return pc.replace_with_mask(tokens, has_escape, read.cast(tokens.type))
