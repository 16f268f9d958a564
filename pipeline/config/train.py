"""The settings of train: what decides the model, and how the run is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus2vec.pipeline.config.settings import Execution, Settings, option_name, require, setting


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Settings):
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
        "0: 64 for context and with a sampled softmax, else 32.",
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
    softmax: Literal["auto", "full", "sampled"] = setting(
        "auto",
        "Score each target against the whole vocabulary, or against sampled negatives; auto: full "
        "up to 8,192 tokens, then sampled.",
    )
    negatives: int = setting(1024, "Sampled softmax: negatives that a step's tokens share.")
    init: str = setting(
        "random",
        "What to start from: random, zeros, a FILE of vectors (word2vec text or binary, GloVe, "
        "fastText .vec, a dump of any format), or a model: its rows and the layers that fit.",
        file=True,
        metavar="random|zeros|FILE",
    )
    freeze: bool = setting(False, "Leave the table as it starts; train the rest.")
    freeze_epochs: int = setting(0, "Leave the table as it starts for the first N epochs.")
    valid_fraction: float = setting(
        0.0, "Share of the documents held out, drawn by --seed; scored after every epoch."
    )
    valid: Path | None = setting(
        None,
        "Encoded documents to score after every epoch, instead of --valid-fraction.",
        file=True,
        metavar="IDS",
        alone=True,
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
        super().__post_init__()
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
            not (self.valid and self.valid_fraction),
            "--valid and --valid-fraction both hold out documents",
            "give one of them",
        )
        require(
            not self.patience or bool(self.valid or self.valid_fraction),
            "--patience needs held-out documents",
            "give --valid-fraction 0.1, or --valid IDS",
        )
        require(
            self.layers > 0 or (self.objective == "context" and self.residual == "bag"),
            "--layers 0 leaves nothing to train",
            "it is for --objective context with --residual bag",
        )

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide the model's bytes."""
        init = "file" if "init" in self.files() else self.init
        return {**super().deciding(), "init": init}

    def files(self) -> dict[str, Path]:
        """Return the files that settings name: --init and --valid."""
        named = super().files()
        if self.init in ("random", "zeros"):
            del named["init"]
        return named

    @property
    def hidden_size(self) -> int:
        """Units of an LSTM, with 0 resolved."""
        own = -(-self.dim // 2) if self.objective == "context" else self.dim
        return self.hidden or own

    def streams(self, vocabulary_size: int) -> int:
        """Windows, streams or documents a step, with 0 resolved.

        A step's tokens share their negatives: of twice as many, each costs up to a fifth less.
        """
        many = self.objective == "context" or self.samples(vocabulary_size)
        return self.batch_size or (64 if many else 32)

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
        if self.objective == "classify" or self.softmax == "full":
            return False
        return self.softmax == "sampled" or vocabulary_size > 8192


@dataclass(frozen=True, kw_only=True)
class TrainExecution(Execution):
    """How training is carried out: what a person chooses that is no part of the recipe."""

    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "Where to train; auto takes CUDA if it is there."
    )
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
        super().__post_init__()
        require(self.checkpoint_minutes >= 0, "--checkpoint-minutes must be 0 or more")
        require(self.keep_checkpoints >= 1, "--keep-checkpoints must be 1 or more")
