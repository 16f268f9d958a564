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

from campaigns.findings import Effort, Finding
from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console
from corpus2vec.pipeline.config.formats import FORMATS
from tests.support.readers import OF_TABLES, READERS, complete, damage, naming
from tests.support.runs import the_build

KINDS = (*{**READERS, **{f"embeddings{each.extension}": [] for each in FORMATS.values()}},)


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--flips", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = Finding()
    for kind in KINDS:
        total.add(campaign(kind, options.flips, options.seed))
        print(f"{kind}: {total.figure} so far", flush=True)
    sys.exit(bool(total.wrong.total()))


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Damage the artifact of the kind that is called `part`."""
    found = campaign(part, effort.points(1000), effort.seed)
    # The one test is of both promises: by each command that reads it, before it is used.
    return {7: found, 19: found}


def campaign(kind: str, flips: int, seed: int) -> Finding:
    """Damage an artifact of one kind so often."""
    chance, found = random.Random(f"{seed} {kind}"), Finding.counting("silent")
    commands = READERS.get(kind) or list(OF_TABLES.values())
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("corpus.txt").write_text("Hope to see you soon\nNice to see you again\n")
        list(the_build(Path(name)).run())
        complete("embeddings.txt")
        put_aside(kind)
        for number in range(flips):
            command = naming(kind, commands[number % len(commands)])
            mend = damage(kind, chance, cut=number % 5 == 4)
            code, out, err = call(*command)
            mend()
            found.of += 1
            if code != 65 or out or kind not in err:
                said = f"exit code {code}: {err or out[:200]!r}"
                found.report("silent", f"{kind}: {' '.join(command)}: {said}")
        os.chdir("/")
    return found


def put_aside(kind: str) -> None:
    """Take the other tables out of the way, since a report shows only one of them."""
    if kind.startswith("embeddings."):
        for path in sorted(Path().glob("embeddings.*")):
            if path.name not in (kind, f"{kind}.manifest.json"):
                path.rename(f"aside-{path.name}")


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
