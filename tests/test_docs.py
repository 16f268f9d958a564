"""The documentation is true: its commands run, and print what it says they print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the sample corpora and `corpus2vec` on the PATH, as a reader would have."""
    folder = tmp_path_factory.mktemp("readme")
    ignore = shutil.ignore_patterns("build")
    shutil.copytree(ROOT / "sample_corpora", folder / "sample_corpora", ignore=ignore)
    return folder


def environment():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def shell(line, folder):
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, f"{line}\n{result.stderr}"
    return result.stdout


def assert_same(said, printed):
    """Equal but for the last digits of numbers, which another processor rounds otherwise."""
    assert NUMBER.sub("#", squeezed(said)) == NUMBER.sub("#", squeezed(printed))
    numbers = [[float(each) for each in NUMBER.findall(text)] for text in (said, printed)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-3)


def squeezed(text):
    return "\n".join(re.sub(r"[ -]{2,}", " ", line.rstrip()) for line in text.splitlines())


def test_the_readme_is_true(workplace):
    """Its commands print what it says; its Python then runs on what they have built."""
    for block in blocks("console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, said = step.split("\n", 1)
            printed = shell(line, workplace)
            if said.strip():
                assert_same(said, printed)
    for program in blocks("python"):
        subprocess.run([sys.executable, "-c", program], cwd=workplace, check=True)


def test_the_makefile_of_the_readme_builds(workplace, tmp_path):
    [rules] = blocks("make")
    (tmp_path / "Makefile").write_text(rules)
    shutil.copy(workplace / "sample_corpora/phrases.txt", tmp_path / "corpus.txt")
    shell("make build/embeddings.txt", tmp_path)
    assert "is up to date" in shell("make build/embeddings.txt", tmp_path)


def test_every_command_is_in_the_readme(workplace):
    names = re.findall(r"^│ (\w+) ", shell("corpus2vec --help", workplace), re.MULTILINE)
    assert len(names) >= 10
    for name in names:
        assert re.search(rf"[`, ]{name}[`, ]", README), name


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
