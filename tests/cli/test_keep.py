"""ls and clean as commands; what they say of which file is in stages/test_keeping."""

import json


def test_ls_prints_records_and_a_table(built, cli):
    lines = [line.split("\t") for line in cli("ls", built).out.splitlines()]
    assert lines[0][:2] == ["tokens.parquet", "tokenize"]
    assert {len(line) for line in lines} == {5}
    table = cli("ls", built, "--format", "table").out.splitlines()
    assert table[0].split() == ["name", "kind", "size", "age", "state"]
    assert json.loads(cli("ls", built, "--json").out)[0]["state"] == "current"


def test_clean_of_a_build_without_leftovers(built, cli):
    result = cli("clean", built, "--yes")
    assert (result.code, result.out, result.err) == (0, "", "there is nothing to remove\n")
