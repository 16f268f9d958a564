"""Measure what syncing and digests cost in a `run`, and how long a hit on a large artifact takes.

    python benchmarks/safety.py CORPUS [--gigabytes 5] [-- OPTIONS OF corpus2vec run]

The run is made in this process, with one worker, and the seconds that it spends in `fsync` and in
SHA-256 are counted where they pass. So both are from one run, whatever else the machine does then.
Then a file of so many gigabytes is published as an artifact, and asked for again: its digest is
known by its size, times and inode. Prints Markdown; RESULTS.md holds what it printed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import produce

seconds: Counter[str] = Counter()


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, with its seconds added to those of `name`."""

    def call(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            seconds[name] += time.perf_counter() - began  # type: ignore[assignment]

    return call


class Sha256:
    """hashlib's, with its seconds counted."""

    def __init__(self, *begin: bytes, **options: Any) -> None:
        self._hash = SHA256(**options)
        self.digest, self.hexdigest = self._hash.digest, self._hash.hexdigest
        self.update = timed("SHA-256", self._hash.update)
        for each in begin:
            self.update(each)


SHA256 = hashlib.sha256


def main() -> None:
    """Run the benchmark that the command line asks for."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus")
    parser.add_argument("--gigabytes", type=float, default=5)
    options = parser.parse_args(arguments[:cut])
    with tempfile.TemporaryDirectory(dir=".") as name:
        of_run(options.corpus, Path(name) / "build", arguments[cut + 1 :])
        of_hit(Path(name), int(options.gigabytes * 1e9))


def of_run(corpus: str, build: Path, options: list[str]) -> None:
    """Print what a run spends on safety."""
    whole = (os.fsync, hashlib.sha256, hashlib.file_digest)
    os.fsync = timed("fsync", os.fsync)
    hashlib.sha256 = Sha256  # type: ignore[assignment,misc]
    hashlib.file_digest = timed("SHA-256", hashlib.file_digest)  # type: ignore[assignment]
    sys.argv = ["corpus2vec", "run", corpus, "-o", str(build), "--workers", "1", *options]
    began = time.perf_counter()
    code = run(Console())
    took = time.perf_counter() - began
    os.fsync, hashlib.sha256, hashlib.file_digest = whole
    if code:
        sys.exit(code)
    size = sum(each.stat().st_size for each in build.rglob("*") if each.is_file())
    print(f"{size / 1e6:,.0f} MB of artifacts, {took:.1f} s\n")
    print("| | seconds | of the run |\n|---|---:|---:|")
    for name, spent in seconds.items():
        print(f"| {name} | {spent:.2f} | {100 * spent / took:.2f} % |")
    both = seconds.total()
    print(f"| both | {both:.2f} | {100 * both / took:.2f} % |\n")


def of_hit(folder: Path, size: int) -> None:
    """Print how long a hit on an artifact of that size takes."""

    def write(target: Path) -> dict[str, int]:
        os.truncate(target, size)
        return {"bytes": size}

    recipe = Recipe(stage="large", format=1, config={}, inputs=(), tools={})
    print("| artifact | seconds |\n|---|---:|")
    steps: dict[str, Callable[[], object]] = {
        "published": lambda: produce(recipe, folder / "large", write),
        "a hit": lambda: produce(recipe, folder / "large", write),
        "read as an input": lambda: artifact_input("large", folder / "large"),
    }
    for name, step in steps.items():
        began = time.perf_counter()
        step()
        print(f"| {size / 1e9:g} GB, {name} | {time.perf_counter() - began:.3f} |")


if __name__ == "__main__":
    main()
