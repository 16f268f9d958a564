"""Artifacts of several files: whole or not at all, and noticed when anything in them changes."""

import os
import signal
import time

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files import publication as publication_module
from corpus2vec.pipeline.files.publication import folder_publication
from tests.support.artifacts import names, never, recipe, run_python

OLD = {"a": b"old a", "b": b"old b"}
NEW = {"a": b"new a", "b": b"new b", "c/d": b"new d"}


def fill(folder, contents):
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content)


def contents(folder):
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def make(output, wanted=NEW, dim=2):
    def write(target):
        fill(target, wanted)
        return {"files": len(wanted)}

    return produce(recipe(dim=dim), output, write, folder=True)


# --- publication -----------------------------------------------------------------------------


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


def test_a_file_is_not_replaced_by_a_folder_nor_a_folder_by_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UsageError, match="file is not a folder"):
        make(tmp_path / "file")
    fill(tmp_path / "folder", OLD)
    with pytest.raises(UsageError, match="folder is not a regular file"):
        produce(recipe(), tmp_path / "folder", never)


def test_a_link_to_a_folder_stays_one(tmp_path):
    make(tmp_path / "real", OLD)
    (tmp_path / "link").symlink_to("real")
    make(tmp_path / "link", dim=3)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == NEW


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


# --- digest, hit and miss --------------------------------------------------------------------


def test_a_folders_digest_is_of_names_and_contents(tmp_path):
    found = set()
    for number, wanted in enumerate([OLD, NEW, {"a": b"old b", "b": b"old a"}, {"a": b"old a"}]):
        fill(tmp_path / str(number), wanted)
        found.add(digest(tmp_path / str(number))[0])
    fill(tmp_path / "again", OLD)
    assert len(found) == 4
    assert digest(tmp_path / "again")[0] in found


def test_a_folder_is_made_once(tmp_path):
    assert not make(tmp_path / "out").hit
    before = (tmp_path / "out").stat().st_mtime_ns
    outcome = produce(recipe(), tmp_path / "out", never, folder=True)
    assert (outcome.hit, outcome.reason) == (True, "nothing changed")
    assert (tmp_path / "out").stat().st_mtime_ns > before
    assert produce(recipe(), tmp_path / "out", never, folder=True).hit


def change_content(folder):
    status = (folder / "c" / "d").stat()
    (folder / "c" / "d").write_bytes(b"NEW d")
    os.utime(folder / "c" / "d", ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = {
    "another content of the same size and time": change_content,
    "a file less": lambda folder: (folder / "a").unlink(),
    "a file that was renamed": lambda folder: (folder / "a").rename(folder / "z"),
    "two files that changed places": lambda folder: [
        (folder / "a").rename(folder / "x"),
        (folder / "b").rename(folder / "a"),
        (folder / "x").rename(folder / "b"),
    ],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_a_folder_is_noticed(tmp_path, change):
    make(tmp_path / "out")
    change(tmp_path / "out")
    with pytest.raises(DataError, match="out is not what its manifest says"):
        artifact_input("table", tmp_path / "out")


def test_a_damaged_folder_is_made_again(tmp_path):
    make(tmp_path / "out")
    change_content(tmp_path / "out")
    outcome = make(tmp_path / "out")
    assert (outcome.hit, outcome.reason) == (False, "out was damaged or edited")
    assert contents(tmp_path / "out") == NEW
    assert manifest_path(tmp_path / "out").name == "out.manifest.json"
    assert names(tmp_path) == ["out", "out.manifest.json"]
