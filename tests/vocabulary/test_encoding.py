"""Tokens become ids: every token its own, an unknown one as asked for, and the ledger balances."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.vocabulary.encoding import Encoder
from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

PHRASES = [["Hope", "to", "see", "you", "soon"], ["Nice", "to", "see", "you", "again"]]
SEVEN = ["Hope", "to", "see", "you", "soon", "Nice", "again"]


def encoder(*tokens, unk=None, unknown="error"):
    counts = np.ones(len(tokens), np.int64)
    vocabulary = Vocabulary(pa.array(tokens, pa.string()), counts, unk)
    return Encoder(vocabulary, EncodeConfig(unknown=unknown))


def batch(*documents, labels=None, encoded=False):
    tokens = pa.array(documents, pa.list_(pa.string()))
    if encoded:
        tokens = pa.ListArray.from_arrays(tokens.offsets, tokens.values.dictionary_encode())
    columns = {"tokens": tokens}
    if labels is not None:
        columns["label"] = pa.array(labels, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def ids(encoded):
    return encoded.column("ids").to_pylist()


# --- tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoded", [False, True])
def test_the_worked_example(encoded):
    found = encoder(*SEVEN).encode(batch(*PHRASES, encoded=encoded))
    assert ids(found) == [[0, 1, 2, 3, 4], [5, 1, 2, 3, 6]]
    assert found.schema == pa.schema({"ids": pa.list_(pa.int32())})


def test_a_slice_of_a_batch_gives_its_own_ids_only():
    whole = batch(["a"], ["b", "a"], ["b"], ["a"], encoded=True)
    assert ids(encoder("a", "b").encode(whole[1:3])) == [[1, 0], [1]]


def test_an_unknown_token_becomes_unk():
    encoding = encoder("a", "b", "<unk>", unk="<unk>")
    assert ids(encoding.encode(batch(["a", "x"], ["y", "x"]))) == [[0, 2], [2, 2]]
    assert (encoding.tokens.read, encoding.tokens.unk) == (4, 3)


def test_the_token_unk_in_the_corpus_is_unk():
    encoding = encoder("a", "<unk>", unk="<unk>")
    assert ids(encoding.encode(batch(["<unk>", "a", "x"]))) == [[1, 0, 1]]
    assert encoding.tokens.unk == 2


def test_an_unknown_token_without_unk_is_refused_with_what_can_be_done():
    with pytest.raises(DataError) as refused:
        encoder("a").encode(batch(["a"], ["a", "x\t", "y"]))
    assert refused.value.message == ("the token 'x\t' is not in the vocabulary, which has no <unk>")
    assert refused.value.hint == (
        "drop such tokens with --unknown drop, or build the vocabulary with --unk"
    )


def test_of_several_unknown_tokens_the_first_in_the_text_is_named():
    values = pa.DictionaryArray.from_arrays(pa.array([2, 1, 0]), pa.array(["x", "y", "a"]))
    tokens = pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), values)
    with pytest.raises(DataError, match=r"^the token 'y' is not in the vocabulary"):
        encoder("a").encode(pa.RecordBatch.from_pydict({"tokens": tokens}))


def test_an_unknown_token_is_dropped_on_request_and_counted():
    encoding = encoder("a", "b", unknown="drop")
    assert ids(encoding.encode(batch(["x", "a"], ["b", "x", "y", "a"]))) == [[0], [1, 0]]
    assert (encoding.tokens.read, encoding.tokens.dropped) == (6, {"unknown": 3})


def test_what_a_dictionary_holds_and_no_token_uses_is_no_unknown_token():
    values = pa.DictionaryArray.from_arrays(pa.array([1], pa.int32()), pa.array(["x", "a"]))
    tokens = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), values)
    assert ids(encoder("a").encode(pa.RecordBatch.from_pydict({"tokens": tokens}))) == [[0]]


def test_a_dictionary_may_be_in_any_order_and_hold_a_token_twice():
    values = pa.DictionaryArray.from_arrays(pa.array([2, 0, 1, 3]), pa.array(["a", "x", "b", "a"]))
    tokens = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), values)
    encoding = encoder("a", "b", "<unk>", unk="<unk>")
    assert ids(encoding.encode(pa.RecordBatch.from_pydict({"tokens": tokens}))) == [[1, 0], [2, 0]]
    assert encoding.tokens.unk == 1


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_every_token_of_a_large_vocabulary_has_its_place_as_id(kind):
    words = [f"{number}{'word' * (number % 4)}" for number in range(70_000)]
    vocabulary = Vocabulary(pa.array(words, kind), np.ones(len(words), np.int64))
    encoding = Encoder(vocabulary, EncodeConfig(unknown="drop"))
    found = ids(encoding.encode(batch(words[::-1], ["word", "7wordwordword"], ["70000"])))
    assert found == [list(range(70_000))[::-1], [7]]


@pytest.mark.parametrize("document", [[], ["x"], ["x", "y"]])
def test_a_document_of_which_nothing_is_left_makes_no_row(document):
    encoding = encoder("a", unknown="drop")
    found = encoding.encode(batch(["a"], document, ["a"], labels=["p", "q", "r"]))
    assert found.to_pylist() == [{"ids": [0], "label": 0}, {"ids": [0], "label": 1}]
    assert encoding.labels.names.to_pylist() == ["p", "r"]
    assert encoding.documents.as_json() == {"in": 3, "kept": 2, "dropped": {"no token left": 1}}


def test_a_batch_without_documents_gives_none():
    assert ids(encoder("a").encode(batch())) == []


some_tokens = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "<unk>"])))


@settings(deadline=None)
@given(some_tokens, st.sampled_from(["error", "drop"]), st.booleans(), st.booleans())
def test_every_token_is_accounted_for(documents, unknown, with_unk, encoded):
    known = ["a", "b", "<unk>"] if with_unk else ["a", "b"]
    encoding = encoder(*known, unk="<unk>" if with_unk else None, unknown=unknown)
    numbers = {token: number for number, token in enumerate(known)}
    strange = any(token not in numbers for document in documents for token in document)
    if unknown == "error" and not with_unk and strange:
        with pytest.raises(DataError):
            encoding.encode(batch(*documents, encoded=encoded))
        return
    found = ids(encoding.encode(batch(*documents, encoded=encoded)))
    expected = [
        [numbers.get(token, 2) for token in document if with_unk or token in numbers]
        for document in documents
    ]
    assert found == [document for document in expected if document]
    encoding.tokens.kept = sum(map(len, found)) - encoding.tokens.unk
    encoding.tokens.balance()
    encoding.documents.balance()


# --- labels ----------------------------------------------------------------------------------


def test_label_ids_are_by_first_appearance_across_batches():
    encoding = encoder("a")
    found = [
        encoding.encode(batch(*[["a"]] * len(labels), labels=labels)).column("label").to_pylist()
        for labels in (["news", "tale", "news"], ["poem", "tale"], [], ["", "news"])
    ]
    assert found == [[0, 1, 0], [2, 1], [], [3, 0]]
    assert encoding.labels.names.to_pylist() == ["news", "tale", "poem", ""]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=2))))
def test_the_names_give_every_label_back(batches):
    encoding = encoder("a")
    found = [encoding.encode(batch(*[["a"]] * len(each), labels=each)) for each in batches]
    names = encoding.labels.names.to_pylist()
    for labels, encoded in zip(batches, found, strict=True):
        assert encoded.schema.field("label").type == pa.int32()
        assert [names[label] for label in encoded.column("label").to_pylist()] == labels


# --- from files to ids -----------------------------------------------------------------------

CORPUS = [f"w{number * number % 97} and {number % 7} more" for number in range(200)]


def front_half(folder, files):
    """tokens.parquet, vocab.tsv and ids.parquet of CORPUS cut into so many files."""
    (folder / "corpus").mkdir(parents=True)
    for number, lines in enumerate(np.array_split(CORPUS, files)):
        text = "".join(line + "\n" for line in lines)
        (folder / "corpus" / f"{number}.txt").write_text(text)
    tokens, vocabulary, ids = (folder / name for name in ("t.parquet", "v.tsv", "i.parquet"))
    stages.tokenize.run([str(folder / "corpus")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], vocabulary, VocabConfig(min_count=2))
    stages.encode.run([tokens, vocabulary], ids, EncodeConfig())
    return [path.read_bytes() for path in (tokens, vocabulary, ids)]


def test_however_the_corpus_is_cut_into_files_the_artifacts_have_the_same_bytes(tmp_path):
    whole = front_half(tmp_path / "1", 1)
    assert front_half(tmp_path / "2", 2) == whole
    assert front_half(tmp_path / "7", 7) == whole


def test_the_file_says_which_vocabulary_its_ids_are_of_and_names_the_labels(tmp_path):
    corpus, tokens, vocabulary, ids = (tmp_path / name for name in ("c.csv", "t", "v", "i"))
    corpus.write_text('text,y\nHope to,café\nsee,"a\tb"\nyou,café\n', encoding="utf-8")
    stages.tokenize.run([str(corpus)], tokens, TokenizeConfig(label_field="y"))
    stages.vocab.run([tokens], vocabulary, VocabConfig())
    stages.encode.run([tokens, vocabulary], ids, EncodeConfig())
    told = RowGroupReader(ids, "ids").metadata
    assert told["vocabulary_size"] == "4"
    assert told["vocabulary_digest"] == hashlib.sha256(vocabulary.read_bytes()).hexdigest()
    assert json.loads(told["labels"]) == ["café", "a\tb"]
    assert pq.read_table(ids).to_pylist() == [
        {"ids": [0, 1], "label": 0},
        {"ids": [2], "label": 1},
        {"ids": [3], "label": 0},
    ]
