"""What is in examples/ works, and so does the completion of each shell."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.commands import spawn

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm") / "build"
    corpus = ROOT / "sample_corpora/english.txt"
    result = spawn("run", corpus, "--dim", "4", "--epochs", "1", "-o", folder)
    assert result.returncode == 0, result.stderr
    return folder


def task(folder, number, requeue):
    """Begin a task of the array, with a `scontrol` that only notes that it was asked."""
    tools = folder.parent / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "scontrol").write_text(f'#!/bin/sh\necho "$@" >> {requeue}\n')
    (tools / "scontrol").chmod(0o755)
    (tools / "corpus2vec").write_text(f'#!/bin/sh\nexec {sys.executable} -m corpus2vec "$@"\n')
    (tools / "corpus2vec").chmod(0o755)
    return subprocess.Popen(
        ["bash", str(ROOT / "examples/slurm.sh"), str(folder), "3", "5"],
        env={
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SLURM_ARRAY_TASK_ID": str(number),
            "SLURM_JOB_ID": "7",
        },
    )


def test_each_task_of_a_slurm_array_trains_one_dimension(build, tmp_path):
    assert task(build, 1, tmp_path / "requeued").wait() == 0
    assert (build / "dim5.w2v").read_text().splitlines()[0].split()[1] == "5"
    assert not (tmp_path / "requeued").exists()


def test_a_slurm_task_at_its_limit_leaves_a_checkpoint_and_asks_to_be_queued_again(build, tmp_path):
    running = task(build, 0, tmp_path / "requeued")
    metrics = build / "dim3.metrics.jsonl"
    while not (metrics.exists() and metrics.stat().st_size) and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    assert (tmp_path / "requeued").read_text() == "requeue 7\n"
    assert list(build.glob("dim3.checkpoint*"))
    assert task(build, 0, tmp_path / "requeued").wait() == 0
    assert (build / "dim3.w2v").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_for_each_shell(shell):
    result = subprocess.run(
        [sys.executable, "-c", "from corpus2vec.__main__ import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "_CORPUS2VEC_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
    )
    assert "corpus2vec" in result.stdout, result.stderr
