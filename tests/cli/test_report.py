"""The commands report and plot: what they write, what they say, and the code they end with."""

import functools
import json
import shutil
import subprocess
import sys

import pytest

from tests.support.builds import hand_made
from tests.support.commands import call, spawn


@pytest.fixture
def cli(capfd, monkeypatch):
    return functools.partial(call, capfd, monkeypatch)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return hand_made(tmp_path_factory.mktemp("cli") / "build")


def test_report_writes_a_page_and_says_how_large(cli, build, tmp_path):
    page = tmp_path / "pages/report.html"
    result = cli("report", build, "-o", page, "--word", "sea", "--word", "nowhere")
    assert result.code == 0
    assert result.out == ""
    assert "report: not in the table: nowhere" in result.err
    assert f"{page}  ({page.stat().st_size:,} bytes)" in result.err
    assert "There is no tokens.parquet here." in result.err
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert [each.name for each in page.parent.iterdir()] == ["report.html"]


def test_report_prints_json_for_programs(cli, build, tmp_path):
    page = tmp_path / "report.html"
    result = cli("report", build, "-o", page, "--map-words", "5", "--word", "nowhere", "--json")
    assert json.loads(result.out) == {
        "output": str(page),
        "bytes": page.stat().st_size,
        "words_mapped": 5,
        "not_found": ["nowhere"],
        "remarks": ["There is no tokens.parquet here."],
    }


@pytest.mark.parametrize("chart", ["loss", "map", "zipf"])
@pytest.mark.parametrize(("suffix", "magic"), [(".svg", b"<?xml"), (".PNG", b"\x89PNG")])
def test_plot_draws_each_chart(cli, build, tmp_path, chart, suffix, magic):
    file = tmp_path / f"chart{suffix}"
    assert cli("plot", chart, build, "-o", file).code == 0
    assert file.read_bytes().startswith(magic)


def test_both_write_to_a_pipe(build):
    assert spawn("report", build, "-o", "-").stdout.startswith("<!DOCTYPE html>")
    assert spawn("plot", "zipf", build, "-o", "-").stdout.startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("report", "nowhere", "-o", "r.html"), 2, "error: there is no folder nowhere"),
        (("report", ".", "-o", "r.html"), 65, "error: . holds no build: it has none of"),
        (("report", "{build}", "-o", "-", "--json"), 2, "error: -o - and --json both write"),
        (("report", "{build}", "-o", "{build}"), 2, "is not a regular file"),
        (("report", "{build}", "-o", "{build}/vocab.tsv"), 2, "vocab.tsv belongs to the build"),
        (("report", "{build}", "-o", "{build}/model.metrics.jsonl"), 2, "belongs to the build"),
        (("plot", "zipf", "{build}", "-o", "{build}/ids.parquet.manifest.json"), 2, "cannot be"),
        (("plot", "loss", "{build}", "-o", "a.gif"), 2, "cannot be written as .gif"),
        (("plot", "pie", "{build}", "-o", "a.svg"), 2, "'pie' is not one of"),
        (("plot", "loss", "{part}", "-o", "a.svg"), 65, "has nothing to draw for loss"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_hint(
    cli, build, tmp_path, monkeypatch, arguments, code, said
):
    part = tmp_path / "part"
    part.mkdir()
    shutil.copy(build / "vocab.tsv", part)
    monkeypatch.chdir(tmp_path)
    result = cli(*(each.format(build=build, part=part) for each in arguments))
    assert result.code == code
    assert said in result.err
    error, hint = result.err.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert not list(tmp_path.glob("*.*"))


def test_png_without_its_library_says_what_to_install(cli, build, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    result = cli("plot", "map", build, "-o", tmp_path / "map.png")
    assert result.code == 2
    assert result.err.splitlines() == [
        "error: PNG needs the package resvg-py",
        "hint: pip install 'corpus2vec[plot]', or name a .svg, which needs nothing",
    ]


def test_neither_torch_nor_spacy_is_needed(build, tmp_path):
    program = (
        "import sys; sys.modules['torch'] = sys.modules['spacy'] = None\n"
        f"sys.argv = ['corpus2vec', 'report', {str(build)!r}, '-o', sys.argv[1]]\n"
        "from corpus2vec.cli.app import main; main()"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "r.html"], check=True)
