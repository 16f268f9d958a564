"""Artifacts: made once, never stale, never torn, whatever fails or runs at the same time."""

import contextlib
import errno
import fcntl
import hashlib
import os
import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pipeline import artifact
from pipeline import publication as publication_module
from pipeline.artifact import (
    artifact_input,
    digest,
    examine,
    file_input,
    known_digests,
    manifest_path,
    produce,
    read_manifest,
    stamp,
)
from pipeline.errors import DataError, StorageError, UsageError
from pipeline.manifest import Input, Recipe, combine
from pipeline.publication import publication

NAME = "out.txt"
MANIFEST = "out.txt.manifest.json"


def recipe(*inputs, stage="shout", dim=2, tools=None):
    return Recipe(stage=stage, format=1, config={"dim": dim}, inputs=inputs, tools=tools or {})


def writing(content):
    def write(target):
        target.write_bytes(content)
        return {"bytes": len(content)}

    return write


def make(output, content=b"hello", **settings):
    return produce(recipe(**settings), output, writing(content))


def never(target):
    pytest.fail("it was made again")


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def run_python(script, *arguments, **options):
    """A Python process that runs `script`, with the same libraries."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


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
    assert story[:1] == combine((given,))


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


# --- failures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "full"), ValueError("a bug"), KeyboardInterrupt()], ids=repr
)
def test_a_write_that_fails_half_way_leaves_the_old_artifact(out, failure):
    def fail(target):
        target.write_bytes(b"hal")
        raise failure

    with pytest.raises((StorageError, ValueError, KeyboardInterrupt)):
        produce(recipe(dim=3), out, fail)
    assert produce(recipe(), out, never).hit
    assert names(out.parent) == [NAME, MANIFEST]


@pytest.mark.parametrize("call", ["replace", "fsync", "chmod", "open"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_file_system_that_refuses_is_one_line_and_74(out, monkeypatch, call, code, words):
    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(StorageError) as caught:
        make(out, b"new", dim=3)
    monkeypatch.undo()
    assert caught.value.exit_code == 74
    assert caught.value.message == f"cannot write {out}: {words}"
    assert caught.value.hint.endswith("what stood there before is untouched")
    assert produce(recipe(), out, never).hit
    assert names(out.parent) == [NAME, MANIFEST]


def test_a_hit_that_cannot_be_renewed_is_one_line_and_74(out, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(StorageError, match=r"cannot write .*out\.txt: Read-only file system$"):
        produce(recipe(), out, never)


def test_a_folder_that_is_a_file_is_one_line_and_74(tmp_path):
    (tmp_path / "build").write_bytes(b"a file")
    with pytest.raises(StorageError, match=r"^cannot write .*build/out\.txt: Not a directory$"):
        make(tmp_path / "build" / NAME)


def test_a_file_size_limit_is_one_line_and_leaves_no_trace(out):
    script = """
        import resource, sys
        from pathlib import Path
        from pipeline.artifact import produce
        from pipeline.errors import StorageError
        from pipeline.manifest import Recipe

        def write(target):
            with target.open("wb") as file:
                for _ in range(100):
                    file.write(bytes(1000))
            return {}

        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        recipe = Recipe(stage="shout", format=1, config={"dim": 3}, inputs=(), tools={})
        try:
            produce(recipe, Path(sys.argv[1]), write)
        except StorageError as problem:
            print(problem.message, problem.hint, sep="\\n", end="")
    """
    process = run_python(script, out)
    message, hint = process.communicate()[0].splitlines()
    assert message == f"cannot write {out}: File too large"
    assert hint == "free some space, or write elsewhere; what stood there before is untouched"
    assert produce(recipe(), out, never).hit
    assert names(out.parent) == [NAME, MANIFEST]


def test_an_error_that_is_not_the_file_systems_is_left_as_it_is(tmp_path):
    def fail(target):
        raise OSError("the codec is confused")

    with pytest.raises(OSError, match="the codec is confused"):
        produce(recipe(), tmp_path / NAME, fail)
    assert names(tmp_path) == []


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


# --- where it is written ---------------------------------------------------------------------


def test_missing_folders_are_made(tmp_path):
    make(tmp_path / "a" / "b" / NAME)
    assert names(tmp_path / "a" / "b") == [NAME, MANIFEST]


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing yet"])
def test_a_link_stays_a_link_and_its_target_is_written(tmp_path, there):
    disk, build = tmp_path / "disk", tmp_path / "build"
    disk.mkdir()
    build.mkdir()
    (build / NAME).symlink_to(disk / "real.txt")
    if there:
        (disk / "real.txt").write_bytes(b"old")
    outcome = make(build / NAME)
    assert outcome.output == build / NAME
    assert (build / NAME).readlink() == disk / "real.txt"
    assert names(build) == [NAME]
    assert (disk / "real.txt").read_bytes() == b"hello"
    assert names(disk) == ["real.txt", "real.txt.manifest.json"]
    assert produce(recipe(), build / NAME, never).hit


def test_an_artifact_behind_a_link_has_its_manifest(out, tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(out)
    assert manifest_path(link) == manifest_path(out)
    assert artifact_input("words", link).manifest.stage == "shout"


def fifo(folder):
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


SPECIAL = {"folder": Path, "FIFO": fifo, "device": lambda folder: Path("/dev/null")}


@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_what_is_no_file_is_not_written(tmp_path, special):
    with pytest.raises(UsageError, match="is not a regular file"):
        produce(recipe(), special(tmp_path), never)


@pytest.mark.parametrize("take", [file_input, artifact_input])
@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_what_is_no_file_is_not_read(tmp_path, special, take):
    with pytest.raises(UsageError, match="is not a regular file"):
        take("corpus", special(tmp_path))


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0o027])
def test_the_mode_of_the_files_is_that_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        make(tmp_path / NAME)
    finally:
        os.umask(before)
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in (NAME, MANIFEST)}
    assert modes == {0o666 & ~mask}


# --- litter ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [NAME, "out[1]*?.txt", ".hidden", "名前 ✓"])
def test_what_a_dead_writer_left_is_swept(tmp_path, name):
    (tmp_path / f".{name}.abcdefgh.tmp").write_bytes(b"half")
    (tmp_path / f".{name}.manifest.json.abcdefgh.tmp").write_bytes(b"half")
    make(tmp_path / name)
    assert names(tmp_path) == sorted([name, f"{name}.manifest.json"])


@pytest.mark.parametrize("name", [".other.txt.abcdefgh.tmp", ".out.txt.my notes.tmp", "out.tmp"])
def test_what_another_wrote_is_not_swept(tmp_path, name):
    (tmp_path / name).write_bytes(b"precious")
    make(tmp_path / NAME)
    assert name in names(tmp_path)


def test_what_a_living_writer_holds_is_not_swept(tmp_path):
    litter = tmp_path / f".{NAME}.abcdefgh.tmp"
    with litter.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        make(tmp_path / NAME)
        assert litter.exists()
    make(tmp_path / NAME, dim=3)
    assert not litter.exists()


def test_a_writer_in_another_process_ends_well_though_others_publish_meanwhile(tmp_path):
    script = """
        import sys
        from pathlib import Path
        from pipeline.publication import publication

        with publication(Path(sys.argv[1])) as temporary:
            print("writing", flush=True)
            sys.stdin.read()
            temporary.write_text("last")
    """
    out = tmp_path / NAME
    with run_python(script, out, stdin=subprocess.PIPE) as process:
        assert process.stdout.readline() == "writing\n"
        make(out, b"first")
        assert out.read_bytes() == b"first"
        process.communicate()
    assert process.returncode == 0
    assert out.read_bytes() == b"last"


def test_a_file_system_without_locks_will_do(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    make(tmp_path / NAME)
    assert names(tmp_path) == [NAME, MANIFEST]


# --- several at once -------------------------------------------------------------------------


def test_another_run_that_publishes_before_our_manifest_is_not_taken_for_ours(out, monkeypatch):
    sync = "pipeline.publication._sync_folder"
    original = publication_module._sync_folder

    def overtaken(folder):
        monkeypatch.setattr(sync, original)
        make(out, b"theirs", dim=4)

    monkeypatch.setattr(sync, overtaken)
    make(out, b"ours", dim=3)
    assert out.read_bytes() == b"theirs"
    assert not examine(recipe(dim=3), out).hit
    assert examine(recipe(dim=4), out).hit


def test_another_run_that_publishes_during_a_hit_is_not_taken_for_ours(out, monkeypatch):
    renew = artifact._renew

    def overtaken(*arguments):
        make(out, b"other", dim=4)
        renew(*arguments)

    monkeypatch.setattr(artifact, "_renew", overtaken)
    assert produce(recipe(), out, never).hit
    assert not examine(recipe(), out).hit
    assert examine(recipe(dim=4), out).hit


MAKE_IN_A_LOOP = """
    import itertools, sys
    from pathlib import Path
    from pipeline.artifact import produce
    from pipeline.manifest import Recipe

    def write(target):
        target.write_text(f"{dim}" * 99_999)
        return {}

    out, *dims = sys.argv[1:]
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


@pytest.mark.parametrize("dims", ["22", "23"], ids=["the same", "different ones"])
def test_two_runs_at_once_both_end_well(tmp_path, dims):
    for number in range(5):
        out = tmp_path / str(number) / NAME
        pair = [run_python(MAKE_IN_A_LOOP, out, *each * 5) for each in dims]
        for process in pair:
            process.communicate()
            assert process.returncode == 0
        assert names(out.parent) == [NAME, MANIFEST]
        assert hits(out) <= {dim_of(out)}
        assert hits(out) or dims == "23"


def test_a_killed_run_leaves_the_old_artifact_or_the_new_one(tmp_path):
    out, dice = tmp_path / NAME, random.Random(4)
    make(out, b"2" * 99_999)
    for _ in range(10):
        with run_python(MAKE_IN_A_LOOP, out) as process:
            process.stdout.readline()
            time.sleep(dice.uniform(0, 0.09))
            process.kill()
        assert hits(out) <= {dim_of(out)}
    make(out, b"new", dim=4)
    assert names(tmp_path) == [NAME, MANIFEST]
