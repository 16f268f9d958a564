"""A setting that has no effect is not in the recipe: to change it is a hit."""

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, VocabConfig


def tokenize(folder, name, **settings):
    return stages.tokenize.run([str(folder / name)], folder / "t", TokenizeConfig(**settings))


def test_what_a_document_is_in_plain_text_does_not_matter_to_json_lines(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Hope to see you"}\n')
    assert not tokenize(tmp_path, "a.jsonl").hit
    assert tokenize(tmp_path, "a.jsonl", doc_per="file").hit


def test_the_field_of_the_text_does_not_matter_to_plain_text(tmp_path):
    (tmp_path / "a.txt").write_text("Hope to see you\n")
    assert not tokenize(tmp_path, "a.txt").hit
    assert tokenize(tmp_path, "a.txt", text_field="body").hit
    assert not tokenize(tmp_path, "a.txt", doc_per="file").hit


def test_unknown_tokens_do_not_matter_where_the_vocabulary_has_unk(tmp_path):
    (tmp_path / "a.txt").write_text("Hope to see you\nto see\n")
    tokenize(tmp_path, "a.txt")

    def encode(unk, unknown):
        vocabulary, ids = tmp_path / f"{unk}.tsv", tmp_path / f"{unk}.ids"
        stages.vocab.run([tmp_path / "t"], vocabulary, VocabConfig(unk=unk))
        return stages.encode.run([tmp_path / "t", vocabulary], ids, EncodeConfig(unknown=unknown))

    assert not encode("[?]", "error").hit
    assert encode("[?]", "drop").hit
    assert not encode(None, "error").hit
    assert not encode(None, "drop").hit
