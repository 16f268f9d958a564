"""Standard streams that are closed, full or gone, and what a terminal is sent."""

import os
import pty
import subprocess

import pytest

from tests.support.commands import command, spawn

HOSTILE = "a\x1b[31mred \u202e \x7f \x9b1m \x85 Hope"
SMALL = ("--dim", "2", "--seq-len", "5", "--epochs", "1")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    (folder / "corpus.txt").write_text(f"{HOSTILE}\nNice to see you again\n")
    arguments = ("run", folder / "corpus.txt", "-o", folder, *SMALL, "--quiet")
    assert spawn(*arguments).returncode == 0
    return folder


def shell(redirection, *arguments):
    """Run the command line in a shell with a redirection; exit code, stdout and stderr."""
    line = " ".join(f"'{each}'" for each in command(*arguments))
    result = subprocess.run(["bash", "-c", f"{line} {redirection}"], capture_output=True)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


@pytest.mark.parametrize("arguments", [("lookup", "Hope"), ("info",), ("info", "--json")])
def test_data_that_cannot_go_to_a_closed_stdout_is_an_error(build, arguments):
    name, *more = arguments
    code, _, err = shell(">&-", name, build / "embeddings.txt", *more)
    assert (code, err) == (74, "error: cannot write to standard output: Bad file descriptor\n")


def test_a_closed_stdin_is_an_error_where_it_is_read(build, tmp_path):
    code, _, err = shell("<&-", "tokenize", "-", "-o", tmp_path / "t.parquet")
    assert (code, "cannot read standard input: Bad file descriptor" in err) == (74, True)
    code, _, err = shell("<&-", "lookup", build / "embeddings.txt", "-")
    assert (code, "cannot read standard input: Bad file descriptor" in err) == (74, True)
    assert shell("<&-", "lookup", build / "embeddings.txt", "Hope")[0] == 0


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_printed_change_no_exit_code(build, redirection, tmp_path):
    code, *_ = shell(redirection, "run", build / "corpus.txt", "-o", tmp_path / "b", *SMALL)
    assert code == 0
    assert (tmp_path / "b/embeddings.txt.manifest.json").exists()
    assert shell(redirection, "info", tmp_path / "nowhere")[0] == 2
    assert shell(redirection, "nothing")[0] == 2
    assert shell(f"{redirection} >&- <&-", "info", tmp_path / "nowhere")[0] == 2


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("--version",)])
def test_help_to_a_reader_that_leaves_early_ends_quietly(arguments):
    code, _, err = shell("| { read line; sleep 0.3; }; exit ${PIPESTATUS[0]}", *arguments)
    assert (code, err) == (0, "")


def test_a_full_stdout_is_an_error():
    code, _, err = shell(">/dev/full", "--version")
    assert code == 74
    assert err == "error: cannot write to standard output: No space left on device\n"


def on_a_terminal(*arguments):
    """What a terminal is sent by the command, and the exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command(*arguments), stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    sent = b""
    while True:
        try:
            block = os.read(master, 1 << 16)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        sent += block
    os.close(master)
    process.stderr.close()
    return sent.decode().replace("\r\n", "\n"), process.wait()


@pytest.mark.parametrize(
    "arguments",
    [
        ("vocab", "{}/tokens.parquet", "-o", "-"),
        ("dump", "{}/model.safetensors", "{}/vocab.tsv", "--format", "word2vec", "-o", "-"),
        ("show", "{}/tokens.parquet", "--json"),
        ("neighbors", "{}/embeddings.txt", "Hope", "--json"),
        ("lookup", "{}/embeddings.txt", HOSTILE, "--json"),
        ("info", "{}/tokens.parquet", "--json"),
    ],
)
def test_a_terminal_is_sent_nothing_that_it_would_obey(build, arguments):
    sent, code = on_a_terminal(*(each.format(build) for each in arguments))
    assert code == 0
    assert not {each for each in sent if not each.isprintable()} - set("\n\t")
    assert "\\u" in sent or arguments[0] == "info"


def test_a_pipe_is_sent_the_data_as_it_is(build):
    piped = spawn("vocab", build / "tokens.parquet", "-o", "-").stdout
    assert piped.encode() == (build / "vocab.tsv").read_bytes()
    assert "\x1b" in piped


def test_binary_data_does_not_go_to_a_terminal(build):
    arguments = ("dump", build / "model.safetensors", build / "vocab.tsv", "-o", "-")
    sent, code = on_a_terminal(*arguments, "--format", "word2vec-binary")
    assert (sent.isprintable() or "\n" in sent, code) == (True, 2)
