"""The encode stage: its recipe, and what it counts."""

import json
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.config import EncodeConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages import encode, vocab
from tests.support.front_end import front_end, tokenize
from tests.support.runs import write

INPUTS = [Path("t.parquet"), Path("v.tsv")]
IDS = Path("i.parquet")


def test_the_worked_example():
    front_end(write("a.txt", "Hope to see you soon\nNice to see you again\n"))
    assert [row["ids"] for row in documents(IDS)] == [[0, 1, 2, 3, 4], [5, 1, 2, 3, 6]]


def test_which_token_is_unk_is_in_the_recipe():
    """Two vocabularies with the same bytes: in the first, `unk` is a word of the corpus."""
    tokenize(write("a.txt", "a unk\n"))
    vocab.run(INPUTS[:1], INPUTS[1], VocabConfig())
    plain = encode.recipe(INPUTS, IDS, EncodeConfig())
    content = INPUTS[1].read_bytes()

    tokenize(write("b.txt", "a b\n"))
    vocab.run(INPUTS[:1], INPUTS[1], VocabConfig(max_size=1, unk="unk"))
    assert INPUTS[1].read_bytes() == content
    with_unk = encode.recipe(INPUTS, IDS, EncodeConfig())
    assert [each.input("vocabulary").traits for each in (plain, with_unk)] == [
        {},
        {"unk": "unk"},
    ]


def test_unknown_is_in_the_recipe_only_where_there_is_no_unk():
    front_end(write("a.txt", "a b\n"))
    assert encode.run(INPUTS, IDS, EncodeConfig()).hit
    assert encode.run(INPUTS, IDS, EncodeConfig(unknown="drop")).reason == "unknown error → drop"
    for vocabulary in (VocabConfig(max_size=1), VocabConfig(unk="[?]")):
        front_end("a.txt", vocab=vocabulary)
        assert encode.run(INPUTS, IDS, EncodeConfig()).hit
        assert encode.run(INPUTS, IDS, EncodeConfig(unknown="drop")).hit


def test_tokens_outside_the_vocabulary_are_refused_or_dropped_and_counted():
    tokenize(write("a.txt", "a b\nc\n"))
    write(INPUTS[1], "id\ttoken\tcount\n0\ta\t1\n")
    with pytest.raises(DataError):
        encode.run(INPUTS, IDS, EncodeConfig())
    assert not IDS.exists()
    counts = encode.run(INPUTS, IDS, EncodeConfig(unknown="drop")).counts
    assert counts["tokens"] == {"in": 3, "kept": 1, "dropped": {"unknown": 2}}
    assert counts["documents"] == {"in": 2, "kept": 1, "dropped": {"no token left": 1}}


@pytest.mark.parametrize("damaged", INPUTS, ids=str)
def test_a_damaged_input_is_refused(damaged):
    front_end(write("a.txt", "Hope to see you soon\n"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(DataError, match="is not what its manifest says: it was damaged or edited"):
        encode.run(INPUTS, IDS, EncodeConfig())


# --- tokens and vocabulary of one kind -------------------------------------------------------


def test_new_text_is_tokenized_as_the_old_was_and_otherwise_encode_says_so(cli, tmp_path):
    write(tmp_path / "old.txt", "HOPE to see\n")
    write(tmp_path / "new.txt", "Hope TO See\n")
    cli("tokenize", "old.txt", "--lower", "--drop", "space,punct", "-o", "old.parquet")
    cli("vocab", "old.parquet", "-o", "vocab.tsv")
    assert cli("tokenize", "new.txt", "--like", "old.parquet", "-o", "new.parquet").code == 0
    config = json.loads(Path("new.parquet.manifest.json").read_text())["config"]
    assert (config["lower"], config["drop"]) == (True, ["space", "punct"])
    assert "otherwise" not in cli("encode", "new.parquet", "vocab.tsv", "-o", "i").err
    cli("tokenize", "new.txt", "--like", "old.parquet", "--no-lower", "-o", "new.parquet")
    result = cli("encode", "new.parquet", "vocab.tsv", "-o", "i", "--unknown", "drop")
    assert result.err.startswith(
        "encode: the vocabulary is of tokens that were made otherwise: lower True → False\n"
    )
    unknown = cli("tokenize", "new.txt", "--like", "new.txt", "-o", "t")
    assert (unknown.code, "is not known" in unknown.err) == (65, True)


# --- several tokens --------------------------------------------------------------------------


def several(*corpora, **settings):
    """Tokenize each corpus, and return the paths of their tokens and of one vocabulary."""
    tokens = []
    for number, (name, content) in enumerate(corpora):
        tokenize(write(name, content), **settings)
        tokens.append(Path("t.parquet").rename(f"t{number}.parquet"))
    vocab.run(tokens, INPUTS[1], VocabConfig())
    return [*tokens, INPUTS[1]]


def test_the_documents_of_several_corpora_come_one_after_the_other(cli):
    inputs = several(("a.txt", "b a\n"), ("b.txt", "c b\na\n"))
    assert encode.run(inputs, IDS, EncodeConfig()).counts["documents"] == {"in": 3, "kept": 3}
    assert [row["ids"] for row in documents(IDS)] == [[0, 1], [2, 0], [1]]
    assert encode.run(inputs, IDS, EncodeConfig()).hit
    assert cli("encode", *inputs, "-o", IDS, "--json").code == 0
    again = encode.run([inputs[1], inputs[0], inputs[2]], IDS, EncodeConfig())
    assert again.reason == "tokens t1.parquet changed; tokens t0.parquet changed"
    assert [row["ids"] for row in documents(IDS)] == [[2, 0], [1], [0, 1]]


def test_labels_of_several_corpora_are_numbered_together():
    corpora = ("a.csv", "text,label\na,x\nb,y\n"), ("b.csv", "text,label\nb,z\na,y\n")
    encode.run(several(*corpora, label_field="label"), IDS, EncodeConfig())
    assert [(row["ids"], row["label"]) for row in documents(IDS)] == [
        ([0], "x"), ([1], "y"), ([1], "z"), ([0], "y")
    ]  # fmt: skip


def test_labels_in_only_some_of_the_corpora_are_refused():
    tokenize(write("a.csv", "text,label\na,x\n"), label_field="label")
    with_labels = Path("t.parquet").rename("l.parquet")
    inputs = [*several(("b.txt", "a\n"))]
    with pytest.raises(DataError) as refused:
        encode.run([inputs[0], with_labels, inputs[1]], IDS, EncodeConfig())
    assert refused.value.message == "l.parquet has labels and t0.parquet has none"
