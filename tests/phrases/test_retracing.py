"""The lineage says how the corpus was tokenized, and which phrases were joined in it."""

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import PhrasesConfig, Settings, TokenizeConfig, VocabConfig
from corpus2vec.pipeline.phrases.retracing import joinings
from corpus2vec.pipeline.tokenizer.lineage import tokenize_config, tokenized
from tests.support.phrases import batches


@pytest.fixture
def folder(tmp_path):
    """Tokens of two corpora; the phrases of the lower-cased one are joined in the other."""
    for name, lower in (("other", True), ("corpus", False)):
        path = tmp_path / f"{name}.txt"
        path.write_text("to see to see to see\n" * 3)
        config = TokenizeConfig(lower=lower)
        stages.tokenize.run([str(path)], tmp_path / f"{name}.parquet", config)
    config = PhrasesConfig(threshold=0.1, phrase_min_count=2)
    stages.phrases.run([tmp_path / "other.parquet"], tmp_path / "phrases.tsv", config)
    join(tmp_path, "corpus", "joined")
    return tmp_path


def join(folder, tokens, joined):
    pair = [folder / f"{tokens}.parquet", folder / "phrases.tsv"]
    stages.join.run(pair, folder / f"{joined}.parquet", Settings())


def test_the_corpus_decides_and_not_the_one_of_its_phrases(folder):
    manifest = read_manifest(folder / "joined.parquet")
    assert manifest.upstream("tokenize")["config"]["lower"]  # the last one in the lineage
    assert not tokenize_config(manifest, folder / "joined.parquet").lower
    [joining] = joinings(manifest, folder / "joined.parquet")
    assert joining.join(batches([["to", "see"]])[0])["tokens"].to_pylist() == [["to_see"]]


def test_joins_come_in_the_order_in_which_they_were_made(folder):
    join(folder, "joined", "again")
    stages.vocab.run([folder / "again.parquet"], folder / "vocab.tsv", VocabConfig())
    _, joins = tokenized(read_manifest(folder / "vocab.tsv"), folder / "vocab.tsv")
    assert [each["output"]["name"] for each in joins] == ["joined.parquet", "again.parquet"]


def test_without_phrases_there_is_nothing_to_join(folder):
    path = folder / "corpus.parquet"
    entry, joins = tokenized(read_manifest(path), path)
    assert (entry["stage"], joins, joinings(read_manifest(path), path)) == ("tokenize", [], [])
