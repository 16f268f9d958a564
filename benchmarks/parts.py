"""Count distinct tokens over parts: the tallies of some parts, summed into one vocabulary.

    python -m benchmarks.parts [--distinct 12000000] [--parts 4] [--folder DIR]

Each part draws half as many tokens as there are to draw from, so most occur in several parts, once
or twice in each. Prints the seconds of one processor that it takes to write a tally, and to sum all
of them; the size of the tallies; and the peak memory of the sum, in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
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


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--distinct", type=int, default=12_000_000)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="where the tallies are for a while")
    options = parser.parse_args()
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


if __name__ == "__main__":
    main()
