"""A dump with a tokenizer of its own says how many documents it tokenizes as the corpus was."""

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import DumpConfig, TokenizeConfig
from corpus2vec.pipeline.stages.build import Build

TEXT = "I don't see U.S. ships.\n\nYou pay $5.50!\nextra):):\n"


def shares(tmp_path, change=None, **settings):
    (tmp_path / "corpus.txt").write_text(TEXT)
    configs = {"tokenize": TokenizeConfig(**settings)}
    configs["train"] = stages.train.CONFIG(dim=2, epochs=1)
    list(Build(corpora=["corpus.txt"], folder=tmp_path / "build", configs=configs).run())
    if change:
        (tmp_path / "corpus.txt").write_text(change)
    output = tmp_path / "out.safetensors"
    inputs = [tmp_path / "build" / name for name in ("model.safetensors", "vocab.tsv")]
    counts = stages.dump.run(inputs, output, DumpConfig(format="safetensors")).counts
    assert counts == read_manifest(output).counts
    return counts.get("documents_compared"), counts.get("documents_equal")


def test_documents_of_the_corpus_are_compared(tmp_path):
    assert shares(tmp_path) == (3, 2)


def test_what_was_dropped_counts_as_unknown(tmp_path):
    assert shares(tmp_path, drop=("space", "punct")) == (3, 3)


def test_lower_casing_hides_what_some_rules_see(tmp_path):
    """`U.S.` is one token, and `u.s.` two: the dump's tokenizer lower-cases before it splits."""
    assert shares(tmp_path, lower=True) == (3, 1)


def test_a_corpus_that_has_changed_is_not_compared(tmp_path):
    assert shares(tmp_path, change="Hope to see you soon\n") == (None, None)
