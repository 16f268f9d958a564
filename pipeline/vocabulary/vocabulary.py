r"""Tokens → vocabulary, and the vocabulary's file.

Ids are given by order of first appearance, from 0, with no gap. `vocab.tsv` is UTF-8 with LF: a
header `id token count`, then a line an id, in id order, three fields parted by a tab. In a token,
backslash, tab, newline and carriage return are written `\\`, `\t`, `\n` and `\r`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config import UNK, VocabConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.strings.slices import Slices, first_places
from corpus2vec.pipeline.vocabulary.spill import Spill, Tally, pieces

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


@dataclass(frozen=True)
class LeftOut:
    """The tokens that get no id of their own."""

    types: int = 0
    """How many distinct ones."""
    tokens: int = 0
    """How often they were seen, all together."""
    most: int = 0
    """How often the most frequent of them was."""

    def and_those(self, counts: np.ndarray) -> LeftOut:
        """With others, which have these counts.

        >>> LeftOut().and_those(np.array([1, 2])).and_those(np.array([1]))
        LeftOut(types=3, tokens=4, most=2)
        """
        most = int(counts.max(initial=self.most))
        return LeftOut(self.types + len(counts), self.tokens + int(counts.sum()), most)


NOTHING = LeftOut()


class Counting:
    """Counts tokens batch by batch, in order of first appearance.

    Where `memory` is given, in bytes, counts that would take more go to a file without a name in
    `folder`, until the result is asked for. The bound is about the counts: the batch that is added
    and the result have to fit too.

    >>> with Counting() as counting:
    ...     counting.add(pa.array(["Hope", "to", "see"]))
    ...     counting.add(pa.array(["Nice", "to", "see"]))
    ...     tokens, counts = counting.result(least=2)
    >>> tokens.to_pylist(), counts.tolist(), counting.left_out
    (['to', 'see'], [2, 2], LeftOut(types=2, tokens=2, most=1))
    """

    def __init__(self, memory: int | None = None, folder: Path | None = None) -> None:
        self.tokens_read = 0
        self.left_out = NOTHING
        """What the result does not hold."""
        self._memory = memory
        self._folder = folder
        self._tally = Tally()
        self._spill: Spill | None = None

    def __enter__(self) -> Counting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spill:
            self._spill.close()

    def add(self, tokens: pa.Array) -> None:
        """Count `tokens`, a flat array of strings, plain or dictionary-encoded."""
        if not len(tokens):
            return
        if not pa.types.is_dictionary(tokens.type):
            tokens = tokens.dictionary_encode()
        # A dictionary may hold what no token uses, in any order, and even the same string twice.
        numbers = tokens.indices.to_numpy()
        counts = np.bincount(numbers, minlength=len(tokens.dictionary))
        places = np.sort(first_places(numbers, len(counts))[counts > 0])
        distinct = numbers[places]
        strings = Slices.of(tokens.dictionary)[distinct]
        self._tally.add(strings, counts[distinct], self.tokens_read + places)
        self.tokens_read += len(tokens)
        # A table that grows is copied, so for a moment it takes as much again.
        if self._memory is not None and 2 * self._tally.bytes > self._memory:
            self._write_down()

    def result(self, least: int = 1, keep: Iterable[str] = ()) -> tuple[pa.Array, np.ndarray]:
        """The tokens in order of first appearance, as large_string, and the count of each.

        Those seen fewer times than `least` are left out, and `left_out` tells of them, unless they
        are in `keep`. This ends the counting: the result can be asked for once.
        """
        keep = list(keep)
        kept = [self._frequent(table, least, keep) for table in self._tables()]
        if len(kept) == 1:
            tokens, counts, _ = kept[0].columns
            return tokens, counts.to_numpy()
        tokens, counts, places = pa.Table.from_batches(kept).columns
        order = np.argsort(places.to_numpy())
        return pa.concat_arrays(tokens.chunks).take(pa.array(order)), counts.to_numpy()[order]

    def _write_down(self) -> None:
        self._spill = self._spill or Spill(self._folder)
        self._spill.write(self._tally.table())
        self._tally = Tally()

    def _tables(self) -> Iterator[pa.RecordBatch]:
        """What was counted, each token in one of the tables only."""
        if not self._spill:
            yield self._tally.table()
            return
        self._write_down()
        yield from self._spill.parts()

    def _frequent(self, table: pa.RecordBatch, least: int, keep: Sequence[str]) -> pa.RecordBatch:
        counts = table["count"].to_numpy()
        if counts.min(initial=least) >= least:
            return table
        stays = (counts >= least) | among(table["token"], keep)
        self.left_out = self.left_out.and_those(counts[~stays])
        return table.filter(pa.array(stays))


def among(tokens: pa.Array, few: Iterable[str]) -> np.ndarray:
    """(n,) bool: whether each token is one of a few.

    >>> among(pa.array(["Hope", "to", "see"]), ["see", "you"])
    array([False, False,  True])
    """
    held = pc.is_in(tokens, value_set=pa.array(list(few), tokens.type))
    chosen: np.ndarray = held.to_numpy(zero_copy_only=False)
    return chosen


def build_vocabulary(
    tokens: pa.Array,
    counts: np.ndarray,
    config: VocabConfig,
    keep: Iterable[str] = (),
    left_out: LeftOut = NOTHING,
) -> tuple[Vocabulary, Ledger]:
    """The vocabulary of `tokens` (in order of first appearance) with their `counts`.

    `keep` are tokens that stay however rare they are; they count towards --max-size. `left_out`
    are tokens that are not among `tokens` any more, since --min-count is more than they have.
    Returns the vocabulary and the books of tokens: read = kept + unk.

    >>> tokens = pa.array(["Hope", "to", "see"])
    >>> vocabulary, _ = build_vocabulary(tokens, np.array([1, 2, 2]), VocabConfig(min_count=2))
    >>> vocabulary.tokens.to_pylist(), vocabulary.counts.tolist()
    (['to', 'see', '<unk>'], [2, 2, 1])
    """
    pinned = among(tokens, keep)
    stays = pinned | (counts >= config.min_count)
    if config.max_size and np.count_nonzero(stays) > config.max_size:
        if np.count_nonzero(pinned) > config.max_size:
            raise UsageError(
                f"--keep holds {np.count_nonzero(pinned)} tokens of the corpus, "
                f"more than --max-size {config.max_size}",
                hint="raise --max-size, or keep fewer",
            )
        # Most frequent first; of equals, the one that appeared first. lexsort's last key leads.
        candidates = np.flatnonzero(stays)
        order = np.lexsort((-counts[candidates], ~pinned[candidates]))
        stays = np.zeros(len(counts), bool)
        stays[candidates[order[: config.max_size]]] = True

    kept_tokens, kept_counts = tokens.filter(pa.array(stays)), counts[stays]
    read = int(counts.sum()) + left_out.tokens
    left_out = left_out.and_those(counts[~stays])
    books = Ledger("tokens", read=read, kept=int(kept_counts.sum()), unk=left_out.tokens)
    unk = config.unk or (UNK if left_out.tokens else None)
    if unk is None:
        return Vocabulary(kept_tokens, kept_counts), books
    if pc.index(kept_tokens, unk).as_py() >= 0:
        raise DataError(
            f"the corpus itself has the token {unk}, so it cannot stand for what was left out",
            hint="name another with --unk",
        )
    if not len(kept_tokens):
        raise DataError(
            f"no token is left: --min-count {config.min_count} is more than any token has",
            hint=f"the most frequent token has {left_out.most}",
        )
    kept_tokens = pa.concat_arrays([kept_tokens, pa.array([unk], kept_tokens.type)])
    return Vocabulary(kept_tokens, np.append(kept_counts, left_out.tokens), unk), books


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
