"""Compare tokenizing, counting and encoding with other tools, on one corpus, in one run.

    python benchmarks/front_end.py CORPUS [--times 16] [--repeat 3] [--only NAME...]

Prints a Markdown table; RESULTS.md has earlier ones, with the date and the machine. Every
contender is a process of its own. Its memory is the peak of the process and its children together;
a page that two of them share counts twice. `--times 16` repeats the corpus 16 times, which flatters
corpus2vec: after the first time no chunk is new.

The seconds of another tool are those of its work alone, on text in memory, with nothing written.
Those of corpus2vec are whole processes: starting Python, importing spaCy, reading, writing,
syncing. Other tools, and stages with one worker, run on one core. The last column compares rates.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROCESS_SAMPLE = 6_000_000
"""Bytes for nlp.pipe(n_process=2), which is too slow for more."""


@dataclass
class Measured:
    """What one run needed."""

    seconds: float
    megabytes: float
    tokens: int
    peak: int
    """Bytes of memory, of all processes together."""


# --- other tools, each in a process of its own -----------------------------------------------


def spacy_pipe(lines: list[str]) -> Iterator[int]:
    """Run spaCy's tokenizer on one core; the documents are thrown away."""
    sys.modules["torch"] = None  # type: ignore[assignment]
    import spacy

    nlp = spacy.blank("en")
    yield 0
    yield sum(map(len, nlp.tokenizer.pipe(lines)))


def spacy_processes(lines: list[str]) -> Iterator[int]:
    """Run spaCy's pipe with two processes."""
    sys.modules["torch"] = None  # type: ignore[assignment]
    import spacy

    nlp = spacy.blank("en")
    yield 0
    yield sum(map(len, nlp.pipe(lines, n_process=2, batch_size=1000)))


def hf_tokenizers(lines: list[str]) -> Iterator[int]:
    """Train Hugging Face's WordLevel, over white space and punctuation, and encode."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(
        vocab_size=10**8, min_frequency=1, special_tokens=["<unk>"], show_progress=False
    )
    yield 0
    tokenizer.train_from_iterator(lines, trainer)
    total = 0
    for begin in range(0, len(lines), 10_000):
        total += sum(
            len(each.ids) for each in tokenizer.encode_batch(lines[begin : begin + 10_000])
        )
    yield total


def gensim_scan(lines: list[str]) -> Iterator[int]:
    """Scan the vocabulary with gensim: split at white space and count; nothing is encoded."""
    from gensim.models import Word2Vec

    model = Word2Vec(min_count=1)
    yield 0
    total, _ = model.scan_vocab(map(str.split, lines), progress_per=10**9)
    yield total


PEERS: dict[str, Callable[[list[str]], Iterator[int]]] = {
    "spaCy tokenizer.pipe": spacy_pipe,
    "spaCy nlp.pipe(n_process=2)": spacy_processes,
    "HF tokenizers, train + encode": hf_tokenizers,
    "gensim scan_vocab, white space": gensim_scan,
}


def be_peer(name: str, corpus: str) -> None:
    """Run one tool and print its measurements as JSON."""
    with Path(corpus).open("rb") as file:
        text = file.read(PROCESS_SAMPLE if "n_process" in name else -1)
    lines = text.decode("utf-8", "ignore").split("\n")
    size = len(text)
    del text
    work = PEERS[name](lines)
    next(work)  # imports and set-up are not counted
    started = time.perf_counter()
    tokens = next(work)
    print(json.dumps({"seconds": time.perf_counter() - started, "tokens": tokens, "bytes": size}))


# --- measuring -------------------------------------------------------------------------------


def family(process: int) -> list[int]:
    """Return the process and all its descendants."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):  # it may be gone by now
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def memory_of(process: int) -> int:
    """Return the resident bytes of a process."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGESIZE"
        )
    return 0


def run(command: list[str], cores: int = 0) -> tuple[float, str, int]:
    """Run a command on so many cores (0: all): its seconds, its output, its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if cores:
        os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, sum(map(memory_of, family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed, _ = process.communicate()
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return seconds, printed, peak


def peer(name: str, corpus: Path) -> Measured:
    """Run another tool once."""
    cores = 0 if "n_process" in name else 1
    _, printed, peak = run([sys.executable, __file__, "--peer", name, str(corpus)], cores)
    found = json.loads(printed)
    return Measured(found["seconds"], found["bytes"] / 1e6, found["tokens"], peak)


def ours(stage: str, workers: int, corpus: Path, folder: Path) -> Measured:
    """Run a stage once."""
    tokens, vocabulary, ids = (
        str(folder / name) for name in ("tokens.parquet", "vocab.tsv", "ids.parquet")
    )
    arguments = {
        "tokenize": [str(corpus), "--workers", str(workers), "-o", tokens],
        "vocab": [tokens, "-o", vocabulary],
        "encode": [tokens, vocabulary, "-o", ids],
    }[stage]
    command = [
        sys.executable,
        "-m",
        "corpus2vec",
        stage,
        *arguments,
        "--force",
        "--json",
        "--quiet",
    ]
    seconds, printed, peak = run(command, cores=1 if workers == 1 else 0)
    found = json.loads(printed)["counts"]["tokens"]["in"]
    return Measured(seconds, corpus.stat().st_size / 1e6, found, peak)


def contenders(corpus: Path, folder: Path) -> dict[str, Callable[[], list[Measured]]]:
    """Return all that can be measured, by name, in the order of the table."""
    table: dict[str, Callable[[], list[Measured]]] = {
        name: lambda name=name: [peer(name, corpus)]  # type: ignore[misc]
        for name in PEERS
    }
    for workers in (1, 2):
        table[f"tokenize --workers {workers}"] = lambda workers=workers: [  # type: ignore[misc]
            ours("tokenize", workers, corpus, folder)
        ]
    for stage in ("vocab", "encode"):
        table[stage] = lambda stage=stage: [ours(stage, 1, corpus, folder)]  # type: ignore[misc]
    for workers, named in ((1, "one core"), (2, "two workers")):
        table[f"all three, {named}"] = lambda workers=workers: [  # type: ignore[misc]
            ours(stage, workers, corpus, folder) for stage in ("tokenize", "vocab", "encode")
        ]
    return table


def summed(parts: list[Measured]) -> Measured:
    """Add up stages that follow each other."""
    return Measured(
        sum(part.seconds for part in parts),
        parts[0].megabytes,
        parts[0].tokens,
        max(part.peak for part in parts),
    )


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="names, or parts of them")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        be_peer(options.peer, str(options.corpus))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = options.corpus
        if options.times > 1:
            corpus = folder / corpus.name
            with corpus.open("wb") as file:
                for _ in range(options.times):
                    with options.corpus.open("rb") as source:
                        shutil.copyfileobj(source, file)
        compare(corpus, folder, options)


def compare(corpus: Path, folder: Path, options: argparse.Namespace) -> None:
    """Measure every contender, in turn, and print the table."""
    table = contenders(corpus, folder)
    chosen = [
        name for name in table if not options.only or any(part in name for part in options.only)
    ]
    if {"vocab", "encode"} & set(chosen):  # --only may leave out the stages that they need
        ours("tokenize", 1, corpus, folder)
        ours("vocab", 1, corpus, folder)
    runs: dict[str, list[Measured]] = {name: [] for name in chosen}
    for turn in range(options.repeat):
        for name in chosen:
            runs[name].append(summed(table[name]()))
            print(f"{turn + 1}/{options.repeat} {name}: {runs[name][-1]}", file=sys.stderr)
    size = corpus.stat().st_size / 1e6
    print(f"{corpus.name}, {size:,.0f} MB, median of {options.repeat};", end=" ")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| | seconds | MB/s | tokens/s | peak memory | × spaCy |")
    print("|---|---:|---:|---:|---:|---:|")
    rates = {}
    for name, measured in runs.items():
        seconds = statistics.median(each.seconds for each in measured)
        one = measured[0]
        rates[name] = one.megabytes / seconds
        ratio = (
            rates[name] / rates["spaCy tokenizer.pipe"] if "spaCy tokenizer.pipe" in rates else 0
        )
        peak = max(each.peak for each in measured) / 1e6
        print(
            f"| {name} | {seconds:.2f} | {rates[name]:.2f} | {one.tokens / seconds:,.0f} "
            f"| {peak:,.0f} MB | {ratio:.1f} |"
        )


if __name__ == "__main__":
    main()
