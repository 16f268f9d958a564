"""Training beside its peers: tokens a second, share of the machine's peak, held-out perplexity.

    python benchmarks/training.py CORPUS [--tokens 150000] [--minutes 2] [--only NAME…]

The corpus is tokenized once (`--lower --min-count 5`). Every fiftieth document is held out; of the
others, the first so many tokens are trained on, once, by every row: D = 200, one LSTM of 200 units,
two threads, each row a process of its own. Then each trains for so many minutes on all of them.
`plain PyTorch` is the textbook's program (`PlainTorch`, below): nn.Embedding, nn.LSTM, nn.Linear
over the whole vocabulary, float32, Adam, 32 streams of 32 tokens, the state carried on. Keras is
the same program on its torch backend; it carries no state. Prints Markdown tables; each run is told
on standard error as it ends.

Tokens a second are those of the second half of the steps. Perplexity is the exact softmax's, in all
rows; `context` predicts a word from both sides, so its perplexity compares with its like only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIM, THREADS, STREAMS, WINDOW, RATE = 200, 2, 32, 32, 0.002
PLAIN, KERAS = "plain PyTorch", "Keras, torch backend"
OURS: dict[str, list[str]] = {
    "lm, full softmax, untied": ["--objective", "lm", "--softmax", "full", "--no-tie"],
    "lm, full softmax": ["--objective", "lm", "--softmax", "full"],
    "lm, adaptive softmax": ["--objective", "lm", "--softmax", "adaptive", "--no-tie"],
    "lm, sampled softmax": ["--objective", "lm", "--softmax", "sampled"],
    "context": ["--softmax", "sampled"],
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
    parser.add_argument("--only", nargs="*", default=[], help="rows whose names have one of these")
    parser.add_argument("--work", type=Path, help="keep tokens and models here, and use them again")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(peer(options.peer, options.corpus, options.minutes)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, options.work or Path(folder))


def compare(options: argparse.Namespace, work: Path) -> None:
    """Measure every row twice, and print the two tables."""
    work.mkdir(parents=True, exist_ok=True)
    size = prepare(options.corpus, options.tokens, work)
    peak = peak_of_products()
    names = [
        name
        for name in (*PEERS, *OURS)
        if not options.only or any(part in name for part in options.only)
    ]
    print(f"V = {size:,}, D = H = {DIM}; peak of float32 products {peak / 1e9:.0f} GFLOP/s\n")
    for minutes in (0.0, options.minutes)[: 2 if options.minutes else 1]:
        title = f"{minutes:g} minutes" if minutes else f"{options.tokens:,} tokens, once"
        print(f"| {title} | tokens/s | × plain | peak memory | trained on | held-out perplexity |")
        print("|---|---:|---:|---:|---:|---:|", flush=True)
        plain = math.nan
        for name in names:
            found = run_peer(name, work, minutes) if name in PEERS else ours(name, work, minutes)
            plain = found["speed"] if name == PLAIN else plain
            print(
                f"| {name} | {found['speed']:,.0f} | {found['speed'] / plain:.1f} "
                f"| {found['memory'] / 1e6:,.0f} MB | {found['tokens']:,.0f} "
                f"| {found['perplexity']:.1f} |",
                flush=True,
            )
        print()


def prepare(corpus: Path, tokens: int, work: Path) -> int:
    """Vocabulary and ids of the three parts: all that is not held out, its beginning, the rest."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    corpus2vec("tokenize", corpus, "--lower", "-o", work / "tokens.parquet")
    table = pq.read_table(work / "tokens.parquet")
    number = pa.array(range(len(table)))
    held = pa.compute.equal(pa.compute.subtract(number, pa.compute.multiply(
        pa.compute.divide(number, 50), 50)), 49)  # fmt: skip
    rest, valid = table.filter(pa.compute.invert(held)), table.filter(held)
    lengths = pa.compute.cumulative_sum(pa.compute.list_value_length(rest["tokens"]))
    first = rest.slice(0, pa.compute.sum(pa.compute.less(lengths, tokens)).as_py())
    parts = {"all": rest, "first": first, "valid": valid.slice(0, 4000)}
    for name, part in parts.items():
        write_tokens(work / "tokens.parquet", part, work / f"{name}.tokens.parquet")
    corpus2vec(
        *("vocab", work / "all.tokens.parquet", "--min-count", 5, "--unk", "<unk>"),
        *("-o", work / "vocab.tsv"),
    )
    for name in parts:
        source, ids = work / f"{name}.tokens.parquet", work / f"{name}.parquet"
        corpus2vec("encode", source, work / "vocab.tsv", "-o", ids)
    return (work / "vocab.tsv").read_bytes().count(b"\n") - 1


def write_tokens(like: Path, part: Any, path: Path) -> None:
    """Some documents of a token artifact as one that no stage made."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(like)
    with pq.ParquetWriter(path, schema) as writer:
        writer.write_table(part.cast(schema))


def corpus2vec(*arguments: object) -> None:
    """Run a stage."""
    subprocess.run([sys.executable, "-m", "cli", *map(str, arguments), "--quiet"], check=True)


def peak_of_products() -> float:
    """Floating-point operations a second, in float32."""
    import torch

    from pipeline.device import peak

    torch.set_num_threads(THREADS)
    return peak(torch.device("cpu"), torch.float32)


def ours(name: str, work: Path, minutes: float) -> Mapping[str, float]:
    """One of our rows."""
    model = work / "model.safetensors"
    ids = work / ("all.parquet" if minutes else "first.parquet")
    budget = ["--max-minutes", str(minutes), "--epochs", "1000"] if minutes else ["--epochs", "1"]
    outcome = measured(
        [
            *(sys.executable, "-m", "cli", "train", str(ids), str(work / "vocab.tsv")),
            *("-o", str(model), "--valid", str(work / "valid.parquet"), "--dim", str(DIM)),
            *("--threads", str(THREADS), "--force", "--quiet", "--json", *budget, *OURS[name]),
        ]
    )
    lines = (work / "model.metrics.jsonl").read_text().splitlines()
    told = [each for each in map(json.loads, lines) if "tokens_per_second" in each]
    middle, last = told[len(told) // 2 - 1], told[-1]
    return {
        "speed": (last["tokens"] - middle["tokens"]) / (last["seconds"] - middle["seconds"]),
        "memory": outcome["memory"],
        "tokens": last["tokens"],
        "perplexity": outcome["counts"]["valid_perplexity"],
    }


def run_peer(name: str, work: Path, minutes: float) -> Mapping[str, float]:
    """One of the peers' rows."""
    return measured(
        [sys.executable, __file__, str(work), "--peer", PEERS[name], "--minutes", str(minutes)]
    )


def measured(command: list[str]) -> dict[str, Any]:
    """What the command prints as JSON, and its peak memory in bytes."""
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


def peer(name: str, work: Path, minutes: float) -> dict[str, float]:
    """Train one of them; its speed, how much it read, its held-out perplexity."""
    import torch

    from pipeline.batches import Documents, Streams
    from pipeline.parquet import RowGroupReader

    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    size = (work / "vocab.tsv").read_bytes().count(b"\n") - 1
    train, valid = (
        Streams(
            Documents.from_batches(
                list(RowGroupReader(work / f"{part}.parquet", "ids").row_groups())
            ),
            STREAMS,
            WINDOW,
        )
        for part in ("all" if minutes else "first", "valid")
    )
    program = {"plain_torch": PlainTorch, "keras": Keras}[name](size)
    times, tokens = [time.monotonic()], [0]
    while True:
        program.begin()
        for step in range(len(train)):
            batch = train[step]
            program.step(batch)
            times.append(time.monotonic())
            tokens.append(tokens[-1] + batch.ids_BT.numel())
            if minutes and times[-1] - times[0] >= 60 * minutes:
                break
        if not minutes or times[-1] - times[0] >= 60 * minutes:
            break
    half = len(times) // 2
    loss = program.held_out(valid)
    return {
        "speed": (tokens[-1] - tokens[half]) / (times[-1] - times[half]),
        "tokens": tokens[-1],
        "perplexity": math.exp(loss),
    }


class PlainTorch:
    """The textbook's recurrent language model."""

    def __init__(self, size: int) -> None:
        import torch
        from torch import nn

        self.embedding = nn.Embedding(size, DIM)
        self.lstm = nn.LSTM(DIM, DIM, batch_first=True)
        self.linear = nn.Linear(DIM, size)
        self.parts = nn.ModuleList([self.embedding, self.lstm, self.linear])
        self.optimizer = torch.optim.Adam(self.parts.parameters(), lr=RATE)
        self.state: Any = None

    def begin(self) -> None:
        """An epoch begins."""
        self.state = None

    def loss(self, batch: Any, reduction: str = "mean") -> Any:
        """Of the batch, by the whole vocabulary."""
        from torch.nn import functional as F

        rows = len(batch.ids_BT)
        before = None if self.state is None else tuple(s[:, :rows].detach() for s in self.state)
        outputs, self.state = self.lstm(self.embedding(batch.ids_BT), before)
        logits = self.linear(outputs[batch.predicts_BT])
        return F.cross_entropy(logits, batch.targets_N, reduction=reduction)

    def step(self, batch: Any) -> None:
        """One update; the gradient's norm is cut at 1, as ours is."""
        from torch.nn.utils import clip_grad_norm_

        if not len(batch.targets_N):
            return
        self.optimizer.zero_grad()
        self.loss(batch).backward()
        clip_grad_norm_(self.parts.parameters(), 1.0)
        self.optimizer.step()

    def held_out(self, batches: Any) -> float:
        """Nats a token."""
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

    def __init__(self, size: int) -> None:
        import keras

        keras.utils.set_random_seed(1)
        self.model = keras.Sequential(
            [
                keras.layers.Embedding(size, DIM),
                keras.layers.LSTM(DIM, return_sequences=True),
                keras.layers.Dense(size, activation="softmax"),
            ]
        )
        self.model.compile(
            optimizer=keras.optimizers.Adam(RATE, clipnorm=1.0),
            loss="sparse_categorical_crossentropy",
        )

    def begin(self) -> None:
        """No state is carried."""

    def _arrays(self, batch: Any) -> tuple[Any, Any, Any]:
        targets = batch.ids_BT.new_zeros(batch.ids_BT.shape)
        targets[batch.predicts_BT] = batch.targets_N
        weights = batch.predicts_BT.float()
        return batch.ids_BT.numpy(), targets.numpy(), weights.numpy()

    def step(self, batch: Any) -> None:
        """One update."""
        ids, targets, weights = self._arrays(batch)
        self.model.train_on_batch(ids, targets, sample_weight=weights)

    def held_out(self, batches: Any) -> float:
        """Nats a token."""
        import numpy as np

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
