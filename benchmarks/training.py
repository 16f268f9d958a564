"""Training compared with its peers: tokens a second, share of the machine's peak, perplexity.

    python benchmarks/training.py CORPUS [--tokens 150000] [--minutes 2] [--epochs 0] [--only NAME…]

The corpus is tokenized once (`--lower --min-count 5`). Every fiftieth document is held out (with
--last-tenth, the last tenth). Of the others, every row trains once on the first so many tokens:
D = 200, one LSTM of 200 units, two threads, a process for each row. Then each row trains for so
many minutes on all of them, and then for so many epochs, of which the best one counts. `plain
PyTorch` is the textbook's program (`PlainTorch`, below): nn.Embedding, nn.LSTM, nn.Linear over the
whole vocabulary, float32, Adam, 32 streams of 32 tokens, with the state carried on. Keras is the
same program on its torch backend, without the state. Prints Markdown tables, and on standard error
a line for each run as it ends.

Tokens a second are those of the second half of the steps. Tokens of text a second also count what
--subsample took out (`context` does by default), as word2vec's programs count; both have their
ratio to plain PyTorch. Perplexity is the exact softmax's in all rows; `context` predicts a word
from both sides, so its perplexity compares only with other `context` rows.

The file is long so that it can be read, and copied, as one program: the peers beside their clock.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from corpus2vec.pipeline.config import TrainConfig

STREAMS, WINDOW, RATE = 32, 32, 0.002  # as `lm` has them
PLAIN, KERAS = "plain PyTorch", "Keras, torch backend"
OURS: dict[str, list[str]] = {
    "lm, full softmax, untied": ["--objective", "lm", "--softmax", "full", "--no-tie"],
    "lm, full softmax": ["--objective", "lm", "--softmax", "full"],
    "lm, full softmax, dropout 0.4": [
        *("--objective", "lm", "--softmax", "full", "--dropout", "0.4"),
    ],
    "lm, sampled softmax": ["--objective", "lm", "--softmax", "sampled"],
    "context": ["--softmax", "sampled"],
    "context, LSTMs as wide as the rows": ["--softmax", "sampled", "--hidden", "DIM"],
    "context without the bag": ["--softmax", "sampled", "--residual", "none"],
    "context without the LSTM": ["--softmax", "sampled", "--layers", "0"],
}
PEERS = {PLAIN: "plain_torch", KERAS: "keras"}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokens", type=int, default=150_000, help="that every row trains on")
    parser.add_argument("--minutes", type=float, default=2.0, help="0 leaves this table out")
    parser.add_argument("--epochs", type=int, default=0, help="0 leaves this table out")
    parser.add_argument("--dim", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--last-tenth", action="store_true", help="is held out")
    parser.add_argument("--only", nargs="*", default=[], help="rows whose names have one of these")
    parser.add_argument("--work", type=Path, help="keep tokens and models here, and use them again")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(peer(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, options.work or Path(folder))


def compare(options: argparse.Namespace, work: Path) -> None:
    """Measure every row by each budget, and print a table a budget."""
    work.mkdir(parents=True, exist_ok=True)
    counts_V = prepare(options, work)
    peaks = {name: peak_of_products(name, options.threads) for name in ("float32", "bfloat16")}
    names = [
        name
        for name in (*PEERS, *OURS)
        if not options.only or any(part in name for part in options.only)
    ]
    print(
        f"V = {len(counts_V):,}, D = H = {options.dim}, {options.threads} threads; "
        "peak of products "
        + ", ".join(f"{each / 1e9:.0f} GFLOP/s in {name}" for name, each in peaks.items())
        + "\n"
    )
    once = Budget(f"{options.tokens:,} tokens, once", "first", 0.0, 1)
    timed = Budget(f"{options.minutes:g} minutes", "all", options.minutes, 1000)
    long = Budget(f"{options.epochs} epochs", "all", 0.0, options.epochs)
    wanted = (options.tokens, options.minutes, options.epochs)
    for budget in itertools.compress((once, timed, long), wanted):
        title = budget.title
        print(
            f"| {title} | tokens/s | × plain | of peak | of text/s | × plain | peak memory "
            "| trained on | held-out perplexity |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
        plain = math.nan
        for name in names:
            found = (run_peer if name in PEERS else ours)(name, work, budget, options)
            plain = found["speed"] if name == PLAIN else plain
            products, operations = work_of(name, counts_V, options.dim)
            of_text = found["speed"] / (kept_share(counts_V) if "context" in name else 1)
            print(
                f"| {name} | {found['speed']:,.0f} | {found['speed'] / plain:.1f} "
                f"| {found['speed'] * operations / peaks[products]:.0%} "
                f"| {of_text:,.0f} | {of_text / plain:.1f} "
                f"| {found['memory'] / 1e6:,.0f} MB | {found['tokens']:,.0f} "
                f"| {found['perplexity']:.1f} |",
                flush=True,
            )
        print()


@dataclass(frozen=True)
class Budget:
    """How long a row may train."""

    title: str
    part: str
    minutes: float
    epochs: int


def prepare(options: argparse.Namespace, work: Path) -> np.ndarray:
    """Make the vocabulary, and the ids of three parts: all to train on, its beginning, held out.

    Returns how often each token occurs in the first.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    corpus2vec("tokenize", options.corpus, "--lower", "-o", work / "tokens.parquet")
    table = pq.read_table(work / "tokens.parquet")
    number = np.arange(len(table))
    late = number >= len(table) * 0.9
    held = pa.array(late if options.last_tenth else number % 50 == 49)
    rest, valid = table.filter(pa.compute.invert(held)), table.filter(held)
    lengths = pa.compute.cumulative_sum(pa.compute.list_value_length(rest["tokens"]))
    first = rest.slice(0, pa.compute.sum(pa.compute.less(lengths, options.tokens)).as_py())
    parts = {"all": rest, "valid": valid.slice(0, 6000)} | ({"first": first} if len(first) else {})
    for name, part in parts.items():
        write_tokens(work / "tokens.parquet", part, work / f"{name}.tokens.parquet")
    corpus2vec(
        *("vocab", work / "all.tokens.parquet", "--min-count", 5, "--unk", "<unk>"),
        *("-o", work / "vocab.tsv"),
    )
    for name in parts:
        source, ids = work / f"{name}.tokens.parquet", work / f"{name}.parquet"
        corpus2vec("encode", source, work / "vocab.tsv", "-o", ids)
    lines = (work / "vocab.tsv").read_text("utf-8").split("\n")[1:-1]
    return np.array([int(line.rpartition("\t")[2]) for line in lines])


def write_tokens(like: Path, part: Any, path: Path) -> None:
    """Write some documents of a token artifact as an artifact without a manifest."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(like)
    with pq.ParquetWriter(path, schema) as writer:
        writer.write_table(part.cast(schema))


def corpus2vec(*arguments: object) -> None:
    """Run a stage."""
    subprocess.run(
        [sys.executable, "-m", "corpus2vec", *map(str, arguments), "--quiet"], check=True
    )


def peak_of_products(products: str, threads: int) -> float:
    """Measure the floating-point operations a second of large matrix products."""
    import torch

    torch.set_num_threads(threads)
    one, other = (torch.rand(1024, 1024, dtype=getattr(torch, products)) for _ in range(2))
    best = math.inf
    for _ in range(8):
        began = time.perf_counter()
        one @ other
        best = min(best, time.perf_counter() - began)
    return 2 * 1024**3 / best


def work_of(name: str, counts_V: np.ndarray, dim: int) -> tuple[str, float]:
    """Return the type of a row's products, and their operations a token, forwards and back."""
    import torch

    from corpus2vec.pipeline.config import TrainConfig
    from corpus2vec.pipeline.training.device import pick_products

    given = OURS.get(name, OURS["lm, full softmax, untied"])
    config = TrainConfig(
        dim=dim,
        objective="lm" if "lm" in given else "context",
        softmax=given[given.index("--softmax") + 1],
        tie="--no-tie" not in given,
        residual="none" if "--residual" in given else "bag",
        hidden=dim if "DIM" in given else None,
        layers=0 if "--layers" in given else 1,
    )
    products = pick_products("off" if name in PEERS else "auto", torch.device("cpu"), dim)
    return str(products).removeprefix("torch."), operations(config, len(counts_V))


def operations(config: TrainConfig, size: int) -> float:
    """Count the floating-point operations of a token's matrix products, forwards and back."""
    dim, hidden = config.dim, config.hidden_size
    scored = config.negatives if config.samples(size) else size
    if config.objective == "context":
        reach = config.window if config.residual == "bag" else 0
        bag = 2 * dim * (config.length + 2 * reach) if reach else 0
        lstms = 2 * (2 * 4 * hidden * (dim + hidden)) if config.layers else 0
        join = 2 * (2 * hidden * dim) if config.layers else 0
        forwards = bag + lstms + join + 2 * dim * scored
    else:
        lstm = 2 * 4 * hidden * (dim + hidden)
        projection = 2 * hidden * dim if config.tie and hidden != dim else 0
        forwards = lstm + projection + 2 * (dim if config.tie else hidden) * scored
    return 3.0 * forwards  # a product has two gradients, each a product of the same size


def ours(name: str, work: Path, budget: Budget, options: argparse.Namespace) -> Mapping[str, float]:
    """Train one of corpus2vec's rows."""
    ids, vocabulary, model, valid = (
        str(work / each)
        for each in (f"{budget.part}.parquet", "vocab.tsv", "model.safetensors", "valid.parquet")
    )
    limits = ["--max-minutes", str(budget.minutes), "--epochs", str(budget.epochs)]
    outcome = measured(
        [
            *(sys.executable, "-m", "corpus2vec", "train", ids, vocabulary, "-o", model),
            *("--valid", valid, "--dim", str(options.dim), "--threads", str(options.threads)),
            *("--patience", str(budget.epochs), "--force", "--quiet", "--json"),
            *(*limits, *(str(options.dim) if each == "DIM" else each for each in OURS[name])),
        ]
    )
    lines = (work / "model.metrics.jsonl").read_text().splitlines()
    reports = [each for each in map(json.loads, lines) if "tokens_per_second" in each]
    middle, last = reports[len(reports) // 2 - 1], reports[-1]
    return {
        "speed": (last["tokens"] - middle["tokens"]) / (last["seconds"] - middle["seconds"]),
        "memory": outcome["memory"],
        "tokens": last["tokens"],
        "perplexity": outcome["counts"]["valid_perplexity"],
    }


def kept_share(counts_V: np.ndarray) -> float:
    """Return the share of the corpus's tokens that --subsample keeps by default."""
    from corpus2vec.pipeline.config import TrainConfig
    from corpus2vec.pipeline.training.documents import kept_shares

    kept_V = kept_shares(counts_V, TrainConfig().threshold(len(counts_V)) or 0.0)
    return float((kept_V * counts_V).sum() / counts_V.sum())


def run_peer(
    name: str, work: Path, budget: Budget, options: argparse.Namespace
) -> Mapping[str, float]:
    """Train one of the peers' rows."""
    return measured(
        [
            *(sys.executable, __file__, str(work), "--peer", PEERS[name], "--part", budget.part),
            *("--minutes", str(budget.minutes), "--epochs", str(budget.epochs)),
            *("--dim", str(options.dim), "--threads", str(options.threads)),
        ]
    )


def measured(command: list[str]) -> dict[str, Any]:
    """Run the command; return what it prints as JSON, and its peak memory in bytes."""
    begin = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "KERAS_BACKEND": "torch"}
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    print(f"{time.monotonic() - begin:.0f} s: {' '.join(command)}", file=sys.stderr, flush=True)
    return {**json.loads(printed), "memory": used.ru_maxrss * 1024}


# --- the peers, each in a process of its own -------------------------------------------------


def peer(options: argparse.Namespace) -> dict[str, float]:
    """Train one of them; return its speed, how much it read, its held-out perplexity."""
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    work = options.corpus
    size = (work / "vocab.tsv").read_bytes().count(b"\n") - 1
    train, valid = (streams(work / f"{part}.parquet") for part in (options.part, "valid"))
    program = {"plain_torch": PlainTorch, "keras": Keras}[options.peer](size, options.dim)
    times, tokens, best = [time.monotonic()], [0], math.inf
    spent = 0.0  # on judging, which is not training
    for _ in range(options.epochs):
        program.begin()
        for step in range(len(train)):
            batch = train[step]
            program.step(batch)
            times.append(time.monotonic() - spent)
            tokens.append(tokens[-1] + batch.ids_BT.numel())
            if 0 < 60 * options.minutes <= times[-1] - times[0]:
                break
        began = time.monotonic()
        best = min(best, program.held_out(valid))
        spent += time.monotonic() - began
        if 0 < 60 * options.minutes <= times[-1] - times[0]:
            break
    half = len(times) // 2
    return {
        "speed": (tokens[-1] - tokens[half]) / (times[-1] - times[half]),
        "tokens": tokens[-1],
        "perplexity": math.exp(best),
    }


def streams(ids: Path) -> Any:
    """Return the windows that `lm` trains on."""
    from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
    from corpus2vec.pipeline.training.batches.streams import Streams
    from corpus2vec.pipeline.training.documents import Documents

    reader = RowGroupReader(ids, "ids")
    documents = Documents.from_batches(reader.row_groups())
    return Streams(documents, STREAMS, WINDOW)


class PlainTorch:
    """The textbook's recurrent language model."""

    def __init__(self, size: int, dim: int) -> None:
        import torch
        from torch import nn

        self.embedding = nn.Embedding(size, dim)
        self.lstm = nn.LSTM(dim, dim, batch_first=True)
        self.linear = nn.Linear(dim, size)
        self.parts = nn.ModuleList([self.embedding, self.lstm, self.linear])
        self.optimizer = torch.optim.Adam(self.parts.parameters(), lr=RATE)
        self.state: Any = None

    def begin(self) -> None:
        """Begin an epoch."""
        self.state = None

    def loss(self, batch: Any, reduction: str = "mean") -> Any:
        """Return the batch's loss over the whole vocabulary."""
        from torch.nn import functional as F

        rows = len(batch.ids_BT)
        before = None if self.state is None else tuple(s[:, :rows].detach() for s in self.state)
        outputs, self.state = self.lstm(self.embedding(batch.ids_BT), before)
        logits = self.linear(outputs[batch.predicts_BT])
        return F.cross_entropy(logits, batch.targets_N, reduction=reduction)

    def step(self, batch: Any) -> None:
        """Update once; the gradient's norm is clipped at 1, as corpus2vec's is."""
        from torch.nn.utils import clip_grad_norm_

        if not len(batch.targets_N):
            return
        self.optimizer.zero_grad()
        self.loss(batch).backward()
        clip_grad_norm_(self.parts.parameters(), 1.0)
        self.optimizer.step()

    def held_out(self, batches: Any) -> float:
        """Return the loss in nats a token."""
        import torch

        total = count = 0.0
        self.begin()
        with torch.no_grad():
            for step in range(len(batches)):
                total += float(self.loss(batches[step], "sum"))
                count += len(batches[step].targets_N)
        return total / count


class Keras:
    """The same in Keras: Embedding, LSTM, Dense with a softmax."""

    def __init__(self, size: int, dim: int) -> None:
        import keras

        keras.utils.set_random_seed(1)
        self.model = keras.Sequential(
            [
                keras.layers.Embedding(size, dim),
                keras.layers.LSTM(dim, return_sequences=True),
                keras.layers.Dense(size, activation="softmax"),
            ]
        )
        self.model.compile(
            optimizer=keras.optimizers.Adam(RATE, clipnorm=1.0),
            loss="sparse_categorical_crossentropy",
        )

    def begin(self) -> None:
        """Begin an epoch: no state is carried."""

    def _arrays(self, batch: Any) -> tuple[Any, Any, Any]:
        targets = batch.ids_BT.new_zeros(batch.ids_BT.shape)
        targets[batch.predicts_BT] = batch.targets_N
        weights = batch.predicts_BT.float()
        return batch.ids_BT.numpy(), targets.numpy(), weights.numpy()

    def step(self, batch: Any) -> None:
        """Update once."""
        ids, targets, weights = self._arrays(batch)
        self.model.train_on_batch(ids, targets, sample_weight=weights)

    def held_out(self, batches: Any) -> float:
        """Return the loss in nats a token."""
        total = count = 0.0
        for step in range(len(batches)):
            ids, targets, weights = self._arrays(batches[step])
            shares = np.asarray(self.model.predict_on_batch(ids))
            own = np.take_along_axis(shares, targets[:, :, None], 2)[:, :, 0]
            total -= float((np.log(own + 1e-30) * weights).sum())
            count += float(weights.sum())
        return total / count


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
