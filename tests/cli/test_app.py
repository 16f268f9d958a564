"""The command line as a whole: help, errors and their exit codes, and hostile text."""

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.support.runs import SMALL, STAGES, write

LOOKING = ["info", "show", "lookup", "neighbors", "analogy", "similarity", "evaluate", "compare"]
USING, KEEPING = ["predict", "embed", "extend", "align"], ["ls", "clean", "init", "config"]
COMMANDS = [*STAGES, "phrases", "join", "run", "plan", "seal", *LOOKING, "report", "plot"]
COMMANDS += [*USING, *KEEPING]


# --- help ------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from corpus2vec.cli.app import main\n"
        f"for arguments in [[], *([name] for name in {COMMANDS})]:\n"
        "    sys.argv = ['corpus2vec', *arguments, '--help']\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code\n"
        "    heavy = {'torch', 'spacy', 'pyarrow', 'numpy'} & set(sys.modules)\n"
        "    assert not heavy, (arguments, heavy)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("Usage: corpus2vec") == 1 + len(COMMANDS)


def test_the_commands_are_these(cli):
    listed = re.findall(r"^  (\w+) +\S", cli("--help").out, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(cli, name):
    result = cli(name, "--help")
    assert result.code == 0
    assert f"Example: corpus2vec {name}" in " ".join(result.out.split())


def test_the_help_of_the_program_is_one_screen(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli("--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= len(COMMANDS) + 13


@pytest.mark.parametrize("name", ["run", "plan"])
def test_the_help_of_a_build_shows_the_options_most_used(cli, name):
    short, whole = cli(name, "--help").out, cli(name, "--help-all").out
    assert "--dim" in short
    assert "--warmup" not in short
    assert 3 * len(short.splitlines()) < len(whole.splitlines())
    for heading in ("Most used", "tokenize: ", "train: ", "dump: "):
        assert f"─ {heading}" in whole
    assert "--warmup" in whole
    assert "--no-lower" not in whole


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_80_columns_and_fills_its_lines(cli, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli(*name.split(), "--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    for line, following in pairwise(lines[: next_panel(lines)]):
        if line.strip() and following.strip():
            first_word = following.split()[0]
            assert len(line.rstrip()) + 1 + len(first_word) > 79, "this line is broken too early"


def next_panel(lines):
    """Return where the first panel of options begins."""
    return next(number for number, line in enumerate(lines) if line.startswith("╭"))


def test_no_arguments_show_help(cli):
    result = cli()
    assert "Usage: corpus2vec" in result.out + result.err
    assert result.code == 2


def test_version(cli):
    assert re.fullmatch(r"corpus2vec \d+\.\d+\.\d+\n", cli("--version").out)


# --- errors ----------------------------------------------------------------------------------

ERRORS = {
    "no such option": (
        lambda _: ["train", "--dimm"],
        (2, "No such option: --dimm"),
    ),
    "not one of the choices": (
        lambda _: ["train", "ids", "vocab", "-o", "m", "--objective", "gpt"],
        (2, "Invalid value for '--objective'"),
    ),
    "contradictory options": (
        lambda _: ["tokenize", "a.txt", "-o", "t", "--label-field", "l", "--label-from", "file"],
        (2, "--label-field and --label-from both say where the label is"),
    ),
    "missing corpus": (
        lambda _: ["tokenize", "nowhere.txt", "-o", "t"],
        (2, "there is no corpus nowhere.txt"),
    ),
    "missing artifact": (
        lambda _: ["vocab", "nowhere.parquet", "-o", "v"],
        (2, "there is no nowhere.parquet"),
    ),
    "a run without the vectors to start from": (
        lambda tmp: ["run", write(tmp / "a.txt", "a"), "--init", "nowhere", "-o", tmp / "b"],
        (2, "there is no file nowhere"),
    ),
    "a run with patience but nothing held out": (
        lambda tmp: ["run", write(tmp / "a.txt", "a"), "--patience", "2", "-o", tmp / "b"],
        (2, "--patience needs held-out documents"),
    ),
    "unknown language": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--lang", "qq", "-o", tmp / "t"],
        (2, "spaCy cannot load the language 'qq'"),
    ),
    "missing model": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--model", "en_none", "-o", tmp / "t"],
        (2, "the spaCy pipeline en_none is not installed"),
    ),
    "no lemmas": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--lemma", "-o", tmp / "t"],
        (2, "--lemma: the blank en has nothing that lemmatizes"),
    ),
    "empty corpus": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "\n \n"), "-o", tmp / "t"],
        (65, "the corpus has no document that is not blank"),
    ),
    "bad bytes": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", b"abc\xff"), "-o", tmp / "t"],
        (65, "a.txt is not UTF-8 at byte 3: 0xff"),
    ),
    "bad JSON": (
        lambda tmp: ["tokenize", write(tmp / "a.jsonl", '{"text": "a"}\n{'), "-o", tmp / "t"],
        (65, "a.jsonl line 2 is not JSON"),
    ),
    "unknown field": (
        lambda tmp: ["tokenize", write(tmp / "a.csv", "body\nx\n"), "-o", tmp / "t"],
        (65, "a.csv has no column text"),
    ),
    "artifact of another kind": (
        lambda tmp: ["vocab", write(tmp / "a.parquet", "no parquet"), "-o", tmp / "v"],
        (65, "a.parquet is not Parquet"),
    ),
    "output below a file": (
        lambda tmp: [
            "tokenize", write(tmp / "a.txt", "a"), "-o", write(tmp / "f", "") / "tokens.parquet"
        ],
        (74, "cannot write"),
    ),
    "binary to stdout": (
        lambda _: ["tokenize", "a.txt", "-o", "-"],
        (2, "cannot go to stdout"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_one_line_a_hint_and_an_exit_code(cli, tmp_path, arguments, expected):
    code, message = expected
    result = cli(*arguments(tmp_path))
    assert result.code == code
    assert message in result.err
    first, *hints = result.err.splitlines()
    assert first.startswith("error: ")
    assert all(line.startswith("hint: ") for line in hints)
    assert len(hints) <= 1
    assert result.out == ""


def test_debug_shows_the_traceback(cli):
    result = cli("tokenize", "nowhere.txt", "-o", "t", "--debug")
    assert "Traceback (most recent call last)" in result.err


def test_a_bug_is_reported_as_one_line_with_exit_code_70(cli, monkeypatch, corpus, tmp_path):
    def fail(*args, **kwargs):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("corpus2vec.pipeline.stages.tokenize.run", fail)
    result = cli("tokenize", corpus, "-o", tmp_path / "t")
    assert result.code == 70
    assert result.err.startswith("error: internal: ZeroDivisionError: oh\nhint: --debug")


# --- hostile text ----------------------------------------------------------------------------


def test_terminal_escapes_in_a_corpus_are_escaped_wherever_they_are_shown(cli, tmp_path):
    corpus = write(tmp_path / "a\x1b[31m.csv", "text,label\n\x1b[2Jred \u202eder,l\x1b[0m\n")
    build = tmp_path / "build"
    results = [cli("run", corpus, "--label-field", "label", "-o", build, *SMALL)]
    results += [cli("info", build / "embeddings.txt"), cli("show", build / "tokens.parquet")]
    results += [cli("lookup", build / "embeddings.txt", "\x1b[2Jred")]
    results += [cli("dump", build / "model.safetensors", build / "vocab.tsv", "-o", "-")]
    results += [cli("tokenize", f"{corpus}.none", "-o", "t")]
    for result in results:
        assert "\x1b" not in result.out + result.err
        assert "\u202e" not in result.out + result.err
