"""The settings of dump: which table is written, which of its rows, and in which formats.

The formats are in `formats`, the registry. A setting that has no effect with any of the formats
asked for is refused by name, and no recipe has it: neither would change a byte.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from corpus2vec.pipeline.config.formats import COMPRESSED, FORMATS, TEXT_MODULES, Layout
from corpus2vec.pipeline.config.settings import Settings, option_name, require, setting
from corpus2vec.pipeline.errors import UsageError

TABLE_COLUMNS = ("index", "token", "embedding")
FOLDERS = [name for name, each in FORMATS.items() if each.layout is Layout.FOLDER]
OF_EMBEDDINGS = ("table", "postprocess", "pca", "normalize", "dtype", "precision")
"""Settings that decide nothing but the numbers of the embeddings."""


@dataclass(frozen=True, kw_only=True)
class DumpConfig(Settings):
    """How the embedding table is written."""

    format: str = setting(
        "auto",
        "One format, or several separated by commas, each written beside --output under its own "
        f"extension: {', '.join(f'{name} ({each.extension})' for name, each in FORMATS.items())}. "
        f"{', '.join(FOLDERS)} are folders. auto: the one with the extension of --output, else "
        "table. With .gz or .zst behind the extension of a text format, the file is compressed.",
    )
    table: Literal["auto", "input", "output", "sum", "concat"] = setting(
        "auto",
        "Which table: input embeddings, output embeddings, the sum of both (normalized rows), or "
        "both concatenated. auto: sum for context, unless --freeze kept the table; else input.",
    )
    postprocess: str = setting(
        "none",
        "none; center, to subtract the mean row; or topN, such as top2, to remove the N leading "
        "principal components too.",
    )
    pca: int | None = setting(
        None, "Reduce the table to this many columns, its leading principal components.", least=1
    )
    normalize: bool = setting(False, "Scale each row to length 1.")
    dtype: Literal["float32", "float16"] = setting(
        "float32",
        "Type of the numbers. Text formats print a float16 value as the equal float32.",
    )
    order: Literal["id", "frequency"] = setting(
        "id",
        "Order of the rows. Tools that keep the first N rows expect frequency: most frequent "
        "first.",
    )
    words: Path | None = setting(
        None,
        "A file of words, one a line: write only their rows, in the order of ids. Words that the "
        "table lacks are counted and named.",
        file=True,
        metavar="FILE",
        alone=True,
    )
    top: int | None = setting(None, "Write only the N most frequent tokens.", least=1)
    columns: tuple[str, ...] = setting(
        TABLE_COLUMNS, "Format table: its columns, in order, any of index,token,embedding."
    )
    precision: int | None = setting(
        None,
        "Text formats: decimals of each number. By default the fewest digits from which the same "
        "float32 is read.",
        least=0,
        most=30,
    )
    bundle: bool = setting(
        False,
        "Write no table, but a folder of all that predict, embed and extend need: the model, its "
        "vocabulary, and what the corpus was tokenized with. It may be moved, and is named in "
        "place of the model.",
        alone=True,
    )
    unsafe_token: Literal["escape", "skip", "error"] = setting(
        "escape",
        "What to do with a token that a text format cannot hold, because of white space (tsv: tabs "
        "and line ends): write \\uXXXX for the character, skip the row, or stop with an error.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bundle:
            self._require_bundle_alone()
        names = () if self.format == "auto" else self.formats
        for name in names:
            close = difflib.get_close_matches(name, FORMATS, 1)
            require(
                name in FORMATS,
                f"--format cannot be '{name}'",
                f"did you mean {close[0]}?" if close else f"it takes {', '.join(FORMATS)}",
            )
        require(len(set(self.formats)) == len(self.formats), "--format names one format twice")
        unknown = [name for name in self.columns if name not in TABLE_COLUMNS]
        require(
            bool(self.columns) and not unknown and len(set(self.columns)) == len(self.columns),
            f"--columns cannot be '{','.join(self.columns)}'",
            f"it takes each of {','.join(TABLE_COLUMNS)} at most once",
        )
        require(
            re.fullmatch("none|center|top[1-9][0-9]{0,3}", self.postprocess) is not None,
            f"--postprocess cannot be '{self.postprocess}'",
            "it takes none, center, or top with a number, such as top2",
        )
        if names:
            self._require_effect(names)

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that --format names."""
        return tuple(each.strip() for each in self.format.split(","))

    @property
    def layout(self) -> Layout:
        """Whether the one format is a file or a folder."""
        return FORMATS[self.format].layout

    @property
    def leading_components(self) -> int:
        """How many principal components --postprocess removes."""
        return int(self.postprocess.removeprefix("top")) if "top" in self.postprocess else 0

    def _require_bundle_alone(self) -> None:
        for field in dataclasses.fields(self):
            if field.name != "bundle" and getattr(self, field.name) != field.default:
                raise UsageError(
                    f"{option_name(field.name)} has no effect with --bundle, which has no table",
                    hint="leave it out, or dump the table by itself",
                )

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide the bytes of a dump in the one format.

        >>> list(DumpConfig(format="npy", top=9).deciding())
        ['format', 'table', 'postprocess', 'pca', 'normalize', 'dtype', 'order', 'top']
        """
        return {
            name: value
            for name, value in super().deciding().items()
            if name != "bundle" and self._has_effect(name, self.format)
        }

    def only(self, name: str) -> Self:
        """Return the config of one of the formats; what has no effect there is at its default."""
        fields = dataclasses.fields(self)
        idle: dict[str, Any] = {
            each.name: each.default for each in fields if not self._has_effect(each.name, name)
        }
        return dataclasses.replace(self, format=name, **idle)

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return what is written: a path for each format, and the config of it alone.

        >>> config = DumpConfig(format="word2vec,parquet")
        >>> [str(path) for path, _ in config.outputs(Path("build/embeddings.txt"))]
        ['build/embeddings.w2v', 'build/embeddings.parquet']
        >>> [(_, only)] = DumpConfig().outputs(Path("build/vectors.vec"))
        >>> only.format
        'fasttext'
        """
        if self.bundle:
            return [(output, self)]
        by_extension = {each.extension: name for name, each in FORMATS.items()}
        extension = output.suffix.lower()
        if self.format == "auto":
            plain = output.with_suffix("") if extension in COMPRESSED else output
            own = plain.suffix.lower()
            if own and own not in by_extension:
                raise UsageError(
                    f"{output}: no format has the extension {own}",
                    hint=f"say which with --format, or use one of {', '.join(by_extension)}",
                )
            return [(output, self._as(by_extension.get(own, "table")))]
        if len(self.formats) == 1:
            return [(output, self._as(*self.formats))]
        stem = output.with_suffix("") if extension in by_extension else output
        return self._beside(stem, self.formats)

    def compression(self, output: Path) -> str:
        """Return how a dump of that name is compressed in the one format, or "".

        Raises UsageError for a format that is no text.

        >>> DumpConfig(format="fasttext").compression(Path("table.vec.gz"))
        'gzip'
        """
        compression = COMPRESSED.get(output.suffix.lower(), "")
        if compression and FORMATS[self.format].module not in TEXT_MODULES:
            raise UsageError(
                f"{output}: only text formats are compressed, and {self.format} is none",
                hint=f"leave {output.suffix} out",
            )
        return compression

    def outputs_in(self, folder: Path, file: str) -> list[tuple[Path, Self]]:
        """Return what a build writes: a path for each format, named by the format's extension."""
        if self.format == "auto":
            return self._as("table").outputs_in(folder, file)
        return self._beside((folder / file).with_suffix(""), self.formats)

    def _as(self, name: str) -> Self:
        """Return the config of that one format. Raise UsageError for a setting without effect."""
        return dataclasses.replace(self, format=name)

    def _beside(self, stem: Path, names: Iterable[str]) -> list[tuple[Path, Self]]:
        return [
            (stem.with_name(stem.name + FORMATS[name].extension), self.only(name)) for name in names
        ]

    def _has_effect(self, name: str, table_format: str) -> bool:
        """Return whether a setting can change the bytes of a dump in that format."""
        if name in OF_EMBEDDINGS and table_format == "table" and "embedding" not in self.columns:
            return False
        own = FORMATS[table_format].settings
        return name in own or not any(name in each.settings for each in FORMATS.values())

    def _require_effect(self, names: tuple[str, ...]) -> None:
        """Raise UsageError for a setting that is not at its default and changes nothing."""
        for field in dataclasses.fields(self):
            idle = not any(self._has_effect(field.name, name) for name in names)
            if idle and getattr(self, field.name) != field.default:
                heeding = [name for name, each in FORMATS.items() if field.name in each.settings]
                other = f"dump as {', '.join(heeding)}"
                if field.name in OF_EMBEDDINGS and "table" in names:
                    other = "name embedding in --columns"
                raise UsageError(
                    f"{option_name(field.name)} has no effect with --format {self.format}",
                    hint=f"leave it out, or {other}",
                )
