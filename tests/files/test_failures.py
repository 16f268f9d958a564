"""A failure of the file system is one line: the right file, read or written, and the reason."""

import errno
import functools
import os
import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus2vec.pipeline.errors import DataError, StorageError
from corpus2vec.pipeline.files.failures import reading, spooling, storage_error, writing
from corpus2vec.pipeline.files.publication import discard, publication
from tests.support.commands import call, spawn

FOLDER = functools.partial(publication, folder=True)
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def reported(block, failure):
    """The message and hint of the error that `failure` becomes in the block."""
    with pytest.raises((StorageError, DataError)) as caught, block:
        raise failure
    return caught.value.message, caught.value.hint


# --- the translator --------------------------------------------------------------------------


def test_what_cannot_be_read_is_reported_as_such():
    with pytest.raises(StorageError) as caught, reading("a.txt"):
        Path("nowhere").read_bytes()
    assert caught.value.message == "cannot read a.txt: No such file or directory"
    assert caught.value.hint == "check the path and its permissions"


@pytest.mark.parametrize(
    "problem",
    [
        OSError("zlib inflate failed"),
        EOFError("Truncated compressed stream"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        pa.ArrowInvalid("no magic bytes"),
    ],
    ids=repr,
)
def test_what_cannot_be_decoded_is_damaged(problem):
    message, hint = reported(reading("a.gz"), problem)
    assert (message, hint) == (f"a.gz is damaged: {problem}", "is it complete?")


def test_other_errors_than_decoders_raise_mean_damage_only_on_request():
    assert reported(reading("a", "is not ours", also=(KeyError,)), KeyError("x"))[0] == (
        "a is not ours: 'x'"
    )
    with pytest.raises(KeyError), reading("a"):
        raise KeyError("x")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_a_failed_write_is_reported_by_the_file_that_it_is_for(code):
    message, hint = reported(writing(Path("x.txt")), OSError(code, "…"))
    assert message == f"cannot write x.txt: {os.strerror(code)}"
    advice = "check the path" if code == errno.EIO else "free some space, or write elsewhere;"
    assert hint.startswith(advice)
    assert hint.endswith("what was there before is untouched")


def test_what_is_no_longer_untouched_is_not_called_so():
    assert "untouched" not in reported(writing(Path("x"), untouched=False), FULL)[1]


@pytest.mark.parametrize("block", [writing(Path("x")), spooling()])
def test_an_error_that_is_not_the_file_system_s_is_passed_on(block):
    with pytest.raises(OSError, match=r"^the codec is confused$"), block:
        raise OSError("the codec is confused")


def test_a_full_temporary_folder_is_named_and_how_to_choose_another(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/scratch")
    message, hint = reported(spooling(), FULL)
    assert message == "cannot write a temporary file in /scratch: No space left on device"
    assert hint == "free some space there, or name another folder in TMPDIR"
    message, hint = reported(spooling(Path("build")), FULL)
    assert message == "cannot write a temporary file in build: No space left on device"
    assert hint == "free some space, or write elsewhere"


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (FULL, "No space left on device"),
        (OSError("confused"), "confused"),
        (FileNotFoundError(errno.ENOENT, "…", "a.txt"), "a.txt: No such file or directory"),
        (PermissionError(errno.EACCES, "…", b"caf\xe9"), "caf\udce9: Permission denied"),
        (OSError(errno.EBADF, "…", 3), "3: Bad file descriptor"),
    ],
    ids=repr,
)
def test_without_a_name_an_error_is_reported_by_the_one_it_carries(problem, message):
    assert storage_error(problem).message == message


def test_what_a_library_cannot_open_is_not_called_damaged():
    """Of safetensors there is no errno, and no other error whatever the reason."""
    problem = FileNotFoundError("No such file or directory: x")
    assert reported(reading("x"), problem)[0] == "cannot read x: No such file or directory: x"


# --- publication -----------------------------------------------------------------------------


@pytest.mark.parametrize("publish", [publication, FOLDER])
def test_a_publication_reports_its_own_writes(publish):
    assert reported(publish(Path("x")), FULL)[0] == "cannot write x: No space left on device"
    with pytest.raises(StorageError, match=r"^cannot write x: (Is|Not) a directory$"):
        with publish(Path("x")) as temporary:
            (temporary if temporary.is_dir() else temporary / "y").open("wb")


@pytest.mark.parametrize("publish", [publication, FOLDER])
def test_a_publication_is_not_blamed_for_what_its_block_reads(publish):
    with pytest.raises(FileNotFoundError), publish(Path("x")):
        Path("input").read_bytes()
    with pytest.raises(StorageError, match=r"^cannot read input: No such file or directory$"):
        with publish(Path("x")), reading("input"):
            Path("input").read_bytes()
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("publish", "fill"),
    [
        (publication, lambda temporary: temporary.write_text("new")),
        (FOLDER, lambda temporary: (temporary / "y").write_text("new")),
    ],
)
def test_a_file_that_was_replaced_is_not_called_untouched(publish, fill, monkeypatch):
    """The new one is in place, but its name may not be on the disk yet."""
    sync = os.fsync

    def refuse_folder(descriptor):
        if os.path.samestat(os.fstat(descriptor), Path().stat()):
            raise OSError(errno.EIO, "…")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folder)
    with pytest.raises(StorageError) as caught, publish(Path("x")) as temporary:
        fill(temporary)
    assert caught.value.message == "cannot write x: Input/output error"
    assert "untouched" not in caught.value.hint
    assert os.listdir() == ["x"]


def test_what_cannot_be_removed_is_reported():
    Path("x").mkdir()
    with pytest.raises(StorageError, match=r"^cannot write x: Is a directory$"):
        discard(Path("x"))


# --- the command line ------------------------------------------------------------------------


@pytest.fixture
def cli(capfd, monkeypatch):
    return functools.partial(call, capfd, monkeypatch)


def test_an_input_that_is_a_folder_is_not_an_output_that_is_one(cli):
    Path("corpus.txt").write_text("Hope to see you soon\n")
    assert cli("tokenize", "corpus.txt", "-o", "tokens.parquet").code == 0
    Path("folder").mkdir()
    Path("folder/file").touch()
    encoded = cli("encode", "tokens.parquet", "folder", "-o", "ids.parquet")
    counted = cli("vocab", "tokens.parquet", "--keep", "folder", "-o", "vocab.tsv")
    for result in (encoded, counted):
        assert result.code == 74
        assert result.err.endswith(
            "error: cannot read folder: Is a directory\nhint: check the path and its permissions\n"
        )


def test_tokens_to_keep_that_are_not_utf8_are_reported_by_the_byte(cli):
    Path("corpus.txt").write_text("Hope to see you soon\n")
    Path("keep.txt").write_bytes(b"caf\xe9\n")
    assert cli("tokenize", "corpus.txt", "-o", "tokens.parquet").code == 0
    result = cli("vocab", "tokens.parquet", "--keep", "keep.txt", "-o", "vocab.tsv")
    assert (result.code, result.err) == (65, "error: keep.txt is not UTF-8 at byte 3\n")


def limited(size):
    return functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))


def test_a_full_temporary_folder_does_not_blame_the_corpus(tmp_path):
    texts = [os.urandom(100).hex() for _ in range(1000)]
    pq.write_table(pa.table({"text": texts}), "corpus.parquet")
    (tmp_path / "scratch").mkdir()
    with Path("corpus.parquet").open("rb") as corpus:
        result = spawn(
            *("tokenize", "-", "--kind", "parquet", "-o", "tokens.parquet"),
            stdin=corpus,
            preexec_fn=limited(50_000),
            env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
        )
    assert result.returncode == 74
    assert result.stderr.endswith(
        f"error: cannot write a temporary file in {tmp_path / 'scratch'}: File too large\n"
        "hint: free some space there, or name another folder in TMPDIR\n"
    )
    assert sorted(os.listdir()) == ["corpus.parquet", "scratch"]


def test_counts_that_find_no_room_on_the_disk_do_not_blame_the_vocabulary(tmp_path):
    Path("corpus.txt").write_text("".join(f"w{number} " for number in range(30_000)))
    assert spawn("tokenize", "corpus.txt", "-o", "tokens.parquet").returncode == 0
    result = spawn(
        *("vocab", "tokens.parquet", "--memory", "1K", "-o", "vocab.tsv"),
        preexec_fn=limited(50_000),
    )
    assert result.returncode == 74
    assert result.stderr.endswith(
        f"error: cannot write a temporary file in {tmp_path}: File too large\n"
        "hint: free some space, or write elsewhere\n"
    )
