"""compare as a command, of two tables and of several."""

import json
import subprocess
import sys

import pytest

from tests.support.commands import command

TABLE = ("--format", "table")
VECTORS = {"man": "1 0 0", "king": "1 0 1", "woman": "0 1 0", "queen": "0 1 1", "Paris": "-1 1 0"}


@pytest.fixture
def files(tmp_path):
    """Two tables."""
    paths = [tmp_path / "all.vec", tmp_path / "few.vec"]
    for path, words in zip(paths, (list(VECTORS), ["man", "king", "woman"]), strict=True):
        rows = [f"{word} {VECTORS[word]}" for word in words]
        path.write_text(f"{len(rows)} 3\n" + "\n".join(rows) + "\n")
    return paths


def test_compare(cli, files):
    result = cli("compare", *files, "--neighbors", 1, "--top", 2, *TABLE)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:2] == ["A  all.vec  5 words", "B  few.vec  3 words"]
    assert lines[3:6] == [
        "shared words        3: 60.0 % of A, 100.0 % of B",
        "same neighbours     1.0000 of 1, Jaccard 1.0000: means of 3 words",
        "cosines, Spearman   1.0000 of 3 pairs",
    ]
    assert lines[7] == "moved most  distance  same  nearest in A | in B"
    assert lines[8] == "man           0.0000  1.00  king | king"
    assert len(lines) == 10
    assert len(cli("compare", *files, "--top", 0, *TABLE).out.splitlines()) == 6


def test_a_comparison_in_a_pipe_is_measures_and_words(cli, files):
    result = cli("compare", *files, "--neighbors", 1, "--top", 2)
    lines = [line.split("\t") for line in result.out.splitlines()]
    assert dict(lines[:9])["shared"] == "3"
    assert lines[9] == ["moved", "man", "0", "1", '["king"]', '["king"]']
    assert len(lines) == 11
    found = cli("compare", *files, "--top", 1, "--format", "jsonl").out.splitlines()
    assert json.loads(found[0]) == {"measure": "rows_a", "value": 5}
    assert json.loads(found[-1])["word"] == "man"


def test_compare_prints_json(cli, files):
    found = json.loads(cli("compare", *files, "--json", "--sample", 2, "--top", 1).out)
    assert found["tables"] == [str(each) for each in files[:2]]
    assert (found["rows"], found["shared"], found["words"]) == ([5, 3], 3, 2)
    assert (found["overlap"], found["jaccard"], found["neighbors"]) == (1, 1, 2)
    assert found["correlation"] == pytest.approx(1)
    assert set(found["moved"][0]) == {"word", "distance", "overlap", "neighbors"}
    assert found["config"]["seed"] == 1


def test_tables_without_shared_words_are_refused(cli, files, tmp_path):
    (tmp_path / "german.vec").write_text("2 3\nHund 1 2 3\nKatze 3 2 1\n")
    result = cli("compare", files[0], tmp_path / "german.vec")
    assert result.code == 65
    assert result.err.startswith("error: the tables share 0 words, which is too few to compare\n")


def test_aligned_ranks_words_by_their_own_vectors(cli, files):
    out = cli("compare", *files, "--aligned", "--top", 1, *TABLE).out
    assert "aligned, cosine     1.0000: mean of the shared words\n" in out
    lines = [line.split("\t") for line in cli("compare", *files, "--aligned").out.splitlines()]
    assert dict(line[:2] for line in lines)["aligned"] == "1"


def test_of_several_tables_the_least_stable_words_are_shown(cli, files):
    several = (*files, files[0])
    result = cli("compare", *several, "--neighbors", 1, "--top", 2, *TABLE)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:3] == ["all.vec  5 words", "few.vec  3 words", "all.vec  5 words"]
    assert lines[5] == ("same neighbours   1.0000 of 1: mean of 3 words and all pairs of tables")
    assert lines[7:9] == ["table    table    same", "all.vec  few.vec  1.0000"]
    assert lines[12] == "least stable  same  nearest in each"
    assert lines[13] == "man           1.00  king | king | king"
    records = [line.split("\t") for line in cli("compare", *several).out.splitlines()]
    assert [record[0] for record in records[:5]] == [
        *("rows", "shared", "words", "neighbors", "stability")
    ]
    assert records[5] == ["pair", str(files[0]), str(files[1]), "1"]
    assert records[8][:3] == ["least", "man", "1"]
    found = json.loads(cli("compare", *several, "--json").out)
    assert (found["stability"], found["pairs"][0]) == (1, [0, 1, 1])


def test_what_only_two_tables_have_is_refused_for_several(cli, files):
    assert "name another one" in cli("compare", files[0]).err
    for option in (["--aligned"], ["--pairs", 9]):
        result = cli("compare", *files, files[0], *option)
        assert (result.code, "compare two tables, and these are more" in result.err) == (2, True)


def test_compare_works_in_pipes(files):
    shell = " ".join(map(str, command("compare", *files)))
    head = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell} | head -n 1"], capture_output=True
    )
    assert (head.returncode, head.stderr) == (0, b"")
    parsed = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell} --json | {sys.executable} -m json.tool"],
        capture_output=True,
    )
    assert (parsed.returncode, parsed.stderr) == (0, b"")
