"""extend: rows for new words, beside old ones that stay as they were, for every kind of model."""

import numpy as np
import pytest

from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header
from corpus2vec.pipeline.ask.lookup import Lookup
from corpus2vec.pipeline.config import (
    DumpConfig,
    Execution,
    ExtendConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
    VocabConfig,
)
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import door, dump, extend
from corpus2vec.pipeline.stages.build import Build

NOUNS = ["cat", "dog", "gull", "fish", "boat", "goat"]
VERBS = ["walk", "talk", "jump", "look", "call", "ask"]
OLD = "".join(
    f"The {noun} can {verb} and {verb}ed , {label} the {other} is {verb}ing\n"
    for label in ("as", "so")
    for noun in NOUNS
    for verb, other in zip(VERBS, reversed(NOUNS), strict=True)
)
NEW = "The walrus can walk and the WALRUS talked\nA parking boat can rest\n\nThe cat can rest\n"
SETTINGS = {
    "context": {"objective": "context"},
    "lm": {"objective": "lm"},
    "untied lm": {"objective": "lm", "tie": False},
    "classify": {"objective": "classify"},
}


def build(folder, unk=True, **train):
    labelled = train.get("objective") == "classify"
    name = "corpus.csv" if labelled else "corpus.txt"
    lines = [
        f'"{line}",{("as", "so")[at % 2]}' if labelled else line
        for at, line in enumerate(OLD.splitlines())
    ]
    (folder / name).write_text("\n".join([*(["text,label"] if labelled else []), *lines, ""]))
    configs = {
        "tokenize": TokenizeConfig(lower=True, label_field="label" if labelled else None),
        "vocab": VocabConfig(unk="<unk>" if unk else None),
        "train": TrainConfig(dim=6, epochs=1, **train),
    }
    executions = {"tokenize": TokenizeExecution(workers=1), "train": TrainExecution(threads=1)}
    made = Build(
        corpora=[str(folder / name)], folder=folder / "b", configs=configs, executions=executions
    )
    for _ in made.run():
        pass
    return folder / "b"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def corpora(tmp_path):
    (tmp_path / "new.txt").write_text(NEW)
    (tmp_path / "old.txt").write_text(OLD)
    return [str(tmp_path / "new.txt"), str(tmp_path / "old.txt")]


def run(model, corpora, output, **settings):
    return extend.run([model, *corpora], output, ExtendConfig(**settings), Execution(threads=1))


def tokens_in(folder):
    return [line.split("\t")[1] for line in (folder / "vocab.tsv").read_text().splitlines()[1:]]


@pytest.mark.parametrize(
    ("kind", "unk"), [("context", True), *((kind, False) for kind in SETTINGS)]
)
def test_old_rows_are_bit_equal_and_new_ones_follow(tmp_path, corpora, kind, unk):
    old = build(tmp_path, unk, **SETTINGS[kind])
    new = tmp_path / "x"
    outcome = run(old, corpora, new)
    assert (outcome.hit, outcome.output) == (False, new / "model.safetensors")
    added = ["walrus", "a", "parking", "rest"]
    before = tokens_in(old)
    assert tokens_in(new) == [*before, *added]
    assert "<unk>" not in before or before[-1] == "<unk>"
    assert (new / "vocab.tsv").read_text().startswith((old / "vocab.tsv").read_text())

    arrays, grown = (read_arrays(each / "model.safetensors") for each in (old, new))
    assert arrays.keys() == grown.keys()
    for name, array in arrays.items():
        assert grown[name][: len(array)].tobytes() == array.tobytes()
        per_word = name in ("embedding", "output.weight", "output.bias")
        assert len(grown[name]) == len(array) + (4 if per_word else 0)
        assert np.isfinite(grown[name]).all()
        assert not per_word or np.ptp(grown[name][len(array) :]) > 0
    assert read_header(new / "model.safetensors", "model")["rows"] == len(before) + 4


def test_a_second_one_with_the_same_input_is_a_hit(built, corpora, tmp_path):
    output = tmp_path / "x"
    first = run(built, corpora, output)
    content = (output / "model.safetensors").read_bytes()
    again = run(built, corpora, output)
    assert (first.hit, again.hit, again.counts) == (False, True, first.counts)
    other = run(built, corpora, tmp_path / "y" / "m.safetensors")
    assert other.output.read_bytes() == content  # the same seed, the same bytes
    assert not run(built, corpora, output, min_count=2).hit
    assert tokens_in(output)[-2:] == ["walrus", "rest"]
    (output / "vocab.tsv").unlink()
    assert run(built, corpora, output, min_count=2).hit
    assert tokens_in(output)[-2:] == ["walrus", "rest"]


def test_the_result_is_dumped_and_asked_like_any_other(built, corpora, tmp_path):
    run(built, corpora, tmp_path / "x")
    table = tmp_path / "x" / "embeddings.parquet"
    parts = [tmp_path / "x" / name for name in ("model.safetensors", "vocab.tsv")]
    dump.run(parts, table, DumpConfig(format="parquet"))
    walrus, cat, unknown = Lookup(door.artifact("table", table, "dump")).find("Walrus cat zebra")
    assert (walrus.token, walrus.id, walrus.is_unk) == ("walrus", len(tokens_in(built)), False)
    assert cat.id == tokens_in(built).index("cat")
    assert (unknown.is_unk, unknown.id) == (True, tokens_in(built).index("<unk>"))
    assert walrus.vector.any()


def test_every_token_is_accounted_for(built, corpora, tmp_path):
    outcome = run(built, corpora[:1], tmp_path / "x", min_count=2)
    counts = read_manifest(tmp_path / "x" / "vocab.tsv").counts
    assert counts["documents"] == {"in": 4, "kept": 3, "dropped": {"blank": 1}}
    assert counts["tokens"] == {"in": 17, "kept": 15, "unk": 2}
    assert (counts["types_left_out"], counts["unk"]) == (2, "<unk>")
    assert outcome.counts["new"] == 2


def test_an_extended_model_can_be_extended(built, corpora, tmp_path):
    run(built, corpora, tmp_path / "x")
    (tmp_path / "more.txt").write_text("a yeti can walk\nzzz yyy\n")
    run(tmp_path / "x", [str(tmp_path / "more.txt")], tmp_path / "y")
    assert tokens_in(tmp_path / "y") == [*tokens_in(tmp_path / "x"), "yeti", "zzz", "yyy"]


def test_a_corpus_without_a_new_word_is_refused(built, corpora, tmp_path):
    with pytest.raises(DataError, match=r"no word to add: the model knows all of its words"):
        run(built, corpora[1:], tmp_path / "x")
    with pytest.raises(DataError, match=r"none of the 4 new ones occurs 9 times \(--min-count\)"):
        run(built, corpora, tmp_path / "x", min_count=9)
    assert not list(tmp_path.glob("x/*"))


def test_the_model_itself_is_not_overwritten(built, corpora):
    before = (built / "vocab.tsv").read_bytes()
    with pytest.raises(UsageError, match=r"is an input, so it cannot be the output"):
        run(built, corpora, built)
    assert (built / "vocab.tsv").read_bytes() == before
