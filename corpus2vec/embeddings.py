"""A table of word vectors that a notebook can ask; `load` reads one.

This module only joins what `pipeline/` has into calls that need no knowledge of it: no format and
no computation belongs here.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpus2vec.pipeline.ask.lookup import Found, Lookup
from corpus2vec.pipeline.ask.queries import Near, Space
from corpus2vec.pipeline.errors import PipelineError, UsageError
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.tables.table import Table


@contextlib.contextmanager
def with_hint() -> Iterator[None]:
    """Add the hint to an error that passes, so that a notebook's traceback shows it."""
    try:
        yield
    except PipelineError as problem:
        if problem.hint:
            problem.add_note(f"hint: {problem.hint}")
        raise


class UnknownWord(UsageError, KeyError):
    """A table was asked for a word that it does not have.

    The message names the word, the hint close spellings where there are any.
    """

    def __str__(self) -> str:
        return self.message


class Embeddings:
    """V tokens, each with a vector of D numbers.

    >>> table = Embeddings(["hill", "peak", "lake"], [[1, 0], [3, 4], [0, 2]])
    >>> table["peak"]
    array([3., 4.], dtype=float32)
    >>> table.neighbors("peak")
    [('lake', 0.8), ('hill', 0.6)]
    >>> len(table), table.dim, "sea" in table, list(table)
    (3, 2, False, ['hill', 'peak', 'lake'])

    A word is looked for as it is, upper and lower case being different. Where the table does not
    have it, UnknownWord is raised.
    """

    def __init__(
        self,
        tokens: Sequence[str] | pa.StringArray,
        vectors: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
        *,
        path: Path | None = None,
    ) -> None:
        """Make a table of arrays; `load` makes one of a file.

        `vectors` are (V, D), `counts` (V,): how often each token is in the corpus. `path` is the
        dump that they were read from, for `lookup`. Raises UsageError where the shapes do not fit.
        """
        vectors_VD = np.asarray(vectors, np.float32)
        counts_V = None if counts is None else np.asarray(counts, np.int64)
        fit = vectors_VD.ndim == 2 and len(vectors_VD) == len(tokens)
        if not fit or (counts_V is not None and counts_V.shape != (len(tokens),)):
            raise UsageError(
                f"{len(tokens)} tokens do not fit vectors of the shape {vectors_VD.shape}"
                + ("" if counts_V is None else f" and counts of the shape {counts_V.shape}"),
                hint="give as many rows as tokens",
            )
        if not isinstance(tokens, pa.StringArray):
            tokens = pa.array(tokens, pa.string())
        self._table = Table(tokens, vectors_VD, counts_V)
        self._path = path

    @property
    def tokens(self) -> list[str]:
        """The tokens, in the order of the rows."""
        return self._space.words.tokens

    @functools.cached_property
    def vectors(self) -> np.ndarray:
        """(V, D) float32, read-only: row i is the vector of token i."""
        return _read_only(self._table.vectors_VD)

    @functools.cached_property
    def counts(self) -> np.ndarray | None:
        """(V,) int64, read-only: how often each token is in the corpus; None if not known."""
        return None if self._table.counts is None else _read_only(self._table.counts)

    @property
    def dim(self) -> int:
        """D, the numbers of a vector."""
        return self._table.dim

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._space.words.row(word) is not None

    def __getitem__(self, word: str) -> np.ndarray:
        """Return the vector of a word, (D,) float32, read-only."""
        vector: np.ndarray = self.vectors[self._row(word)]
        return vector

    def __repr__(self) -> str:
        return f"<Embeddings: {len(self):,} tokens x {self.dim} numbers>"

    def neighbors(self, word: str, top: int = 10) -> list[tuple[str, float]]:
        """Return the `top` tokens nearest to a word and their cosines with it, nearest first.

        All rows are compared, so the answer is exact.
        """
        return _pairs(self._space.neighbors([self._row(word)], top)[0])

    def analogy(self, a: str, b: str, c: str, top: int = 10) -> list[tuple[str, float]]:
        """Answer "a is to b as c is to what?": the tokens nearest to b - a + c, and their cosines.

        The three words are no answers. All vectors have length 1 before they are added (3CosAdd).

        >>> table = Embeddings(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [3, 0], [5, 6]])
        >>> [word for word, cosine in table.analogy("man", "king", "woman", top=1)]
        ['queen']
        """
        rows = [self._row(word) for word in (a, b, c)]
        return _pairs(self._space.analogies([rows], top)[0])

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of two words, from -1 to 1.

        >>> Embeddings(["up", "down"], [[0, 1], [0, -2]]).similarity("up", "down")
        -1.0
        """
        return self._space.similarity([(self._row(a), self._row(b))])[0]

    @with_hint()
    def lookup(self, text: str) -> list[Found]:
        """Tokenize a text as the table's corpus was, and return its tokens with ids and vectors.

        A token that the table does not have gets the id and vector of `<unk>`, or None where there
        is no `<unk>`. Raises DataError for a table that `corpus2vec` did not build, since how
        to tokenize is then not known.
        """
        return self._lookup.find(text)

    @functools.cached_property
    def _space(self) -> Space:
        return Space(self._table)

    @functools.cached_property
    def _lookup(self) -> Lookup:
        if self._path is None:
            raise UsageError("a table made of arrays has no corpus", hint="load one from a file")
        return Lookup(door.artifact("table", self._path, "dump"))

    @with_hint()
    def _row(self, word: str) -> int:
        row = self._space.words.row(word)
        if row is None:
            close = " or ".join(map(repr, self._space.words.close(word)))
            hint = f"did you mean {close}?" if close else "`tokens` lists those that are"
            raise UnknownWord(f"{word!r} is not in the table", hint=hint)
        return row


@with_hint()
def load(path: str | Path) -> Embeddings:
    """Read a table of word vectors: a dump of any format, or a file of any tool.

    What the file is (word2vec text or binary, GloVe, fastText's .vec, Parquet, a folder of several
    files, ...) is seen from its content. Raises UsageError where there is no such file, and
    DataError, with the line, where it does not hold a table.
    """
    table = door.read_table(Path(path))
    return Embeddings(table.tokens, table.vectors_VD, table.counts, path=Path(path))


def _pairs(near: list[Near]) -> list[tuple[str, float]]:
    return [(each.token, each.cosine) for each in near]


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
