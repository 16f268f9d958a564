"""What the stages that read corpus files have in common."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.finding import find_sources
from corpus2vec.pipeline.stages.corpora import corpus_inputs, without_idle
from tests.support.runs import write


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (["a.txt"], {"text_field"}),
        (["a.csv"], {"doc_per"}),
        (["a.txt", "a.csv"], set()),
    ],
)
def test_settings_without_effect_on_these_kinds_are_left_out(names, left_out):
    settings = CorpusConfig().deciding()
    sources = find_sources([write(name, "text\n") for name in names], CorpusConfig())
    assert settings.keys() - without_idle(settings, sources).keys() == left_out


def test_each_file_is_an_input_with_what_its_name_decides():
    sources = find_sources([write("a.csv", "text\n"), "-"], CorpusConfig())
    file, stream = corpus_inputs(sources, Path("out"))
    assert (file.name, file.traits, len(file.digest)) == ("a.csv", {"kind": "csv"}, 64)
    assert (stream.name, stream.digest, len(stream.seal())) == ("-", "", 64)
