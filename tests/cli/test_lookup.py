"""lookup: what it prints where, and how a table of another tool is looked up."""

import json
import re

from tests.support.commands import spawn
from tests.support.runs import SMALL


def test_lookup_reads_lines_of_stdin(built):
    arguments = ("lookup", built / "embeddings.txt", "-")
    result = spawn(*arguments, "--format", "jsonl", input="see you\nHope\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["text"] for each in answers] == ["see you", "Hope"]
    assert [[found["id"] for found in each["tokens"]] for each in answers] == [[2, 3], [0]]
    lines = spawn(*arguments, input="see you\nHope\n").stdout.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        ["1", "2", "see"], ["1", "3", "you"], ["2", "0", "Hope"]
    ]  # fmt: skip


def test_lookup_shows_which_tokens_are_not_in_the_vocabulary(cli, built):
    lookup = ("lookup", built / "embeddings.txt", "Hope dies")
    out = cli(*lookup, "--format", "table").out
    assert re.search(r"^- +dies +not in the vocabulary$", out, re.MULTILINE)
    assert cli(*lookup).out.splitlines()[1] == "\tdies\t"


def test_lookup_takes_a_table_of_another_tool_and_its_language(cli, tmp_path):
    (tmp_path / "glove.txt").write_text("hope 1 2\ndo 3 4\nn't 5 6\n")
    lookup = ("lookup", tmp_path / "glove.txt", "Don't hope")
    assert (
        cli(*lookup, "--lang", "en", "--lower").out
        == "1\tdo\t[3.0, 4.0]\n2\tn't\t[5.0, 6.0]\n0\thope\t[1.0, 2.0]\n"
    )
    assert "hint: name its language, such as --lang en" in cli(*lookup).err


def test_lookup_marks_tokens_that_get_the_vector_of_unk(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--unk", "<unk>")
    lookup = ("lookup", tmp_path / "build/embeddings.txt", "Hope dies")
    table = cli(*lookup, "--format", "table").out
    assert re.search(r"^7  dies \(<unk>\)  \[", table, re.MULTILINE)
    [answer] = json.loads(cli(*lookup, "--json").out)
    hope, dies = answer["tokens"]
    assert (hope["id"], hope["unk"], dies["id"], dies["unk"]) == (0, False, 7, True)
