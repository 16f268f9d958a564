"""An artifact and its manifest never part, whatever fails, is killed or runs at the same time."""

import json
import os
import random
import tempfile
import time

import pytest

from corpus2vec.pipeline.artifacts import pairs, store
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.store import examine, produce
from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.files import temporaries
from tests.support.artifacts import MANIFEST, NAME, make, names, never, recipe, run_python

IN_MEMORY = "/dev/shm"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_whichever_call_fails_or_kills_the_run_the_pair_holds(kind):
    script = "from tests.support.faults import main; main()"
    root = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=root) as folder:
        process = run_python(script, folder, kind)
        found = json.loads(process.communicate()[0])
    points = found.pop("points")
    print(f"parted 0, untrue 0, litter 0 of {points}")
    assert found == {"parted": [], "untrue": [], "litter": []}
    assert points > 200


@pytest.fixture
def out(tmp_path):
    """An artifact that has been made."""
    make(tmp_path / NAME)
    return tmp_path / NAME


@pytest.fixture
def killed(tmp_path):
    """Two artifacts that a run left when it was killed between its two renames; dim 3 is new."""
    out, manifest = tmp_path / NAME, tmp_path / MANIFEST
    make(out, b"old", dim=2)
    before = manifest.read_bytes()
    make(out, b"new", dim=3)
    manifest.rename(tmp_path / f".{MANIFEST}.0123abcd.tmp")
    manifest.write_bytes(before)
    return out


def test_a_pair_that_a_killed_run_left_is_read_as_one(killed):
    assert artifact_input("words", killed).manifest.config == {"dim": 3}
    assert examine(recipe(dim=3), killed).hit
    assert examine(recipe(dim=2), killed).reason == "out.txt was damaged or edited"


def test_the_next_run_completes_the_pair(killed):
    assert produce(recipe(dim=3), killed, never).hit
    assert names(killed.parent) == [NAME, MANIFEST]
    assert pairs.read_manifest(killed).config == {"dim": 3}


def test_a_first_run_that_was_killed_leaves_a_pair(killed):
    (killed.parent / MANIFEST).unlink()
    assert artifact_input("words", killed).manifest.config == {"dim": 3}
    assert produce(recipe(dim=3), killed, never).hit
    assert names(killed.parent) == [NAME, MANIFEST]


def test_a_pending_manifest_of_another_artifact_is_not_used(killed):
    killed.write_bytes(b"edited")
    with pytest.raises(Exception, match=r"out\.txt is not what its manifest says"):
        artifact_input("words", killed)


def test_a_reader_waits_for_the_manifest_that_another_run_is_putting_in_place(killed, monkeypatch):
    """It saw the old manifest, then the new artifact; by then nothing is pending any more."""
    pending = next(killed.parent.glob(".*.tmp"))
    look = pairs.pending_manifests

    def too_late(artifact):
        monkeypatch.setattr(pairs, "pending_manifests", look)
        pending.replace(killed.parent / MANIFEST)
        return iter(())

    monkeypatch.setattr(pairs, "pending_manifests", too_late)
    assert artifact_input("words", killed).manifest.config == {"dim": 3}


def test_without_room_for_a_new_manifest_the_pair_is_complete_all_the_same(tmp_path, monkeypatch):
    def full(*_):
        raise StorageError("cannot write: No space left on device")

    monkeypatch.setattr(pairs, "record", full)
    assert not make(tmp_path / NAME).hit
    assert names(tmp_path) == [NAME, MANIFEST]
    assert artifact_input("words", tmp_path / NAME).manifest


def test_a_hit_sweeps_what_a_killed_run_left(tmp_path):
    make(tmp_path / NAME)
    (tmp_path / f".{NAME}.0123abcd.tmp").write_bytes(b"half")
    (tmp_path / f".{MANIFEST}.0123abcd.tmp").write_bytes(b"half")
    assert produce(recipe(), tmp_path / NAME, never).hit
    assert names(tmp_path) == [NAME, MANIFEST]


@pytest.mark.parametrize("length", [227, 228, 255, 256])
def test_a_name_that_leaves_no_room_for_the_manifest_is_refused_before_the_work(tmp_path, length):
    out = tmp_path / ("x" * length)
    if length == 227:
        make(out)
        assert produce(recipe(), out, never).hit
        return
    with pytest.raises(StorageError) as caught:
        produce(recipe(), out, never)
    assert caught.value.message == f"cannot write {out}: File name too long"
    if length < 256:
        assert caught.value.hint == (
            f"it has {length} bytes, and at most 227 leave room for {out.name}.manifest.json"
        )
    assert names(tmp_path) == []


def test_whoever_holds_the_folders_lock_for_long_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(temporaries, "PATIENCE", 0.02)
    with temporaries.alone_in(tmp_path):  # as `flock build/ corpus2vec …` does
        assert not make(tmp_path / NAME).hit
        assert produce(recipe(), tmp_path / NAME, never).hit


# --- several at once -------------------------------------------------------------------------


def test_another_run_that_publishes_before_our_manifest_is_not_taken_for_ours(out, monkeypatch):
    original = os.replace

    def overtaken(*names):
        monkeypatch.setattr(os, "replace", original)
        original(*names)
        make(out, b"theirs", dim=4)

    monkeypatch.setattr(os, "replace", overtaken)
    make(out, b"ours", dim=3)
    assert out.read_bytes() == b"theirs"
    assert not examine(recipe(dim=3), out).hit
    assert examine(recipe(dim=4), out).hit


def test_another_run_that_publishes_during_a_hit_is_not_taken_for_ours(out, monkeypatch):
    renew = store.renew

    def overtaken(*arguments):
        make(out, b"other", dim=4)
        renew(*arguments)

    monkeypatch.setattr(store, "renew", overtaken)
    assert produce(recipe(), out, never).hit
    assert not examine(recipe(), out).hit
    assert examine(recipe(dim=4), out).hit


MAKE_IN_A_LOOP = """
    import fcntl, itertools, sys
    from pathlib import Path
    from corpus2vec.pipeline.artifacts.store import produce
    from corpus2vec.pipeline.artifacts.manifest import Recipe

    def write(target):
        target.write_text(f"{dim}" * 99_999)
        return {}

    def refuse(*_):
        raise OSError("no locks here")

    locks, out, *dims = sys.argv[1:]
    if locks == "no locks":
        fcntl.flock = refuse
    print("ready", flush=True)
    for dim in map(int, dims or itertools.cycle("23")):
        recipe = Recipe(stage="shout", format=1, config={"dim": dim}, inputs=(), tools={})
        produce(recipe, Path(out), write, force=True)
"""


def dim_of(out):
    """The dim that the content was made with, which is whole."""
    content = out.read_text()
    assert content in ("2" * 99_999, "3" * 99_999)
    return int(content[0])


def hits(out):
    """The dims with which the artifact is taken to have been made."""
    return {dim for dim in (2, 3) if examine(recipe(dim=dim), out).hit}


@pytest.mark.parametrize("locks", ["locks", "no locks"])
@pytest.mark.parametrize("dims", ["22", "23"], ids=["the same", "different ones"])
def test_two_runs_at_once_both_end_well(tmp_path, dims, locks):
    for number in range(3):
        out = tmp_path / str(number) / NAME
        pair = [run_python(MAKE_IN_A_LOOP, locks, out, *each * 5) for each in dims]
        for process in pair:
            process.communicate()
            assert process.returncode == 0
        assert names(out.parent) == [NAME, MANIFEST]
        assert hits(out) == {dim_of(out)}


def test_who_reads_meanwhile_always_finds_a_pair(tmp_path):
    out = tmp_path / NAME
    make(out, b"2" * 99_999)
    pair = [run_python(MAKE_IN_A_LOOP, "locks", out, *each * 10) for each in "23"]
    found = 0
    while any(process.poll() is None for process in pair):
        assert artifact_input("words", out).manifest
        found += 1
    for process in pair:
        process.communicate()
    assert found


def test_a_killed_run_leaves_the_old_artifact_or_the_new_one(tmp_path):
    out, dice = tmp_path / NAME, random.Random(4)
    make(out, b"2" * 99_999)
    for _ in range(10):
        with run_python(MAKE_IN_A_LOOP, "locks", out) as process:
            process.stdout.readline()
            time.sleep(dice.uniform(0, 0.09))
            process.kill()
        assert hits(out) == {dim_of(out)}
    make(out, b"new", dim=4)
    assert names(tmp_path) == [NAME, MANIFEST]
