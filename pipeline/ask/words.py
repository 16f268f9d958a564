r"""Words as people type them → rows of a table.

A word is looked up as it is, then as a text dump spells it (white space as `\uXXXX`), then with the
escapes of `display.visible` undone, so that what a command prints can be typed in again.

Words come from the command line and may hold anything, even the lone surrogates that Python makes
of bytes that are not UTF-8. Such a word is unknown, like any other.
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
"""Tokens that are compared with a misspelt word."""
LEAST_RATIO = 0.6

# Upper case, since gensim's case_insensitive folds case that way.
FOLDS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "fold": (str.upper, str.upper),
    "lower": (str, str.lower),
    "exact": (str, str),
}
"""By --case: what is done to a token of the table, and to a word that is looked up."""


def most_frequent(table: Table, limit: int | None = None) -> Table:
    """Return the first `limit` rows, or all of them, sorted by frequency if the table has counts.

    Rows of equal counts, and rows without counts, stay in the table's order.
    """
    if table.counts is None:
        return Table(table.tokens[:limit], table.vectors_VD[:limit])
    rows = np.argsort(-table.counts, kind="stable")[:limit]
    return Table(table.tokens.take(pa.array(rows)), table.vectors_VD[rows], table.counts[rows])


class Words:
    """The V tokens of a table, to be looked up."""

    def __init__(self, tokens: pa.StringArray, case: str = "exact") -> None:
        """`case`: "exact"; "fold" ignores case; "lower" lower-cases the word that is looked up.

        Of several tokens that a word matches, the first one is found.
        """
        self.tokens: list[str] = tokens.to_pylist()
        of_token, self._of_word = FOLDS[case]
        self._rows: dict[str, int] = {}
        same = (self._rows.setdefault(of_token(each), at) for at, each in enumerate(self.tokens))
        self.first_V = np.fromiter(same, np.int64, len(self.tokens))
        """(V,) int64: for each row, the row that its token finds: itself, or a match before it."""
        self._arrow = tokens
        self._plain: pa.StringArray | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def row(self, word: str) -> int | None:
        """Return the row of a word, or None."""
        for form in _forms(word):
            row = self._rows.get(self._of_word(form))
            if row is not None:
                return row
        return None

    def rows(self, words: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Return the rows of N questions' words: (N, words a question) int64, -1 for unknown."""
        found = [[self.row(word) for word in each] for each in words]
        return np.array([[-1 if row is None else row for row in each] for each in found], np.int64)

    def close(self, word: str, top: int = 3) -> list[str]:
        """Return up to `top` tokens spelt most like `word`, ignoring case, the most alike first.

        The answers of difflib.get_close_matches, faster: the share of letters in common is an
        upper bound of difflib's ratio, and only the tokens with the highest bounds are compared.
        """
        word = word.encode("utf-8", "replace").decode().lower()  # Arrow takes no lone surrogates
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
