"""The settings of the commands that read a corpus with a trained network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from corpus2vec.pipeline.config.settings import require, setting
from corpus2vec.pipeline.config.tokenize import CorpusConfig

ROWS = ("tsv", "jsonl", "parquet")
"""The formats of predicted rows."""
SCORES = ("table", "tsv", "json")
"""The formats of scores."""
EXTENSIONS: Mapping[str, str] = {
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}

MODEL_SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class PredictConfig(CorpusConfig):
    """What is read, and how labels are written."""

    format: Literal["auto", "tsv", "jsonl", "parquet", "table", "json"] = setting(
        "auto",
        "tsv, jsonl or parquet: a row a document; auto goes by the extension of --output, else "
        "tsv. With --score: table, tsv or json; auto: table on a terminal, else tsv.",
        heading="Output",
    )
    all: bool = setting(
        False,
        "Write the probability of every label, not only of the most probable.",
        heading="Output",
    )
    score: bool = setting(
        False,
        "Print no rows, but how well the labels of the corpus are predicted: accuracy, macro F1, "
        "a row a label, the confusion matrix, calibration.",
        heading="Output",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        known = SCORES if self.score else ROWS
        require(
            self.format in ("auto", *known),
            f"--format {self.format} is {'not' if self.score else 'only'} for --score",
            f"it takes {', '.join(known)}",
        )
        require(
            not (self.score and self.all),
            "--all writes rows, and --score prints none",
            "give one of them",
        )
        require(
            not self.score or bool(self.label_field) or self.label_from != "none",
            "--score needs to know the labels of the corpus",
            "give --label-field, or --label-from file or folder",
        )

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide the rows: not that they are scored instead."""
        settings = super().deciding()
        del settings["score"]
        return settings

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return the one file that is written, and the config with its format."""
        if self.format != "auto":
            return [(output, self)]
        found: Any = EXTENSIONS.get(output.suffix.lower(), "tsv")
        return [(output, dataclasses.replace(self, format=found))]


VECTORS: Mapping[str, str] = {".parquet": "parquet", ".pq": "parquet", ".npy": "npy"}
"""The formats of vectors by extension; any other is word2vec's text."""


@dataclass(frozen=True, kw_only=True)
class EmbedConfig(CorpusConfig):
    """What is read, and how a document becomes a vector."""

    pooling: Literal["mean", "sif", "state"] = setting(
        "mean",
        "mean: of the vectors of its tokens. sif: their mean in which rare tokens weigh more, "
        "without what all documents have in common (Arora et al. 2017). state: the network's own, "
        "its last output (classify, lm) or the mean of its contexts (context).",
        heading="Output",
    )
    format: Literal["auto", "word2vec", "parquet", "npy"] = setting(
        "auto",
        "word2vec is text, a document a line: its id or number, then the vector. auto goes by the "
        "extension of --output: .parquet, .npy, else word2vec.",
        heading="Output",
    )

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return the one file that is written, and the config with its format."""
        if self.format != "auto":
            return [(output, self)]
        found: Any = VECTORS.get(output.suffix.lower(), "word2vec")
        return [(output, dataclasses.replace(self, format=found))]


@dataclass(frozen=True, kw_only=True)
class ExtendConfig(CorpusConfig):
    """What is read, and which of its words get rows."""

    min_count: int = setting(
        1, "Give no row to new words that occur less often in the corpus.", least=1
    )

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide the rows: neither labels nor ids."""
        idle = ("label_field", "label_from", "id_field")
        return {name: value for name, value in super().deciding().items() if name not in idle}

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return the model that is written; --output is its folder, or itself."""
        named = output.suffix == MODEL_SUFFIX
        return [(output if named else output / f"model{MODEL_SUFFIX}", self)]
