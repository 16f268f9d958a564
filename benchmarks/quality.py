"""Compare word vectors with word2vec's: similarity, analogies and seconds, from the same tokens.

    python benchmarks/quality.py CORPUS DATA [--only NAME...] [--seeds 1 2 3] [--work FOLDER]

CORPUS is tokenized once (`--lower --min-count 5`); corpus2vec and gensim both learn from those
tokens, 200 numbers a word, with two threads. DATA is a folder with EN-MEN-TR-3k.txt,
EN-WS-353-ALL.txt, EN-RW-STANFORD.txt and questions-words.txt. Every row is a process of its own;
its seconds are those of learning, with the vocabulary known. Prints a Markdown table of means over
the seeds, and each run on stderr when it ends; RESULTS.md has earlier ones, with the date and the
machine.

Similarity is Spearman's rank correlation with human judgements, in percent, over the pairs of which
both words are known. An analogy is right if d is the nearest word to b - a + c, these three left
out (3CosAdd).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from corpus2vec.pipeline.config import EvaluateConfig
from corpus2vec.pipeline.judge.evaluation import Judged
from corpus2vec.pipeline.judge.gold import read_gold
from corpus2vec.pipeline.tables.reading import read_vectors

DIM, THREADS = 200, 2
SETS = {"MEN": "EN-MEN-TR-3k.txt", "WS-353": "EN-WS-353-ALL.txt", "RW": "EN-RW-STANFORD.txt"}
ANALOGIES = "questions-words.txt"
COLUMNS = (*SETS, "semantic", "syntactic", "seconds")

OURS: dict[str, list[str]] = {
    "context, half a minute": ["--epochs", "1", "--max-minutes", "0.5"],
    "context, 1 minute": ["--epochs", "1", "--max-minutes", "1"],
    "context, 1 epoch": ["--epochs", "1"],
    "context, 2 epochs": ["--epochs", "2"],
    "context, 5 epochs": ["--epochs", "5"],
    "context without the LSTM, 5 epochs": ["--epochs", "5", "--layers", "0"],
    "context without the bag, 1 epoch": ["--epochs", "1", "--residual", "none"],
    "lm, 1 epoch": ["--objective", "lm", "--epochs", "1"],
}
GENSIM: dict[str, dict[str, int]] = {
    "gensim skip-gram, 5 epochs": {"sg": 1, "epochs": 5},
    "gensim skip-gram, 15 epochs": {"sg": 1, "epochs": 15},
    "gensim CBOW, 5 epochs": {"sg": 0, "epochs": 5},
}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="rows whose names have one of these")
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--work", type=Path, help="keep tokens and models here, and use them again")
    parser.add_argument("--learn", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.learn:
        learn_gensim(options.corpus, options.data, **json.loads(options.learn))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, options.work or Path(folder))


def compare(options: argparse.Namespace, work: Path) -> None:
    """Measure every row with every seed, and print the table."""
    work.mkdir(parents=True, exist_ok=True)
    corpus2vec("tokenize", options.corpus, "--lower", "-o", work / "tokens.parquet")
    corpus2vec("vocab", work / "tokens.parquet", "--min-count", 5, "-o", work / "vocab.tsv")
    corpus2vec(*("encode", work / "tokens.parquet", work / "vocab.tsv", "-o", work / "ids.parquet"))
    judge = Judge(options.data)
    names = [
        name
        for name in (*GENSIM, *OURS)
        if not options.only or any(part in name for part in options.only)
    ]
    runs: dict[str, list[Mapping[str, float]]] = {name: [] for name in names}
    for seed in options.seeds:
        for name in names:
            vectors, seconds = (
                gensim(work, name, seed) if name in GENSIM else ours(work, name, seed)
            )
            scores = {**judge.scores(vectors), "seconds": seconds}
            runs[name].append(scores)
            shown = ", ".join(f"{column} {scores[column]:.1f}" for column in COLUMNS)
            print(f"seed {seed}  {name}: {shown}", file=sys.stderr, flush=True)
    print(f"| | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---:|' * len(COLUMNS)}")
    for name, found in runs.items():
        means = [statistics.mean(each[column] for each in found) for column in COLUMNS]
        print(f"| {name} | {' | '.join(f'{mean:.1f}' for mean in means)} |")
    print(f"\n{judge.coverage}")


def corpus2vec(*arguments: object) -> None:
    """Run a stage."""
    subprocess.run([sys.executable, "-m", "corpus2vec", *map(str, arguments)], check=True)


def ours(work: Path, name: str, seed: int) -> tuple[Path, float]:
    """Learn vectors with corpus2vec: their file, and the seconds of the train stage."""
    model, vectors = work / "model.safetensors", work / "ours.parquet"
    begin = time.monotonic()
    corpus2vec(
        *("train", work / "ids.parquet", work / "vocab.tsv", "-o", model, "--force", "--quiet"),
        *("--dim", DIM, "--threads", THREADS, "--seed", seed, *OURS[name]),
    )
    seconds = time.monotonic() - begin
    corpus2vec(
        *("dump", model, work / "vocab.tsv", "-o", vectors, "--format", "parquet", "--quiet")
    )
    return vectors, seconds


def gensim(work: Path, name: str, seed: int) -> tuple[Path, float]:
    """Learn vectors with gensim from the same tokens: their file, and the seconds of training."""
    text, vectors = work / "tokens.txt", work / "gensim.parquet"
    if not text.exists():
        write_text(work / "tokens.parquet", text)
    settings = json.dumps({**GENSIM[name], "seed": seed})
    done = subprocess.run(
        [sys.executable, __file__, str(text), str(vectors), "--learn", settings],
        check=True,
        capture_output=True,
        text=True,
    )
    return vectors, float(done.stdout)


def write_text(tokens: Path, text: Path) -> None:
    """Write the tokens for gensim, a document a line."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with text.open("w", encoding="utf-8") as file:
        for batch in pq.ParquetFile(tokens).iter_batches(columns=["tokens"]):
            for line in pc.binary_join(batch.column(0), " ").to_pylist():
                file.write(line.replace("\n", " ") + "\n")


def learn_gensim(text: Path, vectors: Path, sg: int, epochs: int, seed: int) -> None:
    """Train gensim's word2vec, the fastest way it has, and print the seconds."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=DIM, window=5, negative=5, sample=1e-4, min_count=5, sg=sg, seed=seed,
        workers=THREADS, epochs=epochs,
    )  # fmt: skip
    model.build_vocab(corpus_file=str(text))
    begin = time.monotonic()
    model.train(
        corpus_file=str(text),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=epochs,
    )
    print(time.monotonic() - begin)
    flat = pa.array(model.wv.vectors.reshape(-1))
    columns = {
        "token": pa.array(model.wv.index_to_key),
        "vector": pa.FixedSizeListArray.from_arrays(flat, DIM),
    }
    pq.write_table(pa.table(columns), vectors)


class Judge:
    """The sets of word pairs and analogies."""

    def __init__(self, folder: Path) -> None:
        self._pairs = {name: read_gold(folder / file) for name, file in SETS.items()}
        self._questions = read_gold(folder / ANALOGIES)
        self.coverage = ""

    def scores(self, vectors: Path) -> dict[str, float]:
        """Score vectors, in percent, by set. Gold words are lower-cased, as the corpus was."""
        judged = Judged(read_vectors(vectors), EvaluateConfig(case="lower", resamples=0))
        found = {name: judged.scores(pairs)[0] for name, pairs in self._pairs.items()}
        for score in judged.scores(self._questions):
            if score.part == "kind":
                found[score.section] = score
        known = [f"{name} {score.n} of {score.total}" for name, score in found.items()]
        self.coverage = f"Known: {', '.join(known)}."
        return {name: 100 * (score.value or 0) for name, score in found.items()}


if __name__ == "__main__":
    main()
