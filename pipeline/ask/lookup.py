"""Text → ids and vectors, through the same tokenizer and vocabulary as the table's corpus.

The table's manifest carries its whole lineage, so nothing needs to be said again: how the corpus
was tokenized, which token replaces unknown ones, how the dump spells its tokens. Of a table that
another tool made, a person says how to tokenize; its rows are numbered from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus2vec.pipeline.artifacts.manifest import Input, Manifest
from corpus2vec.pipeline.artifacts.stored import dump_settings
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.retracing import joinings
from corpus2vec.pipeline.strings.display import visible
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tokenizer import Tokenizer
from corpus2vec.pipeline.tokenizer.lineage import entry_of, tokenize_config
from corpus2vec.pipeline.use.form import Form, fit_form

AS_IT_IS = "parquet"
"""A format that escapes nothing in a token; so do the files of other tools."""


@dataclass(frozen=True)
class Found:
    """One token of the text."""

    token: str
    id: int | None
    """None where the table has neither the token nor an <unk>."""
    vector: np.ndarray | None
    """(D,) float32."""
    is_unk: bool = False
    """Whether id and vector are those of <unk>, in place of an unknown token."""
    is_form: bool = False
    """Whether the vector is made from how the token is spelt; then it has no id."""


class Lookup:
    """A table, and the tokenizer of its corpus.

    Raises DataError for a table whose rows are not ids, or whose manifest does not say how the
    corpus was tokenized. That it is whole, `stages.door` has checked.
    """

    def __init__(
        self, given: Input, foreign: TokenizeConfig | None = None, by_form: bool = False
    ) -> None:
        """`by_form`: unknown tokens get a vector from how they are spelt, not that of <unk>.

        `foreign` is how to tokenize for a table without a manifest, and only for such. Raises
        UsageError for one too many, DataError for one that is missing.
        """
        path, manifest = Path(given.name), given.manifest
        if manifest is not None and manifest.upstream("dump") is None:
            manifest = None  # another tool's table, aligned
        self._format: str = AS_IT_IS
        self._unk: str | None = None
        self._joinings: list[Joining] = []
        if manifest is not None:
            if foreign is not None:
                raise UsageError(
                    f"{path} is tokenized as its manifest says: --lang and --lower are for tables "
                    "without one",
                    hint="leave them out",
                )
            self._format = dump_settings(manifest.config, f"the manifest of {path}").format
            self._unk = entry_of(manifest, "vocab", path)["counts"].get("unk")
        elif foreign is None:
            raise DataError(
                f"{path} has no manifest of a dump, so how its corpus was tokenized is not known",
                hint="name its language, such as --lang en, and --lower if it is lower-cased",
            )
        table = read_vectors(path)
        if manifest is not None and table.ids is None:
            _require_order_of_ids(manifest, path)
        self._table = table
        self._by_form = by_form
        self._ids = table.ids
        self._vectors_VD = table.vectors_VD
        self._rows = {token: row for row, token in enumerate(table.tokens.to_pylist())}
        if manifest is not None:
            foreign = tokenize_config(manifest, path)
            self._joinings = joinings(manifest, path)
        self._tokenizer = Tokenizer(foreign or TokenizeConfig())

    def find(self, text: str) -> list[Found]:
        """Return the tokens of `text`, each with its id and its vector; no text, no tokens.

        Raises UsageError for text with a lone surrogate, which is how Python passes on a byte of
        the command line that is not UTF-8.
        """
        try:
            text.encode()
        except UnicodeEncodeError as problem:
            raise UsageError(
                f"the text is not UTF-8: {visible(text[: problem.end], keep_spaces=True)}",
                hint="is the terminal's encoding UTF-8?",
            ) from problem
        if not text or text.isspace():
            return []
        batch = self._tokenizer.tokenize(Texts.of([text])).batch
        for each in self._joinings:
            batch = each.join(batch)
        words = batch.column("tokens").flatten().to_pylist()
        return [self._found(word) for word in words]

    def _found(self, word: str) -> Found:
        for name in (word, None if self._by_form else self._unk):
            if name is not None:
                row = self._rows.get(as_written(name, self._format))
                if row is not None:
                    known = row if self._ids is None else int(self._ids[row])
                    return Found(word, known, self._vectors_VD[row], name != word)
        if self._by_form:
            [vector_D], [known] = self._form.vectors([as_written(word, self._format)])
            if known:
                return Found(word, None, vector_D, is_form=True)
        return Found(word, None, None)

    @cached_property
    def _form(self) -> Form:
        """What is learned from the whole table, when the first unknown token is met."""
        chosen = [row for token, row in self._rows.items() if token != self._unk]
        counts = self._table.counts
        return fit_form(
            [token for token in self._rows if token != self._unk],
            self._vectors_VD[chosen],
            None if counts is None else counts[chosen],
        )


def _require_order_of_ids(manifest: Manifest, path: Path) -> None:
    """Raise DataError unless row i of the table is that of id i; it may be a dump, aligned."""
    for entry in (manifest.entry(), manifest.upstream("dump") or {}):
        skipped = entry.get("counts", {}).get("skipped")
        if skipped:
            raise DataError(
                f"{path} leaves out {skipped} rows, so its lines are not ids",
                hint="dump with --unsafe-token escape, or --format parquet",
            )
        if any(each["role"] == "words" for each in entry.get("inputs", ())):
            raise DataError(
                f"{path} was dumped with --words, so its lines are not ids",
                hint="dump all rows, or --format parquet, which has the ids",
            )
        config = entry.get("config", {})
        if config.get("order", "id") != "id" or config.get("top"):
            raise DataError(
                f"{path} was dumped with --order or --top, so its lines are not ids",
                hint="dump all rows in the order of ids, or --format parquet, which has the ids",
            )
