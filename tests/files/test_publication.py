"""Publication: never torn and no litter, whatever fails, is killed or runs at the same time."""

import errno
import os
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.inputs import artifact_input, file_input
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import StorageError, UsageError
from tests.support.artifacts import MANIFEST, NAME, make, names, never, recipe, run_python, writing


@pytest.fixture
def out(tmp_path):
    """An artifact that has been made."""
    make(tmp_path / NAME)
    return tmp_path / NAME


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


@pytest.mark.parametrize("call", ["replace", "fsync", "open"])
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
    assert caught.value.hint.endswith("what was there before is untouched")
    assert produce(recipe(), out, never).hit
    assert names(out.parent) == [NAME, MANIFEST]


def test_a_folder_that_is_a_file_is_one_line_and_74(tmp_path):
    (tmp_path / "build").write_bytes(b"a file")
    with pytest.raises(StorageError, match=r"^cannot write .*build/out\.txt: Not a directory$"):
        make(tmp_path / "build" / NAME)


def test_a_file_size_limit_is_one_line_and_leaves_no_trace(out):
    script = """
        import resource, sys
        from pathlib import Path
        from corpus2vec.pipeline.artifacts.store import produce
        from corpus2vec.pipeline.errors import StorageError
        from corpus2vec.pipeline.artifacts.manifest import Recipe

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
    assert hint == "free some space, or write elsewhere; what was there before is untouched"
    assert produce(recipe(), out, never).hit
    assert names(out.parent) == [NAME, MANIFEST]


def test_an_error_that_is_not_the_file_systems_is_left_as_it_is(tmp_path):
    def fail(target):
        raise OSError("the codec is confused")

    with pytest.raises(OSError, match="the codec is confused"):
        produce(recipe(), tmp_path / NAME, fail)
    assert names(tmp_path) == []


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
    outcome = produce(recipe(), build / NAME, writing(b"hello"), force=there)
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


def test_the_umask_of_the_process_is_not_changed_even_for_an_instant(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "umask")  # other threads may be making files
    make(tmp_path / NAME)
    assert names(tmp_path) == [NAME, MANIFEST]
