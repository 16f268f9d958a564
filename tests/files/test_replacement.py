"""One file or folder takes another's place: whole or not at all, with its permissions."""

import os
import signal
import time

import pytest

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files import replacement
from corpus2vec.pipeline.files.publication import publication
from tests.support.artifacts import MANIFEST, NAME, contents, fill, make, names, run_python

OLD = {"a": b"old a", "b": b"old b"}
NEW = {"a": b"new a", "b": b"new b", "c/d": b"new d"}


def publish(path, wanted):
    with publication(path, folder=True) as temporary:
        fill(temporary, wanted)


@pytest.mark.parametrize("exchanges", [True, False], ids=["in one step", "in two"])
def test_the_new_folder_takes_the_old_ones_place(tmp_path, monkeypatch, exchanges):
    if not exchanges:
        monkeypatch.setattr(replacement, "_exchanged", lambda one, other: False)
    for wanted in (OLD, NEW):
        publish(tmp_path / "out", wanted)
        assert contents(tmp_path / "out") == wanted
    assert names(tmp_path) == ["out"]


def test_folders_are_exchanged_in_one_step_here(tmp_path):
    fill(tmp_path / "one", OLD)
    fill(tmp_path / "other", NEW)
    assert replacement._exchanged(tmp_path / "one", tmp_path / "other")
    assert contents(tmp_path / "one") == NEW
    assert contents(tmp_path / "other") == OLD


def test_a_failure_leaves_the_old_folder_and_no_litter(tmp_path):
    publish(tmp_path / "out", OLD)
    with pytest.raises(TypeError):
        publish(tmp_path / "out", {**NEW, "e": "no bytes"})
    assert contents(tmp_path / "out") == OLD
    assert names(tmp_path) == ["out"]


def test_when_the_second_of_two_steps_fails_the_first_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.setattr(replacement, "_exchanged", lambda one, other: False)
    fill(tmp_path / "out", OLD)
    with pytest.raises(OSError, match="missing"):
        replacement._take_place(tmp_path / "missing", tmp_path / "out")
    assert contents(tmp_path / "out") == OLD


def test_the_folder_can_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o027)
    try:
        publish(tmp_path / "out", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "out" / "a").stat().st_mode & 0o777 == 0o640


PRIVATE = 0o600


@pytest.mark.parametrize("mode", [PRIVATE, 0o644, 0o664, 0o444])
def test_a_file_keeps_the_permissions_of_the_one_it_replaces(tmp_path, mode):
    (tmp_path / "out").write_bytes(b"old")
    (tmp_path / "out").chmod(mode)
    with publication(tmp_path / "out") as temporary:
        while_written = temporary.stat().st_mode & 0o777
        temporary.write_bytes(b"new")
    assert while_written == mode | PRIVATE
    assert (tmp_path / "out").read_bytes() == b"new"
    assert (tmp_path / "out").stat().st_mode & 0o777 == mode


def test_a_folder_and_its_files_keep_their_permissions(tmp_path):
    publish(tmp_path / "out", OLD)
    (tmp_path / "out").chmod(0o700)
    (tmp_path / "out" / "a").chmod(PRIVATE)
    publish(tmp_path / "out", NEW)
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "out", tmp_path / "out" / "a")]
    assert modes == [0o700, PRIVATE]
    assert contents(tmp_path / "out") == NEW


def test_an_artifact_that_is_made_again_keeps_its_permissions_and_its_manifest_too(tmp_path):
    make(tmp_path / NAME)
    for name in (NAME, MANIFEST):
        (tmp_path / name).chmod(PRIVATE)
    make(tmp_path / NAME)
    make(tmp_path / NAME, b"new", dim=3)
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in (NAME, MANIFEST)}
    assert modes == {PRIVATE}


def test_a_folder_of_the_users_own_is_not_replaced(tmp_path):
    fill(tmp_path / "out", {"thesis.txt": b"years of work"})
    with pytest.raises(UsageError, match=r"out has thesis\.txt in it, which is no part of this"):
        publish(tmp_path / "out", NEW)
    assert contents(tmp_path / "out") == {"thesis.txt": b"years of work"}
    assert names(tmp_path) == ["out"]


KILLED = """
import sys, time
from pathlib import Path
from corpus2vec.pipeline.files.publication import publication
with publication(Path(sys.argv[1]), folder=True) as temporary:
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
from corpus2vec.pipeline.files.publication import publication
while True:
    for version in (b"1", b"2"):
        with publication(Path(sys.argv[1]), folder=True) as temporary:
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
