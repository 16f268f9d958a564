"""Parts that an engine makes are those that `--part I/N` makes, whatever happens meanwhile."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, VocabConfig
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from tests.support.commands import command, descendants, needs_ps
from tests.support.front_end import make_tokenizer
from tests.support.runs import write

LINES = [f"Nice to see you, {number % 4999}! Hope {number % 41}.\n" for number in range(20_000)]
FEW = "".join(LINES[:400])


def part_by_part(text, monkeypatch, numbers=(7,)):
    """Make the parts of these numbers of parts in this process, each by itself, and the rest."""
    write("corpus.txt", text)
    with monkeypatch.context() as patched:
        patched.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
        for of in numbers:
            for path, own in reversed(TokenizeConfig(part=f"all/{of}").outputs(Path(f"by{of}"))):
                stages.tokenize.run(["corpus.txt"], path, own)
    stages.vocab.run([Path("by7")], Path("vocab.tsv"), VocabConfig())
    for path, own in EncodeConfig(part="all/2").outputs(Path("ids")):
        stages.encode.run([Path("by7"), Path("vocab.tsv")], path, own)


def files(folder):
    """The names of all that is in a folder, and the bytes of parts and tallies."""
    paths = sorted(Path(folder).iterdir())
    return [(each.name, "manifest" in each.name or each.read_bytes()) for each in paths]


def litter(folder):
    return [path.name for path in Path(folder).iterdir() if path.name.endswith(".tmp")]


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_make_the_same_bytes(cli, monkeypatch, workers):
    part_by_part(FEW, monkeypatch, (1, 2, 7))
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)  # of one worker
    made = ("--workers", workers, "--json")
    for of in (1, 2, 7):
        result = cli("tokenize", "corpus.txt", "--part", f"all/{of}", "-o", "tokens", *made)
        assert result.code == 0, result.err
        assert files("tokens") == files(f"by{of}")
        assert "built tokens (miss: not sealed yet)" in result.err
        shutil.rmtree("tokens")
    result = cli("encode", "by7", "vocab.tsv", "--part", "all/2", "-o", "others", *made)
    assert result.code == 0, result.err
    assert files("others") == files("ids")


def test_a_part_that_fails_is_named_and_the_others_stay(cli):
    write("corpus.txt", FEW.encode() + b"\xff\xff\n" * 9)
    errors = set()
    for workers in (1, 2):
        result = cli("tokenize", "corpus.txt", "--part", "all/3", "--workers", workers, "-o", "t")
        assert result.code == 65
        errors.add("\n".join(result.err.splitlines()[-2:]))
        assert litter("t") == []
    (error,) = errors
    assert error.startswith("error: part 3/3: corpus.txt")
    assert "\nhint: " in error


def start(*more):
    """Start tokenizing in seven parts."""
    arguments = ("tokenize", "corpus.txt", "--part", "all/7", "-o", "tokens", *more)
    return subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)


def made_parts():
    return [path.name[1:19] for path in Path("tokens").glob("_part-*.json")]


def wait_for_a_part(process, after=()):
    """Wait until one more part is there and another is being written; return those that are."""
    while True:
        made = made_parts()
        if set(made) - set(after) and litter("tokens"):
            return made
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


@needs_ps
def test_after_every_kind_of_end_the_next_command_makes_the_rest(monkeypatch):
    part_by_part("".join(LINES), monkeypatch)
    process = start("--workers", "2")
    made = wait_for_a_part(process)
    process.terminate()
    _, errors = process.communicate(timeout=60)  # until all that could write to it have ended
    assert (process.returncode, errors.splitlines()[-1]) == (143, "error: stopped by SIGTERM")
    assert litter("tokens") == []

    process = start("--workers", "2")
    made = wait_for_a_part(process, made)
    process.kill()
    _, errors = process.communicate(timeout=60)

    before = made_parts()
    process = start("--workers", "2")
    wait_for_a_part(process, made)
    for each in descendants(process.pid, "spawn_main"):
        os.kill(each, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "/7 is begun again: a worker process died\n" in errors
    assert all(f"hit   tokens/{name}" in errors for name in before)
    assert files("tokens") == files("by7")


def test_an_engine_needs_parts_and_an_address_an_engine(cli):
    write("corpus.txt", FEW)
    result = cli("tokenize", "corpus.txt", "--engine", "ray", "-o", "t.parquet")
    assert (result.code, result.err) == (
        2,
        "error: --engine ray makes parts, and there is no --part\n"
        "hint: say how many parts, such as --part all/16\n",
    )
    result = cli("tokenize", "corpus.txt", "--part", "all/2", "--address", "auto", "-o", "t")
    assert result.code == 2
    assert "--address has no effect without --engine ray" in result.err
