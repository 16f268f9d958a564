"""Stopped from outside at any moment, a run leaves things in order and can go on."""

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands import command, spawn

SAMPLES = Path(__file__).parent.parent / "sample_corpora"
SETTINGS = ["--dim", "8", "--epochs", "40", "--batch-size", "4", "--dropout", "0.1"]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Tokens, vocabulary and ids to train on, and the model of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("build")
    tokens, vocabulary, ids = (folder / each for each in ("t.parquet", "v.tsv", "i.parquet"))
    for arguments in (
        ["tokenize", SAMPLES / "german.txt", "-o", tokens],
        ["vocab", tokens, "-o", vocabulary],
        ["encode", tokens, vocabulary, "-o", ids],
        ["train", ids, vocabulary, "-o", folder / "whole.safetensors", *SETTINGS],
    ):
        result = spawn(*arguments)
        assert result.returncode == 0, result.stderr
    return folder


def start(build, model, *more):
    arguments = ["train", build / "i.parquet", build / "v.tsv", "-o", model, *SETTINGS, *more]
    return subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    """Until the file has something in it; a process that ends first is told by its errors."""
    while not (path.exists() and path.stat().st_size):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def litter(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_training_writes_a_checkpoint_and_resumes_to_the_same_bytes(build, tmp_path, number, code):
    model = tmp_path / "model.safetensors"
    process = start(build, model)
    wait_for(tmp_path / "model.metrics.jsonl", process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"error: stopped by {number.name}\nhint: checkpoint at step " in errors
    assert (tmp_path / "model.checkpoint.safetensors").exists()
    assert not model.exists()
    assert litter(tmp_path) == []

    _, errors = start(build, model, "--resume").communicate(timeout=120)
    assert "train: resumed at step " in errors
    assert model.read_bytes() == (build / "whole.safetensors").read_bytes()


def test_killed_at_random_moments_training_resumes_to_the_same_bytes(build, tmp_path):
    model = tmp_path / "model.safetensors"
    moments = random.Random(1)
    for _ in range(3):
        process = start(build, model, "--checkpoint-minutes", "0", "--resume")
        wait_for(tmp_path / "model.metrics.jsonl", process)
        time.sleep(moments.uniform(0, 0.3))
        process.kill()
        process.communicate()
    _, errors = start(build, model, "--resume").communicate(timeout=120)
    assert "resumed at step" in errors
    assert model.read_bytes() == (build / "whole.safetensors").read_bytes()
    assert litter(tmp_path) == []


def test_a_stage_that_is_terminated_leaves_the_old_artifact_and_no_litter(tmp_path):
    corpus, tokens = tmp_path / "corpus.txt", tmp_path / "tokens.parquet"
    shutil.copy(SAMPLES / "phrases.txt", corpus)
    assert spawn("tokenize", corpus, "-o", tokens).returncode == 0
    before = tokens.read_bytes()
    process = subprocess.Popen(
        command("tokenize", "-", "-o", tokens), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdin.write(b"a line without an end" * 1000)
    process.stdin.flush()
    while not litter(tmp_path):  # it has begun, and waits for more input
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert errors.startswith(b"error: stopped by SIGTERM")
    assert tokens.read_bytes() == before
    assert litter(tmp_path) == []
