"""Builds to report on: one that is written by hand, token by token, and one that `run` makes."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.config import DumpConfig, MapConfig
from corpus2vec.pipeline.report import facts
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.writing import write_to
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary, format_vocabulary
from tests.support.commands import spawn

SAMPLES = Path(__file__).parents[2] / "sample_corpora"
HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=2</script>",
    "</style>",
    "<img src=x onerror=window.hacked=3>",
    "<!--",
    "]]>",
    '"quoted"',
    "it's",
    "&amp;",
    "\u202egnihton",
    "zero\u200bwidth",
    "line\u2028end",
    "back\\slash",
    "$x^2$",
    "x" * 5000,
    "שלום",
    "日本語",
]
PLAIN = ["harbour", "boat", "sea", "river", "cat", "dog", "Night", "day"]
LABELS = ["<b>news</b>", "verse"]


def gather(folder, chosen=(), chart=None, **settings):
    """Gather the facts of a build; its map by principal components, which takes no time."""
    return facts.gather(folder, MapConfig(**{"layout": "components", **settings}), chosen, chart)


def hand_made(folder, tokens=(*PLAIN, *HOSTILE), dim=6):
    """Write every file of a build without a manifest; the first label has the even ids."""
    folder.mkdir(exist_ok=True)
    size = len(tokens)
    counts = np.arange(2 * size, size, -1)
    write_vocabulary(folder, tokens, counts)
    write_dump(folder, tokens, dim)
    ids = [np.arange(0, size, 2), np.arange(1, size, 2), np.arange(0, min(size, 12), 2)]
    with RowGroupWriter(folder / "ids.parquet", "ids", True) as writer:
        lists = pa.array([each.tolist() for each in ids], pa.list_(pa.int32()))
        labels = pa.array([0, 1, 0], pa.int32())
        writer.write(pa.RecordBatch.from_arrays([lists, labels], ["ids", "label"]))
        writer.add_metadata({"vocabulary_size": str(size), "labels": json.dumps(LABELS)})
    write_arrays(folder / "model.safetensors", {}, {"kind": "model"})
    write_metrics(folder)
    return folder


def write_vocabulary(folder, tokens, counts):
    text = format_vocabulary(Vocabulary(pa.array(tokens, pa.string()), np.asarray(counts)))
    (folder / "vocab.tsv").write_bytes(text)


def write_dump(folder, tokens, dim=6):
    vectors = np.random.default_rng(1).normal(size=(len(tokens), dim)).astype(np.float32)
    with (folder / "embeddings.parquet").open("wb") as sink:
        table = Table(pa.array(tokens, pa.string()), vectors)
        write_to(sink, table, DumpConfig(format="parquet"))


def write_metrics(folder):
    steps = [{"step": n, "epoch": 1, "loss": 5 / n, "lr": 0.002} for n in range(1, 21)]
    scores = {"train_loss": 0.5, "valid_loss": 0.625, "valid_accuracy": 0.75}
    ends = [{"step": n, "epoch": n // 10, **scores} for n in (10, 20)]
    lines = "".join(json.dumps(line) + "\n" for line in [*steps, *ends])
    (folder / "model.metrics.jsonl").write_text(lines)


def run(folder):
    """Build by `run`, with settings, labels and held-out documents."""
    result = spawn(
        *("run", SAMPLES / "headlines.csv", "--label-field", "label", "--drop", "space,punct"),
        *("--min-count", "2", "--objective", "classify", "--dim", "4", "--epochs", "2"),
        *("--valid-fraction", "0.1", "-o", folder),
    )
    assert result.returncode == 0, result.stderr
    return folder
