"""How a corpus was tokenized, read from a manifest. `tests/ask/test_lookup.py` has more of it."""

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import TokenizeConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tokenizer.lineage import entry_of, tokenize_config


@pytest.fixture
def words(tmp_path):
    """The vocabulary of a corpus that is tokenized in a way of its own."""
    corpus, tokens, words = (tmp_path / each for each in ("c.txt", "t.parquet", "v.tsv"))
    corpus.write_text("Hope to see you, soon\n")
    config = TokenizeConfig(lower=True, drop=("space", "punct"), doc_per="file", max_doc_tokens=3)
    stages.tokenize.run([str(corpus)], tokens, config)
    stages.vocab.run([tokens], words, VocabConfig())
    return words


def test_it_has_what_concerns_any_text_and_nothing_of_files(words):
    config = tokenize_config(read_manifest(words), words)
    assert config == TokenizeConfig(lower=True, drop=("space", "punct"))


def test_a_stage_that_is_not_in_the_lineage_is_named(words):
    assert entry_of(read_manifest(words), "vocab", words)["counts"]["types"] == 5
    with pytest.raises(DataError, match=r"v\.tsv has no train stage in its lineage"):
        entry_of(read_manifest(words), "train", words)
