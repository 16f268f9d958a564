"""Temporary files: what a killed writer left is swept, what anybody else has is let be."""

import errno
import fcntl
import subprocess

import pytest

from tests.support.artifacts import MANIFEST, NAME, make, names, run_python


@pytest.mark.parametrize("name", [NAME, "out[1]*?.txt", ".hidden", "名前 ✓"])
def test_what_a_dead_writer_left_is_swept(tmp_path, name):
    (tmp_path / f".{name}.0123abcd.tmp").write_bytes(b"half")
    (tmp_path / f".{name}.manifest.json.0123abcd.tmp").write_bytes(b"half")
    make(tmp_path / name)
    assert names(tmp_path) == sorted([name, f"{name}.manifest.json"])


LOOK_ALIKES = [
    ".other.txt.0123abcd.tmp",
    ".out.txt.my notes.tmp",
    ".out.txt.mybackup.tmp",
    "out.tmp",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_another_wrote_is_not_swept(tmp_path, name):
    (tmp_path / name).write_bytes(b"precious")
    make(tmp_path / NAME)
    assert name in names(tmp_path)


def test_what_a_living_writer_holds_is_not_swept(tmp_path):
    litter = tmp_path / f".{NAME}.0123abcd.tmp"
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
        from corpus2vec.pipeline.files.publication import publication

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
