"""Measure rows for words that a model has not seen, beside gensim's FastText on the same text.

    python benchmarks/extend.py CORPUS DATA [--work FOLDER] [--epochs 1] [--fasttext-epochs 1]

1,000 words that occur 100 to 1,000 times are hidden: taken out of the tokens of CORPUS. A model is
trained on what is left (`--lower --min-count 5 --dim 200`), and extended from 1, 4, 16 and 64
occurrences of each hidden word, with 40 tokens around it. Its rows are compared with those that
training on the whole corpus gives: by cosine, after one space is rotated onto the other by what
they share (orthogonal Procrustes on the 20,000 most frequent words), and by how many of the 10
nearest words are the same. FastText, a skip-gram with n-grams, makes vectors of the hidden words
from their n-grams, and is compared with itself trained on the whole corpus. The row "not hidden"
is what another training alone changes, for as many words that were not hidden.

Then the Rare Word set of DATA (EN-RW-STANFORD.txt) over all of its pairs: the whole corpus's model,
with unknown words by their form, and extended from the documents in which they occur. All is kept
in --work and used again. Prints two Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.ask.spelling import spelt_out
from corpus2vec.pipeline.config import EvaluateConfig
from corpus2vec.pipeline.judge.evaluation import Judged
from corpus2vec.pipeline.judge.gold import read_gold
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table

DIM, HIDDEN, AROUND, TOP, FREQUENT = 200, 1000, 40, 10, 20_000
OFTEN = (100, 1000)
SHOWN = (1, 4, 16, 64)
EVERY = 12
"""Of the text without the hidden words, each 12th line is given to extend, for its map."""
RW = "EN-RW-STANFORD.txt"


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, help="keep texts and models here, and use them again")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--fasttext-epochs", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        bench = Bench(work, options.epochs, options.fasttext_epochs)
        bench.prepare(options.corpus)
        bench.hidden_words()
        bench.rare_words(options.data / RW)


class Bench:
    """The texts, the models and their tables, in a folder."""

    def __init__(self, work: Path, epochs: int, fasttext_epochs: int) -> None:
        self.work, self.epochs, self.fasttext_epochs = work, epochs, fasttext_epochs
        self.words: list[str] = []

    def prepare(self, corpus: Path) -> None:
        """Build the model of the whole corpus and that without the hidden words."""
        self.build(corpus, "full")
        self.draw()
        self.build(self.work / "hidden.txt", "hid")

    def build(self, corpus: Path, name: str) -> None:
        """Run all stages."""
        corpus2vec(
            *("run", corpus, "--lower", "--min-count", 5, "--dim", DIM, "--epochs", self.epochs),
            *("--format", "parquet", "-o", self.work / name, "--quiet"),
        )

    def draw(self) -> None:
        """Draw the words to hide; write the whole text, the text without them, and where they are.

        `places.json`: for each word the numbers of the document and of the token.
        """
        drawn = self.work / "hidden.json"
        if drawn.exists():
            self.words = json.loads(drawn.read_text())
            return
        counts = counts_of(self.work / "full" / "vocab.tsv")
        fit = [
            word
            for word, count in counts.items()
            if OFTEN[0] <= count <= OFTEN[1] and word.isalpha() and word.isascii() and len(word) > 2
        ]
        self.words = sorted(np.random.default_rng(1).choice(fit, HIDDEN, replace=False).tolist())
        places: dict[str, list[tuple[int, int]]] = {word: [] for word in self.words}
        with (
            (self.work / "full.txt").open("w", encoding="utf-8") as full,
            (self.work / "hidden.txt").open("w", encoding="utf-8") as hidden,
        ):
            for number, tokens in enumerate(documents_of(self.work / "full" / "tokens.parquet")):
                full.write(" ".join(tokens) + "\n")
                left = [token for token in tokens if token not in places]
                hidden.write(" ".join(left) + "\n" if left else "")
                for at, token in enumerate(tokens):
                    if token in places:
                        places[token].append((number, at))
        (self.work / "places.json").write_text(json.dumps(places))
        drawn.write_text(json.dumps(self.words))

    # --- hidden words ------------------------------------------------------------------------

    def hidden_words(self) -> None:
        """Print how like the rows of hidden words are to those that training gives."""
        full, hidden = (self.table(name) for name in ("full", "hid"))
        shared = [word for word in hidden.rows if word in full.rows and word not in set(self.words)]
        counts = counts_of(self.work / "full" / "vocab.tsv")
        others = [word for word in shared if OFTEN[0] <= counts.get(word, 0) <= OFTEN[1]]
        others = np.random.default_rng(2).choice(others, HIDDEN, replace=False).tolist()
        print("| | words | cosine with the trained row | neighbours shared of 10 |")
        print("|---|---:|---:|---:|")

        spelt = Rows(spelt_out(read_vectors(self.dump("hid")), self.words))
        report("corpus2vec, not hidden", Likeness(hidden, full, shared, counts), others)
        report("corpus2vec, form alone", Likeness(spelt, full, shared, counts), self.words)
        for shown in SHOWN:
            name = f"shown{shown}"
            corpus2vec(
                *("extend", self.work / "hid", *self.occurrences(shown)),
                *("-o", self.work / name, "--quiet"),
            )
            likeness = Likeness(self.table(name), full, shared, counts)
            report(f"corpus2vec, {shown} occurrences", likeness, self.words)

        full, hidden = (Rows(self.fasttext(name)) for name in ("full", "hidden"))
        likeness = Likeness(hidden, full, shared, counts)
        report("FastText, not hidden", likeness, others)
        report("FastText, n-grams", likeness, self.words)

    def occurrences(self, shown: int) -> tuple[Path, Path]:
        """Return a text with so many occurrences of each hidden word, and one for the map."""
        path, plain = self.work / f"shown{shown}.txt", self.work / "plain.txt"
        if not path.exists():
            documents = list(documents_of(self.work / "full" / "tokens.parquet"))
            hidden, random = set(self.words), np.random.default_rng(3)
            with path.open("w", encoding="utf-8") as file:
                for word, places in json.loads((self.work / "places.json").read_text()).items():
                    for pick in random.permutation(len(places))[:shown].tolist():
                        number, at = places[pick]
                        tokens = documents[number]
                        before, after = tokens[:at], tokens[at + 1 :]
                        around = (
                            [each for each in before if each not in hidden][-AROUND:],
                            [each for each in after if each not in hidden][:AROUND],
                        )
                        file.write(" ".join([*around[0], word, *around[1]]) + "\n")
        if not plain.exists():
            lines = (self.work / "hidden.txt").read_text(encoding="utf-8").splitlines(True)
            plain.write_text("".join(lines[::EVERY]), encoding="utf-8")
        return path, plain

    # --- rare words --------------------------------------------------------------------------

    def rare_words(self, path: Path) -> None:
        """Print the scores on the Rare Word set."""
        gold = read_gold(path)
        full = read_vectors(self.dump("full"))
        known = set(full.tokens.to_pylist())
        rare = {word.lower() for words in gold.words for word in words} - known
        corpus = self.work / "rare.txt"
        if not corpus.exists():
            with corpus.open("w", encoding="utf-8") as file:
                for number, tokens in enumerate(
                    documents_of(self.work / "full" / "tokens.parquet")
                ):
                    if not number % EVERY or not rare.isdisjoint(tokens):
                        file.write(" ".join(tokens) + "\n")
        corpus2vec(
            "extend", self.work / "full", corpus, "-o", self.work / "rare", "--quiet",
        )  # fmt: skip
        fasttext = self.fasttext("full", rare)
        tables = {
            "corpus2vec, known words": (full, "skip"),
            "corpus2vec, unknown words by form": (full, "form"),
            "corpus2vec, extended, the rest by form": (read_vectors(self.dump("rare")), "form"),
            "FastText, known words": (fasttext.taken(np.arange(len(fasttext) - len(rare))), "skip"),
            "FastText, all words": (fasttext, "skip"),
        }
        print("\n| | Rare Word set | pairs |\n|---|---:|---:|")
        for name, (table, unknown) in tables.items():
            config = EvaluateConfig(case="lower", unknown=unknown, resamples=0)
            [score] = Judged(table, config, asked=[gold]).scores(gold)
            print(f"| {name} | {100 * (score.value or 0):.1f} | {score.n} |", flush=True)

    # --- tables ------------------------------------------------------------------------------

    def dump(self, name: str) -> Path:
        """Return the dump of a model, made if need be."""
        path = self.work / name / "embeddings.parquet"
        corpus2vec(
            *("dump", self.work / name / "model.safetensors", self.work / name / "vocab.tsv"),
            *("--format", "parquet", "-o", path, "--quiet"),
        )
        return path

    def table(self, name: str) -> Rows:
        """Return the rows of a model."""
        return Rows(read_vectors(self.dump(name)))

    def fasttext(self, name: str, more: Sequence[str] | set[str] = ()) -> Table:
        """Return FastText's vectors of a text's words, of the hidden words and of `more`."""
        from gensim.models import FastText
        from gensim.models.fasttext import FastTextKeyedVectors

        path = self.work / f"fasttext-{name}"
        if not path.exists():
            text = str(self.work / f"{name}.txt")
            model = FastText(
                vector_size=DIM, window=5, negative=5, sample=1e-4, min_count=5, sg=1, seed=1,
                workers=4, bucket=500_000,
            )  # fmt: skip
            model.build_vocab(corpus_file=text)
            model.train(
                corpus_file=text,
                total_examples=model.corpus_count,
                total_words=model.corpus_total_words,
                epochs=self.fasttext_epochs,
            )
            model.wv.save(str(path))
        vectors = FastTextKeyedVectors.load(str(path))
        words = list(vectors.index_to_key)
        lacking = [
            word for word in (*self.words, *sorted(more)) if word not in vectors.key_to_index
        ]
        rows = np.concatenate([vectors.vectors, *([vectors[word][None] for word in lacking])])
        return Table(pa.array([*words, *lacking]), rows.astype(np.float32))


class Rows:
    """Unit rows by word."""

    def __init__(self, table: Table) -> None:
        self.rows = {word: row for row, word in enumerate(table.tokens.to_pylist())}
        self._unit_VD = unit_rows(table.vectors_VD)

    def of(self, words: Sequence[str]) -> np.ndarray:
        """Return the rows of words."""
        return self._unit_VD[[self.rows[word] for word in words]]


class Likeness:
    """How like the rows of one table are to those of another, in another space."""

    def __init__(
        self, one: Rows, other: Rows, shared: Sequence[str], counts: dict[str, int]
    ) -> None:
        shared = [word for word in shared if word in one.rows and word in other.rows]
        frequent = sorted(shared, key=lambda word: -counts.get(word, 0))[:FREQUENT]
        left, _, right = np.linalg.svd(one.of(frequent).T @ other.of(frequent))
        self._rotation_DD = left @ right
        self._one, self._other, self._shared = one, other, shared
        self.known = one.rows.keys() & other.rows.keys()

    def cosine(self, words: Sequence[str]) -> float:
        """Return the mean cosine of the two rows of a word."""
        rotated_ND = self._one.of(words) @ self._rotation_DD
        return float((rotated_ND * self._other.of(words)).sum(1).mean())

    def neighbours(self, words: Sequence[str]) -> float:
        """Return the mean number of neighbours shared among the shared words."""
        place = {word: at for at, word in enumerate(self._shared)}
        own = np.array([[place.get(word, -1)] for word in words])
        near = [
            nearest(side.of(self._shared), side.of(words), TOP, own)[0]
            for side in (self._one, self._other)
        ]
        same = [
            len(set(a) & set(b)) for a, b in zip(*(each.tolist() for each in near), strict=True)
        ]
        return float(np.mean(same))


def report(name: str, likeness: Likeness, words: Sequence[str]) -> None:
    """Print a row, over the words that have a vector."""
    words = [word for word in words if word in likeness.known]
    cosine, neighbours = likeness.cosine(words), likeness.neighbours(words)
    print(f"| {name} | {len(words)} | {cosine:.3f} | {neighbours:.2f} |", flush=True)


def corpus2vec(*arguments: object) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "corpus2vec", *map(str, arguments)], check=True)


def counts_of(vocabulary: Path) -> dict[str, int]:
    """Return how often each token occurs."""
    lines = vocabulary.read_text(encoding="utf-8").split("\n")[1:-1]
    fields = [line.split("\t") for line in lines]
    return {word: int(count) for _, word, count in fields}


def documents_of(tokens: Path) -> Iterator[list[str]]:
    """Yield the tokens of each document; white space in a token would end it in a text."""
    for batch in pq.ParquetFile(tokens).iter_batches(columns=["tokens"]):
        for document in batch.column(0).to_pylist():
            yield ["_".join(token.split()) or "_" for token in document]


if __name__ == "__main__":
    main()
