"""Digests and stamps: no change goes unnoticed, and no file is read twice for nothing."""

import hashlib
import os
import time

import pytest

from corpus2vec.pipeline.artifacts.digests import digest, stamp
from corpus2vec.pipeline.errors import DataError
from tests.support.artifacts import NAME, fill, make

OLD = {"a": b"old a", "b": b"old b"}


@pytest.fixture
def out(tmp_path):
    """An artifact that has been made."""
    make(tmp_path / NAME)
    return tmp_path / NAME


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
    with pytest.raises(DataError, match=r"log keeps changing while it is read$"):
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


def test_a_folders_digest_is_of_names_and_contents(tmp_path):
    swapped = {"a": b"old b", "b": b"old a"}
    different = [OLD, {**OLD, "c/d": b"new d"}, swapped, {"a": b"old a"}]
    found = set()
    for number, wanted in enumerate(different):
        fill(tmp_path / str(number), wanted)
        found.add(digest(tmp_path / str(number))[0])
    fill(tmp_path / "again", OLD)
    assert len(found) == 4
    assert digest(tmp_path / "again")[0] in found
