"""Flip a bit of an artifact, or cut it short: every command that reads it must refuse it.

    python -m campaigns.flips [--flips 1000] [--seed 1]

For each kind of artifact, and for a table in each format, so many flips (every fifth is a cut), and
one of the commands that read it after each, in turn. It must end with exit code 65, one line that
names the artifact, and nothing on stdout. Prints a line for each kind, and exits with 1 if a
command did anything else.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
from pathlib import Path

from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console
from corpus2vec.pipeline.config.formats import FORMATS
from tests.support.readers import OF_TABLES, READERS, complete, damage, naming
from tests.support.runs import the_build


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--flips", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, kinds = random.Random(options.seed), dict(READERS)
    for each in FORMATS.values():
        kinds.setdefault(f"embeddings{each.extension}", list(OF_TABLES.values()))
    total = 0
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("corpus.txt").write_text("Hope to see you soon\nNice to see you again\n")
        list(the_build(Path(name)).run())
        complete("embeddings.txt")
        for kind, commands in kinds.items():
            silent = 0
            aside = put_aside(kind)
            for number in range(options.flips):
                command = naming(kind, commands[number % len(commands)])
                mend = damage(kind, chance, cut=number % 5 == 4)
                code, out, err = call(*command)
                mend()
                if code != 65 or out or kind not in err:
                    silent += 1
                    print(f"{kind}: {' '.join(command)}: exit code {code}: {err or out[:200]!r}")
            for away, back in aside:
                away.rename(back)
            print(f"{kind}: silent {silent} of {options.flips}", flush=True)
            total += silent
    print(f"silent {total} of {options.flips * len(kinds):,}")
    sys.exit(bool(total))


def put_aside(kind: str) -> list[tuple[Path, Path]]:
    """Take the other tables out of the way, since a report shows only one of them."""
    moved: list[tuple[Path, Path]] = []
    if not kind.startswith("embeddings."):
        return moved
    for path in sorted(Path().glob("embeddings.*")):
        if path.name not in (kind, f"{kind}.manifest.json"):
            moved.append((path.rename(f"aside-{path.name}"), path))
    return moved


def call(*arguments: str) -> tuple[int, bytes, str]:
    """Run the command line in this process; return exit code, stdout and stderr."""
    before = sys.argv, sys.stdout, sys.stderr
    streams = io.BytesIO(), io.BytesIO()
    sys.argv = ["corpus2vec", *arguments]
    sys.stdout, sys.stderr = (io.TextIOWrapper(each, write_through=True) for each in streams)
    try:
        code = run(Console())
        out, err = (each.getvalue() for each in streams)
    finally:
        sys.argv, sys.stdout, sys.stderr = before
    return code, out, err.decode(errors="replace")


if __name__ == "__main__":
    main()
