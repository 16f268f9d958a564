"""A build from Python: the artifacts of `corpus2vec run`, and settings that are checked first."""

from pathlib import Path

import pytest

import corpus2vec
from corpus2vec.pipeline.progress import Silent
from tests.support.commands import call

PHRASES = Path(__file__).parents[2] / "sample_corpora/phrases.txt"
SMALL = {"dim": 2, "seq_len": 5, "table": "input"}


def test_build_makes_what_run_makes(tmp_path, capfd, monkeypatch):
    table = corpus2vec.build(PHRASES, tmp_path / "ours", **SMALL)
    assert table.vectors.shape == (7, 2)
    assert table.tokens == ["Hope", "to", "see", "you", "soon", "Nice", "again"]
    assert [each.id for each in table.lookup("Nice to see you again")] == [5, 1, 2, 3, 6]
    options = ["--dim", "2", "--seq-len", "5", "--table", "input", "-o", tmp_path / "theirs"]
    assert call(capfd, monkeypatch, "run", PHRASES, *options).code == 0
    for name in ("tokens.parquet", "vocab.tsv", "ids.parquet", "embeddings.txt"):
        ours, theirs = (tmp_path / folder / name for folder in ("ours", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_build_does_again_only_what_changed_and_reports_progress(tmp_path):
    class Counting(Silent):
        units = ()

        def advance(self, done, total, unit, **facts):
            self.units += (unit,)

    runs = [Counting(), Counting(), Counting()]
    settings = {**SMALL, "keep": str(PHRASES), "drop": ["space"], "format": "word2vec,npy"}
    corpus2vec.build([str(PHRASES)], str(tmp_path), progress=runs[0], **settings)
    corpus2vec.build([PHRASES], tmp_path, progress=runs[1], **settings)
    table = corpus2vec.build([PHRASES], tmp_path, progress=runs[2], **{**settings, "top": 3})
    assert {"bytes", "documents", "rows"} <= set(runs[0].units)
    assert runs[1].units == ()
    assert set(runs[2].units) == {"rows"}
    assert len(table) == 3


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"dimm": 2}, "there is no setting dimm", "did you mean dim?"),
        ({"valid": "ids"}, "there is no setting valid", "`corpus2vec run --help` lists them"),
        ({"dim": "2"}, "dim cannot be '2'", "it takes int"),
        ({"dim": True}, "dim cannot be True", "it takes int"),
        ({"lr": "fast"}, "lr cannot be 'fast'", "it takes float"),
        ({"drop": [1]}, "drop cannot be (1,)", "it takes tuple[str, ...]"),
        ({"objective": "lmm"}, "objective cannot be 'lmm'", "it takes one of 'context', 'lm', "),
        ({"keep": "nowhere.txt"}, "there is no file nowhere.txt", ""),
        ({"dim": 0}, "--dim must be between 1 and 65536", ""),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_built(tmp_path, settings, message, hint):
    with pytest.raises(corpus2vec.UsageError) as caught:
        corpus2vec.build(PHRASES, tmp_path / "build", **settings)
    assert str(caught.value).startswith(message)
    assert hint in caught.value.hint
    assert not (tmp_path / "build").exists()
