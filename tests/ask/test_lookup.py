"""Lookup: text → ids and rows, through the tokenizer and the vocabulary of the table's corpus."""

import numpy as np
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest as manifest
from corpus2vec.pipeline.artifacts.weights import read_table
from corpus2vec.pipeline.ask.lookup import Lookup
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    Settings,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
)
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.tokenizer import import_spacy, spacy_pipeline

spacy = import_spacy(with_torch=True)

PHRASES = "Hope to see you soon\nNice to see you again\n"
FORMATS = ("table", "word2vec", "glove", "parquet")


def build(folder, corpus=PHRASES, tokenize=None, vocab=None, lineage=True):
    """The model of `corpus`, 2 columns wide; what it was made from is beside it."""
    (folder / "corpus.txt").write_text(corpus, encoding="utf-8")
    tokens, words, ids = folder / "tokens.parquet", folder / "vocab.tsv", folder / "ids.parquet"
    stages.tokenize.run([str(folder / "corpus.txt")], tokens, tokenize or TokenizeConfig())
    if not lineage:
        manifest_path(tokens).unlink()
    stages.vocab.run([tokens], words, vocab or VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig())
    settings = TrainConfig(dim=2, seq_len=5, epochs=1)
    stages.train.run([ids, words], folder / "model.safetensors", settings)
    return folder / "model.safetensors"


def dump(model, format="table", **settings):
    """The table of `model` as a file, and its rows."""
    table = model.with_name(f"embeddings.{format}")
    config = DumpConfig(format=format, table="input", **settings)
    stages.dump.run([model, model.with_name("vocab.tsv")], table, config)
    return table, read_table(model)


def lookup_in(table):
    return Lookup(door.artifact("table", table, "dump"))


def test_a_table_of_another_tool_is_looked_up_as_one_says(tmp_path):
    (tmp_path / "glove.txt").write_text("hope 1 2\ndo 3 4\nn't 5 6\n")
    given = door.artifact("table", tmp_path / "glove.txt", "dump")
    ask = Lookup(given, TokenizeConfig(lang="en", lower=True))
    found = [(each.token, each.id) for each in ask.find("Hope, don't")]
    assert found == [("hope", 0), (",", None), ("do", 1), ("n't", 2)]
    assert ask.find("don't")[1].vector.tolist() == [5, 6]
    with pytest.raises(DataError, match="how its corpus was tokenized is not known") as caught:
        Lookup(given)
    assert "--lang en" in caught.value.hint


def test_a_dump_is_tokenized_as_its_manifest_says(phrases):
    table, _ = dump(phrases, "parquet")
    with pytest.raises(UsageError, match="is tokenized as its manifest says"):
        Lookup(door.artifact("table", table, "dump"), TokenizeConfig(lang="de"))


@pytest.fixture(scope="module")
def phrases(tmp_path_factory):
    return build(tmp_path_factory.mktemp("phrases"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Case does not count, white space does, "rare" words have no row of their own."""
    return build(
        tmp_path_factory.mktemp("hostile"),
        corpus="a\\b  a\\b\nThe | the |\nrare\n",
        tokenize=TokenizeConfig(lower=True, drop=()),
        vocab=VocabConfig(min_count=2, unk="[unk nown]"),
    )


def ids(found):
    return [each.id for each in found]


@pytest.mark.parametrize("format", FORMATS)
def test_the_second_phrase_is_rows_5_1_2_3_6(phrases, format):
    table, rows = dump(phrases, format)
    found = lookup_in(table).find("Nice to see you again")
    assert [each.token for each in found] == ["Nice", "to", "see", "you", "again"]
    assert ids(found) == [5, 1, 2, 3, 6]
    assert np.array([each.vector for each in found]).tobytes() == rows[[5, 1, 2, 3, 6]].tobytes()


def test_an_unknown_word_without_unk_has_no_row(phrases):
    known, unknown = lookup_in(dump(phrases)[0]).find("Hope never")
    assert known.id == 0
    assert (unknown.token, unknown.id, unknown.vector) == ("never", None, None)


@pytest.mark.parametrize("format", FORMATS)
def test_an_unknown_word_has_the_row_of_unk(hostile, format):
    table, rows = dump(hostile, format)
    [found] = lookup_in(table).find("never")
    assert (found.token, found.id) == ("never", len(rows) - 1)
    assert found.vector.tobytes() == rows[-1].tobytes()


@pytest.mark.parametrize("format", FORMATS)
def test_an_unknown_word_may_get_a_vector_from_how_it_is_spelt(tmp_path, format):
    corpus = "walk walked walking talk talked talking jump jumped <unk>\n" * 2 + "rare\n"
    table, _ = dump(build(tmp_path, corpus, vocab=VocabConfig(min_count=2, unk="[unk]")), format)
    asked = Lookup(door.artifact("table", table, "dump"), by_form=True)
    known, unknown, unlike = asked.find("walk jumping xyz")
    assert (known.id, known.is_form) == (0, False)
    assert (unknown.token, unknown.id, unknown.is_unk, unknown.is_form) == (
        *("jumping", None, False, True),
    )
    assert unknown.vector.shape == (2,)
    assert unknown.vector.any()
    assert (unlike.id, unlike.vector) == (None, None)


@pytest.mark.parametrize("format", FORMATS)
def test_text_is_tokenized_and_spelt_as_the_corpus_was(hostile, format):
    found = lookup_in(dump(hostile, format)[0]).find("THE | a\\b")
    assert [each.token for each in found] == ["the", "|", "a\\b"]
    assert ids(found) == [1, 2, 0]


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_no_text_has_no_tokens(phrases, text):
    assert lookup_in(dump(phrases)[0]).find(text) == []


def test_text_of_which_no_token_is_left_has_no_tokens(tmp_path):
    model = build(tmp_path, tokenize=TokenizeConfig(drop=("punct",)))
    assert lookup_in(dump(model)[0]).find("?!") == []


def test_a_table_without_manifest_is_refused(phrases, tmp_path):
    alone = tmp_path / "embeddings.txt"
    alone.write_bytes(dump(phrases)[0].read_bytes())
    with pytest.raises(DataError, match=r"embeddings\.txt has no manifest of a dump"):
        lookup_in(alone)


def test_another_artifact_is_refused(phrases):
    with pytest.raises(DataError, match=r"vocab\.tsv was made by vocab, not by dump"):
        lookup_in(phrases.with_name("vocab.tsv"))


def test_a_missing_table_is_refused_by_name(tmp_path):
    with pytest.raises(UsageError, match=r"^there is no .*embeddings\.txt$"):
        lookup_in(tmp_path / "embeddings.txt")


def test_a_table_that_leaves_rows_out_is_refused(hostile):
    table, _ = dump(hostile, "glove", unsafe_token="skip")
    with pytest.raises(DataError, match=r"leaves out 1 rows, so its lines are not ids"):
        lookup_in(table)


def test_a_table_that_was_edited_is_refused(phrases):
    table, _ = dump(phrases)
    table.write_bytes(table.read_bytes().replace(b"Nice", b"Mice"))
    with pytest.raises(DataError, match="damaged or edited"):
        lookup_in(table)


def test_a_table_whose_tokens_came_from_elsewhere_is_refused(tmp_path):
    table, _ = dump(build(tmp_path, lineage=False))
    with pytest.raises(DataError, match=r"has no tokenize stage in its lineage$"):
        lookup_in(table)


# --- --model FOLDER --------------------------------------------------------------------------


TO_SEE = ["Nice", "to see", "you"]


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The folder of a pipeline whose only special case is "to see"; it is in the current one."""
    monkeypatch.chdir(tmp_path)
    nlp = spacy.blank("en")
    nlp.tokenizer.rules = {}
    nlp.tokenizer.add_special_case("to see", [{"ORTH": "to see"}])
    nlp.to_disk("model")
    return tmp_path / "model"


@pytest.fixture
def modelled(model):
    """That folder, and a table made with it under a relative name."""
    table, _ = dump(build(model.parent, tokenize=TokenizeConfig(model=model.name)))
    return model, table


def test_the_pipeline_of_a_folder_is_found_again_from_anywhere(modelled, monkeypatch):
    model, table = modelled
    assert manifest(table).upstream("tokenize")["config"]["model"] == "folder"
    monkeypatch.chdir(model)
    assert [each.token for each in lookup_in(table).find("Nice to see you")] == TO_SEE


def test_a_recipe_of_before_that_has_the_path_is_followed(model, monkeypatch):
    monkeypatch.setattr(stages.tokenize, "folder_inputs", lambda *_: ())
    recipe = {**vars(TokenizeConfig(model=str(model))), "max_doc_tokens": 0}
    monkeypatch.setattr(spacy_pipeline, "deciding", lambda config: recipe)
    table, _ = dump(build(model.parent, tokenize=TokenizeConfig(model=str(model))))
    assert manifest(table).upstream("tokenize")["config"]["model"] == str(model)
    assert [each.token for each in lookup_in(table).find("Nice to see you")] == TO_SEE


def test_a_pipeline_that_moved_is_missed_by_name(modelled):
    model, table = modelled
    model.rename(model.with_name("moved"))
    expected = f"the corpus was tokenized with the spaCy pipeline in {model}, which is not there"
    with pytest.raises(DataError) as refused:
        lookup_in(table)
    assert refused.value.message == expected


@pytest.mark.parametrize("name", ["tokenizer", "vocab/strings.json"])
def test_a_pipeline_that_changed_is_refused(modelled, name):
    model, table = modelled
    (model / name).write_bytes((model / name).read_bytes() + b" ")
    with pytest.raises(DataError, match="has changed since the corpus was tokenized with it"):
        lookup_in(table)


# --- phrases that were joined ----------------------------------------------------------------

LIST = "pass\twords\tphrase\tcount\tscore\n"


@pytest.fixture
def with_phrases(tmp_path):
    """A table of tokens in which two lists of phrases were joined, one after the other."""
    (tmp_path / "corpus.txt").write_text(PHRASES)
    tokens = tmp_path / "tokens.parquet"
    stages.tokenize.run([str(tmp_path / "corpus.txt")], tokens, TokenizeConfig())
    first, second = tmp_path / "first.tsv", tmp_path / "second.tsv"
    first.write_text(f"{LIST}1\tto see\tto_see\t2\t1\n")
    second.write_text(f"{LIST}1\tto_see you\tto_see_you\t2\t1\n")
    once, twice = tmp_path / "once.parquet", tmp_path / "twice.parquet"
    stages.join.run([tokens, first], once, Settings())
    stages.join.run([once, second], twice, Settings())
    words, ids = tmp_path / "vocab.tsv", tmp_path / "ids.parquet"
    stages.vocab.run([twice], words, VocabConfig())
    stages.encode.run([twice, words], ids, EncodeConfig())
    model = tmp_path / "model.safetensors"
    stages.train.run([ids, words], model, TrainConfig(dim=2, seq_len=5, epochs=1))
    return dump(model)[0]


def test_phrases_are_joined_as_they_were_in_the_corpus(with_phrases):
    found = lookup_in(with_phrases).find("Nice to see you again")
    assert [(each.token, each.id) for each in found] == [
        ("Nice", 3),
        ("to_see_you", 1),
        ("again", 4),
    ]


def test_phrases_that_moved_are_found_beside_the_table_or_missed_by_name(with_phrases, tmp_path):
    first = tmp_path / "first.tsv"
    content = first.read_text()
    (tmp_path / "there").mkdir()
    table = with_phrases.rename(tmp_path / "there" / with_phrases.name)
    manifest_path(with_phrases).rename(manifest_path(table))
    first.rename(tmp_path / "there/first.tsv")
    assert [each.token for each in lookup_in(table).find("to see")] == ["to_see"]
    first.write_text(f"{content}1\ta b\tc\t1\t1\n")
    assert [each.token for each in lookup_in(table).find("to see")] == ["to_see"]
    (tmp_path / "there/first.tsv").unlink()
    with pytest.raises(DataError) as refused:
        lookup_in(table)
    assert refused.value.message == (
        f"phrases were joined in the corpus, and {first} has changed or is not there"
    )


# --- bytes that are not UTF-8 ----------------------------------------------------------------


def test_text_that_is_not_utf_8_is_refused_by_name(phrases):
    lookup = lookup_in(dump(phrases)[0])
    text = b"see caf\xe9 soon".decode("utf-8", "surrogateescape")
    with pytest.raises(UsageError) as refused:
        lookup.find(text)
    assert refused.value.message == r"the text is not UTF-8: see caf\udce9"
