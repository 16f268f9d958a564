"""The vocab stage: its recipe, what it counts, and its lines on a stream."""

import io
from pathlib import Path

import pytest

from corpus2vec.pipeline.config import VocabConfig, VocabExecution
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import SILENT
from corpus2vec.pipeline.stages import vocab
from tests.support.front_end import tokenize
from tests.support.runs import write

TOKENS = [Path("t.parquet")]


def build(tokens=TOKENS, output="v.tsv", **settings):
    return vocab.run(tokens, Path(output), VocabConfig(**settings))


def tokens_of(text, output):
    """Return the path of the tokens of a text."""
    tokenize(write("a.txt", text))
    return Path("t.parquet").rename(output)


def entries(output="v.tsv"):
    lines = Path(output).read_text().splitlines()[1:]
    return {token: int(count) for _, token, count in (line.split("\t") for line in lines)}


def test_tokens_of_several_files_are_counted_in_order():
    one, other = tokens_of("b a\n", "one.parquet"), tokens_of("c b\n", "other.parquet")
    build([one, other])
    assert list(entries().items()) == [("b", 2), ("a", 1), ("c", 1)]
    assert build([one, other]).hit
    assert build([other, one]).reason.endswith("changed")
    assert list(entries()) == ["c", "b", "a"]


def test_what_is_left_out_is_counted():
    tokenize(write("a.txt", "a a b c\n"))
    write("keep.txt", "c\nd\n")
    counts = build(min_count=2, keep=Path("keep.txt")).counts
    assert entries() == {"a": 2, "c": 1, "<unk>": 1}
    assert counts["tokens"] == {"in": 4, "kept": 3, "unk": 1}
    assert (counts["types"], counts["types_left_out"], counts["unk"]) == (3, 1, "<unk>")
    assert "seen_once" in counts
    assert counts["keep_not_in_corpus"] == 1


def test_the_content_of_keep_decides_and_its_name_does_not():
    tokenize(write("a.txt", "a a b\n"))
    first = build(min_count=2, keep=Path(write("keep.txt", "b\n")))
    assert build(min_count=2, keep=Path(write("renamed.txt", "b\n"))).hit
    again = build(min_count=2, keep=Path(write("keep.txt", "c\n")))
    assert (again.hit, again.fingerprint == first.fingerprint) == (False, False)
    assert "keep" in again.reason


def test_keep_is_one_token_a_line_of_utf8():
    tokenize(write("a.txt", "a a b c\n"))
    build(min_count=2, keep=Path(write("keep.txt", b"\xef\xbb\xbfb\r\n\n")))
    assert entries() == {"a": 2, "b": 1, "<unk>": 1}
    with pytest.raises(DataError, match=r"^keep.txt is not UTF-8 at byte 1$"):
        build(min_count=2, keep=Path(write("keep.txt", b"b\xff\n")))
    with pytest.raises(UsageError, match="there is no file nowhere"):
        build(keep=Path("nowhere"))


def test_tokens_without_a_token_are_refused():
    tokenize(write("a.txt", "...\n"), drop=("punct",))
    with pytest.raises(DataError, match=r"^there is no token in t.parquet$"):
        build()
    assert not Path("v.tsv").exists()


def test_a_stream_gets_the_lines_of_the_file():
    tokenize(write("a.txt", "Hope to see you soon\nNice to see you again\n"))
    build()
    sink = io.BytesIO()
    vocab.stream(sink, TOKENS, VocabConfig(), VocabExecution(), SILENT)
    assert sink.getvalue() == Path("v.tsv").read_bytes()
