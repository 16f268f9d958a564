r"""Words as people type them → rows of a table.

A word is looked for as it is, then as a text dump spells it (a token with white space has `\uXXXX`
there), then as what `display.visible` would have shown so: what a command prints can be typed in.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.strings.display import restored
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written

CANDIDATES = 100
LEAST_RATIO = 0.6

# Upper case joins as many spellings as gensim's case_insensitive does.
FOLDS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "fold": (str.upper, str.upper),
    "lower": (str, str.lower),
    "exact": (str, str),
}
"""By --case: what is done to a token of the table, and to a word that is looked for."""


def most_frequent(table: Table, limit: int = 0) -> Table:
    """The table's first `limit` rows (0: all), by frequency where it tells counts.

    Of equal counts, and without counts, the order is the table's own.
    """
    limit = limit or len(table)
    if table.counts is None:
        return Table(table.tokens[:limit], table.vectors_VD[:limit])
    rows = np.argsort(-table.counts, kind="stable")[:limit]
    return Table(table.tokens.take(pa.array(rows)), table.vectors_VD[rows], table.counts[rows])


class Words:
    """V tokens that can be asked for their rows."""

    def __init__(self, tokens: pa.StringArray, case: str = "exact") -> None:
        """`case`: `exact`; `fold`, where case makes no difference; `lower`, of the word asked for.

        Of tokens that differ only in what makes no difference, the first one is found.
        """
        self.tokens: list[str] = tokens.to_pylist()
        of_token, self._of_word = FOLDS[case]
        self._rows: dict[str, int] = {}
        same = (self._rows.setdefault(of_token(each), at) for at, each in enumerate(self.tokens))
        self.first_V = np.fromiter(same, np.int64, len(self.tokens))
        """(V,) int64: for each row, the one that is found in its place."""
        self._arrow = tokens
        self._plain: pa.StringArray | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def row(self, word: str) -> int | None:
        """The row of a word, or None."""
        for form in _forms(word):
            row = self._rows.get(self._of_word(form))
            if row is not None:
                return row
        return None

    def rows(self, words: Sequence[tuple[str, ...]]) -> np.ndarray:
        """The rows of the words of N questions, (N, words of one) int64; -1 for an unknown one."""
        found = [[self.row(word) for word in each] for each in words]
        return np.array([[-1 if row is None else row for row in each] for each in found], np.int64)

    def close(self, word: str, top: int = 3) -> list[str]:
        """The tokens that are spelt most like `word`, whatever the case; the most like it first.

        As difflib.get_close_matches finds them; but instead of comparing all tokens, only those
        with the highest upper bound, which is the share of letters in common.
        """
        word = word.encode("utf-8", "replace").decode().lower()  # Arrow takes no half surrogates
        if self._plain is None:
            self._plain = pc.utf8_lower(self._arrow)
        lengths_V = pc.utf8_length(self._plain).to_numpy(zero_copy_only=False)
        common_V = np.zeros(len(self), np.int64)
        for letter in set(word):
            counts_V = pc.count_substring(self._plain, letter).to_numpy(zero_copy_only=False)
            common_V += np.minimum(counts_V, word.count(letter))
        bound_V = 2 * common_V / np.maximum(lengths_V + len(word), 1)
        likely = np.argsort(-bound_V, kind="stable")[:CANDIDATES]
        matcher = difflib.SequenceMatcher(b=word, autojunk=False)
        ratios = []
        for row in likely[bound_V[likely] >= LEAST_RATIO].tolist():
            matcher.set_seq1(self.tokens[row].lower())
            ratios.append((-matcher.ratio(), row))
        return [self.tokens[row] for ratio, row in sorted(ratios)[:top] if -ratio >= LEAST_RATIO]


def _forms(word: str) -> Iterator[str]:
    yield word
    yield as_written(word, "word2vec")
    yield restored(word)
