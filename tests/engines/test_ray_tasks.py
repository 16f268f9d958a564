"""Ray, one machine of it: the same parts, whoever is killed. Without Ray the error names it."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from tests.stages.test_engines import (
    FEW,
    LINES,
    files,
    made_parts,
    part_by_part,
    start,
    wait_for_a_part,
)
from tests.support.commands import descendants, needs_ps, spawn
from tests.support.runs import write


@pytest.fixture(scope="module")
def address():
    """The address of a cluster that this process starts."""
    import ray

    with tempfile.TemporaryDirectory() as folder:  # names of sockets must be short
        ray.init(
            "local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
            object_store_memory=80 << 20,
            _temp_dir=folder,
            # By default, workers let everything else that runs on the machine go first.
            _system_config={"worker_niceness": os.nice(0)},
        )
        yield ray.get_runtime_context().gcs_address
        ray.shutdown()


@needs_ps
def test_ray_makes_the_same_bytes_and_the_rest_after_a_kill(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    part_by_part("".join(LINES), monkeypatch)
    on_ray = ("--engine", "ray", "--address", address)

    process = start(*on_ray, "--workers", "2")
    made = wait_for_a_part(process)
    process.kill()
    process.communicate()

    before = made_parts()
    process = start(*on_ray)
    wait_for_a_part(process, made)
    for each in descendants(os.getpid(), "ray::_call"):
        os.kill(each, signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "tokenize: Ray has 2 processors on 1 machine\n" in errors
    assert "/7 is begun again: The worker died unexpectedly" in errors
    assert all(f"hit   tokens/{name}" in errors for name in before)
    assert files("tokens") == files("by7")

    ids = ("--part", "all/2", *on_ray, "-o", "others")
    result = spawn("encode", "by7", "vocab.tsv", *ids)
    assert result.returncode == 0, result.stderr
    assert files("others") == files("ids")


def test_ray_makes_the_same_bytes_in_any_number_of_parts(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    part_by_part(FEW, monkeypatch, (1, 2, 7))
    for of, workers in ((1, 1), (2, 2)):
        on_ray = ("--engine", "ray", "--address", address, "--workers", workers)
        result = spawn("tokenize", "corpus.txt", "--part", f"all/{of}", *on_ray, "-o", "tokens")
        assert result.returncode == 0, result.stderr
        assert files("tokens") == files(f"by{of}")
        shutil.rmtree("tokens")


def test_a_cluster_that_is_not_there_is_named(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("corpus.txt", "Hope to see you soon\n")
    address = ("--address", "127.0.0.1:1")
    made = ("--part", "all/2", "--engine", "ray", *address, "-o", "tokens")
    result = cli("tokenize", "corpus.txt", *made)
    assert (result.code, result.err) == (
        74,
        "error: cannot reach Ray at 127.0.0.1:1: Connection refused\n"
        "hint: is the cluster there? --address local starts Ray on this machine\n",
    )


def test_without_ray_the_error_names_the_extra(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("corpus.txt", "Hope to see you soon\n")
    monkeypatch.setitem(sys.modules, "ray", None)
    result = cli("tokenize", "corpus.txt", "--part", "1/2", "--engine", "ray", "-o", "tokens")
    assert (result.code, result.err) == (
        2,
        "error: --engine ray needs the package ray\n"
        "hint: pip install 'corpus2vec[ray]', or leave out --engine\n",
    )
    assert not Path("tokens").exists()
