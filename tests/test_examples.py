"""What is in examples/ works, and so does the completion of each shell."""

import json
import os
import re
import shutil
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


# --- Snakemake and DVC -----------------------------------------------------------------------

STAGES = ["tokenize", "vocab", "encode", "train", "dump"]


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Run a tool of the examples' own environment, in a folder with the example; what it says.

    Where CI is set it must be there.
    """
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "corpus2vec").write_text(f'#!/bin/sh\nexec {sys.executable} -m corpus2vec "$@"\n')
    (folder / "corpus2vec").chmod(0o755)
    tools = Path(sys.prefix) / "examples/bin"
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), str(tools), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")

    def run(line):
        program, *arguments = line.split()
        if shutil.which(program) is None and "CI" not in os.environ:
            pytest.skip(f"NO {program.upper()}: its example was not tested (make test)")
        result = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    return run


def stages(said, event):
    return re.findall(rf"^(\w+) +{event} ", said, re.MULTILINE)


def test_snakemake_builds_a_corpus_once(tool, tmp_path):
    shutil.copy(ROOT / "examples/Snakefile", tmp_path)
    (tmp_path / "corpora").mkdir()
    shutil.copy(ROOT / "sample_corpora/phrases.txt", tmp_path / "corpora")
    assert stages(tool("snakemake --cores 1"), "built") == STAGES
    assert "Nothing to be done" in tool("snakemake --cores 1")
    assert stages(tool("snakemake --cores 1 --forcerun dump"), "hit") == ["dump"]


def test_dvc_runs_what_a_parameter_decides(tool, tmp_path):
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    shutil.copy(ROOT / "sample_corpora/phrases.txt", tmp_path / "corpus.txt")
    tool("dvc init --no-scm --quiet")
    assert stages(tool("dvc repro"), "built") == STAGES
    params = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(params.replace("dim: 50", "dim: 3"))
    assert stages(tool("dvc repro"), "built") == ["train", "dump"]


# --- completion ------------------------------------------------------------------------------


def test_each_task_of_a_slurm_array_makes_its_part(tmp_path):
    tool = tmp_path / "bin/corpus2vec"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m corpus2vec "$@"\n')
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    corpus = str(ROOT / "sample_corpora/phrases.txt")
    tasks = [
        subprocess.Popen(
            ["bash", str(ROOT / "examples/parts.sh"), "tokenize", corpus, "-o", "tokens"],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": path,
                "PYTHONPATH": str(ROOT),
                "SLURM_ARRAY_TASK_ID": str(number),
                "SLURM_ARRAY_TASK_MIN": "4",
                "SLURM_ARRAY_TASK_COUNT": "2",
            },
        )
        for number in (4, 5)
    ]
    assert [each.wait() for each in tasks] == [0, 0]
    result = spawn("seal", tmp_path / "tokens", "--json")
    assert json.loads(result.stdout)["counts"]["documents"] == {"in": 2, "kept": 2}


def test_the_job_of_kubernetes_makes_as_many_parts_as_it_has_completions():
    text = (ROOT / "examples/parts.yaml").read_text()
    (completions,) = re.findall(r"completions: (\d+)", text)
    (command,) = re.findall(r"command: \[(.*)\]", text)
    words = [each.strip().strip('"') for each in command.split(",")]
    assert f"auto/{completions}" in words
    assert words[0] == "corpus2vec"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_for_each_shell(shell):
    result = subprocess.run(
        [sys.executable, "-c", "from corpus2vec.__main__ import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "_CORPUS2VEC_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
    )
    assert "corpus2vec" in result.stdout, result.stderr
