"""The settings of train: what decides the model, and how the run is carried out.

The module is long because it is one list: every option of train, with its help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus2vec.pipeline.config.effects import deciding, refuse_without_effect
from corpus2vec.pipeline.config.settings import Execution, Settings, option_name, require, setting

MOST_USED = "Most used"
NETWORK = "Network"
TRAINING = "Training"
OUTPUT_LAYER = "Output layer"
HELD_OUT = "Held-out documents"
START = "Start"

OWN_RATES = {"adam": 0.002, "adagrad": 0.2, "sgd": 0.5}
"""The learning rate of each optimizer where none is given."""
MOST_SCORED = 8192
"""Up to this many tokens, the output layer scores them all by default."""

MOST_CHECKPOINTS = 100
MOST_COLUMNS = 65_536
"""Of a table, and units of an LSTM. The bounds of a network's size catch a slip of the hand: its
memory would run short long before."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Settings):
    """The network, its objective and its optimizer: all that decides the trained table.

    A setting that is None has a default that depends on others; a property or method of the same
    meaning resolves it.
    """

    objective: Literal["context", "lm", "classify"] = setting(
        "context",
        "What to predict: a token from both sides of it (context), the next token (lm), or a "
        "document's label (classify).",
        heading=MOST_USED,
    )
    dim: int = setting(
        100, "Columns of the embedding table.", least=1, most=MOST_COLUMNS, heading=MOST_USED
    )
    epochs: int = setting(5, "Passes over the corpus.", least=1, heading=MOST_USED)
    layers: int = setting(
        1,
        "Stacked LSTM layers. With --objective context, 0 leaves out the LSTMs.",
        least=0,
        most=64,
        heading=MOST_USED,
    )
    window: int = setting(
        5,
        "Tokens on each side that --residual bag averages; nearer ones weigh more (context).",
        least=1,
        most=10_000,
        heading=MOST_USED,
    )
    batch_size: int | None = setting(
        None,
        "Windows (context), streams (lm) or documents (classify) a step; on a small corpus it "
        "takes fewer. By default 64 for context and with a sampled softmax, else 32.",
        least=1,
        most=1_000_000,
        heading=MOST_USED,
    )
    lr: float | None = setting(
        None,
        "Learning rate of the network, and of the tables if they have the same optimizer (lm, "
        "classify). By default the optimizer's own: adam 0.002, adagrad 0.2, sgd 0.5.",
        heading=MOST_USED,
    )
    init: str = setting(
        "random",
        "What to start from: random, zeros, a FILE of vectors (word2vec text or binary, GloVe, "
        "fastText .vec, a dump of any format), or a model: its rows and the layers that fit.",
        file=True,
        metavar="random|zeros|FILE",
        heading=MOST_USED,
    )
    valid_fraction: float = setting(
        0.0,
        "Share of the documents to hold out, drawn by --seed, and to score after every epoch.",
        least=0,
        below=1,
        heading=MOST_USED,
    )
    seed: int = setting(
        1,
        "Seed of all random draws. Same seed, machine, threads and build: same bytes.",
        heading=MOST_USED,
    )

    hidden: int | None = setting(
        None,
        "Units of an LSTM. By default --dim, or half of it for each of context's two.",
        least=1,
        most=MOST_COLUMNS,
        heading=NETWORK,
    )
    dropout: float = setting(
        0.0,
        "Share of units to drop from what the LSTM reads, between its layers, and from its output.",
        least=0,
        below=1,
        heading=NETWORK,
    )
    residual: Literal["bag", "none"] = setting(
        "bag",
        "bag: add the mean of the rows within --window to what the LSTMs read (context).",
        heading=NETWORK,
    )

    seq_len: int | None = setting(
        None,
        "Tokens of a window (context) or of a stream a step (lm), by default 32; or the length at "
        "which documents are cut (classify), by default 256.",
        least=1,
        most=1_000_000,
        heading=TRAINING,
    )
    subsample: float | None = setting(
        None,
        "Thin out tokens whose share of the corpus is larger than this, drawn again each epoch; 0 "
        "keeps all (context). By default 0.0001, or 1/V if that is larger, of V tokens.",
        least=0,
        heading=TRAINING,
    )
    optimizer: Literal["auto", "adam", "adagrad", "sgd"] = setting(
        "auto",
        "Optimizer of network and tables; a step updates only the table rows that it looked up. "
        "auto: adam, but adagrad for the tables of context.",
        heading=TRAINING,
    )
    table_lr: float | None = setting(
        None,
        "Learning rate of the tables. By default --lr where network and tables have the same "
        "optimizer, else their optimizer's own: with context 0.2, whatever --lr is.",
        heading=TRAINING,
    )
    schedule: Literal["constant", "linear", "cosine"] = setting(
        "constant", "How the learning rates fall to 0 over the run, if at all.", heading=TRAINING
    )
    warmup: float = setting(
        0.0,
        "Share of the run during which the learning rates rise from 0.",
        least=0,
        below=1,
        heading=TRAINING,
    )
    clip: float = setting(
        1.0, "Largest norm of a step's gradient; 0 never clips.", least=0, heading=TRAINING
    )
    bfloat16: Literal["auto", "on", "off"] = setting(
        "auto",
        "Multiply matrices in 16 bits and add up in 32; auto: where the machine does that fast.",
        heading=TRAINING,
    )
    shards: int | None = setting(
        None,
        "Cut each step's batch into N shards, so that the result depends on N and no longer on "
        "--threads; a run can then resume with another number of threads. By default as many as "
        "--threads, at most 4 (context, lm).",
        least=1,
        most=64,
        heading=TRAINING,
    )
    max_minutes: float = setting(
        0.0,
        "Stop after so many minutes of training and keep what was learned, which then depends on "
        "the machine's speed; 0 never stops.",
        least=0,
        heading=TRAINING,
    )

    tie: bool = setting(
        True,
        "Share the embedding table with the output layer, so that rows learn from both (lm).",
        heading=OUTPUT_LAYER,
    )
    softmax: Literal["auto", "full", "sampled"] = setting(
        "auto",
        "Score each target against the whole vocabulary, or against sampled negatives; auto: full "
        f"up to {MOST_SCORED:,} tokens, then sampled.",
        heading=OUTPUT_LAYER,
    )
    negatives: int = setting(
        1024,
        "How many negatives a sampled softmax draws for a step.",
        least=1,
        most=1_000_000,
        heading=OUTPUT_LAYER,
    )

    valid: Path | None = setting(
        None,
        "Encoded documents to score after every epoch, instead of --valid-fraction.",
        file=True,
        metavar="IDS",
        alone=True,
        heading=HELD_OUT,
    )
    patience: int = setting(
        0,
        "Stop after N epochs without a better held-out loss and keep the best; 0 never stops.",
        least=0,
        heading=HELD_OUT,
    )

    freeze: bool = setting(False, "Keep the table as it starts; train the rest.", heading=START)
    freeze_epochs: int = setting(
        0, "Keep the table as it starts for the first N epochs.", least=0, heading=START
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.seed < 2**63, "--seed must be between 0 and 2^63 - 1")
        for name in ("lr", "table_lr"):
            rate = getattr(self, name)
            require(rate is None or rate > 0, f"{option_name(name)} must be more than 0")
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
        refuse_without_effect(self)

    def deciding(self, vocabulary_size: int | None = None) -> dict[str, Any]:
        """Return the settings that decide the model's bytes, for a vocabulary of that size.

        A setting without effect is left out, and one that is given the value it has anyway counts
        as not given: equal bytes have equal settings. With the size unknown, settings that depend
        on it stay as they are.

        >>> TrainConfig(hidden=50).deciding() == TrainConfig().deciding()
        True
        >>> "negatives" in TrainConfig().deciding(500), "negatives" in TrainConfig().deciding(9000)
        (False, True)
        """
        init = "file" if "init" in self.files() else self.init
        return deciding(self, {**super().deciding(), "init": init}, vocabulary_size)

    def files(self) -> dict[str, Path]:
        """Return the files that settings name: --init and --valid."""
        named = super().files()
        if self.init in ("random", "zeros"):
            del named["init"]
        return named

    def own(self, vocabulary_size: int | None = None) -> dict[str, Any]:
        """Return the values that settings have when they are not given.

        With the size of the vocabulary unknown, those that depend on it are missing.
        """
        is_context, is_classify = self.objective == "context", self.objective == "classify"
        of_tables, of_network = self.optimizers
        network = self.lr or OWN_RATES[of_network]
        own: dict[str, Any] = {
            "hidden": -(-self.dim // 2) if is_context else self.dim,
            "seq_len": 256 if is_classify else 32,
            "optimizer": ("auto" if self.layers else "adagrad") if is_context else "adam",
            "lr": OWN_RATES[of_network],
            "table_lr": network if of_tables == of_network else OWN_RATES[of_tables],
        }
        if vocabulary_size is not None:
            # The tokens of a step share their negatives: in a step of twice as many, each costs up
            # to a fifth less.
            own["batch_size"] = 64 if is_context or self.samples(vocabulary_size) else 32
            # In a small vocabulary each token is a large share: none is thinned out for being as
            # frequent as the others.
            own["subsample"] = max(1e-4, 1 / vocabulary_size) if is_context else 0.0
            own["softmax"] = "sampled" if vocabulary_size > MOST_SCORED else "full"
        return own

    @property
    def hidden_size(self) -> int:
        """Units of an LSTM."""
        return int(self.hidden or self.own()["hidden"])

    @property
    def length(self) -> int:
        """Tokens of a window, of a stream a step, or of the longest document."""
        return int(self.seq_len or self.own()["seq_len"])

    def streams(self, vocabulary_size: int) -> int:
        """Return how many windows, streams or documents a step takes at most."""
        return int(self.batch_size or self.own(vocabulary_size)["batch_size"])

    def threshold(self, vocabulary_size: int) -> float:
        """Return the share of the corpus above which a token is thinned out; 0 for none."""
        given = self.subsample
        return float(self.own(vocabulary_size)["subsample"] if given is None else given)

    def samples(self, vocabulary_size: int) -> bool:
        """Return whether the output layer is sampled for a vocabulary of that size."""
        if self.objective == "classify" or self.softmax == "full":
            return False
        return self.softmax == "sampled" or vocabulary_size > MOST_SCORED

    @property
    def optimizers(self) -> tuple[str, str]:
        """The optimizers of the tables and of the network."""
        if self.optimizer != "auto":
            return self.optimizer, self.optimizer
        return "adagrad" if self.objective == "context" else "adam", "adam"

    @property
    def learning_rates(self) -> tuple[float, float]:
        """The learning rates of the tables and of the network.

        >>> TrainConfig(objective="lm", lr=0.05).learning_rates  # one optimizer, one rate
        (0.05, 0.05)
        >>> TrainConfig(objective="context", lr=0.05).learning_rates  # adagrad and adam
        (0.2, 0.05)
        >>> TrainConfig(objective="context", lr=0.05, table_lr=0.1).learning_rates
        (0.1, 0.05)
        """
        own = self.own()
        return self.table_lr or own["table_lr"], self.lr or own["lr"]

    @property
    def rates(self) -> dict[str, float]:
        """The learning rates by the setting that sets them; one that nothing uses is left out."""
        tables, network = self.learning_rates
        rates = {}
        if self.layers:  # without, context has no parameters but its tables
            rates["lr"] = network
        # The classifier's only table is the embedding; the others have the output layer's, too.
        if not (self.objective == "classify" and self.freeze):
            rates["table_lr"] = tables
        return rates


@dataclass(frozen=True, kw_only=True)
class TrainExecution(Execution):
    """How training is carried out: what decides no byte and is no part of the recipe."""

    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "Where to train; auto: on CUDA if there is any.", heading="Execution"
    )
    checkpoint_minutes: float = setting(
        10.0,
        "Minutes between checkpoints; 0 writes one after every step.",
        least=0,
        heading="Execution",
    )
    keep_checkpoints: int = setting(
        1,
        "How many checkpoints to keep: the newest and those before it, in case a disk damages one.",
        least=1,
        most=MOST_CHECKPOINTS,
        heading="Execution",
    )
    tensorboard: bool = setting(
        False,
        "Write the metrics as TensorBoard event files, too, into MODEL.tensorboard/.",
        heading="Execution",
    )
    keep_state: bool = setting(
        False,
        "Keep the last checkpoint of a finished run, up to three times the model's size, so that "
        "--resume with more --epochs goes on from there.",
        heading="Execution",
    )
    resume: bool = setting(
        False,
        "Go on from this model's checkpoint, also with more --epochs; without one, start from the "
        "beginning.",
        heading="Execution",
    )
