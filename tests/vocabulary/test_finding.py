"""The vocabulary that something was made with is found by its digest."""

import shutil

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.vocabulary.finding import find_vocabulary


@pytest.fixture
def ids(tmp_path):
    """Ids whose vocabulary has a name of its own, in a folder of its own."""
    (tmp_path / "c.txt").write_text("Hope to see you soon\n")
    tokens, words, ids = (tmp_path / each for each in ("t.parquet", "words/w.tsv", "i.parquet"))
    words.parent.mkdir()
    stages.tokenize.run([str(tmp_path / "c.txt")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], words, VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig())
    return ids


def test_it_is_found_where_the_manifest_says_and_beside_what_was_moved(ids, tmp_path):
    words = tmp_path / "words/w.tsv"
    wanted = digest(words)[0]
    assert find_vocabulary(ids, read_manifest(ids), wanted).name == str(words)
    for beside in ("w.tsv", "vocab.tsv"):
        shutil.move(words, words := tmp_path / beside)
        assert find_vocabulary(ids, read_manifest(ids), wanted).name == str(words)
    assert find_vocabulary(ids, None, wanted).digest == wanted


def test_a_missing_and_another_vocabulary_are_refused_by_name(ids, tmp_path):
    with pytest.raises(DataError, match=r"w\.tsv is another vocabulary than the one of .*i\.parq"):
        find_vocabulary(ids, read_manifest(ids), "0" * 64)
    shutil.rmtree(tmp_path / "words")
    with pytest.raises(DataError, match=r"the vocabulary of .*i\.parquet is not found"):
        find_vocabulary(ids, read_manifest(ids), "0" * 64)
