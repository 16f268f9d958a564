"""Count distinct tokens over parts: the tallies of some parts, summed into one vocabulary.

    python -m benchmarks.parts [--distinct 12000000] [--parts 4] [--folder DIR]

Each part draws half as many tokens as there are to draw from, so most occur in several parts, once
or twice in each. Prints the seconds of one processor that it takes to write a tally, and to sum all
of them; the size of the tallies; and the peak memory of the sum, in a process of its own.

    python -m benchmarks.parts --engines CORPUS [--parts 7] [--rounds 3] [--folder DIR]

Tokenizes a corpus in so many parts, by one process, by two, by Ray with two at once, and in one
piece by one process and by two: commands as they are typed, one after the other in each round.
Prints the median seconds of each, and how many times it is as fast as one process with the parts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.artifacts.beside import tally_path
from corpus2vec.pipeline.vocabulary.counting import Counting
from corpus2vec.pipeline.vocabulary.tallies import PartTally

BATCH = 1 << 19
RAY = ("--engine", "ray", "--address", "local")


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--distinct", type=int, default=12_000_000)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="where the tallies are for a while")
    parser.add_argument("--engines", metavar="CORPUS", help="compare engines on this corpus")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.engines:
        compare_engines(options.engines, options.parts, options.rounds, options.folder)
        return
    batches = -(-options.distinct // 2 // BATCH)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        parts = [Path(name) / f"part-{number + 1:05}.parquet" for number in range(options.parts)]
        seconds = [write(part, seed, batches, options.distinct) for seed, part in enumerate(parts)]
        size = sum(tally_path(part).stat().st_size for part in parts)
        print(f"{len(parts)} tallies: {np.mean(seconds):.1f} s each, {size / 1e6:.0f} MB in all")
        for least in (1, 3):
            process = multiprocessing.get_context("spawn").Process(
                target=add_up, args=(parts, batches * BATCH, least)
            )
            process.start()
            process.join()


def write(part: Path, seed: int, batches: int, distinct: int) -> float:
    """Write the tally of one part; return the processor seconds that it took."""
    generator = np.random.default_rng(seed)
    tally = PartTally(part)
    begin = time.process_time()
    for _ in range(batches):
        numbers = pa.array(generator.integers(0, distinct, BATCH)).cast(pa.string())
        words = pc.binary_join_element_wise("token", numbers, "")
        lists = pa.ListArray.from_arrays(pa.array([0, BATCH], pa.int32()), words)
        tally.add(pa.RecordBatch.from_arrays([lists], ["tokens"]))
    tally.publish()
    return time.process_time() - begin


def add_up(parts: list[Path], tokens: int, least: int) -> None:
    """Sum the tallies of parts of so many tokens, and print what it took."""
    begin = time.process_time()
    with Counting(2 << 30, parts[0].parent) as counting:
        for part in parts:
            counting.add_stored(tally_path(part), tokens)
        kept, _ = counting.result(least)
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"min-count {least}: {len(kept) + counting.left_out.types:,} distinct tokens of "
        f"{counting.tokens_read:,}, {len(kept):,} kept: {seconds:.1f} s, {peak:.2f} GB at most"
    )


def compare_engines(corpus: str, parts: int, rounds: int, folder: Path | None) -> None:
    """Print the seconds that each engine takes for the parts of a corpus."""
    in_parts = ("--part", f"all/{parts}")
    ways = {
        "parts, 1 process": (*in_parts, "--workers", "1"),
        "parts, 2 processes": (*in_parts, "--workers", "2"),
        "parts, Ray, 2 at once": (*in_parts, "--workers", "2", *RAY),
        "one piece, 1 process": ("--workers", "1"),
        "one piece, 2 processes": ("--workers", "2"),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    # Ray gives its processes a low priority; here it is to be compared, not to be polite.
    environment = {**os.environ, "RAY_worker_niceness": str(os.nice(0))}
    for _ in range(rounds):
        for way, arguments in ways.items():
            with tempfile.TemporaryDirectory(dir=folder) as name:
                command = [sys.executable, "-m", "corpus2vec", "tokenize", corpus, *arguments]
                output = Path(name) / ("tokens" if way.startswith("parts") else "tokens.parquet")
                begin = time.perf_counter()
                subprocess.run([*command, "--quiet", "-o", output], env=environment, check=True)
                seconds[way].append(time.perf_counter() - begin)
    first = statistics.median(seconds["parts, 1 process"])
    for way, each in seconds.items():
        median = statistics.median(each)
        print(f"{way}: {median:.1f} s ({min(each):.1f} to {max(each):.1f}), {first / median:.2f}")


if __name__ == "__main__":
    main()
