"""The settings of dump: which table is written, and how."""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.config.settings import Settings, require, setting

TABLE_COLUMNS = ("index", "token", "embedding")

TABLE_FORMATS = {name: each.extension for name, each in FORMATS.items()}
FOLDER_FORMATS = tuple(name for name, each in FORMATS.items() if each.layout is Layout.FOLDER)


@dataclass(frozen=True, kw_only=True)
class DumpConfig(Settings):
    """How the embedding table is written."""

    format: str = setting(
        "auto",
        f"One or several, parted by commas, of {', '.join(TABLE_FORMATS)}. auto goes by the "
        "output's extension, and table is the rest. Of several, each is a file beside --output, "
        "with its own extension.",
    )
    table: Literal["auto", "input", "output", "sum", "concat"] = setting(
        "auto",
        "The rows that are read, those that contexts are compared with, or both: their unit rows "
        "added, or side by side. auto: sum for context, else input.",
    )
    postprocess: str = setting(
        "none", "center the rows; or topN: and take out their N leading principal components."
    )
    pca: int = setting(
        0, "Columns to reduce the table to, by its leading principal components; 0 leaves them be."
    )
    normalize: bool = setting(False, "Scale each row to length 1.")
    dtype: Literal["float32", "float16"] = setting(
        "float32", "Of the numbers; text has the digits of the float32 that a float16 is equal to."
    )
    order: Literal["id", "frequency"] = setting(
        "id", "Of the rows; readers that keep the first N expect the most frequent first."
    )
    top: int = setting(0, "Rows of the most frequent tokens to write; 0 writes all.")
    columns: tuple[str, ...] = setting(
        TABLE_COLUMNS, "Columns of the grid, in order: any of index,token,embedding."
    )
    precision: int | None = setting(
        None, "Decimals of a number; without it, the fewest digits that give float32 back exactly."
    )
    unsafe_token: Literal["escape", "skip", "error"] = setting(
        "escape",
        "A token that the format's readers would take apart (by white space; in tsv, by tabs and "
        "line ends): \\uXXXX for the character, leave the row out, or stop.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.formats if self.format != "auto" else ():
            close = difflib.get_close_matches(name, TABLE_FORMATS, 1)
            require(
                name in TABLE_FORMATS,
                f"--format cannot be {name!r}",
                f"did you mean {close[0]}?" if close else f"it takes {', '.join(TABLE_FORMATS)}",
            )
        require(len(set(self.formats)) == len(self.formats), "--format names one format twice")
        require(self.pca >= 0, "--pca must be 0 or more")
        require(self.top >= 0, "--top must be 0 or more")
        unknown = [name for name in self.columns if name not in TABLE_COLUMNS]
        require(
            bool(self.columns) and not unknown and len(set(self.columns)) == len(self.columns),
            f"--columns cannot be {','.join(self.columns)!r}",
            f"it takes each of {','.join(TABLE_COLUMNS)} at most once",
        )
        require(
            self.precision is None or 0 <= self.precision <= 30,
            "--precision must be between 0 and 30",
        )
        require(
            re.fullmatch("none|center|top[1-9][0-9]{0,3}", self.postprocess) is not None,
            f"--postprocess cannot be {self.postprocess!r}",
            "it takes none, center, or top with a number, such as top2",
        )

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that --format names."""
        return tuple(each.strip() for each in self.format.split(","))

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """What is written where: a path for each format, and the config of it alone.

        >>> config = DumpConfig(format="word2vec,parquet")
        >>> [str(path) for path, _ in config.outputs(Path("build/embeddings.txt"))]
        ['build/embeddings.w2v', 'build/embeddings.parquet']
        >>> [(_, only)] = DumpConfig().outputs(Path("build/vectors.vec"))
        >>> only.format
        'fasttext'
        """
        by_suffix = {suffix: name for name, suffix in TABLE_FORMATS.items()}
        if self.format == "auto":
            name = by_suffix.get(output.suffix.lower(), "table")
            return [(output, dataclasses.replace(self, format=name))]
        if len(self.formats) == 1:
            return [(output, self)]
        stem = output.with_suffix("") if output.suffix.lower() in by_suffix else output
        return [
            (
                stem.with_name(stem.name + TABLE_FORMATS[name]),
                dataclasses.replace(self, format=name),
            )
            for name in self.formats
        ]

    def outputs_in(self, folder: Path, file: str) -> list[tuple[Path, Self]]:
        """Return what a build writes: a path for each format, named by the format's extension."""
        names = ("table",) if self.format == "auto" else self.formats
        return [
            (
                (folder / file).with_suffix(TABLE_FORMATS[name]),
                dataclasses.replace(self, format=name),
            )
            for name in names
        ]

    @property
    def is_folder(self) -> bool:
        """Whether the format is one of several files."""
        return self.format in FOLDER_FORMATS

    @property
    def leading_components(self) -> int:
        """How many principal components --postprocess takes out."""
        return int(self.postprocess.removeprefix("top")) if "top" in self.postprocess else 0
