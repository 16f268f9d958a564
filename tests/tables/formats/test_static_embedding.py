"""What model2vec and sentence-transformers load, and what they save."""

import json

import numpy as np
import pyarrow as pa
import pytest
from model2vec import StaticModel
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table
from tests.support.tables import TOKENS, VECTORS


def test_model2vec_loads_it_and_means_the_rows_of_a_text(dump):
    table = Table(pa.array(["hope", "to", "see"]), np.eye(3, dtype=np.float32))
    model = StaticModel.from_pretrained(dump("safetensors", table))
    assert model.embedding.tobytes() == np.eye(4, 3, dtype=np.float32).tobytes()
    assert model.encode("Hope to").tolist() == [0.5, 0.5, 0]
    # What it has no row for does not count.
    assert model.encode("to, never").tolist() == [0, 1, 0]


def test_model2vec_keeps_the_case_where_the_table_has_it(dump):
    table = Table(pa.array(["Hope", "hope"]), np.eye(2, dtype=np.float32))
    assert StaticModel.from_pretrained(dump("safetensors", table)).encode("Hope").tolist() == [1, 0]


def test_the_tables_own_unk_is_the_row_of_other_words(dump):
    table = Table(pa.array(["Hope", "<unk>"]), np.eye(2, dtype=np.float32), unk="<unk>")
    folder = dump("safetensors", table)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("Hope never").ids == [0, 1]
    assert load_file(folder / "model.safetensors")["embeddings"].shape == (2, 2)
    assert read_vectors(folder).tokens.to_pylist() == ["Hope", "<unk>"]


def test_safetensors_has_the_layout_that_static_embedding_loads(dump):
    """As sentence_transformers.models.StaticEmbedding.load does, with the libraries it uses."""
    folder = dump("safetensors")
    [module] = json.loads((folder / "modules.json").read_text())
    assert module["type"] == "sentence_transformers.models.StaticEmbedding"
    assert module["path"] == "."
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    weights = load_file(folder / "model.safetensors")["embeddings"]
    assert [tokenizer.token_to_id(token) for token in TOKENS] == list(range(len(TOKENS)))
    assert tokenizer.get_vocab_size() == len(weights) == len(TOKENS) + 1
    assert weights[:-1].tobytes() == VECTORS.tobytes()
    assert not weights[-1].any()
    assert tokenizer.encode("Hope nobody to").ids == [0, len(TOKENS), len(TOKENS) - 1]


def test_what_model2vec_saves_is_read(tmp_path, dump):
    table = Table(pa.array(["hope", "to"]), np.eye(2, dtype=np.float32))
    StaticModel.from_pretrained(dump("safetensors", table)).save_pretrained(tmp_path / "saved")
    read = read_vectors(tmp_path / "saved")
    assert read.tokens.to_pylist() == ["hope", "to"]
    assert read.vectors_VD.tolist() == [[1, 0], [0, 1]]
    (tmp_path / "saved" / "config.json").unlink()  # nobody says that its last row was added
    assert read_vectors(tmp_path / "saved").tokens.to_pylist() == ["hope", "to", "[UNK]"]


def test_a_tokenizer_of_more_tokens_than_vectors_is_refused(dump):
    folder = dump("safetensors")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["more"] = len(TOKENS) + 1
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(DataError, match=r"tokenizer\.json does not fit the vectors"):
        read_vectors(folder)
