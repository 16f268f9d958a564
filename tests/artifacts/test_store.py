"""Artifacts: made once, never stale, whatever was edited, damaged or touched."""

import contextlib
import errno
import hashlib
import os
import random
import time
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.digests import digest, stamp
from corpus2vec.pipeline.artifacts.inputs import (
    artifact_input,
    file_input,
    known_digests,
    read_manifest,
)
from corpus2vec.pipeline.artifacts.manifest import Input, joined_lineage
from corpus2vec.pipeline.artifacts.store import examine, produce
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publication
from tests.support.artifacts import MANIFEST, NAME, make, names, never, recipe, writing


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


def test_the_manifest_tells_what_was_made_and_how(tmp_path):
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


# --- misses ----------------------------------------------------------------------------------

ASKED_FOR = {
    "dim 2 → 3": recipe(dim=3),
    "pyarrow (absent) → 26": recipe(tools={"pyarrow": "26"}),
    "it was made by shout": recipe(stage="count"),
    "inputs 0 → 1": recipe(Input(role="corpus", name="a", digest="aa")),
    "standard input is read anew": recipe(Input(role="corpus", name="-", digest="")),
}


@pytest.mark.parametrize(("reason", "asked"), ASKED_FOR.items(), ids=ASKED_FOR)
def test_a_miss_says_what_is_asked_for_now(out, reason, asked):
    assert examine(asked, out).reason == reason


def put(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def remove(name):
    return lambda folder: (folder / name).unlink()


def cut_in_half(name):
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 2)


FOUND = {
    "artifact gone": (remove(NAME), "no out.txt yet"),
    "artifact edited": (put(NAME, b"jello"), "out.txt was damaged or edited"),
    "artifact emptied": (put(NAME, b""), "out.txt was damaged or edited"),
    "artifact cut": (cut_in_half(NAME), "out.txt was damaged or edited"),
    "manifest gone": (remove(MANIFEST), "no readable manifest"),
    "manifest empty": (put(MANIFEST, b""), "no readable manifest"),
    "manifest half-written": (cut_in_half(MANIFEST), "no readable manifest"),
    "manifest binary": (put(MANIFEST, bytes(range(256))), "no readable manifest"),
    "manifest of something else": (put(MANIFEST, b'{"name": "npm"}'), "no readable manifest"),
}


@pytest.mark.parametrize(("harm", "reason"), FOUND.values(), ids=FOUND)
def test_a_miss_says_what_was_found_and_is_mended(out, harm, reason):
    harm(out.parent)
    outcome = make(out, b"made again")
    assert (outcome.hit, outcome.reason) == (False, reason)
    assert out.read_bytes() == b"made again"
    assert produce(recipe(), out, never).hit


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


def test_two_hundred_edits_of_an_input_that_keep_size_and_mtime_are_noticed(tmp_path):
    source, dice = tmp_path / "in.txt", random.Random(2)
    content = dice.randbytes(4096)
    source.write_bytes(content)
    first = file_input("corpus", source)
    stale = 0
    for _ in range(200):
        edit_quietly(source, content, dice)
        stale += file_input("corpus", source, known={first.stamp: first.digest}) == first
    assert stale == 0


def edit_quietly(path, content, dice):
    """Flip one bit of `content` in the file, and set its mtime back."""
    before = path.stat()
    edited = bytearray(content)
    edited[dice.randrange(len(edited))] ^= 1 << dice.randrange(8)
    path.write_bytes(edited)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# --- digests and stamps ----------------------------------------------------------------------


def test_a_digest_is_the_sha256_of_the_bytes(out):
    assert digest(out) == (hashlib.sha256(b"hello").hexdigest(), stamp(out))


def test_a_known_digest_is_taken_by_stamp(out):
    assert digest(out, {stamp(out): "known"})[0] == "known"


@pytest.mark.parametrize("mtime", [0, 2**33], ids=["long ago", "in the future"])
def test_a_stamp_is_taken_when_the_next_change_would_show(tmp_path, mtime):
    path = tmp_path / "a"
    stamps = set()
    for content in (b"a", b"b", b"c"):
        path.write_bytes(content)
        os.utime(path, (mtime, mtime))
        stamps.add(stamp(path))
    assert len(stamps) == 3


@pytest.mark.parametrize("take", [stamp, digest])
def test_a_file_that_never_rests_is_refused(tmp_path, monkeypatch, take):
    path = tmp_path / "log"
    path.write_bytes(b"")
    monkeypatch.setattr(time, "sleep", lambda _: path.write_bytes(b"more"))
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns)
    with pytest.raises(DataError, match=r"log changes while it is read$"):
        take(path)


def test_a_file_that_changes_once_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    file_digest = hashlib.file_digest

    def change_behind(file, name):
        found = file_digest(file, name)
        monkeypatch.setattr(hashlib, "file_digest", file_digest)
        path.write_bytes(b"new")
        return found

    monkeypatch.setattr(hashlib, "file_digest", change_behind)
    assert digest(path)[0] == hashlib.sha256(b"new").hexdigest()


def test_no_digests_are_known_where_no_manifest_is(tmp_path):
    assert known_digests(tmp_path / NAME) == {}


def test_the_digest_of_a_stream_is_known_for_no_file(tmp_path):
    stream = Input(role="corpus", name="-", digest="", seal=lambda: "cc")
    produce(recipe(stream), tmp_path / NAME, writing(b"hello"))
    assert read_manifest(tmp_path / NAME).inputs[0]["digest"] == "cc"
    assert known_digests(tmp_path / NAME) == {}


# --- artifacts as inputs ---------------------------------------------------------------------


def test_an_artifact_comes_with_its_manifest(out):
    given = artifact_input("words", out)
    assert (given.role, given.name) == ("words", str(out))
    assert given.manifest.stage == "shout"


def test_a_file_from_elsewhere_needs_no_manifest(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"mine")
    given = artifact_input("words", tmp_path / "mine.txt")
    assert given.manifest is None
    assert given.digest == hashlib.sha256(b"mine").hexdigest()


def test_a_missing_artifact_is_told_by_name(tmp_path):
    with pytest.raises(UsageError, match=r"^there is no .*out\.txt$"):
        artifact_input("words", tmp_path / NAME)


@pytest.mark.parametrize("harm", ["artifact edited", "artifact emptied", "artifact cut"])
def test_a_damaged_artifact_is_refused_by_name(out, harm):
    FOUND[harm][0](out.parent)
    with pytest.raises(DataError, match=r"out\.txt is not what its manifest says"):
        artifact_input("words", out)


@pytest.mark.parametrize(
    "harm", [harm for harm in FOUND if harm.startswith("manifest") and harm != "manifest gone"]
)
def test_an_artifact_that_cannot_be_checked_is_refused_by_name(out, harm):
    FOUND[harm][0](out.parent)
    with pytest.raises(DataError, match=r"manifest\.json cannot be read, so .*out\.txt"):
        artifact_input("words", out)


def test_every_flipped_bit_of_an_artifact_is_refused(tmp_path):
    out, dice = tmp_path / NAME, random.Random(3)
    content = dice.randbytes(512)
    make(out, content)
    silent = 0
    for _ in range(50):
        edit_quietly(out, content, dice)
        with contextlib.suppress(DataError):
            silent += bool(artifact_input("words", out))
    assert silent == 0


# --- inputs that change ----------------------------------------------------------------------


def run_while(tmp_path, change):
    """Produce from an input that `change` gets hold of during the run."""
    source = tmp_path / "in.txt"
    source.write_bytes(b"corpus")

    def write(target):
        change(source)
        return writing(b"hello")(target)

    return produce(recipe(file_input("corpus", source)), tmp_path / NAME, write)


@pytest.mark.parametrize(
    "change",
    [lambda source: source.write_bytes(b"CORPUS"), lambda source: source.unlink()],
    ids=["edited", "removed"],
)
def test_an_input_that_changes_during_the_run_is_refused(tmp_path, change):
    with pytest.raises(DataError, match=r"in\.txt changed during the run$") as caught:
        run_while(tmp_path, change)
    assert caught.value.exit_code == 65
    assert set(names(tmp_path)) <= {"in.txt"}


def rewrite(source):
    """What another run does that makes the same artifact at the same time."""
    with publication(source) as temporary:
        temporary.write_bytes(source.read_bytes())


@pytest.mark.parametrize("change", [Path.touch, rewrite], ids=["touched", "made again"])
def test_an_input_that_stays_the_same_is_not_refused(tmp_path, change):
    assert not run_while(tmp_path, change).hit


@pytest.mark.parametrize("link", [False, True], ids=["by name", "through a link"])
def test_an_input_cannot_be_the_output(tmp_path, link):
    source = tmp_path / "corpus.txt"
    source.write_bytes(b"precious")
    output = tmp_path / "link.txt" if link else source
    if link:
        output.symlink_to(source)
    with pytest.raises(UsageError, match=r"corpus\.txt is read, so it cannot be written too"):
        produce(recipe(file_input("corpus", source)), output, never)
    assert source.read_bytes() == b"precious"
