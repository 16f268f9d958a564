"""Files that are not read are named for what they are, with what helps."""

import subprocess
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import ROWS, rows_of


def of_gensim(path):
    vectors = KeyedVectors(2)
    vectors.add_vectors(list(ROWS), np.array(list(ROWS.values()), np.float32))
    vectors.save(str(path))


def test_the_hint_for_gensims_own_file_converts_it(tmp_path):
    saved = tmp_path / "it's.kv"
    of_gensim(saved)
    with pytest.raises(DataError, match="is a pickle, as gensim saves its models") as caught:
        read_vectors(saved)
    command = caught.value.hint.partition("python")[2]
    subprocess.run(f"{sys.executable}{command}", shell=True, check=True)
    assert rows_of(read_vectors(saved.with_suffix(".w2v"))) == ROWS


def test_a_whole_model_of_gensim_is_a_pickle_too(tmp_path):
    model = Word2Vec([["Hope", "to"]], vector_size=2, min_count=1, epochs=1)
    model.save(str(tmp_path / "model"))
    with pytest.raises(DataError, match="is a pickle"):
        read_vectors(tmp_path / "model")


FLORET = b"500 10 3 6 2 2166136261 < >\n0 -1.25 0.5\n"
NAMED = {
    "a zip archive": (b"PK\x03\x04" + bytes(40), "is a zip archive"),
    "floret": (FLORET, "is a floret table: its rows are of hashed character n-grams"),
}


@pytest.mark.parametrize(("content", "message"), NAMED.values(), ids=NAMED)
def test_a_known_file_is_named(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


def test_floret_in_a_pipeline_of_spacy_is_named(dump):
    folder = dump("spacy")
    (folder / "vocab/vectors.cfg").write_text('{"mode": "floret"}')
    with pytest.raises(DataError, match="is a floret table"):
        read_vectors(folder)
