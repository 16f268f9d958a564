"""Compare `phrases` and `join` with gensim's Phrases: speed, what is found, what vectors become.

    python benchmarks/phrases.py CORPUS [--data DATA] [--repeat 3] [--work FOLDER]

CORPUS is tokenized once (`--lower`). gensim reads those tokens as a text, a document a line; its
seconds are those of learning and listing the phrases, and of joining and writing, in a process that
has imported it. corpus2vec's are whole processes, from starting Python to syncing what was written.
Both take turns. Rates are those of the text of the tokens. Prints Markdown; RESULTS.md has earlier
tables, with the date and the machine.

With DATA, a folder as `quality.py` takes it, one epoch is trained with the default settings
(`--min-count 5`), with and without phrases, and judged.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from quality import SETS, Judge, write_text

from corpus2vec.pipeline.phrases.phrases import parse_phrases

CONNECTORS = ("none", "english")
RUNS: dict[str, list[str]] = {
    "without phrases": [],
    "word2phrase, more than 10": ["--threshold", "10"],
    "word2phrase, more than 100": ["--threshold", "100"],
    "npmi, more than 0.5, connectors": ["--scoring", "npmi", "--connectors", "english"],
}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--data", type=Path, help="the folder with judgements")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--work", type=Path, help="keep tokens and models here, and use them again")
    parser.add_argument("--only", choices=["speed", "quality"])
    parser.add_argument("--gensim", choices=CONNECTORS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.gensim:
        run_gensim(options.corpus, options.gensim)
        return
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        corpus2vec("tokenize", options.corpus, "--lower", "-o", work / "tokens.parquet")
        if not (work / "tokens.txt").exists():
            write_text(work / "tokens.parquet", work / "tokens.txt")
        if options.only != "quality":
            compare_speed(work, options.repeat)
        if options.data and options.only != "speed":
            compare_quality(work, options.data)


def corpus2vec(*arguments: object) -> tuple[float, float]:
    """Run a command: its seconds, by the clock and of the processor."""
    begin, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "corpus2vec", *map(str, arguments)], check=True)
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, sum(after[:2]) - sum(used[:2])


# --- speed -----------------------------------------------------------------------------------


def compare_speed(work: Path, repeat: int) -> None:
    """Measure both in turns, and compare what they find."""
    size = (work / "tokens.txt").stat().st_size / 1e6
    print(f"{size:.1f} MB of tokens as text, best of {repeat}\n")
    print("| connectors | | gensim | corpus2vec | MB/s | ratio | ratio of processor time |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for connectors in CONNECTORS:
        theirs: list[Mapping[str, list[float]]] = []
        ours: list[Mapping[str, tuple[float, float]]] = []
        for _ in range(repeat):
            theirs.append(gensim(work, connectors))
            learn = ("phrases", work / "tokens.parquet", "--connectors", connectors)
            join = ("join", work / "tokens.parquet", work / "phrases.tsv")
            ours.append(
                {
                    "learn": corpus2vec(*learn, "-o", work / "phrases.tsv", "--force", "--quiet"),
                    "join": corpus2vec(*join, "-o", work / "joined.parquet", "--force", "--quiet"),
                }
            )
        for what in ("learn", "join"):
            (wall, cpu), (our_wall, our_cpu) = (
                (min(run[what][0] for run in runs), min(run[what][1] for run in runs))
                for runs in (theirs, ours)
            )
            ratios = f"{size / our_wall:.0f} | {wall / our_wall:.1f} | {cpu / our_cpu:.1f}"
            print(f"| {connectors} | {what} | {wall:.1f} s | {our_wall:.2f} s | {ratios} |")
        print_differences(work, connectors)


def gensim(work: Path, connectors: str) -> Mapping[str, list[float]]:
    """Run gensim in a process of its own, and return its seconds."""
    command = [sys.executable, __file__, str(work), "--gensim", connectors]
    found: Mapping[str, list[float]] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def run_gensim(work: Path, connectors: str) -> None:
    """Find phrases in the text of the tokens, write them and the joined text, print the seconds."""
    from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases
    from gensim.models.word2vec import LineSentence

    words = ENGLISH_CONNECTOR_WORDS if connectors == "english" else frozenset()
    text = LineSentence(str(work / "tokens.txt"), max_sentence_length=1 << 40)
    times = [(time.monotonic(), time.process_time())]
    model = Phrases(text, connector_words=words)
    phrases = model.export_phrases()
    times.append((time.monotonic(), time.process_time()))
    with (work / "gensim.txt").open("w", encoding="utf-8") as sink:
        sink.writelines(" ".join(model[each]) + "\n" for each in text)
    times.append((time.monotonic(), time.process_time()))
    (work / "gensim.json").write_text(json.dumps(phrases))
    spent = [[b - a for a, b in zip(*two, strict=True)] for two in itertools.pairwise(times)]
    print(json.dumps(dict(zip(("learn", "join"), spent, strict=True))))


def print_differences(work: Path, connectors: str) -> None:
    """Print how many phrases and how many joined documents differ from gensim's."""
    theirs = set(json.loads((work / "gensim.json").read_text()))
    text = (work / "phrases.tsv").read_bytes()
    ours = {each.token for each in parse_phrases(text, "phrases.tsv")}
    write_text(work / "joined.parquet", work / "joined.txt")
    with (work / "joined.txt").open() as one, (work / "gensim.txt").open() as other:
        documents = [a.split() == b.split() for a, b in zip(one, other, strict=True)]
    print(
        f"{connectors}: {len(theirs):,} phrases of gensim's, {len(ours):,} of corpus2vec's, "
        f"{len(theirs ^ ours)} not in both; {documents.count(False)} of {len(documents):,} "
        "documents joined otherwise",
        file=sys.stderr,
    )


# --- quality ---------------------------------------------------------------------------------


def compare_quality(work: Path, data: Path) -> None:
    """Train one epoch with and without phrases, and print the scores."""
    judge = Judge(data)
    columns = (*SETS, "semantic", "syntactic")
    print(f"\n| | tokens joined | tokens | types | {' | '.join(columns)} |")
    print(f"|---|{'---:|' * (3 + len(columns))}")
    for name, options in RUNS.items():
        tokens, joined = work / "tokens.parquet", 0
        if options:
            corpus2vec("phrases", tokens, *options, "-o", work / "p.tsv", "--quiet")
            corpus2vec("join", tokens, work / "p.tsv", "-o", work / "j.parquet", "--quiet")
            tokens = work / "j.parquet"
            joined = sum(counts(tokens)["tokens"]["dropped"].values())
        vocabulary, ids, model = work / "v.tsv", work / "i.parquet", work / "m.safetensors"
        corpus2vec("vocab", tokens, "--min-count", 5, "-o", vocabulary, "--quiet")
        corpus2vec("encode", tokens, vocabulary, "-o", ids, "--quiet")
        corpus2vec("train", ids, vocabulary, "--epochs", 1, "-o", model, "--quiet")
        table = work / "e.parquet"
        corpus2vec("dump", model, vocabulary, "--format", "parquet", "-o", table, "--quiet")
        scores = judge.scores(table)
        found = counts(vocabulary)
        shown = " | ".join(f"{scores[column]:.1f}" for column in columns)
        print(
            f"| {name} | {joined:,} | {found['tokens']['in']:,} | {found['types']:,} | {shown} |",
            flush=True,
        )
        print(f"{name}: {judge.coverage}", file=sys.stderr, flush=True)


def counts(artifact: Path) -> Mapping[str, Mapping[str, int]]:
    """Return what the manifest of an artifact counts."""
    manifest = json.loads(Path(f"{artifact}.manifest.json").read_text())
    found: Mapping[str, Mapping[str, int]] = manifest["counts"]
    return found


if __name__ == "__main__":
    main()
