"""info and show: what an artifact is, and what is in it."""

import json
import re
import shutil

from tests.support.runs import write


def test_info_prints_every_stage_of_the_history(cli, built):
    printed = cli("info", built / "embeddings.txt", "--format", "table").out
    assert [line for line in printed.splitlines() if "→" in line] == [
        "tokenize → tokens.parquet",
        "vocab → vocab.tsv",
        "encode → ids.parquet",
        "train → model.safetensors",
        "dump → embeddings.txt",
    ]
    assert "tokens          in 10, kept 10" in printed


def test_info_notices_damage(cli, built, tmp_path):
    folder = shutil.copytree(built, tmp_path / "copy")
    with (folder / "ids.parquet").open("r+b") as file:
        file.seek(40)
        file.write(b"\xff")
    result = cli("info", folder / "ids.parquet")
    assert result.code == 65
    assert "is not what its manifest says" in result.err


def test_info_describes_an_artifact_that_is_a_folder(cli, built, tmp_path):
    folder = tmp_path / "embeddings.spacy"
    assert cli("dump", built / "model.safetensors", built / "vocab.tsv", "-o", folder).code == 0
    result = cli("info", folder, "--format", "table")
    assert result.code == 0
    assert "dump → embeddings.spacy" in result.out


def test_info_shows_settings_as_options_with_the_values_that_they_had(cli, built):
    table = cli("info", built / "model.safetensors", "--format", "table").out
    assert "--no-lemma" in table
    assert "--hidden 1 " in table  # half of --dim, which was given
    lines = cli("info", built / "model.safetensors").out.splitlines()
    facts = {tuple(line.split("\t")[:2]): line.split("\t")[2] for line in lines}
    assert facts["train", "--dim"] == "2"
    assert facts["train", "--lr"] == "0.002"
    assert facts["train", "rows"] == facts["vocab", "types"] == "7"


def test_info_sums_up_many_files(cli, tmp_path):
    for number in range(10):
        write(tmp_path / f"{number}.txt", "see you\n")
    tokens = tmp_path / "t.parquet"
    cli("tokenize", *sorted(tmp_path.glob("*.txt")), "-o", tokens)
    table = cli("info", tokens, "--format", "table").out
    assert re.search(r"from +10 files \(corpus\): \S+0.txt … \S+9.txt\n", table)


def test_show_prints_documents_with_their_labels(cli, tmp_path):
    corpus = write(tmp_path / "a.csv", "text,label\nno more,b\nmore,a\n")
    tokens = tmp_path / "t.parquet"
    cli("tokenize", corpus, "--label-field", "label", "-o", tokens)
    assert cli("show", tokens).out == 'b\t["no", "more"]\na\t["more"]\n'
    assert (
        cli("show", tokens, "-n", "1", "--format", "jsonl").out
        == '{"tokens": ["no", "more"], "label": "b"}\n'
    )
    assert [each["label"] for each in json.loads(cli("show", tokens, "--json").out)] == ["b", "a"]


def test_show_prints_json_whatever_is_in_a_token(cli, tmp_path):
    corpus = write(tmp_path / "a.txt", '"\\\u202e\x7f\U000e0001 é\n')
    tokens = tmp_path / "t.parquet"
    assert cli("tokenize", corpus, "-o", tokens).code == 0
    for kind in ("tsv", "table"):
        printed = cli("show", tokens, "--format", kind).out
        assert "".join(json.loads(printed)) == '"\\\u202e\x7f\U000e0001é'
        assert "\x7f" not in printed
