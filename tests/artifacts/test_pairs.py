"""An artifact and its manifest never part, whatever fails, is killed or runs at the same time."""

import json
import os
import tempfile

import pytest

from corpus2vec.pipeline.artifacts import pairs
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
    assert points > 250


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
