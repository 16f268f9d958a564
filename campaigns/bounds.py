"""Measure the memory and the time of texts of odd shapes: both are bounded.

Memory: the peak of `tokenize` for a record of 300 MB as JSON Lines, CSV, Parquet and a plain line,
and for a small gzip file that expands to as much, compared with the same text as plain lines (at
most 1.5 times). Time: seconds per MB of punctuation soup, of brackets, of one long word and others,
compared with ordinary text (at most 5 times). What starting Python and spaCy takes is taken off.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from campaigns.findings import ROOT, Effort, Finding

RECORD_BYTES = 300_000_000
SOUP_BYTES = 4_000_000
TIMES = 5
MOST_MEMORY, MOST_TIME = 1.5, 5.0
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command; prints its seconds of processor time, and its peak memory in kB."""


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Measure both, and compare."""
    found = Finding.counting("beyond the bound")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory(folder, round(RECORD_BYTES * min(1, effort.share)), found)
        seconds(folder, round(SOUP_BYTES * min(1, max(0.25, effort.share))), found)
    return {11: found}


# --- memory ----------------------------------------------------------------------------------


def memory(folder: Path, size: int, found: Finding) -> None:
    """Compare the peak memory of each kind of large record with that of plain lines."""
    line = (ROOT / "sample_corpora/english.txt").read_text("utf-8").replace("\n", " ")
    text = line * (size // len(line) + 1)
    plain, ratios = 0, {}
    for name, write in RECORDS.items():
        path = folder / name
        write(path, text)
        peak = run(path, folder)[1]
        path.unlink()
        plain = plain or peak
        ratios[name] = peak / plain
        print(f"{name}: {peak / 1e6:,.0f} MB, {ratios[name]:.2f} times", flush=True)
    compare(f"{size / 1e6:.0f} MB record ÷ lines: memory", ratios, MOST_MEMORY, found)


def plain_lines(path: Path, text: str) -> None:
    """Write lines of ordinary length."""
    path.write_text(text.replace(". ", ".\n"), "utf-8")


def one_line(path: Path, text: str) -> None:
    """Write one line."""
    path.write_text(text, "utf-8")


def json_record(path: Path, text: str) -> None:
    """Write one record of JSON Lines."""
    path.write_text(json.dumps({"text": text}) + "\n", "utf-8")


def csv_record(path: Path, text: str) -> None:
    """Write a table of one row."""
    quoted = text.replace('"', '""')
    path.write_text(f'text\n"{quoted}"\n', "utf-8")


def parquet_record(path: Path, text: str) -> None:
    """Write a table of one row."""
    pq.write_table(pa.table({"text": [text]}), path)


def bomb(path: Path, text: str) -> None:
    """Write a small file that expands to as much."""
    path.write_bytes(gzip.compress(b"see " * (len(text) // 4), 1))


RECORDS: dict[str, Callable[[Path, str], None]] = {
    "lines.txt": plain_lines,
    "line.txt": one_line,
    "record.jsonl": json_record,
    "record.csv": csv_record,
    "record.parquet": parquet_record,
    "bomb.txt.gz": bomb,
}

# --- time ------------------------------------------------------------------------------------


def seconds(folder: Path, size: int, found: Finding) -> None:
    """Compare the seconds per MB of odd texts with those of ordinary text."""
    chance = random.Random(1)
    empty = folder / "empty.txt"
    empty.write_text("Hope to see you soon\n")
    start = least_seconds(empty, folder)
    ordinary, ratios = 0.0, {}
    for name, make in TEXTS.items():
        path = folder / name
        path.write_text(make(chance, size), "utf-8")
        took = max(least_seconds(path, folder) - start, 0.01)
        ordinary = ordinary or took
        ratios[name] = took / ordinary
        print(f"{name}: {took / size * 1e6:.2f} s/MB, {ratios[name]:.2f} times", flush=True)
    compare("odd ÷ ordinary text: time", ratios, MOST_TIME, found)


def least_seconds(corpus: Path, folder: Path) -> float:
    """Tokenize a few times; return the fewest seconds, since whatever else runs only adds some."""
    return min(run(corpus, folder)[0] for _ in range(TIMES))


def ordinary(chance: random.Random, size: int) -> str:
    """Return English-like text, with as many distinct chunks as a real one.

    4 MB of English have 121,000 distinct chunks of 614,000. A third of them ends with a comma or a
    full stop, and as many have other marks.
    """
    line = (ROOT / "sample_corpora/english.txt").read_text("utf-8").split()
    rare = [chance.choice(FORMS).format(*rare_words(chance)) for _ in range(size // 33)]
    words = [*rare, *line * (size // 45_000)]
    chance.shuffle(words)
    return lines_of(words, size)


def rare_words(chance: random.Random) -> list[str]:
    """Return two words that hardly occur again."""
    letters = string.ascii_lowercase
    return ["".join(chance.choices(letters, k=chance.randrange(3, 9))) for _ in range(2)]


FORMS = [
    *["{}", "{}", "{}", "{}", "{},", "{},", "{},", "{}.", "{}.", "{};", "{}:"],
    *["A{}", "B{},", "C{}.", "D{}", "{}'s", "{}-{}", "{}--{}", "({})"],
    *['"{}', '{}."', "{}19", "{}_{}"],
]
"""How rare words are written."""


def soup(chance: random.Random, size: int) -> str:
    """Return punctuation with letters and digits in between."""
    kinds = string.punctuation * 3 + string.ascii_letters + string.digits
    words = ("".join(chance.choices(kinds, k=chance.randrange(1, 30))) for _ in range(size // 15))
    return lines_of([*words], size)


def brackets(chance: random.Random, size: int) -> str:
    """Return nothing but brackets, without a space."""
    return "(" * size


def long_word(chance: random.Random, size: int) -> str:
    """Return letters without a space."""
    return "".join(chance.choices(string.ascii_letters, k=size))


def addresses(chance: random.Random, size: int) -> str:
    """Return web addresses, no two alike."""
    words = (f"https://a{chance.random()}.example/{chance.random()}?q=1" for _ in range(size // 60))
    return lines_of([*words], size)


def emoticons(chance: random.Random, size: int) -> str:
    """Return emoticons, with and without spaces."""
    faces = [":-)", ":(", "8)", ";-)", "<3", "(o:", ":P", "=D", "^_^", "a.m.", "'s", "--"]
    return lines_of(["".join(chance.choices(faces, k=3)) for _ in range(size // 9)], size)


def lines_of(words: list[str], size: int) -> str:
    """Return the words in lines of twelve."""
    rows = (" ".join(words[at : at + 12]) for at in range(0, len(words), 12))
    return "\n".join(rows)[:size]


TEXTS: dict[str, Callable[[random.Random, int], str]] = {
    "ordinary.txt": ordinary,
    "soup.txt": soup,
    "brackets.txt": brackets,
    "word.txt": long_word,
    "addresses.txt": addresses,
    "emoticons.txt": emoticons,
}

# --- both ------------------------------------------------------------------------------------


def run(corpus: Path, folder: Path) -> tuple[float, int]:
    """Tokenize; return the seconds of processor time, and the peak memory in bytes."""
    tokenize = [sys.executable, "-m", "corpus2vec", "tokenize", str(corpus), "--workers", "1"]
    line = [*tokenize, "-o", str(folder / "t.parquet"), "--force", "--quiet"]
    began = time.monotonic()
    # By a small process, since the peak of a child begins at what its parent holds.
    measured = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *line],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    if measured.returncode:
        raise SystemExit(f"{corpus.name}: exit code {measured.returncode}")
    print(f"{corpus.name}: {time.monotonic() - began:.1f} s", flush=True)
    seconds, peak = measured.stdout.split()
    return float(seconds), int(peak) * 1024


def compare(what: str, ratios: dict[str, float], most: float, found: Finding) -> None:
    """Count what is beyond the bound; note the worst."""
    worst = max(ratios, key=lambda name: ratios[name])
    found.of += len(ratios) - 1
    found.notes.append(f"{what} at most {ratios[worst]:.2f} ({worst})")
    for name, ratio in ratios.items():
        if ratio > most:
            found.report("beyond the bound", f"{name}: {ratio:.2f} times, more than {most}")
