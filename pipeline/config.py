"""One frozen dataclass a stage: the settings that decide an artifact's bytes, and their defaults.

This is the one place where a default, its meaning and its check are written: the command line
makes its options and their help from these fields, the manifest stores them, and the fingerprint
is taken over them. What does not change bytes (paths, progress, threads) is not here, but in
the `…Execution` classes. `EvaluateConfig` and `CompareConfig` make no artifact: they decide the
numbers that are printed. Nothing heavy may be imported: `corpus2vec --help` reads this file.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import UsageError


def setting(default: Any, help: str, **marks: Any) -> Any:
    """A dataclass field with its documentation; `marks` tell the command line how to show it."""
    return dataclasses.field(default=default, metadata={"help": help, **marks})


def require(condition: bool, message: str, hint: str = "") -> None:
    """Raise UsageError with `message` unless `condition` holds."""
    if not condition:
        raise UsageError(message, hint=hint)


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """How the files of a corpus become documents."""

    kind: Literal["auto", "text", "jsonl", "csv", "tsv", "parquet"] = setting(
        "auto", "What the corpus files are; auto goes by the extension, and text is the rest."
    )
    doc_per: Literal["line", "paragraph", "file"] = setting(
        "line", "In plain text, what one document is; paragraphs are parted by blank lines."
    )
    text_field: str = setting(
        "text", "The field or column that holds the text (JSON Lines, CSV, TSV, Parquet)."
    )
    label_field: str | None = setting(
        None, "The field or column that holds the label, for --objective classify."
    )
    label_from: Literal["none", "file", "folder"] = setting(
        "none", "Take each document's label from its file's name (less extensions) or its folder's."
    )
    encoding_errors: Literal["strict", "replace"] = setting(
        "strict", "On bytes that are not UTF-8: stop and say where, or put U+FFFD in their place."
    )

    def __post_init__(self) -> None:
        require(
            self.label_field is None or self.label_from == "none",
            "--label-field and --label-from both say where the label is",
            "give one of them",
        )


DROPPABLE = ("space", "punct", "num", "stop")


@dataclass(frozen=True, kw_only=True)
class TokenizeConfig(CorpusConfig):
    """How documents become tokens."""

    lang: str = setting("en", "A spaCy language code; its blank pipeline's tokenizer is used.")
    model: str | None = setting(
        None, "An installed spaCy pipeline (name or folder) instead of a blank --lang."
    )
    lower: bool = setting(False, "Lower-case every token.")
    lemma: bool = setting(False, "Keep lemmas instead of forms; needs a --model that lemmatizes.")
    drop: tuple[str, ...] = setting(
        ("space",), "Token classes to leave out: any of space,punct,num,stop; '' keeps all."
    )
    sentences: bool = setting(False, "Make each sentence a document.")
    max_doc_tokens: int = setting(
        0, "Cut documents into pieces of at most this many tokens; 0 never cuts."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.drop if name not in DROPPABLE]
        require(
            not unknown,
            f"--drop does not know {', '.join(unknown)}",
            f"it takes any of {','.join(DROPPABLE)}",
        )
        require(self.max_doc_tokens >= 0, "--max-doc-tokens must be 0 or more")
        # One spelling for one meaning, or the order of names would make a new fingerprint.
        ordered = tuple(name for name in DROPPABLE if name in self.drop)
        object.__setattr__(self, "drop", ordered)


UNK = "<unk>"


@dataclass(frozen=True, kw_only=True)
class VocabConfig:
    """Which tokens get a row."""

    min_count: int = setting(1, "Leave out tokens seen fewer times than this.")
    max_size: int = setting(
        0, "Keep the N most frequent tokens (ids still by first appearance); 0 keeps all."
    )
    unk: str | None = setting(
        None, f"Add this token as last id, for all that has none ({UNK}, if anything is left out)."
    )

    def __post_init__(self) -> None:
        require(self.min_count >= 1, "--min-count must be 1 or more")
        require(self.max_size >= 0, "--max-size must be 0 or more")
        require(self.unk != "", "--unk needs a token, not an empty string")


@dataclass(frozen=True, kw_only=True)
class EncodeConfig:
    """How tokens become ids."""

    unknown: Literal["error", "drop"] = setting(
        "error", "On a token outside a vocabulary that has no <unk>: stop, or drop and count it."
    )


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The network, its objective and its optimizer: all that decides the trained table."""

    objective: Literal["context", "lm", "classify"] = setting(
        "context",
        "Predict the token between others, the next token, or the document's label (needs labels).",
    )
    dim: int = setting(100, "Columns of the embedding table.")
    hidden: int = setting(
        0, "Units of an LSTM; 0: as many as --dim, or half as many for each of context's two."
    )
    layers: int = setting(1, "Stacked LSTM layers; 0, for context: none, only the bag.")
    dropout: float = setting(
        0.0, "Share of units silenced after the table, between layers and before the head."
    )
    residual: Literal["bag", "none"] = setting(
        "bag", "context: add the mean of the rows within --window to what the LSTMs read."
    )
    window: int = setting(5, "context: tokens on each side that the bag takes, nearer ones more.")
    subsample: float | None = setting(
        None,
        "Thin out tokens of a larger share of the corpus than this, anew each epoch; 0 keeps all. "
        "Without it: 0.0001 for context (of V tokens at least 1/V), else 0.",
    )
    epochs: int = setting(5, "Passes over the corpus.")
    batch_size: int = setting(
        0,
        "Windows (context), streams (lm) or documents (classify) a step, fewer on a small corpus; "
        "0: 64, 32, 32.",
    )
    seq_len: int = setting(
        0,
        "context, lm: tokens of a window or stream a step (0: 32). classify: longest document, "
        "more is cut (0: 256).",
    )
    lr: float = setting(
        0.0,
        "Learning rate; 0 takes the optimizer's own (adam 0.002, adagrad 0.2, sgd 0.5).",
    )
    table_lr: float = setting(
        0.0, "Learning rate of the tables, if not --lr's; 0 takes their optimizer's own."
    )
    optimizer: Literal["auto", "adam", "adagrad", "sgd"] = setting(
        "auto",
        "Tables are updated by row: only the rows that a step looked up move. auto is adam, and "
        "adagrad for the tables of context.",
    )
    schedule: Literal["constant", "linear", "cosine"] = setting(
        "constant", "How the learning rates fall towards 0 over the run."
    )
    warmup: float = setting(0.0, "Share of the run over which the learning rates first rise.")
    bfloat16: Literal["auto", "on", "off"] = setting(
        "auto", "Products in 16 bits, added up in 32; auto where the machine is fast at it."
    )
    clip: float = setting(1.0, "Largest norm of a step's gradient; 0 never clips.")
    seed: int = setting(1, "Same seed, machine, threads and build: same bytes.")
    tie: bool = setting(
        True, "lm: the output layer shares the embedding table, so that rows learn from both sides."
    )
    softmax: Literal["auto", "full", "sampled", "adaptive"] = setting(
        "auto",
        "Over the whole vocabulary, the target against shared negatives, or (lm, --no-tie) by "
        "classes of frequency; auto is full up to 8,192 tokens, then sampled.",
    )
    negatives: int = setting(1024, "Sampled softmax: negatives that a step's tokens share.")
    init: Literal["random", "zeros", "file"] = setting(
        "random",
        "How the table starts: random, zeros, or a FILE of pretrained vectors.",
        hidden=True,
    )
    freeze: bool = setting(False, "Leave the table as it starts; train the rest.")
    freeze_epochs: int = setting(0, "Leave the table as it starts for the first N epochs.")
    valid_fraction: float = setting(
        0.0, "Share of the documents held out, drawn by --seed; scored after every epoch."
    )
    patience: int = setting(
        0, "Stop after N epochs without a better held-out loss and keep the best; 0 never stops."
    )

    max_minutes: float = setting(
        0.0,
        "Stop after so many minutes of training and keep what was learned by then, which depends "
        "on the machine's speed; 0 never stops.",
    )

    def __post_init__(self) -> None:
        for name in ("dim", "epochs", "window", "negatives"):
            require(getattr(self, name) >= 1, f"{option_name(name)} must be 1 or more")
        for name in (
            *("hidden", "layers", "seq_len", "batch_size"),
            *("lr", "table_lr", "clip", "patience", "freeze_epochs", "max_minutes"),
        ):
            require(getattr(self, name) >= 0, f"{option_name(name)} must be 0 or more")
        require(0 <= self.seed < 2**63, "--seed must be between 0 and 2^63 - 1")
        require(0 <= self.dropout < 1, "--dropout must be at least 0 and less than 1")
        require(0 <= self.warmup < 1, "--warmup must be at least 0 and less than 1")
        require(0 <= self.valid_fraction < 1, "--valid-fraction must be at least 0 and less than 1")
        require((self.subsample or 0) >= 0, "--subsample must be 0 or more")
        require(
            not self.subsample or self.objective == "context",
            f"--subsample has no meaning with --objective {self.objective}",
            "it would take tokens out of what is read in order",
        )
        require(
            self.softmax != "adaptive" or (self.objective == "lm" and not self.tie),
            "--softmax adaptive has no row a token to share or to compare contexts with",
            "it is for --objective lm with --no-tie",
        )
        require(
            self.layers > 0 or (self.objective == "context" and self.residual == "bag"),
            "--layers 0 leaves nothing to train",
            "it is for --objective context with --residual bag",
        )

    @property
    def hidden_size(self) -> int:
        """Units of an LSTM, with 0 resolved."""
        own = -(-self.dim // 2) if self.objective == "context" else self.dim
        return self.hidden or own

    @property
    def streams(self) -> int:
        """Windows, streams or documents a step, with 0 resolved."""
        return self.batch_size or (64 if self.objective == "context" else 32)

    @property
    def length(self) -> int:
        """Tokens a step and stream, or the longest document, with 0 resolved."""
        return self.seq_len or (256 if self.objective == "classify" else 32)

    def threshold(self, vocabulary_size: int) -> float:
        """The share of the corpus from which on tokens are thinned out, with None resolved.

        Of few tokens each is a large share: none is thinned out for being as frequent as others.
        """
        if self.subsample is None:
            return max(1e-4, 1 / vocabulary_size) if self.objective == "context" else 0.0
        return self.subsample

    @property
    def optimizers(self) -> tuple[str, str]:
        """The optimizers of the tables and of the rest, with auto resolved."""
        if self.optimizer != "auto":
            return self.optimizer, self.optimizer
        return "adagrad" if self.objective == "context" else "adam", "adam"

    @property
    def learning_rates(self) -> tuple[float, float]:
        """The learning rates of the tables and of the rest, with 0 resolved."""
        own = {"adam": 0.002, "adagrad": 0.2, "sgd": 0.5}
        of_tables, of_rest = self.optimizers
        rest = self.lr or own[of_rest]
        return self.table_lr or (rest if of_tables == of_rest else own[of_tables]), rest

    def samples(self, vocabulary_size: int) -> bool:
        """Whether the output layer is sampled, with auto resolved for this many tokens."""
        if self.objective == "classify" or self.softmax in ("full", "adaptive"):
            return False
        return self.softmax == "sampled" or vocabulary_size > 8192


TABLE_COLUMNS = ("index", "token", "embedding")

# Each format of a dump, and how the names of its files end.
TABLE_FORMATS = {
    "table": ".txt",
    "word2vec": ".w2v",
    "word2vec-binary": ".bin",
    "glove": ".glove",
    "fasttext": ".vec",
    "parquet": ".parquet",
    "tsv": ".tsv",
    "npy": ".npy",
    "safetensors": ".safetensors",
    "spacy": ".spacy",
}
FOLDER_FORMATS = ("tsv", "npy", "safetensors", "spacy")  # of several files, in a folder


@dataclass(frozen=True, kw_only=True)
class DumpConfig:
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

    def outputs(self, output: Path) -> list[tuple[Path, DumpConfig]]:
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

    @property
    def is_folder(self) -> bool:
        """Whether the format is one of several files."""
        return self.format in FOLDER_FORMATS

    @property
    def leading_components(self) -> int:
        """How many principal components --postprocess takes out."""
        return int(self.postprocess.removeprefix("top")) if "top" in self.postprocess else 0


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """What of the table comes on a map of it."""

    map_words: int = setting(
        10_000, "Words on the map, the most frequent ones; 50,000 is the most that it takes."
    )

    def __post_init__(self) -> None:
        # The page numbers the words in two bytes.
        require(1 <= self.map_words <= 50_000, "--map-words must be from 1 to 50000")


@dataclass(frozen=True, kw_only=True)
class TokenizeExecution:
    """How tokenizing is carried out: what a person chooses that is no part of the recipe."""

    workers: int = setting(
        0, "Processes that tokenize; 0: as many as processors and corpus are worth, at most 6."
    )

    def __post_init__(self) -> None:
        require(self.workers >= 0, "--workers must be 0 or more")


SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, kw_only=True)
class VocabExecution:
    """How counting is carried out."""

    memory: str = setting(
        "2G", "Memory for counting, such as 500M; what needs more goes to the disk, in parts."
    )

    def __post_init__(self) -> None:
        number, unit = self._parts
        require(
            re.fullmatch("0*[1-9][0-9]{0,17}", number) is not None and unit in SIZES,
            f"--memory cannot be {self.memory!r}",
            "it takes a number of bytes, or one with K, M, G or T behind it",
        )

    @property
    def _parts(self) -> tuple[str, str]:
        unit = self.memory[-1:].upper()
        return (self.memory, "") if unit.isdigit() else (self.memory[:-1], unit)

    @property
    def memory_bytes(self) -> int:
        """--memory in bytes."""
        number, unit = self._parts
        return int(number) * SIZES[unit]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How training is carried out: what a person chooses that is no part of the recipe."""

    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "Where to train; auto takes CUDA if it is there."
    )
    threads: int = setting(0, "Processor threads; 0 leaves it to the libraries.")
    checkpoint_minutes: float = setting(
        10.0, "Minutes between checkpoints; 0 writes one after every step."
    )
    keep_checkpoints: int = setting(
        1, "Checkpoints to keep, against a damaged disk: the newest and those before it."
    )
    tensorboard: bool = setting(
        False, "Write the metrics also as TensorBoard event files, into MODEL.tensorboard/."
    )
    resume: bool = setting(
        False, "Go on from this model's checkpoint, if there is one; else start anew."
    )

    def __post_init__(self) -> None:
        require(self.threads >= 0, "--threads must be 0 or more")
        require(self.checkpoint_minutes >= 0, "--checkpoint-minutes must be 0 or more")
        require(self.keep_checkpoints >= 1, "--keep-checkpoints must be 1 or more")


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """How a table is judged by gold files."""

    case: Literal["fold", "lower", "exact"] = setting(
        "fold",
        "How gold words and tokens are matched: whatever their case (the most frequent spelling, "
        "or the first, counts), gold words lower-cased, or as they are.",
    )
    restrict: int = setting(
        0,
        "Only the first N rows are there: the most frequent, if the table tells counts, as Parquet "
        "does. 0: all.",
    )
    unknown: Literal["skip", "zero"] = setting(
        "skip", "Questions with an unknown word: leave out, or count as cosine 0 or as wrong."
    )
    common: bool = setting(False, "Score only the questions whose words all tables have.")
    resamples: int = setting(1000, "Resamples of the bootstrap that gives the 95 % intervals.")
    seed: int = setting(1, "Seed of the resampling.")

    def __post_init__(self) -> None:
        require(self.restrict >= 0, "--restrict must be 0 or more")
        require(self.resamples >= 0, "--resamples must be 0 or more")
        require(self.seed >= 0, "--seed must be 0 or more")
        require(
            not (self.common and self.unknown == "zero"),
            "--common leaves out unknown words, --unknown zero counts them",
            "give one of them",
        )


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """How two tables are compared."""

    neighbors: int = setting(10, "How many nearest neighbours of a word are compared.")
    sample: int = setting(1000, "Shared words to compare, drawn at random; 0: all.")
    pairs: int = setting(100_000, "Pairs of shared words whose cosines are compared.")
    restrict: int = setting(
        0,
        "Only the first N rows of each table: the most frequent, if it tells counts, as Parquet "
        "does. 0: all.",
    )
    seed: int = setting(1, "Seed of the drawing.")

    def __post_init__(self) -> None:
        require(self.neighbors >= 1, "--neighbors must be 1 or more")
        for name in ("sample", "pairs", "restrict", "seed"):
            require(getattr(self, name) >= 0, f"--{name} must be 0 or more")


def option_name(field_name: str) -> str:
    """The option that sets a field: `min_count` → `--min-count`."""
    return "--" + field_name.replace("_", "-")
