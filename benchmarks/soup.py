"""Tokenize text that is hard on expressions, and compare its cost with that of ordinary text.

    python benchmarks/soup.py FILE [--megabytes 3] [--repeat 3] [--against CHECKOUT]

FILE is ordinary English; its last megabytes are the measure. Each kind of soup has as many bytes,
all of them random, so that hardly a chunk occurs twice. The figures are the tokenizer's processor
time for a megabyte (medians; each in a process of its own) and its ratio to ordinary text. With
--against, an older checkout takes turns with this one, file by file.
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import statistics
import string
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

LETTERS, DIGITS, MARKS = string.ascii_lowercase, string.digits, string.punctuation
EMOTICONS = [":)", ":-(", ";)", "xD", "<3", "^_^", "o.O", "(-:"]
EMOJI = [*map(chr, range(0x1F600, 0x1F640)), *"…—–“”‘’«»•€£°"]


def main() -> None:
    """Measure every kind of text, and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--megabytes", type=float, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    here = Path(__file__).resolve().parent.parent
    checkouts = [here, *([options.against] if options.against else [])]
    size = int(options.megabytes * 1e6)
    ordinary = options.file.read_bytes()[-size:].decode(errors="ignore")
    typical: list[float] = []
    print("| | s/MB | ÷ ordinary |" + " s/MB before | ÷ ordinary |" * (len(checkouts) - 1))
    print("|---|" + "---:|---:|" * len(checkouts))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("ordinary English", ordinary), *soups(size)):
            corpus = Path(folder, "corpus.txt")
            corpus.write_text(text)
            turns = [[seconds(each, corpus) for each in checkouts] for _ in range(options.repeat)]
            each = [
                statistics.median(took) / options.megabytes for took in zip(*turns, strict=True)
            ]
            typical = typical or each
            cells = [f"{a:.2f} | {a / b:.1f}" for a, b in zip(each, typical, strict=True)]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


TOKENIZE = """
import sys, time
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer
lines = open(sys.argv[1], encoding="utf-8").read().split("\\n")
tokenizer = Tokenizer(TokenizeConfig())
begin = time.process_time()
for first in range(0, len(lines), 5000):
    tokenizer.tokenize(Texts.of(lines[first : first + 5000]))
print(time.process_time() - begin)
"""


def seconds(checkout: Path, corpus: Path) -> float:
    """Return the processor time that the tokenizer of a checkout takes."""
    done = subprocess.run(
        [sys.executable, "-c", TOKENIZE, corpus],
        check=True,
        capture_output=True,
        text=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    return float(done.stdout)


def soups(size: int) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each kind, of about `size` bytes."""
    chance = random.Random(1)

    def pick(characters: str, least: int, most: int) -> str:
        return "".join(chance.choices(characters, k=chance.randint(least, most)))

    def lines(word: Callable[[], str]) -> str:
        made, room = [], size
        while room > 0:
            made.append(" ".join(word() for _ in range(12)))
            room -= len(made[-1].encode()) + 1
        return "\n".join(made)

    dense = LETTERS + LETTERS.upper() + 2 * DIGITS + MARKS
    path = LETTERS + DIGITS + "/-_.?=&%"
    yield "random words", lines(lambda: pick(LETTERS, 1, 12))
    yield "punctuation, 1 to 12", lines(lambda: pick(MARKS, 1, 12))
    yield "punctuation, 60 to 100", lines(lambda: pick(MARKS, 60, 100))
    yield "(((((, 1 to 900", lines(lambda: "(" * chance.randint(1, 900))
    yield "brackets and quotes", lines(lambda: pick("()[]{}\"'<>", 5, 40))
    yield "emoticons", lines(lambda: "".join(chance.choices(EMOTICONS, k=chance.randint(1, 6))))
    yield "emoji", lines(lambda: "".join(chance.choices(EMOJI, k=chance.randint(1, 12))))
    yield "letters and punctuation", lines(lambda: pick(2 * LETTERS + MARKS, 3, 25))
    yield "letters, digits and punctuation", lines(lambda: pick(dense, 3, 25))
    yield "numbers", lines(lambda: f"{chance.randint(1, 10**6):,}.{pick(DIGITS, 1, 2)}%")
    yield "URLs", lines(lambda: f"https://{pick(LETTERS, 3, 9)}.org/{pick(path, 5, 60)}")
    yield "base64", lines(lambda: base64.b64encode(chance.randbytes(57)).decode())
    yield "base64, one line", base64.b64encode(chance.randbytes(size * 3 // 4)).decode()
    yield "punctuation, one line", pick(MARKS, size, size)


if __name__ == "__main__":
    main()
