"""Text → ids and vectors, through the same tokenizer and vocabulary as the table's corpus.

The table's manifest carries its whole lineage, so nothing needs to be said again: how the corpus
was tokenized, which token stands for the unknown ones, how the dump spells its tokens.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tokenizer import Tokenizer


@dataclass(frozen=True)
class Found:
    """One token of the text."""

    token: str
    id: int | None
    """None where the table has neither the token nor an <unk>."""
    vector: np.ndarray | None
    """(D,) float32."""
    is_unk: bool = False
    """Whether id and vector are those of <unk>, which stands for the token."""


class Lookup:
    """A table that can be asked about text."""

    def __init__(self, path: Path) -> None:
        manifest = artifact_input("table", path).manifest
        if manifest is None or manifest.stage != "dump":
            raise DataError(
                f"{path} has no manifest of a dump, so how its corpus was tokenized is not known",
                hint="look up in a table that `corpus2vec dump` or `run` wrote",
            )
        self._format = manifest.config["format"]
        self._unk = _entry(manifest, "vocab", path)["counts"].get("unk")
        table = read_vectors(path)
        if table.ids is None:
            _require_order_of_ids(manifest, path)
        self._ids = table.ids
        self._vectors_VD = table.vectors_VD
        self._rows = {token: row for row, token in enumerate(table.tokens.to_pylist())}
        self._tokenizer = Tokenizer(_tokenize_config(_entry(manifest, "tokenize", path)["config"]))

    def find(self, text: str) -> list[Found]:
        """The tokens of `text`, each with its id and its vector; no text, no tokens."""
        if not text or text.isspace():
            return []
        tokens = self._tokenizer.tokenize(Texts.of([text]))
        words = tokens.batch.column("tokens").flatten().to_pylist()
        return [self._found(word) for word in words]

    def _found(self, word: str) -> Found:
        for form in (word, self._unk):
            if form is not None:
                row = self._rows.get(as_written(form, self._format))
                if row is not None:
                    known = row if self._ids is None else int(self._ids[row])
                    return Found(word, known, self._vectors_VD[row], form != word)
        return Found(word, None, None)


def _require_order_of_ids(manifest: Manifest, path: Path) -> None:
    """Raise DataError unless row i of the dump is that of id i."""
    skipped = manifest.counts.get("skipped")
    if skipped:
        raise DataError(
            f"{path} leaves out {skipped} rows, so its lines are not ids",
            hint="dump with --unsafe-token escape, or --format parquet",
        )
    if manifest.config.get("order", "id") != "id" or manifest.config.get("top"):
        raise DataError(
            f"{path} was dumped with --order or --top, so its lines are not ids",
            hint="dump all rows in the order of ids, or --format parquet, which tells each id",
        )


def _entry(manifest: Manifest, stage: str, path: Path) -> Mapping[str, Any]:
    entry = manifest.upstream(stage)
    if entry is None:
        raise DataError(
            f"the manifest of {path} does not tell of a {stage} stage",
            hint="was one of the files it was made from brought from elsewhere?",
        )
    return entry


def _tokenize_config(stored: Mapping[str, Any]) -> TokenizeConfig:
    """The config as it was; labels and file kinds do not concern a text that is typed in."""
    own = {field.name for field in dataclasses.fields(TokenizeConfig)}
    values = {name: value for name, value in stored.items() if name in own}
    return TokenizeConfig(**{**values, "drop": tuple(values["drop"])})
