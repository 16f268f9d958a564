"""A text that waits in a file is what was written, and is cut as if it had been held."""

import pytest

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.documents import bounded
from corpus2vec.pipeline.corpus.sources import Opened
from corpus2vec.pipeline.corpus.spool import Beginning, LongText, Spool
from corpus2vec.pipeline.errors import DataError, StorageError


def test_a_text_is_read_back_and_can_be_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 3)
    with Spool() as spool:
        assert list(spool.blocks()) == []
        for text in ("Hopé", "to see"):
            spool.clear()
            for piece in text:
                spool.write(piece)
            assert b"".join(spool.blocks()).decode() == "".join(spool.texts()) == text
            assert max(map(len, spool.blocks())) == 3


def test_no_room_for_a_temporary_file_is_reported(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with Spool() as spool, pytest.raises(StorageError, match="cannot write a temporary file in"):
        spool.write("Hope")


def test_a_long_text_is_cut_and_half_pairs_are_replaced_or_refused(monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 8)
    opened = Opened(None, None)
    for errors in ("replace", "strict"):
        with LongText(errors) as text:
            text.write("aaaa \ud800")
            text.write("b c")
            if errors == "strict":
                with pytest.raises(DataError, match="line 7 has half a surrogate pair"):
                    text.checked("line 7")
                text.clear()
                text.write("d")
                assert list(bounded(text.checked("line 7"), opened)) == [b"d"]
            else:
                pieces = bounded(text.checked("line 7"), opened)
                assert [piece.decode() for piece in pieces] == ["aaaa ", "\ufffdb c"]
    assert opened.cuts == 1


def test_a_beginning_knows_whether_it_is_all():
    beginning = Beginning(4)
    beginning.write("Ho")
    beginning.write("pe")
    assert (beginning.text, beginning.whole) == ("Hope", True)
    beginning.write(" to")
    assert (beginning.text, beginning.whole) == ("Hope", False)
    beginning.clear()
    assert (beginning.text, beginning.whole) == ("", True)
