"""Measure the five stages on a real corpus: seconds, rate and peak memory of each.

    python benchmarks/real_text.py FILE... [-- options of `corpus2vec run`]

Each stage is a process of its own, on what the stage before it wrote. Prints a Markdown table;
RESULTS.md has earlier ones, with the date and the machine.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpus2vec.pipeline.config import option_name
from corpus2vec.pipeline.stages import Stage, stages_with


def main() -> None:
    """Run the benchmark that the command line asks for."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    corpora, options = arguments[:cut], arguments[cut + 1 :]
    size = sum(Path(each).stat().st_size for each in corpora)
    print(f"{' '.join(Path(each).name for each in corpora)} ({size / 1e6:.1f} MB)", end="")
    print(f", `{' '.join(options)}`" if options else "")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| stage | seconds | rate | peak memory | result |")
    print("|---|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory() as folder:
        artifacts: dict[str, str] = {}
        for stage in stages_with({}):
            inputs = [artifacts[need] for need in stage.NEEDS] or corpora
            output = artifacts[stage.NAME] = str(Path(folder) / stage.FILE)
            command = [stage.NAME, *inputs, "-o", output, *own(stage, options)]
            print(row(stage.NAME, command), flush=True)


def own(stage: Stage, options: list[str]) -> list[str]:
    """Select the options that the stage has, each with its value."""
    fields = [*dataclasses.fields(stage.CONFIG), *dataclasses.fields(stage.EXECUTION)]
    names = {option_name(field.name) for field in fields}
    chosen: list[str] = []
    taken = False
    for each in options:
        if each.startswith("--"):
            taken = each.replace("--no-", "--", 1) in names
        if taken:
            chosen.append(each)
    return chosen


def row(stage: str, arguments: list[str]) -> str:
    """Run a stage and measure it; return a row of the table."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "corpus2vec", *arguments, "--json", "--quiet"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"{stage} failed")
    counts = json.loads(printed)["counts"]
    cells = [stage, f"{seconds:.1f}", rate(counts, seconds), f"{usage.ru_maxrss / 1024:,.0f} MB"]
    return f"| {' | '.join([*cells, summary(counts)])} |"


def rate(counts: dict, seconds: float) -> str:
    """Format tokens a second, and bytes a second where the stage reads text."""
    tokens = counts.get("tokens")
    if isinstance(tokens, dict):
        text = f"{tokens['in'] / seconds:,.0f} tokens/s"
        return f"{counts['bytes'] / 1e6 / seconds:.2f} MB/s, {text}" if "bytes" in counts else text
    if isinstance(tokens, int):
        return f"{tokens * counts['epochs'] / seconds:,.0f} tokens/s"
    return f"{counts['rows'] / seconds:,.0f} rows/s"


def summary(counts: dict) -> str:
    """Format the counts that are worth a place in the table."""
    wanted = ("documents", "tokens", "types", "rows", "epochs", "train_loss", "valid_perplexity",
              "valid_accuracy")  # fmt: skip
    parts = []
    for name in wanted:
        value = counts.get(name)
        if isinstance(value, dict):
            value = value["in"]
        if value is not None:
            shown = f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
            parts.append(f"{shown} {name.replace('_', ' ')}")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
