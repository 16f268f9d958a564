"""A command that is stopped by a signal leaves no litter, and training can resume."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from corpus2vec.pipeline.errors import Interrupted
from tests.support.commands import command, descendants, needs_ps, spawn

SAMPLES = Path(__file__).parents[2] / "sample_corpora"
SETTINGS = ["--dim", "8", "--epochs", "40", "--batch-size", "4", "--dropout", "0.1"]


def test_no_library_can_take_a_signal_for_a_failure_of_its_own():
    """A reader of YAML reported one that came while it read: `Invalid YAML: stopped by SIGINT`."""
    with pytest.raises(Interrupted, match="stopped by SIGINT"):
        with contextlib.suppress(Exception):
            raise Interrupted(signal.SIGINT)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A build whose model was trained without interruption."""
    folder = tmp_path_factory.mktemp("build")
    result = spawn("run", SAMPLES / "german.txt", "-o", folder, *SETTINGS)
    assert result.returncode == 0, result.stderr
    return folder


def start(build, model, *more):
    arguments = ["train", build / "ids.parquet", build / "vocab.tsv", "-o", model, *SETTINGS, *more]
    return subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    """Wait until the file has content; a process that ends first fails with its errors."""
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

    _, errors = start(build, model, "--resume").communicate(timeout=600)
    assert "train: resumed at step " in errors
    assert model.read_bytes() == (build / "model.safetensors").read_bytes()


def test_killed_at_random_moments_training_resumes_to_the_same_bytes(build, tmp_path):
    model = tmp_path / "model.safetensors"
    moments = random.Random(1)
    for _ in range(3):
        process = start(build, model, "--checkpoint-minutes", "0", "--resume")
        wait_for(tmp_path / "model.metrics.jsonl", process)
        time.sleep(moments.uniform(0, 0.3))
        process.kill()
        process.communicate()
    _, errors = start(build, model, "--resume").communicate(timeout=600)
    assert "resumed at step" in errors
    assert model.read_bytes() == (build / "model.safetensors").read_bytes()
    assert litter(tmp_path) == []


# --- before and after the command -------------------------------------------------------------

RAISED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as Python starts
{before}
sys.argv = ["corpus2vec", "--version"]
from corpus2vec.__main__ import main
main()
"""
WHILE_IMPORTING = """
class Finder:
    def find_spec(name, path, target=None):
        if name == "corpus2vec.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
"""
AT_EXIT = """
import atexit
atexit.register(lambda: os.kill(os.getpid(), signal.{name}))
"""


def test_ctrl_c_while_the_command_line_is_imported_ends_it_without_a_traceback():
    program = [sys.executable, "-c", RAISED.format(before=WHILE_IMPORTING)]
    result = subprocess.run(program, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_when_the_command_has_ended_changes_nothing(name):
    program = [sys.executable, "-c", RAISED.format(before=AT_EXIT.format(name=name))]
    result = subprocess.run(program, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("corpus2vec ")


# --- tokenizing, from a stream that never ends ------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    result = spawn("tokenize", SAMPLES / "phrases.txt", "-o", folder / "tokens.parquet")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def tokens(built, tmp_path):
    """An artifact of an earlier run."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path / "tokens.parquet"


@pytest.fixture
def lines():
    """A pipe that gives lines without end."""
    with subprocess.Popen(["yes", "Hope to see you soon"], stdout=subprocess.PIPE) as process:
        yield process.stdout
        process.kill()


def tokenizing(tokens, stdin, workers):
    """Start the process. It and its workers are a process group, as in a terminal."""
    process = subprocess.Popen(
        command("tokenize", "-", "-o", tokens, "--workers", workers),
        stdin=stdin,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not litter(tokens.parent):
        assert process.poll() is None
        time.sleep(0.01)
    return process


def wait_for_results(tokens, process):
    """Wait until workers have sent so much that a row group was written."""
    while sum(path.stat().st_size for path in tokens.parent.glob(".*.tmp")) < 100:
        assert process.poll() is None
        time.sleep(0.01)


def errors_of(process):
    """Return what it and its workers wrote to stderr, once all of them have ended."""
    process.wait(timeout=60)
    reading = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
    errors = []
    reading.start()
    reading.join(timeout=60)
    assert errors, "a worker has outlived the process"
    process.stderr.close()
    return errors[0].decode()


def test_a_stage_that_waits_for_input_can_be_stopped(tokens):
    before = tokens.read_bytes()
    process = tokenizing(tokens, subprocess.PIPE, 1)
    process.stdin.write(b"a line without an end" * 1000)
    process.stdin.flush()
    process.terminate()
    assert errors_of(process) == "error: stopped by SIGTERM\n"
    process.stdin.close()
    assert process.returncode == 143
    assert tokens.read_bytes() == before
    assert litter(tokens.parent) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stage_that_is_stopped_leaves_neither_workers_nor_litter(tokens, lines, number):
    before = tokens.read_bytes()
    process = tokenizing(tokens, lines, 2)
    wait_for_results(tokens, process)
    if number == signal.SIGTERM:
        process.terminate()
    else:  # from a terminal, all processes get it
        os.killpg(process.pid, number)
    assert errors_of(process) == f"error: stopped by {number.name}\n"
    assert process.returncode == 128 + number
    assert tokens.read_bytes() == before
    assert litter(tokens.parent) == []


def test_a_stage_that_is_stopped_while_its_workers_start_reports_just_that(tokens, lines):
    process = tokenizing(tokens, lines, 2)
    time.sleep(random.Random(2).uniform(0, 0.5))
    os.killpg(process.pid, signal.SIGINT)
    assert errors_of(process) == "error: stopped by SIGINT\n"
    assert process.returncode == 130
    assert litter(tokens.parent) == []


def test_a_stage_that_is_killed_takes_its_workers_with_it(tokens, lines):
    before = tokens.read_bytes()
    process = tokenizing(tokens, lines, 2)
    wait_for_results(tokens, process)
    process.kill()
    assert errors_of(process) == ""
    assert tokens.read_bytes() == before
    assert spawn("tokenize", SAMPLES / "german.txt", "-o", tokens).returncode == 0
    assert litter(tokens.parent) == []


@needs_ps
def test_a_stage_whose_worker_is_killed_reports_that(tokens, lines):
    before = tokens.read_bytes()
    process = tokenizing(tokens, lines, 2)
    wait_for_results(tokens, process)
    os.kill(descendants(process.pid, "spawn_main")[0], signal.SIGKILL)
    assert errors_of(process) == (
        "error: a worker process died\nhint: was memory short? try fewer --workers\n"
    )
    assert process.returncode == 70
    assert tokens.read_bytes() == before
    assert litter(tokens.parent) == []
