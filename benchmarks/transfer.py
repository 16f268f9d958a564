"""Measure how much vectors from a large corpus help a classifier with few labelled documents.

    python benchmarks/transfer.py MODEL FILE_OF_A_CLASS… [--examples 1000] [--seeds 1 2 3 4 5]

MODEL was trained with --objective context on lower-cased text, with vocab.tsv beside it (`make
bench-quality OPTIONS='--work FOLDER'` leaves both). Each file has a document a line; its name is
their label. Each seed draws --examples documents to train on and 5,000 others to judge by. The
classifier is the same in every row (`--objective classify`, an LSTM of 100 units, the best of 20
epochs by held-out loss); only what it starts from differs. Prints a Markdown table of the mean
held-out accuracy and its standard deviation over the seeds (López-Sánchez et al. use word vectors
this way, to find clickbait).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

JUDGED = 5_000


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("classes", nargs="+", type=Path)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3, 4, 5])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = folder / "vectors.parquet"
        vocabulary = options.model.with_name("vocab.tsv")
        corpus2vec("dump", options.model, vocabulary, "--format", "parquet", "-o", vectors)
        starts: dict[str, list[object]] = {
            "random rows": [],
            "random rows, frozen": ["--freeze"],
            "vectors": ["--init", vectors],
            "vectors, frozen": ["--init", vectors, "--freeze"],
            "vectors, frozen for 5 epochs": ["--init", vectors, "--freeze-epochs", 5],
            "the model": ["--init", options.model],
        }
        found: dict[str, list[float]] = {start: [] for start in starts}
        for seed in options.seeds:
            prepare(options.classes, options.examples, seed, folder)
            for start, settings in starts.items():
                found[start].append(accuracy(folder, seed, settings))
                print(f"seed {seed}  {start}: {found[start][-1]:.2f}", file=sys.stderr, flush=True)
    print(f"| starting from | accuracy, {options.examples:,} labelled documents |\n|---|---:|")
    for start, each in found.items():
        spread = statistics.stdev(each) if len(each) > 1 else 0.0
        print(f"| {start} | {statistics.mean(each):.1f} ± {spread:.1f} % |")


def prepare(classes: list[Path], examples: int, seed: int, folder: Path) -> None:
    """Draw documents to train on and to judge by, and encode both with their common vocabulary."""
    drawn: dict[str, list[dict[str, str]]] = {"train": [], "valid": []}
    random = np.random.default_rng(seed)
    for path in classes:
        lines = [line for line in read(path) if line.strip()]
        order = random.permutation(len(lines))
        cut, end = examples // len(classes), (examples + JUDGED) // len(classes)
        label = path.name.partition(".")[0]
        for name, chosen in (("train", order[:cut]), ("valid", order[cut:end])):
            drawn[name] += [{"text": lines[each], "label": label} for each in chosen]
    tokens = []
    for name, documents in drawn.items():
        text = folder / f"{name}.jsonl"
        text.write_text("".join(json.dumps(each) + "\n" for each in documents), "utf-8")
        tokens.append(folder / f"{name}.tokens.parquet")
        corpus2vec("tokenize", text, "--label-field", "label", "--lower", "-o", tokens[-1])
    corpus2vec("vocab", *tokens, "-o", folder / "vocab.tsv")
    for each in tokens:
        ids = each.with_name(each.name.replace("tokens", "ids"))
        corpus2vec("encode", each, folder / "vocab.tsv", "-o", ids)


def read(path: Path) -> list[str]:
    """Read the lines of a text file, gzipped or not."""
    import gzip

    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [str(line) for line in file]


def accuracy(folder: Path, seed: int, settings: list[object]) -> float:
    """Train a classifier: the percentage of held-out documents whose label it predicts."""
    done = corpus2vec(
        *("train", folder / "train.ids.parquet", folder / "vocab.tsv", "--json", "--force"),
        *("--valid", folder / "valid.ids.parquet", "-o", folder / "model.safetensors"),
        *("--objective", "classify", "--dim", 200, "--hidden", 100, "--dropout", 0.3),
        *("--epochs", 20, "--patience", 20, "--lr", 0.001, "--seed", seed, *settings),
    )
    return 100 * float(json.loads(done)["counts"]["valid_accuracy"])


def corpus2vec(*arguments: object) -> str:
    """Run a command and return what it printed."""
    command = [sys.executable, "-m", "corpus2vec", *map(str, arguments), "--quiet"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
