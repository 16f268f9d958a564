"""Publication of a folder: whole or not at all, and nothing of the user's own is lost."""

import os
import signal
import time

import pytest

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files import publication as publication_module
from corpus2vec.pipeline.files.publication import folder_publication
from tests.support.artifacts import contents, fill, names, run_python

OLD = {"a": b"old a", "b": b"old b"}
NEW = {"a": b"new a", "b": b"new b", "c/d": b"new d"}


def publish(path, wanted):
    with folder_publication(path) as temporary:
        fill(temporary, wanted)


@pytest.mark.parametrize("exchanges", [True, False], ids=["in one step", "in two"])
def test_the_new_folder_takes_the_old_ones_place(tmp_path, monkeypatch, exchanges):
    if not exchanges:
        monkeypatch.setattr(publication_module, "_exchanged", lambda one, other: False)
    for wanted in (OLD, NEW):
        publish(tmp_path / "out", wanted)
        assert contents(tmp_path / "out") == wanted
    assert names(tmp_path) == ["out"]


def test_folders_are_exchanged_in_one_step_here(tmp_path):
    fill(tmp_path / "one", OLD)
    fill(tmp_path / "other", NEW)
    assert publication_module._exchanged(tmp_path / "one", tmp_path / "other")
    assert contents(tmp_path / "one") == NEW
    assert contents(tmp_path / "other") == OLD


def test_a_failure_leaves_the_old_folder_and_no_litter(tmp_path):
    publish(tmp_path / "out", OLD)
    with pytest.raises(TypeError):
        publish(tmp_path / "out", {**NEW, "e": "no bytes"})
    assert contents(tmp_path / "out") == OLD
    assert names(tmp_path) == ["out"]


def test_when_the_second_of_two_steps_fails_the_first_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.setattr(publication_module, "_exchanged", lambda one, other: False)
    fill(tmp_path / "out", OLD)
    with pytest.raises(OSError, match="missing"):
        publication_module._take_place(tmp_path / "missing", tmp_path / "out")
    assert contents(tmp_path / "out") == OLD


def test_the_folder_can_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o027)
    try:
        publish(tmp_path / "out", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "out" / "a").stat().st_mode & 0o777 == 0o640


def test_a_folder_of_the_users_own_is_not_replaced(tmp_path):
    fill(tmp_path / "out", {"thesis.txt": b"years of work"})
    with pytest.raises(UsageError, match=r"out has thesis\.txt in it, which is no part of this"):
        publish(tmp_path / "out", NEW)
    assert contents(tmp_path / "out") == {"thesis.txt": b"years of work"}
    assert names(tmp_path) == ["out"]


KILLED = """
import sys, time
from pathlib import Path
from corpus2vec.pipeline.files.publication import folder_publication
with folder_publication(Path(sys.argv[1])) as temporary:
    (temporary / "a").write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(600)
"""


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path):
    publish(tmp_path / "out", OLD)
    process = run_python(KILLED, tmp_path / "out")
    assert process.stdout.readline() == "ready\n"
    publish(tmp_path / "out", OLD)  # a living writer's folder is let be
    assert len(names(tmp_path)) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    publish(tmp_path / "out", NEW)
    assert names(tmp_path) == ["out"]
    assert contents(tmp_path / "out") == NEW


WRITERS = """
import sys
from pathlib import Path
from corpus2vec.pipeline.files.publication import folder_publication
while True:
    for version in (b"1", b"2"):
        with folder_publication(Path(sys.argv[1])) as temporary:
            for name in "abcdef":
                (temporary / name).write_bytes(version)
        print("x", flush=True)
"""


def test_killed_at_any_moment_it_leaves_one_version_whole(tmp_path):
    for wait in range(20):
        process = run_python(WRITERS, tmp_path / "out")
        process.stdout.readline()
        time.sleep(0.002 * wait)
        process.kill()
        process.communicate()
        found = contents(tmp_path / "out")
        assert sorted(found) == list("abcdef")
        assert len(set(found.values())) == 1
