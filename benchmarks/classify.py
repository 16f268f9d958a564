"""Compare predict and embed with other tools, on documents of two classes or more.

    python benchmarks/classify.py FILE_OF_A_CLASS... [--work FOLDER]

Each file has a document a line; its name is their label. One document in ten, drawn at random, is
held out; every classifier learns from the others, with one thread, and is judged by those.

The first table: `train --objective classify` and `predict --score`; fastText's supervised mode
(`fasttext-wheel`, left out if it is not installed), and a logistic regression of TF-IDF weights of
words and pairs of words (scikit-learn). All three get the same tokens, spaCy's. Seconds are of
processor time, so that other work on the machine matters little. Rates are of all documents, text
to label, in documents a second, with one thread, after a first call; sizes are of what predicting
needs.

The second: vectors of documents, and how well a logistic regression of them predicts the label:
those of embed, of gensim's Doc2Vec (PV-DBOW, its words trained too, 5 epochs), and the mean that
model2vec makes of the same table.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import json
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from corpus2vec.pipeline.config import EmbedConfig, Execution, PredictConfig, TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.progress import SILENT
from corpus2vec.pipeline.stages import embed, predict
from corpus2vec.pipeline.tokenizer import Tokenizer

DIM, FEW = 100, 1000
ONE = Execution(threads=1)


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("classes", nargs="+", type=Path)
    parser.add_argument("--work", type=Path, help="keep corpora and models here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        Comparison(options.classes, work).run()


class Comparison:
    """The documents, and what learns from them."""

    def __init__(self, classes: Sequence[Path], work: Path) -> None:
        pairs = [(text, path.name.split(".")[0]) for path in classes for text in lines(path)]
        random.Random(1).shuffle(pairs)
        held_out = len(pairs) // 10
        self.work = work
        self.texts, self.labels = map(list, zip(*pairs, strict=True))
        self.test, self.train = slice(0, held_out), slice(held_out, None)
        for name, part in (
            ("test", self.test),
            ("train", self.train),
            ("all", slice(None)),
            ("few", slice(FEW)),
        ):
            rows = zip(self.texts[part], self.labels[part], strict=True)
            content = (json.dumps({"text": text, "label": label}) for text, label in rows)
            (work / f"{name}.jsonl").write_text("\n".join(content) + "\n")
        self.build = work / "classifier"

    def run(self) -> None:
        """Measure everything, and print two tables."""
        print("| | accuracy | training | documents/s | size |\n|---|---:|---:|---:|---:|")
        for name, measure in (
            ("corpus2vec", self.ours),
            ("fastText supervised", self.fasttext),
            ("TF-IDF, logistic regression", self.tfidf),
        ):
            print(f"| {name} | {measure()} |", flush=True)
        print("\n| vectors of documents | columns | accuracy | documents/s |\n|---|---:|---:|---:|")
        context = self.work / "context"
        corpus2vec("run", self.work / "train.jsonl", "-o", context, "--dim", DIM)
        for name, build, pooling in (
            ("mean, context", context, "mean"),
            ("SIF, context", context, "sif"),
            ("state, context", context, "state"),
            ("mean, classify", self.build, "mean"),
            ("state, classify", self.build, "state"),
        ):
            print(f"| {name} | {self.embedded(build, pooling)} |", flush=True)
        print(f"| model2vec, the table of context | {self.model2vec(context)} |", flush=True)
        print(f"| gensim Doc2Vec | {self.doc2vec()} |", flush=True)

    # --- classifiers ---

    def ours(self) -> str:
        """Train and predict with corpus2vec."""
        settings = ("--label-field", "label", "--objective", "classify", "--dim", DIM)
        command = ("run", self.work / "train.jsonl", "-o", self.build, "--force", *settings)
        begin = seconds_of_children()
        corpus2vec(*command, "--threads", 1)
        seconds = seconds_of_children() - begin
        found = corpus2vec(
            *("predict", self.build, self.work / "test.jsonl", "--label-field", "label"),
            *("--score", "--json"),
        )

        def label(texts: list[str]) -> None:
            given = [self.build, str(self.corpus(texts))]
            predict.stream(io.BytesIO(), given, PredictConfig(), ONE, SILENT)

        rate = self.rate(label)
        files = ("model.safetensors", "vocab.tsv")
        size = sum((self.build / name).stat().st_size for name in files)
        return row(json.loads(found)["accuracy"], seconds, rate, size)

    def fasttext(self) -> str:
        """Train and predict with fastText: pairs of words, 100 columns."""
        if importlib.util.find_spec("fasttext") is None:
            return "not installed | | |"
        import fasttext

        tokens = self.tokenized(self.texts)
        file = self.work / "fasttext.txt"
        learned = zip(self.labels[self.train], tokens[self.train], strict=True)
        file.write_text("".join(f"__label__{label} {text}\n" for label, text in learned))
        begin = time.process_time()
        model = fasttext.train_supervised(
            str(file), dim=DIM, epoch=25, wordNgrams=2, thread=1, verbose=0
        )
        seconds = time.process_time() - begin
        model.save_model(str(self.work / "fasttext.bin"))

        def labels_of(texts: list[str]) -> list[str]:
            # Its `predict` does not work with the present NumPy; this is what it calls.
            pairs = model.f.multilinePredict([f"{text}\n" for text in texts], 1, 0.0, "strict")
            return [str(each[0]).removeprefix("__label__") for each in pairs[0]]

        accuracy = self.share_right(labels_of(tokens[self.test]))
        rate = self.rate(lambda texts: labels_of(self.tokenized(texts)))
        return row(accuracy, seconds, rate, (self.work / "fasttext.bin").stat().st_size)

    def tfidf(self) -> str:
        """Train and predict with scikit-learn."""
        tokens = self.tokenized(self.texts)
        words = TfidfVectorizer(
            lowercase=False, token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True
        )
        model = make_pipeline(words, LogisticRegression(C=10, max_iter=1000))
        begin = time.process_time()
        model.fit(tokens[self.train], self.labels[self.train])
        seconds = time.process_time() - begin
        accuracy = self.share_right(model.predict(tokens[self.test]))
        rate = self.rate(lambda texts: model.predict(self.tokenized(texts)))
        return row(accuracy, seconds, rate, len(pickle.dumps(model)))

    # --- vectors of documents ---

    def embedded(self, build: Path, pooling: Any) -> str:
        """Make vectors with embed."""
        output, config = self.work / "vectors.npy", EmbedConfig(pooling=pooling)

        def make(texts: list[str]) -> None:
            embed.run([build, str(self.corpus(texts))], output, config, ONE, force=True)

        return self.judged(make, lambda: np.load(output))

    def model2vec(self, build: Path) -> str:
        """Make vectors with model2vec, of the table of a build."""
        from model2vec import StaticModel

        folder = self.work / "static"
        corpus2vec("dump", build, "--format", "safetensors", "-o", folder)
        model = StaticModel.from_pretrained(folder)
        found: list[np.ndarray] = []

        def make(texts: list[str]) -> None:
            found[:] = [model.encode(texts, use_multiprocessing=False)]

        return self.judged(make, lambda: found[0])

    def doc2vec(self) -> str:
        """Learn vectors of the documents learned from, and infer those of the others."""
        from gensim.models.doc2vec import Doc2Vec, TaggedDocument

        tokens = [text.split(" ") for text in self.tokenized(self.texts)]
        learned = [TaggedDocument(each, [n]) for n, each in enumerate(tokens[self.train])]
        model = Doc2Vec(
            learned, vector_size=DIM, dm=0, dbow_words=1, epochs=5, min_count=2, workers=1, seed=1
        )
        begin = time.process_time()
        inferred = np.stack([model.infer_vector(each) for each in tokens])
        rate = len(tokens) / (time.process_time() - begin)
        return self.columns(inferred, rate)

    def judged(self, make: Callable[[list[str]], None], result: Callable[[], np.ndarray]) -> str:
        """Measure how fast vectors are made, and what they are worth."""
        rate = self.rate(make)
        return self.columns(result(), rate)

    def columns(self, vectors: np.ndarray, rate: float) -> str:
        """Return the accuracy of a logistic regression of vectors, and their rate, as columns."""
        scaled = (vectors - vectors[self.train].mean(0)) / (vectors[self.train].std(0) + 1e-9)
        model = LogisticRegression(max_iter=2000)
        model.fit(scaled[self.train], self.labels[self.train])
        accuracy = self.share_right(model.predict(scaled[self.test]))
        return f"{vectors.shape[1]} | {100 * accuracy:.1f} % | {rate:,.0f}"

    # --- what they share ---

    def tokenized(self, texts: Sequence[str]) -> list[str]:
        """Return the texts' tokens, separated by spaces."""
        tokens = Tokenizer(TokenizeConfig()).tokenize(Texts.of(texts)).batch.column("tokens")
        return [" ".join(each) for each in tokens.to_pylist()]

    def share_right(self, labels: Sequence[str]) -> float:
        """Return the share of the held-out documents that have these labels."""
        given = self.labels[self.test]
        return sum(map(str.__eq__, map(str, labels), given)) / len(given)

    def corpus(self, texts: list[str]) -> Path:
        """Return the file that has these texts."""
        return self.work / ("all.jsonl" if texts is self.texts else "few.jsonl")

    def rate(self, work: Callable[[list[str]], object]) -> float:
        """Return how many of all documents it does in a second of processor time."""
        work(self.texts[:FEW])
        begin = time.process_time()
        work(self.texts)
        return len(self.texts) / (time.process_time() - begin)


def lines(path: Path) -> list[str]:
    """Return the lines of a file, compressed or not, that are not blank."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]


def seconds_of_children() -> float:
    """Return the processor time of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(accuracy: float, seconds: float, rate: float, size: int) -> str:
    """Return the columns of a classifier."""
    return f"{100 * accuracy:.2f} % | {seconds:.0f} s | {rate:,.0f} | {size / 1e6:.1f} MB"


def corpus2vec(*arguments: object) -> str:
    """Run a command, and return what it prints."""
    command = [sys.executable, "-m", "corpus2vec", *map(str, arguments), "--quiet"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
