r"""Tokens → vocabulary, and the vocabulary's file.

Ids are given by order of first appearance, from 0, with no gap. `vocab.tsv` is UTF-8 with LF: a
header `id token count`, then a line an id, in id order, three fields parted by a tab. In a token,
backslash, tab, newline and carriage return are written `\\`, `\t`, `\n` and `\r`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.books import Ledger
from pipeline.config import UNK, VocabConfig
from pipeline.errors import DataError, UsageError
from pipeline.lines import joined_lines

HEADER = "id\ttoken\tcount"
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


@dataclass(frozen=True)
class Vocabulary:
    """V tokens; a token's place is its id. The last one is <unk>, if `unk` names it."""

    tokens: pa.StringArray
    counts: np.ndarray
    """(V,) int64: how often each token stood in the corpus; <unk>: all that it stands for."""
    unk: str | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def unk_id(self) -> int | None:
        """The id of <unk>, or None."""
        return None if self.unk is None else len(self) - 1


class Counting:
    """Counts tokens batch by batch, in order of first appearance.

    What was counted is merged only when as much has been gathered again, so that the work stays
    proportional to the input however large the vocabulary grows.
    """

    def __init__(self) -> None:
        self.tokens_read = 0
        self._tokens = pa.array([], pa.string())
        self._counts = np.zeros(0, np.int64)
        self._gathered: list[tuple[pa.Array, np.ndarray]] = []
        self._gathered_rows = 0

    def add(self, tokens: pa.Array) -> None:
        """Count `tokens`, a flat array of strings, plain or dictionary-encoded."""
        self.tokens_read += len(tokens)
        found = pc.value_counts(tokens)  # keeps the order of first appearance
        values, counts = found.field(0), found.field(1).to_numpy()
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        self._gathered.append((values.cast(pa.string()), counts))
        self._gathered_rows += len(values)
        if self._gathered_rows > max(len(self._tokens), 1 << 16):
            self._merge()

    def result(self) -> tuple[pa.Array, np.ndarray]:
        """Every token, in order of first appearance, and its count."""
        self._merge()
        return self._tokens, self._counts

    def _merge(self) -> None:
        parts = [(self._tokens, self._counts), *self._gathered]
        encoded = pa.chunked_array([tokens for tokens, _ in parts], pa.string()).combine_chunks()
        encoded = encoded.dictionary_encode()
        counts = np.zeros(len(encoded.dictionary), np.int64)
        np.add.at(counts, encoded.indices.to_numpy(), np.concatenate([part for _, part in parts]))
        self._tokens, self._counts = encoded.dictionary, counts
        self._gathered, self._gathered_rows = [], 0


def build_vocabulary(
    tokens: pa.Array, counts: np.ndarray, config: VocabConfig, keep: Iterable[str] = ()
) -> tuple[Vocabulary, Ledger]:
    """The vocabulary of `tokens` (in order of first appearance) with their `counts`.

    `keep` are tokens that stay however rare they are; they count towards --max-size. Returns the
    vocabulary and the books of tokens: read = kept + unk.

    >>> tokens = pa.array(["Hope", "to", "see"])
    >>> vocabulary, _ = build_vocabulary(tokens, np.array([1, 2, 2]), VocabConfig(min_count=2))
    >>> vocabulary.tokens.to_pylist(), vocabulary.counts.tolist()
    (['to', 'see', '<unk>'], [2, 2, 1])
    """
    pinned = pc.is_in(tokens, value_set=pa.array(list(keep), pa.string()))
    pinned = pinned.to_numpy(zero_copy_only=False)
    stays = pinned | (counts >= config.min_count)
    if config.max_size and np.count_nonzero(stays) > config.max_size:
        if np.count_nonzero(pinned) > config.max_size:
            raise UsageError(
                f"--keep holds {np.count_nonzero(pinned)} tokens of the corpus, "
                f"more than --max-size {config.max_size}",
                hint="raise --max-size, or keep fewer",
            )
        # Most frequent first; of equals, the one that appeared first. lexsort's last key leads.
        order = np.lexsort((np.arange(len(counts)), -counts, ~pinned, ~stays))
        stays = np.zeros(len(counts), bool)
        stays[order[: config.max_size]] = True

    kept_tokens, kept_counts = tokens.filter(pa.array(stays)), counts[stays]
    left_out = int(counts[~stays].sum())
    books = Ledger("tokens", read=int(counts.sum()), kept=int(kept_counts.sum()), unk=left_out)
    unk = config.unk or (UNK if left_out else None)
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
            hint=f"the most frequent token has {int(counts.max(initial=0))}",
        )
    kept_tokens = pa.concat_arrays([kept_tokens, pa.array([unk], pa.string())])
    return Vocabulary(kept_tokens, np.append(kept_counts, left_out), unk), books


def format_vocabulary(vocabulary: Vocabulary) -> bytes:
    """The bytes of `vocab.tsv`."""
    tokens = vocabulary.tokens
    for plain, escaped in ESCAPES:
        tokens = pc.replace_substring(tokens, plain, escaped)
    ids = pa.array(np.arange(len(vocabulary))).cast(pa.string())
    counts = pa.array(vocabulary.counts).cast(pa.string())
    return HEADER.encode() + b"\n" + bytes(joined_lines(ids, "\t", tokens, "\t", counts))


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
    try:
        table = pa.csv.read_csv(
            pa.py_buffer(text),
            parse_options=pa.csv.ParseOptions(
                delimiter="\t", quote_char=False, ignore_empty_lines=False
            ),
            # One thread, since it is the only one that says in which line the fault is.
            read_options=pa.csv.ReadOptions(block_size=len(text), use_threads=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={"id": pa.int64(), "token": pa.string(), "count": pa.int64()},
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
    if pc.count_distinct(tokens).as_py() != len(tokens):
        found = pc.value_counts(tokens)
        twice = found.filter(pc.greater(found.field(1), 1))
        raise DataError(f"{name} has the token {twice[0]['values'].as_py()!r} twice")
    last = tokens[len(tokens) - 1].as_py()
    if unk is not None and last != unk:
        raise DataError(f"{name}: its last token is {last!r}, not {unk!r} as its manifest says")
    if hand_made and last == UNK:
        unk = UNK
    return Vocabulary(tokens, counts.to_numpy(), unk)


def _unescaped(tokens: pa.StringArray, name: str) -> pa.StringArray:
    has_escape = pc.match_substring(tokens, "\\").to_numpy(zero_copy_only=False)
    if not has_escape.any():
        return tokens
    replacements = {escaped: plain for plain, escaped in ESCAPES}

    def unescape(match: re.Match[str]) -> str:
        if match[0] not in replacements:
            raise DataError(f"{name} has {match[0]!r}, which stands for nothing")
        return replacements[match[0]]

    strings = [
        re.sub(r"\\.?", unescape, token.as_py(), flags=re.DOTALL) if marked else token.as_py()
        for token, marked in zip(tokens, has_escape, strict=True)
    ]
    return pa.array(strings, pa.string())
