"""The parts of a corpus have the documents of the whole, in order, whatever kind of files it is."""

import gzip
import itertools
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.config import Part, TokenizeConfig
from corpus2vec.pipeline.corpus.corpus import Corpus
from corpus2vec.pipeline.corpus.finding import find_sources
from corpus2vec.pipeline.corpus.parts import digest_of, listing, sources_of
from corpus2vec.pipeline.corpus.spans import Span
from corpus2vec.pipeline.errors import DataError, UsageError

WORDS = [f"word{number}" for number in range(40)]
LINE = st.text(st.sampled_from("ab \té\x0b\u2028"), max_size=9)
TEXT = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"])), max_size=12)


def documents(sources, config):
    """The texts of all documents, with labels and ids, and how many bytes were read."""
    corpus = Corpus(sources, config)
    found = []
    for texts in corpus.batches():
        beside = [
            each.to_pylist() if each else [None] * len(texts) for each in (texts.labels, texts.ids)
        ]
        found += zip(texts.decoded(), *beside, strict=True)
    return found, corpus.bytes_read


def in_parts(names, config, of):
    sources = find_sources(names, config)
    parts = [
        documents(sources_of(sources, config, Part(number, of)), config)
        for number in range(1, of + 1)
    ]
    return list(itertools.chain.from_iterable(found for found, _ in parts)), sum(
        size for _, size in parts
    )


@given(st.lists(TEXT, min_size=1, max_size=3), st.integers(1, 9), st.booleans(), st.booleans())
def test_text_of_any_kind(tmp_path_factory, files, of, has_end, by_paragraph):
    folder = tmp_path_factory.mktemp("parts")
    for number, lines in enumerate(files):
        text = "\ufeff" * (number == 0) + "".join(itertools.chain.from_iterable(lines))
        text = text if has_end else text.removesuffix("\n")
        (folder / f"{number}.txt").write_bytes(text.encode())
    config = TokenizeConfig(doc_per="paragraph" if by_paragraph else "line")
    whole = documents(find_sources([str(folder)], config), config)
    assert in_parts([str(folder)], config, of) == whole


@pytest.fixture
def corpus(tmp_path):
    """A folder with a file of each kind, and the config to read it."""
    rows = [{"text": f"{word} see\nyou", "of": word[-1], "n": word} for word in WORDS]
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cells = "".join(f'"{row["text"]}",{row["of"]},{row["n"]}\n' for row in rows)
    (folder / "b.csv").write_text("text,of,n\n" + cells)
    (folder / "c.jsonl.gz").write_bytes(gzip.compress((folder / "a.jsonl").read_bytes()))
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "d.parquet", row_group_size=3, compression="none")
    (folder / "e.jsonl").write_text("")
    return folder


CONFIG = TokenizeConfig(label_field="of", id_field="n")


@pytest.mark.parametrize("of", [1, 2, 7, 500])
def test_records_of_every_kind(corpus, of):
    whole = documents(find_sources([str(corpus)], CONFIG), CONFIG)
    assert in_parts([str(corpus)], CONFIG, of) == whole
    assert len(whole[0]) == 4 * len(WORDS)


def test_parquet_is_cut_between_row_groups_and_the_rest_stays_whole(corpus):
    sources = find_sources([str(corpus)], CONFIG)
    spans = [
        (source.path.name, source.span.unit, source.span.begin, source.span.end, source.span.of)
        for number in range(1, 8)
        for source in sources_of(sources, CONFIG, Part(number, 7))
    ]
    groups = [each for each in spans if each[0] == "d.parquet"]
    assert len(groups) > 1
    assert {each[1] for each in groups} == {"row groups"}
    assert groups[0][2] == 0
    assert groups[-1][3] == groups[-1][4] == 14
    for name in ("b.csv", "c.jsonl.gz"):
        assert [each[1:3] for each in spans if each[0] == name] == [("bytes", 0)]


@pytest.mark.parametrize("of", [1, 2, 7])
def test_what_is_compressed_is_not_cut_whatever_its_name(corpus, of):
    (corpus / "c.jsonl.gz").rename(corpus / "c.jsonl")
    (corpus / "d.parquet").write_bytes(gzip.compress((corpus / "d.parquet").read_bytes()))
    whole = documents(find_sources([str(corpus)], CONFIG), CONFIG)
    assert in_parts([str(corpus)], CONFIG, of) == whole
    assert len(whole[0]) == 4 * len(WORDS)


@pytest.mark.parametrize("of", [1, 3])
def test_the_digest_is_taken_while_reading(corpus, of):
    sources = find_sources([str(corpus)], CONFIG)
    for number in range(1, of + 1):
        for source in sources_of(sources, CONFIG, Part(number, of)):
            expected = digest_of(source, CONFIG)
            documents([source], CONFIG)
            assert source.digest.hexdigest() == expected


def test_other_content_has_another_digest_and_another_size_another_listing(corpus):
    def now():
        sources = find_sources([str(corpus)], CONFIG)
        own = sources_of(sources, CONFIG, Part(1, 1))
        return [digest_of(each, CONFIG) for each in own], list(listing(sources))

    before, sizes = now()
    for name in ("a.jsonl", "d.parquet"):
        path = corpus / name
        path.write_bytes(path.read_bytes().replace(b"word7", b"word8"))
    after, same_sizes = now()
    changed = [one != other for one, other in zip(before, after, strict=True)]
    assert changed == [True, False, False, True, False]
    assert sizes == same_sizes
    (corpus / "a.jsonl").write_text('{"text": "Hope", "of": "1", "n": "1"}\n')
    assert now()[1] != sizes


def test_errors_name_the_byte_and_the_line_in_the_span(tmp_path):
    text = tmp_path / "a.txt"
    text.write_bytes(b"Hope to see you\n" * 10 + b"so\xffon\n")
    config = TokenizeConfig()
    with pytest.raises(DataError, match=f"{text} is not UTF-8 at byte 162: 0xff"):
        documents(sources_of(find_sources([str(text)], config), config, Part(2, 2)), config)
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "Hope"}\n' * 9 + "{\n")
    with pytest.raises(DataError, match=f"{lines} line 5 from byte 85 is not JSON"):
        documents(sources_of(find_sources([str(lines)], config), config, Part(2, 2)), config)


def test_a_part_of_a_text_has_the_bytes_of_its_lines(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("Hope to see you soon\nNice to see you again\n")
    config = TokenizeConfig()
    (own,) = sources_of(find_sources([str(text)], config), config, Part(2, 2))
    assert own.span == Span("bytes", 21, 43, of=43, size=22)
    assert own.traits == {"kind": "text", "bytes": "21-43/43"}


def test_what_cannot_be_cut_is_refused():
    config = TokenizeConfig()
    with pytest.raises(UsageError, match="standard input cannot be read in parts"):
        sources_of(find_sources(["-"], config), config, Part(1, 2))
    with pytest.raises(UsageError, match="/dev/null is not a regular file"):
        sources_of(find_sources(["/dev/null"], config), config, Part(1, 2))
