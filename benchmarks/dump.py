"""Measure writing and reading of word2vec text and Parquet, beside gensim, on one table.

    python benchmarks/dump.py [--rows 200000] [--columns 300] [--repeat 3]

Prints a Markdown table; RESULTS.md holds what it printed, with the date and the machine. The table
is random float32, its tokens are words of two to ten letters. Every contender is a process of its
own, and its clock runs for its work alone: not for the start of Python, imports, or making and
comparing the table. The contenders take turns. Times are medians, and ratios are those of the
medians to gensim's. Every reader's table is compared with what was written, to the bit.

Memory is the process's peak (VmHWM, reset before the work) less what it held before, in multiples
of the table's size. A writer holds the table already, so 1 is added.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WORD2VEC, PARQUET = "vectors.w2v", "vectors.parquet"
Work = tuple[Callable[[], Any], bool]
"""What is timed, and whether it returns a table."""


# --- the contenders --------------------------------------------------------------------------


def gensim_write(folder: Path, words: list[str], matrix: np.ndarray) -> Work:
    """save_word2vec_format."""
    from gensim.models import KeyedVectors

    model = KeyedVectors(matrix.shape[1])
    model.add_vectors(words, matrix)
    return lambda: model.save_word2vec_format(folder / "gensim.w2v"), False


def gensim_read(folder: Path, words: list[str], matrix: np.ndarray) -> Work:
    """load_word2vec_format."""
    from gensim.models import KeyedVectors

    def read() -> tuple[list[str], np.ndarray]:
        model = KeyedVectors.load_word2vec_format(folder / WORD2VEC)
        return model.index_to_key, model.vectors

    return read, True


def our_write(
    folder: Path, words: list[str], matrix: np.ndarray, name: str, verified: bool = False
) -> Work:
    """Prepare and write the table, as `dump` does, and verify it if `verified`."""
    import pyarrow as pa

    from corpus2vec.pipeline.config import DumpConfig
    from corpus2vec.pipeline.tables.table import Table
    from corpus2vec.pipeline.tables.verify import verify_dump
    from corpus2vec.pipeline.tables.writing import prepare, write_dump

    import_formats()
    [(path, config)] = DumpConfig().outputs(folder / name)
    table = Table(pa.array(words), matrix)

    def write() -> None:
        ready, _ = prepare(table, config)
        write_dump(path, ready, config)
        if verified:
            verify_dump(path, ready, config)

    return write, False


def our_read(folder: Path, words: list[str], matrix: np.ndarray, name: str) -> Work:
    """read_vectors."""
    from corpus2vec.pipeline.tables.reading import read_vectors

    import_formats()

    def read() -> tuple[list[str], np.ndarray]:
        table = read_vectors(folder / name)
        return table.tokens.to_pylist(), table.vectors_VD

    return read, True


def import_formats() -> None:
    """Import the formats' modules, which are otherwise imported when they are first needed."""
    from corpus2vec.pipeline.config.formats import FORMATS
    from corpus2vec.pipeline.tables.formats import module_of

    for name in FORMATS:
        module_of(name)


# In this order: a reader follows a writer of its file.
CONTENDERS: dict[str, Callable[[Path, list[str], np.ndarray], Work]] = {
    "gensim writes text": gensim_write,
    "we write text": lambda *at: our_write(*at, WORD2VEC),
    "we write text and verify it": lambda *at: our_write(*at, WORD2VEC, verified=True),
    "gensim reads text": gensim_read,
    "we read text": lambda *at: our_read(*at, WORD2VEC),
    "we write Parquet": lambda *at: our_write(*at, PARQUET),
    "we write Parquet and verify it": lambda *at: our_write(*at, PARQUET, verified=True),
    "we read Parquet": lambda *at: our_read(*at, PARQUET),
}


# --- the table -------------------------------------------------------------------------------


def make_table(rows: int, columns: int) -> tuple[list[str], np.ndarray]:
    """Distinct words, and normal numbers, (rows, columns) float32."""
    random = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words: dict[str, None] = {}
    while len(words) < rows:
        for drawn in letters[random.integers(0, 26, (rows, 10))]:
            words["".join(drawn[: random.integers(2, 11)])] = None
    return list(words)[:rows], random.standard_normal((rows, columns), np.float32)


# --- measuring -------------------------------------------------------------------------------


def memory(name: str) -> int:
    """Return a figure of this process's status file, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def contend(name: str, folder: Path) -> None:
    """Run one contender in this process, and print what it took as JSON."""
    words = (folder / "words.txt").read_text().split("\n")
    matrix = np.load(folder / "matrix.npy")
    work, reads = CONTENDERS[name](folder, words, matrix)
    if reads:
        del matrix  # its memory must not be there to be used again
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    begin = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begin
    peak = memory("VmHWM") - before
    if reads:
        expected = np.load(folder / "matrix.npy")
        if result[0] != words or result[1].tobytes() != expected.tobytes():
            raise ValueError(f"{name}: another table than was written")
    print(json.dumps({"seconds": seconds, "peak": peak, "reads": reads}))


def main() -> None:
    """Run all contenders by turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        contend(options.contender, options.folder)
        return
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words, matrix = make_table(options.rows, options.columns)
        (folder / "words.txt").write_text("\n".join(words))
        np.save(folder / "matrix.npy", matrix)
        for _ in range(options.repeat):
            for contender in CONTENDERS:
                own = ["--contender", contender, "--folder", str(folder)]
                command = [sys.executable, __file__, *own]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                measured[contender].append(json.loads(done.stdout))
    print(
        f"{options.rows:,} × {options.columns}, median of {options.repeat}, {platform.machine()}\n"
    )
    print("| | seconds | from – to | gensim's time ÷ this | memory ÷ table |")
    print("|---|--:|--:|--:|--:|")
    medians = {
        name: statistics.median(run["seconds"] for run in runs) for name, runs in measured.items()
    }
    for name, runs in measured.items():
        gensim = medians[f"gensim {'reads' if runs[0]['reads'] else 'writes'} text"]
        seconds = [run["seconds"] for run in runs]
        peak = max(run["peak"] for run in runs) / matrix.nbytes + (not runs[0]["reads"])
        print(
            f"| {name} | {medians[name]:.2f} | {min(seconds):.2f} – {max(seconds):.2f} "
            f"| {gensim / medians[name]:.1f} | {peak:.2f} |"
        )


if __name__ == "__main__":
    main()
