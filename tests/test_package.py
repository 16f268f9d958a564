"""The package as it is installed: what is in the wheel and the sdist, and that it works alone.

The wheel is installed into an environment of its own, without a network: the environment sees the
other packages of this one through a folder of links, in which torch is not.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info")
TORCH = {"torch", "functorch", "torchgen"}


# --- wheel and sdist -------------------------------------------------------------------------


@dataclass
class Distributions:
    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel and an sdist of this checkout, and a wheel of that sdist."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    shutil.copytree(ROOT, source, symlinks=True, ignore=NOT_SOURCE)
    wheel, sdist = build("wheel", source), build("sdist", source)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    for name in ("cli", "pipeline"):  # as the links look in a ZIP archive of the repository
        (unpacked / "corpus2vec" / name).write_text(f"../{name}")
    return Distributions(wheel, sdist, build("wheel", unpacked))


def build(kind, source):
    """Let setuptools build a `wheel` or an `sdist` of a folder, as pip does."""
    target = source.parent / f"{source.name}.{kind}"
    program = f"from setuptools import build_meta; build_meta.build_{kind}({str(target)!r})"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=source, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    [made] = target.iterdir()
    return made


def sources():
    """The files of the package, by their names in this checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in ("corpus2vec", "cli", "pipeline")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_the_package_and_nothing_else(built):
    files = {name for name in contents(built.wheel) if ".dist-info/" not in name}
    [page] = {name for name in files if ".data/" in name}
    assert page.endswith(".data/data/share/man/man1/corpus2vec.1")
    names = files - {page}
    assert names == {re.sub("^(cli|pipeline)/", r"corpus2vec/\1/", name) for name in sources()}
    assert "corpus2vec/py.typed" in names
    assert "corpus2vec/pipeline/report/page.css" in names


def test_the_sdist_holds_the_sources_and_no_link(built):
    with tarfile.open(built.sdist) as archive:
        members = archive.getmembers()
    assert {each.type for each in members} == {tarfile.REGTYPE, tarfile.DIRTYPE}
    top = built.sdist.name.removesuffix(".tar.gz") + "/"
    names = {each.name.removeprefix(top) for each in members if each.isfile()}
    made = {name for name in names if name.startswith("corpus2vec.egg-info/")}
    assert names - made - {"PKG-INFO", "setup.cfg"} == sources() | {
        *("LICENSE", "MANIFEST.in", "README.md", "docs/corpus2vec.1", "pyproject.toml", "setup.py")
    }


def test_a_wheel_of_the_sdist_is_the_wheel_of_the_checkout(built):
    assert contents(built.wheel_of_sdist) == contents(built.wheel)


# --- installed -------------------------------------------------------------------------------


@dataclass
class Environment:
    """A virtual environment with the wheel, and the packages of this one but torch."""

    folder: Path
    new: set[str]
    """What the installation added to site-packages."""

    def run(self, line, cwd, **more):
        """Run a command line to its good end; what it printed."""
        result = self.tried(line, cwd, **more)
        assert result.returncode == 0, f"{line}\n{result.stderr}"
        return result.stdout

    def tried(self, line, cwd, *, torch=False, path=()):
        paths = [*path, *([self.folder / "torch"] if torch else [])]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        program, *arguments = shlex.split(line)
        return subprocess.run(
            [self.folder / "bin" / program, *arguments],
            cwd=cwd,
            env=variables,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(folder, symlinks=True)
    [site] = folder.glob("lib/python*/site-packages")
    link_packages(folder / "packages", lambda name: name not in TORCH)
    link_packages(folder / "torch", lambda name: name in TORCH)
    (site / "packages.pth").write_text(f"{folder / 'packages'}\n")
    before = set(os.listdir(site))
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin/python", "install"]
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, *options, built.wheel], check=True)
    return Environment(folder, set(os.listdir(site)) - before)


def link_packages(folder, wanted):
    """Fill a folder with links to the installed packages whose name is wanted; never this one."""
    folder.mkdir()
    for place in map(Path, sys.path):
        if place.name not in ("site-packages", "dist-packages"):
            continue
        for entry in place.iterdir():
            name = re.split("[-.]", entry.name)[0].lower()  # of torch, torch-2.13.0.dist-info
            ours = "corpus2vec" in entry.name or entry.suffix == ".pth"
            if wanted(name) and not ours and not (folder / entry.name).exists():
                (folder / entry.name).symlink_to(entry)


def test_one_name_is_installed_and_one_command(installed):
    names = {name for name in installed.new if not name.endswith(".dist-info")}
    assert names == {"corpus2vec"}
    assert len(installed.new) == 2
    assert (installed.folder / "bin/corpus2vec").exists()


def test_without_torch_every_command_has_its_help(installed, tmp_path):
    find = "import importlib.util; print(importlib.util.find_spec('torch'))"
    assert installed.run(f'python -c "{find}"', tmp_path) == "None\n"
    program = (
        "import sys; from corpus2vec.cli.app import app\n"
        "for name in sys.argv[1:]: app([name, '--help'], 'corpus2vec', standalone_mode=False)"
    )
    names = commands(installed, tmp_path)
    printed = installed.run(f'python -c "{program}" {" ".join(names)}', tmp_path)
    assert re.findall(r"^ Usage: corpus2vec (\w+) ", printed, re.MULTILINE) == names


def commands(installed, cwd):
    printed = installed.run("corpus2vec --help", cwd)
    names = re.findall(r"^  (\w+) ", printed, re.MULTILINE)
    assert len(names) >= 10
    return names


@pytest.fixture(scope="module")
def example(installed, tmp_path_factory):
    """A folder with the two phrases of the README, and the build that `run` makes of them."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(ROOT / "sample_corpora/phrases.txt", folder)
    line = "corpus2vec run phrases.txt --dim 2 --seq-len 5 --table input -o build"
    installed.run(line, folder, torch=True)
    return folder


def test_the_worked_example(installed, example):
    ids = installed.run("corpus2vec show build/ids.parquet", example)
    assert ids == "[0, 1, 2, 3, 4]\n[5, 1, 2, 3, 6]\n"
    program = (
        "import corpus2vec; table = corpus2vec.load('build/embeddings.txt')\n"
        "print(table.vectors.shape, *table)\n"
        "print([each.id for each in table.lookup('Nice to see you again')])"
    )
    assert installed.run(f'python -c "{program}"', example) == (
        "(7, 2) Hope to see you soon Nice again\n[5, 1, 2, 3, 6]\n"
    )


WITHOUT_TORCH = """
tokenize phrases.txt -o tokens.parquet
phrases tokens.parquet --min-count 1 -o phrases.tsv
join tokens.parquet phrases.tsv -o joined.parquet
vocab tokens.parquet -o vocab.tsv
encode tokens.parquet vocab.tsv -o ids.parquet
tokenize phrases.txt --part 1-2/2 -o parts
seal parts
dump build/model.safetensors vocab.tsv --format word2vec,spacy -o vectors
plan phrases.txt --dim 2 --seq-len 5 --table input -o build
info build/model.safetensors
show tokens.parquet
lookup build/embeddings.txt "Nice to see you again"
neighbors vectors.spacy see
analogy build/embeddings.txt see you to
similarity build/embeddings.txt see you
evaluate build/embeddings.txt gold.txt
compare build/embeddings.txt vectors.w2v
align build/embeddings.txt vectors.w2v -o aligned.parquet
report build -o report.html
plot map build -o map.svg
ls build
clean build
init project
config
"""
NEED_TORCH = {"train", "run", "predict", "embed", "extend"}


def test_only_what_runs_a_network_needs_torch(installed, example):
    """Every other command does its work where torch is not installed."""
    (example / "gold.txt").write_text("Hope\tNice\t9\nsee\tyou\t5\nto\tsoon\t1\n")
    lines = WITHOUT_TORCH.strip().splitlines()
    for line in lines:
        installed.run(f"corpus2vec {line}", example)
    assert {line.split()[0] for line in lines} | NEED_TORCH == set(commands(installed, example))
    assert (example / "ids.parquet").read_bytes() == (example / "build/ids.parquet").read_bytes()
    assert (example / "report.html").stat().st_size > 30_000


def test_train_says_that_it_needs_torch(installed, example):
    line = "corpus2vec train build/ids.parquet build/vocab.tsv -o model.safetensors"
    result = installed.tried(line, example)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: train needs torch, which is not installed",
        "hint: pip install torch",
    ]


def test_it_works_beside_a_project_with_folders_of_the_same_names(installed, tmp_path):
    for name in ("cli", "pipeline", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong package')")
    (tmp_path / "corpus.txt").write_text("Hope to see you soon\n" * 3)
    for program in ("corpus2vec", "python -m corpus2vec"):
        line = f"{program} tokenize corpus.txt --workers 2 --force -o tokens.parquet"
        installed.run(line, tmp_path, path=[tmp_path])
