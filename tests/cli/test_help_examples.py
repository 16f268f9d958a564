"""Every example of a command's help works, in a folder that has the files it names."""

import contextlib
import re
import shlex
import shutil

import pytest
from typer.main import get_command

from corpus2vec.cli.app import app

STORY = "the harbour at night , old ship . Nice to see you again , sea and ship of the harbour"
VECTORS = "4 2\nman 1 0\nwoman 1 1\nking 2 0\nqueen 2 1\n"
HEADLINES = "title,kind\nten ships of the sea,list\nthe harbour is open,news\n"


def examples():
    """The examples by command, in the order of the help."""
    for name, command in get_command(app).commands.items():
        found = re.search(r"^Example: (.*?)(?:\n\n|\Z)", command.help, re.MULTILINE | re.DOTALL)
        yield name, " ".join(found[1].split()) if found else None


@pytest.fixture
def place(cli, tmp_path, monkeypatch):
    """A folder with what the examples name, but what they make themselves."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books").mkdir()
    (tmp_path / "books/one.txt").write_text("\n\n".join([STORY] * 6))
    (tmp_path / "reviews.csv").write_text("review\n" + f'"{STORY}"\n' * 6)
    (tmp_path / "new.csv").write_text(HEADLINES)
    for name in ("new.txt", "old.txt"):
        (tmp_path / name).write_text(f"breakwater {STORY}\n" * 3)
    for name in ("vectors.vec", "cc.en.300.vec"):
        (tmp_path / name).write_text(VECTORS)
    (tmp_path / "MEN.txt").write_text("harbour ship 40\nman king 30\nman woman 20\nsea night 10\n")
    (tmp_path / "questions-words.txt").write_text(": family\nman woman king queen\n")
    (tmp_path / "corpus2vec.toml").write_text("[train]\ndim = 50\n")
    (tmp_path / "classifier").mkdir()
    shutil.copy("new.csv", "classifier")
    more = ["--dim", 2, "--epochs", 1, "--quiet"]
    for build in ("old", "1950s", "1990s"):
        assert cli("run", "books", *more, "-o", build).code == 0
    assert cli("tokenize", "books", "--part", "1-2/2", "-o", "build/tokens").code == 0
    labels = ["--text-field", "title", "--label-field", "kind", "--objective", "classify"]
    assert cli("run", "new.csv", *labels, *more, "-o", "classifier/build").code == 0
    return tmp_path


def test_every_command_has_an_example_that_works(cli, place):
    for name, example in examples():
        assert example, f"{name} has no example"
        program, *arguments = shlex.split(example.partition(" | ")[0])
        assert program == "corpus2vec"
        folder = place / "classifier" if name == "predict" else place
        with contextlib.chdir(folder):
            result = cli(*arguments)
        assert result.code == 0, f"{example}\n{result.err}"
