"""Let commands print a hostile corpus on a terminal: not one control character may get there.

The tokens, the file's name and the words that are asked for hold escape sequences, control
characters and marks that turn the direction of text. The commands run on a pseudo-terminal that has
no colours, so that no escape sequence is our own. The tests of the report in a browser run too.
"""

from __future__ import annotations

import os
import pty
import subprocess
import tempfile
from pathlib import Path

from campaigns.findings import Effort, Finding, by_tests
from tests.support.commands import command
from tests.support.readers import READERS, complete, naming
from tests.support.runs import SMALL

HOSTILE = (
    "a\x1b[31mred \u202egnihton \x7f \x9b1m \x85 \x1b]0;title\x07 \u2066x\u2069 b\x08c Hope to"
)
RAW = {*map(chr, (*range(32), *range(127, 160), 0x200E, 0x200F))} - set("\t\n\r")
RAW |= {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))}
CORPUS = "c\x1b[2J\u202e.txt"
ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Run the commands that print, and look at what a terminal would get."""
    found = Finding.counting("raw")
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path(CORPUS).write_text(f"{HOSTILE}\nHope to see you soon\n", "utf-8")
        build = command("run", CORPUS, "-o", ".", *SMALL)
        first = [("run", CORPUS, "-o", ".", *SMALL), ("plan", CORPUS, "-o", ".", "--lower")]
        subprocess.run([*build, "--quiet"], check=True, env=ENVIRONMENT)
        complete("embeddings.txt")
        every = [
            *first,
            *(("plan", CORPUS, "-o", ".", "--json"), ("tokenize", f"{CORPUS}.none", "-o", "o")),
            *(("vocab", "tokens.parquet", "-o", "-"), ("show", "tokens.parquet", "--json")),
            *(("dump", "model.safetensors", "vocab.tsv", "-o", "-"), ("info", ".", "--json")),
            *(("neighbors", "embeddings.txt", *HOSTILE.split(" ")), ("ls", HOSTILE), (HOSTILE,)),
            *(("lookup", "embeddings.txt", HOSTILE, "--format", "json"),),
            *(naming(kind, each) for kind, commands in READERS.items() for each in commands),
        ]
        for arguments in every[:: max(1, round(1 / effort.share))]:
            shown = on_a_terminal(command(*arguments))
            raw = {each for each in shown if each in RAW}
            found.of += 1
            if raw or not shown:
                found.report("raw", f"{arguments}: {sorted(raw)} in {shown!r}")
        os.chdir("/")
    if effort.share >= 1:
        found.add(by_tests("tests/report/test_browser.py", "tests/cli/test_streams.py"))
    return {17: found}


def on_a_terminal(line: list[str]) -> str:
    """Return what a terminal gets from a command."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    blocks = []
    while True:
        try:
            block = os.read(ours, 1 << 16)
        except OSError:  # Linux's way to say that the other side is closed
            break
        if not block:
            break
        blocks.append(block)
    process.wait()
    os.close(ours)
    return b"".join(blocks).decode("utf-8", "replace")
