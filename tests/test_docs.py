"""The documentation is true: its commands run, and print what it says they print."""

import contextlib
import importlib
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.main import get_command

from corpus2vec.cli.app import app

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
TITLE = re.compile(r'title="([^"]+)"')
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")


def blocks(page, language):
    found = BLOCK.finditer(page)
    return [each["text"] for each in found if each["language"] == language]


@pytest.fixture
def workplace(tmp_path):
    """A folder with the sample corpora and `corpus2vec` on the PATH, as a reader would have."""
    ignore = shutil.ignore_patterns("build")
    shutil.copytree(ROOT / "sample_corpora", tmp_path / "sample_corpora", ignore=ignore)
    return tmp_path


def environment():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def shell(line, folder):
    """Return what a line prints on a terminal. Its pipes are pipes, as a reader's are."""
    ours, theirs = pty.openpty()
    printed = []

    def read():
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while block := os.read(ours, 1 << 16):
                printed.append(block)

    reader = threading.Thread(target=read)
    reader.start()
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=folder,
        env={**environment(), "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    assert result.returncode == 0, f"{line}\n{result.stderr}"
    return b"".join(printed).decode().replace("\r\n", "\n")


def assert_same(said, printed):
    """Equal but for the last digits of numbers, which another processor rounds otherwise."""
    assert NUMBER.sub("#", squeezed(said)) == NUMBER.sub("#", squeezed(printed))
    numbers = [[float(each) for each in NUMBER.findall(text)] for text in (said, printed)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-3)


def squeezed(text):
    return "\n".join(re.sub(r"\t|[ \t-]{2,}", " ", line.rstrip()) for line in text.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_true(page, workplace):
    """Its blocks, in order: a title names a file to write, `console` and `python` are run.

    A command prints what the page says; where the page says nothing, it need only succeed.
    """
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        title = TITLE.search(block["rest"])
        if title:
            file = workplace / title[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block["text"], encoding="utf-8")
        elif block["language"] == "console":
            run_console(block["text"], workplace)
        elif block["language"] == "python":
            subprocess.run([sys.executable, "-c", block["text"]], cwd=workplace, check=True)
        else:
            assert block["language"] == "text", f"{page.name}: nothing runs this:\n{block[0]}"


def run_console(block, folder):
    """Run each line that begins with `$ `, continued by `> `; compare what it prints."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = step.splitlines(keepends=True)
        more = next((n for n, line in enumerate(lines[1:], 1) if line[:2] != "> "), len(lines))
        said = "".join(lines[more:])
        command = "".join([lines[0], *(line[2:] for line in lines[1:more])])
        printed = shell(command, folder)
        if said.strip():
            assert_same(said, printed)


def absent(what):
    """Skip a test because a tool is missing; where CI is set, fail it."""
    assert "CI" not in os.environ, f"no {what}"
    pytest.skip(f"NO {what} (make browser)")


RECIPES = [each for each in BLOCK.finditer(FORMATS) if TITLE.search(each["rest"])]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: TITLE.search(each["rest"])[1])
def test_a_recipe_reads_what_a_build_wrote(recipe, opened):
    """R need not be there, but on CI."""
    runs = [sys.executable] if recipe["language"] == "python" else [shutil.which("Rscript")]
    if None in runs:
        absent("R: a recipe of docs/formats.md was not run")
    (opened / "recipe").write_text(recipe["text"])
    command = [*runs, "recipe"]
    result = subprocess.run(command, cwd=opened, capture_output=True, text=True, check=True)
    rows = len((opened / "build/vocab.tsv").read_bytes().split(b"\n")) - 2
    expected = {
        "read_vocab_pandas.py": f"{rows} 1",
        "read_vocab_duckdb.py": f"{rows} 1",
        "read_vocab.R": f"{rows} 1",
        "read_table_pandas.py": "2 2",
        "read_table_duckdb.py": "2 True",
    }
    assert result.stdout.strip() == expected[TITLE.search(recipe["rest"])[1]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A build whose vocabulary has tokens that readers stumble over."""
    folder = tmp_path_factory.mktemp("opened")
    text = 'the " sea NA null # a\\\\b N/A 1/2 nan \'s\\nthe " sea again'
    (folder / "corpus.txt").write_text(text)
    for command in (
        "run corpus.txt --dim 2 --epochs 1 -o build",
        "dump build -o build/vectors.parquet",
    ):
        shell(f"corpus2vec {command} --quiet", folder)
    return folder


def test_the_makefile_of_the_guide_builds(workplace):
    [rules] = blocks(GUIDE, "make")
    (workplace / "Makefile").write_text(rules)
    shutil.copy(workplace / "sample_corpora/phrases.txt", workplace / "corpus.txt")
    shell("make build/embeddings.txt", workplace)
    assert "is up to date" in shell("make build/embeddings.txt", workplace)


def test_every_command_is_in_the_guide():
    for name in get_command(app).commands:
        assert re.search(rf"[`, ]{name}[`, ]", GUIDE), name


def test_every_link_of_a_page_leads_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_what_is_generated_is_what_the_program_says():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        generate = importlib.import_module("generate")
    finally:
        sys.path.pop(0)
    for name, text in generate.PAGES.items():
        stale = f"docs/{name} is not what the program says: make docs"
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text(), stale


def test_the_man_page_is_one():
    if not shutil.which("man"):
        absent("MAN: the man page was not formatted")
    page = str(ROOT / "docs/corpus2vec.1")
    result = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "--objective" in re.sub(".\b", "", result.stdout).replace("\u2010", "-")


# --- the sample corpora's Makefile -----------------------------------------------------------


def hits(text):
    return len(re.findall(r"^\w+ +hit ", text, re.MULTILINE))


def make(folder):
    result = subprocess.run(
        ["make", "-j2", f"CORPUS2VEC={sys.executable} -m corpus2vec"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result


def test_the_sample_corpora_build_side_by_side_and_only_once(tmp_path):
    ignore = shutil.ignore_patterns("build")
    folder = Path(shutil.copytree(ROOT / "sample_corpora", tmp_path / "samples", ignore=ignore))
    assert hits(make(folder).stderr) == 0
    for name in ("phrases", "headlines", "english"):
        assert (folder / "build" / name / "embeddings.txt").exists()
    assert "Nothing to be done" in make(folder).stdout

    (folder / "phrases.txt").touch()
    touched = make(folder)
    assert hits(touched.stderr) == 5
    assert " built " not in touched.stderr
    assert "Nothing to be done" in make(folder).stdout
