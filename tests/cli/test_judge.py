"""evaluate as a command."""

import json
import subprocess
import sys

import pytest

from tests.support.commands import command

TABLE = ("--format", "table")
VECTORS = {"man": "1 0 0", "king": "1 0 1", "woman": "0 1 0", "queen": "0 1 1", "Paris": "-1 1 0"}
PAIRS = "man\tking\t8\nman\twoman\t3\nparis\tking\t1\nman\tnobody\t5\n"
QUESTIONS = """: family
man king woman queen
man woman king nobody
: gram1
king man queen king
"""


def table(path, words):
    rows = [f"{word} {VECTORS[word]}" for word in words]
    path.write_text(f"{len(rows)} 3\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def files(tmp_path):
    """Two tables, pairs, questions."""
    (tmp_path / "pairs.tsv").write_text(PAIRS)
    (tmp_path / "questions.txt").write_text(QUESTIONS)
    full = table(tmp_path / "all.vec", VECTORS)
    few = table(tmp_path / "few.vec", ["man", "king", "woman"])
    return [full, few, tmp_path / "pairs.tsv", tmp_path / "questions.txt"]


def test_evaluate_prints_tables_side_by_side(cli, files):
    result = cli("evaluate", *files, *TABLE)
    assert result.code == 0
    assert result.err == "the tables answered different questions: see n, and --common\n"
    assert cli("evaluate", *files[:3], "--common").err == ""
    shown = [line.split() for line in result.out.splitlines()]
    assert shown[0] == ["score", "95", "%", "interval", "n", "oov", "coverage"]
    assert result.out.splitlines()[1] == "pairs.tsv: Spearman's ρ of 4 pairs"
    assert [line[0] for line in shown[2:4]] == ["all.vec", "few.vec"]
    assert (shown[2][1], shown[2][-4:]) == ("1.0000", ["3", "1", "75.0", "%"])
    assert (shown[3][1], shown[3][-4:]) == ("1.0000", ["2", "2", "50.0", "%"])
    assert shown[4] == ["questions.txt:", "accuracy", "of", "3", "questions"]
    assert shown[5] == ["all.vec", "0.5000", "[0.0000,", "1.0000]", "2", "1", "66.7", "%"]
    assert shown[6] == ["few.vec", "-", "-", "0", "3", "0.0", "%"]
    assert [line[1] for line in shown if line[0] == "questions.txt,"] == ["semantic:", "syntactic:"]
    assert len({len(line) for line in result.out.splitlines() if line.startswith("  ")}) == 1


def test_tables_and_gold_files_are_recognized_in_any_order(cli, files):
    assert cli("evaluate", *files[::-1], "--json").code == 0
    mixed = cli("evaluate", files[2], files[0], files[3], files[1])
    assert mixed.out == cli("evaluate", *files).out


def test_sections_are_printed_on_request(cli, files):
    assert (
        "questions.txt, gram1: accuracy of 1 question\n"
        in cli("evaluate", *files, "--sections", *TABLE).out
    )
    assert "gram1" not in cli("evaluate", *files, *TABLE).out
    assert "\tgram1\t" in cli("evaluate", *files, "--sections").out
    assert "gram1" not in cli("evaluate", *files).out


def test_scores_in_a_pipe_are_records(cli, files):
    lines = [line.split("\t") for line in cli("evaluate", *files).out.splitlines()]
    assert {len(line) for line in lines} == {10}
    assert lines[0][:4] == [str(files[0]), str(files[2]), "", "spearman"]
    assert lines[0][7:] == ["3", "1", "0.75"]
    assert lines[-1][1:4] == [str(files[3]), "syntactic", "accuracy"]
    assert lines[-1][4:] == ["", "", "", "0", "1", "0"]
    first = json.loads(cli("evaluate", *files, "--format", "jsonl").out.splitlines()[0])
    assert (first["table"], first["n"]) == (str(files[0]), 3)


def test_evaluate_prints_json(cli, files):
    found = json.loads(cli("evaluate", *files, "--json").out)
    assert [each["table"] for each in found["tables"]] == [str(files[0]), str(files[1])]
    first, *others = found["tables"][0]["scores"]
    assert first["score"] == pytest.approx(1)
    assert first["interval"] == [pytest.approx(-1, abs=2), pytest.approx(1)]
    expected = {
        "gold": str(files[2]),
        "part": "all",
        "section": "",
        "measure": "spearman",
        "n": 3,
        "total": 4,
        "oov": 1,
        "coverage": 0.75,
    }
    assert {name: first[name] for name in expected} == expected
    assert [(each["part"], each["section"], each["score"]) for each in others] == [
        ("all", "", 0.5),
        ("kind", "semantic", 1),
        ("kind", "syntactic", 0),
        ("section", "family", 1),
        ("section", "gram1", 0),
    ]
    assert found["tables"][1]["scores"][1]["score"] is None
    assert found["config"]["case"] == "fold"


def test_settings_of_evaluate(cli, files):
    def n(*options):
        found = json.loads(cli("evaluate", *files[:3], "--json", *options).out)
        return [each["scores"][0]["n"] for each in found["tables"]]

    assert n() == [3, 2]
    assert n("--case", "exact") == n("--case", "lower") == [2, 2]
    assert n("--unknown", "zero") == [4, 4]
    assert n("--unknown", "form") == [3, 2]  # no word is spelt like another
    assert n("--common") == [2, 2]
    assert n("--restrict", "2") == [1, 1]


def test_tables_of_the_same_name_are_shown_with_their_folders(cli, files, tmp_path):
    (tmp_path / "other").mkdir()
    other = table(tmp_path / "other" / "all.vec", VECTORS)
    out = cli("evaluate", files[0], other, files[2], *TABLE).out
    assert f"  {files[0]} " in out
    assert f"  {other} " in out


@pytest.mark.parametrize(
    ("chosen", "code", "message"),
    [
        ([0, 1], 2, "none of the files is a gold file"),
        ([2, 3], 2, "all of the files are gold files"),
    ],
)
def test_both_kinds_of_files_are_needed(cli, files, chosen, code, message):
    result = cli("evaluate", *(files[each] for each in chosen))
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"error: {message}\nhint: ")


def test_files_that_cannot_be_used_are_refused_by_name(cli, files, tmp_path):
    missing = cli("evaluate", files[0], tmp_path / "nothing")
    assert missing.err.startswith(f"error: there is no file {tmp_path / 'nothing'}")
    assert missing.code == 2
    (tmp_path / "foreign.txt").write_text("Hund Katze 7\nHaus Hof 3\n")
    foreign = cli("evaluate", files[0], tmp_path / "foreign.txt")
    assert (foreign.code, foreign.out) == (65, "")
    assert foreign.err.startswith("error: no question has all of its words in the table\n")
    (tmp_path / "empty.vec").write_text("0 3\n")
    empty = cli("evaluate", tmp_path / "empty.vec", files[2])
    assert empty.code == 65
    assert "empty.vec has no row" in empty.err


def test_hostile_names_are_printed_escaped(cli, files, tmp_path):
    gold = tmp_path / "\x1b[2J.txt"
    gold.write_text(QUESTIONS.replace("family", "\x1b[31m"))
    assert "\x1b" not in cli("evaluate", files[0], gold, "--sections").out
    result = cli("evaluate", files[0], gold, "--sections", *TABLE)
    assert "\x1b" not in result.out
    assert "\\u001b[2J.txt, \\u001b[31m: accuracy" in result.out


def test_evaluate_works_in_pipes(files):
    for line in (["evaluate", files[0], *files[2:]],):
        shell = " ".join(map(str, command(*line)))
        head = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {shell} | head -n 1"], capture_output=True
        )
        assert (head.returncode, head.stderr) == (0, b"")
        parsed = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {shell} --json | {sys.executable} -m json.tool"],
            capture_output=True,
        )
        assert (parsed.returncode, parsed.stderr) == (0, b"")
