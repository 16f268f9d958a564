"""Artifacts: made once, never stale, whatever was edited, damaged or touched."""

import contextlib
import errno
import hashlib
import os
import random
import tempfile
import time
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.inputs import (
    artifact_input,
    file_input,
    known_digests,
)
from corpus2vec.pipeline.artifacts.manifest import Input, joined_lineage
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.store import examine, produce
from corpus2vec.pipeline.errors import DataError, UsageError
from tests.support.artifacts import (
    DAMAGE,
    MANIFEST,
    NAME,
    contents,
    edit_quietly,
    fill,
    make,
    names,
    never,
    recipe,
    writing,
)


@pytest.fixture
def out(tmp_path):
    """An artifact that has been made."""
    make(tmp_path / NAME)
    return tmp_path / NAME


# --- hits ------------------------------------------------------------------------------------


def test_what_is_not_there_is_made(tmp_path):
    outcome = make(tmp_path / NAME)
    assert (outcome.hit, outcome.reason) == (False, "no out.txt yet")
    assert (tmp_path / NAME).read_bytes() == b"hello"
    assert names(tmp_path) == [NAME, MANIFEST]


def test_what_is_there_is_not_made_again(out):
    outcome = produce(recipe(), out, never)
    assert (outcome.hit, outcome.reason) == (True, "nothing changed")
    assert (outcome.counts, outcome.seconds) == ({"bytes": 5}, 0.0)


def test_a_hit_renews_the_mtime_and_nothing_else(out):
    os.utime(out, (0, 0))
    before = out.stat()
    produce(recipe(), out, never)
    after = out.stat()
    assert after.st_mtime > time.time() - 60
    assert (after.st_ino, after.st_size, after.st_mode) == (
        before.st_ino,
        before.st_size,
        before.st_mode,
    )
    assert out.read_bytes() == b"hello"
    assert names(out.parent) == [NAME, MANIFEST]


def test_a_hit_reads_no_file_again(tmp_path, monkeypatch):
    source = tmp_path / "in.txt"
    source.write_bytes(b"corpus")

    def asked():
        return recipe(file_input("corpus", source, known=known_digests(tmp_path / NAME)))

    produce(asked(), tmp_path / NAME, writing(b"hello"))
    monkeypatch.setattr(hashlib, "file_digest", never)
    assert produce(asked(), tmp_path / NAME, never).hit
    assert produce(asked(), tmp_path / NAME, never).hit


def test_an_untouched_copy_is_a_hit(out, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (NAME, MANIFEST):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    assert produce(recipe(), copy / NAME, never).hit


def test_the_manifest_says_what_was_made_and_how(tmp_path):
    source = tmp_path / "in.txt"
    source.write_bytes(b"corpus")
    made = recipe(file_input("corpus", source, {"kind": "text"}), tools={"pyarrow": "26"})
    outcome = produce(made, tmp_path / NAME, writing(b"hello"), environment={"threads": 2})
    manifest = read_manifest(tmp_path / NAME)
    assert manifest.fingerprint == outcome.fingerprint == made.fingerprint
    assert (manifest.stage, manifest.format) == ("shout", 1)
    assert (manifest.config, manifest.tools) == ({"dim": 2}, {"pyarrow": "26"})
    assert (manifest.counts, manifest.environment) == ({"bytes": 5}, {"threads": 2})
    assert manifest.output["digest"] == hashlib.sha256(b"hello").hexdigest()
    assert (manifest.output["name"], manifest.output["size"]) == (NAME, 5)
    [given] = manifest.inputs
    assert given["digest"] == hashlib.sha256(b"corpus").hexdigest()
    assert (given["name"], given["traits"]) == (str(source), {"kind": "text"})


def test_the_manifest_carries_the_lineage_of_its_inputs(out, tmp_path):
    given = artifact_input("words", out)
    produce(recipe(given, stage="count"), tmp_path / "count.txt", writing(b"5"))
    story = read_manifest(tmp_path / "count.txt").story()
    assert [each["stage"] for each in story] == ["shout", "count"]
    assert story[:1] == joined_lineage((given,))


# --- hits on what may only be read -----------------------------------------------------------


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_hit_whose_mtime_cannot_be_renewed_is_a_hit_and_says_so(out, monkeypatch, code):
    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "utime", refuse)
    outcome = produce(recipe(), out, never)
    assert outcome.hit
    assert outcome.reason == (
        f"nothing changed, but cannot renew the mtime of {out}: {os.strerror(code)}"
    )


@contextlib.contextmanager
def as_nobody():
    """Run the block as a user who may only read what root made; root is bound by no permission."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared():
    """A folder that other users can read, as they cannot tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_hit_on_what_another_user_made_is_a_hit_and_says_so(shared):
    make(shared / NAME)
    before = (shared / MANIFEST).read_bytes()
    with as_nobody():
        outcome = produce(recipe(), shared / NAME, never)
    assert outcome.hit
    assert outcome.reason == (
        f"nothing changed, but cannot renew the mtime of {shared / NAME}: Permission denied"
    )
    assert (shared / MANIFEST).read_bytes() == before


def test_a_hit_whose_manifest_cannot_be_rewritten_is_a_hit_and_says_so(shared):
    make(shared / NAME)
    (shared / NAME).chmod(0o666)  # anybody may write the file, but not into the folder
    with as_nobody():
        outcome = produce(recipe(), shared / NAME, never)
    assert outcome.hit
    assert outcome.reason == (
        f"nothing changed, but cannot write {shared / MANIFEST}: Permission denied"
    )
    assert produce(recipe(), shared / NAME, never).reason == "nothing changed"


# --- misses ----------------------------------------------------------------------------------

ASKED_FOR = {
    "dim 2 → 3": recipe(dim=3),
    "pyarrow (absent) → 26": recipe(tools={"pyarrow": "26"}),
    "made by shout, not by count": recipe(stage="count"),
    "inputs 0 → 1": recipe(Input(role="corpus", name="a", digest="aa")),
    "standard input is read again": recipe(Input(role="corpus", name="-", digest="")),
}


@pytest.mark.parametrize(("reason", "asked"), ASKED_FOR.items(), ids=ASKED_FOR)
def test_a_miss_says_what_is_asked_for_now(out, reason, asked):
    assert examine(asked, out).reason == reason


MENDED = {name: each for name, each in DAMAGE.items() if name != "manifest gone"}


@pytest.mark.parametrize(("harm", "reason"), MENDED.values(), ids=MENDED)
def test_a_miss_says_what_was_found_and_is_mended(out, harm, reason):
    harm(out.parent)
    outcome = make(out, b"made again")
    assert (outcome.hit, outcome.reason) == (False, reason)
    assert out.read_bytes() == b"made again"
    assert produce(recipe(), out, never).hit


def test_what_has_no_manifest_is_kept_unless_forced(out):
    harm, reason = DAMAGE["manifest gone"]
    harm(out.parent)
    before = out.read_bytes()
    assert examine(recipe(), out).reason == reason
    with pytest.raises(UsageError) as refused:
        make(out, b"made again")
    assert refused.value.message == (
        f"{out} is there already, and no manifest says that corpus2vec made it"
    )
    assert out.read_bytes() == before
    outcome = produce(recipe(), out, writing(b"made again"), force=True)
    assert (outcome.hit, outcome.reason) == (False, reason)
    assert produce(recipe(), out, never).hit


def test_a_folder_of_other_files_is_kept(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.txt").write_text("mine")
    with pytest.raises(UsageError, match="no manifest says that corpus2vec made it"):
        produce(recipe(), tmp_path / "mine", never, folder=True)
    assert (tmp_path / "mine/a.txt").read_text() == "mine"


def test_an_empty_file_may_be_filled(tmp_path):
    (tmp_path / "new.txt").touch()  # as mktemp makes it
    assert not make(tmp_path / "new.txt").hit


def test_what_cannot_be_read_is_a_miss(out, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "the disk")

    os.utime(out)
    monkeypatch.setattr(hashlib, "file_digest", fail)
    assert examine(recipe(), out).reason == f"cannot read {out}: Input/output error"


def test_force_makes_what_is_there(out):
    outcome = produce(recipe(), out, writing(b"forced"), force=True)
    assert (outcome.hit, outcome.reason) == (False, "forced")
    assert out.read_bytes() == b"forced"


def test_force_tells_a_miss_by_its_own_reason(tmp_path):
    outcome = produce(recipe(), tmp_path / NAME, writing(b"new"), force=True)
    assert outcome.reason == "no out.txt yet"


def test_two_hundred_edits_that_keep_size_and_mtime_are_noticed(tmp_path):
    out, dice = tmp_path / NAME, random.Random(1)
    content = dice.randbytes(4096)
    make(out, content)
    stale = 0
    for _ in range(200):
        edit_quietly(out, content, dice)
        stale += examine(recipe(), out).hit
    assert stale == 0


@pytest.mark.parametrize("link", [False, True], ids=["by name", "through a link"])
def test_an_input_cannot_be_the_output(tmp_path, link):
    source = tmp_path / "corpus.txt"
    source.write_bytes(b"precious")
    output = tmp_path / "link.txt" if link else source
    if link:
        output.symlink_to(source)
    with pytest.raises(UsageError, match=r"corpus\.txt is an input, so it cannot be the output"):
        produce(recipe(file_input("corpus", source)), output, never)
    assert source.read_bytes() == b"precious"


# --- folders ---------------------------------------------------------------------------------
OLD = {"a": b"old a", "b": b"old b"}
NEW = {"a": b"new a", "b": b"new b", "c/d": b"new d"}


def make_folder(output, wanted=NEW, dim=2):
    def write(target):
        fill(target, wanted)
        return {"files": len(wanted)}

    return produce(recipe(dim=dim), output, write, folder=True)


def test_a_folder_is_made_once(tmp_path):
    assert not make_folder(tmp_path / "out").hit
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
    make_folder(tmp_path / "out")
    change(tmp_path / "out")
    with pytest.raises(DataError, match="out is not what its manifest says"):
        artifact_input("table", tmp_path / "out")


def test_a_damaged_folder_is_made_again(tmp_path):
    make_folder(tmp_path / "out")
    change_content(tmp_path / "out")
    outcome = make_folder(tmp_path / "out")
    assert (outcome.hit, outcome.reason) == (False, "out was damaged or edited")
    assert contents(tmp_path / "out") == NEW
    assert manifest_path(tmp_path / "out").name == "out.manifest.json"
    assert names(tmp_path) == ["out", "out.manifest.json"]


def test_a_file_is_not_replaced_by_a_folder_nor_a_folder_by_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(UsageError, match="file is not a folder"):
        make_folder(tmp_path / "file")
    fill(tmp_path / "folder", OLD)
    with pytest.raises(UsageError, match="folder is not a regular file"):
        produce(recipe(), tmp_path / "folder", never)


def test_a_link_to_a_folder_stays_one(tmp_path):
    make_folder(tmp_path / "real", OLD)
    (tmp_path / "link").symlink_to("real")
    make_folder(tmp_path / "link", dim=3)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == NEW
