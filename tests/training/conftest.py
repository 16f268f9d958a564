"""A small encoded corpus, for every test of this folder."""

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, VocabConfig
from tests.support.training import LABELLED


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """ids and vocabulary of a small labelled corpus, for every test of this folder."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "corpus.csv").write_text(LABELLED)
    config = TokenizeConfig(label_field="label")
    stages.tokenize.run([str(folder / "corpus.csv")], folder / "tokens.parquet", config)
    stages.vocab.run([folder / "tokens.parquet"], folder / "vocab.tsv", VocabConfig())
    stages.encode.run(
        [folder / "tokens.parquet", folder / "vocab.tsv"], folder / "ids.parquet", EncodeConfig()
    )
    return folder
