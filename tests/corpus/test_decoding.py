"""A byte that is not UTF-8 is reported by its offset, or replaced, wherever blocks end."""

import codecs

import pytest

from corpus2vec.pipeline.corpus import limits
from tests.support.corpora import (
    COMPRESS,
    refusal,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


BLOCK = 64

NOT_UTF8 = [
    (b"\xff", 0, 0xFF),
    (b"Hope\ncaf\xe9 au lait", 8, 0xE9),
    (b"caf\xc3\xa9 \x80", 6, 0x80),
    (b"Hope \xe2\x82", 5, 0xE2),  # the euro sign, cut off
    (b"Hope \xe2\x82\nto", 5, 0xE2),
    (b"\xc0\xaf", 0, 0xC0),  # a slash in two bytes
    (b"to \xed\xa0\x80", 3, 0xED),  # half a surrogate pair
    (codecs.BOM_UTF8 + b"see \xfe", 7, 0xFE),
    (codecs.BOM_UTF16_LE + b"H", 0, 0xFF),
    (b"a" * (BLOCK - 1) + b"\xe2\x28\xa1", BLOCK - 1, 0xE2),
    (b"a" * (BLOCK - 2) + "€".encode() + b"\xff", BLOCK + 1, 0xFF),
    (b"a\n" * BLOCK + b"b" * BLOCK + b"\xff", 3 * BLOCK, 0xFF),
    ("é".encode() * BLOCK + b"\n\xff", 2 * BLOCK + 1, 0xFF),
    (codecs.BOM_UTF8 + b"a\n" * BLOCK + b"\xff", 2 * BLOCK + 3, 0xFF),
]


@pytest.mark.parametrize(("content", "offset", "byte"), NOT_UTF8)
@pytest.mark.parametrize("extension", ["", ".gz", ".xz"])
@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
def test_a_bad_byte_is_reported_by_its_offset_in_the_plain_bytes(
    doc_per, extension, content, offset, byte, monkeypatch
):
    monkeypatch.setattr(limits, "BLOCK_BYTES", BLOCK)
    name = "corpus.txt" + extension
    compressed = COMPRESS[extension](content) if extension else content
    expected = f"{name} is not UTF-8 at byte {offset}: 0x{byte:02x}"
    assert refusal(compressed, name, doc_per=doc_per) == expected


@pytest.mark.parametrize("kind", ["text", "jsonl", "csv", "tsv"])
def test_a_bad_byte_is_reported_in_every_kind_of_text(kind):
    expected = "corpus.txt is not UTF-8 at byte 2: 0xff"
    assert refusal(b'{"\xff', kind=kind) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"caf\xe9 au lait", ["caf\ufffd au lait"]),
        (b"\xff\xfeHope\xc3", ["\ufffd\ufffdHope\ufffd"]),
        (b"\xed\xa0\x80", ["\ufffd" * 3]),
        (codecs.BOM_UTF8 + b"\xff\n", ["\ufffd"]),
    ],
)
def test_bad_bytes_are_replaced_on_request(content, expected):
    assert texts(content, encoding_errors="replace") == expected
    assert texts(content, encoding_errors="replace", doc_per="paragraph") == expected


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
@pytest.mark.parametrize("character", ["é", "€", "😀"])
def test_a_character_that_lies_across_two_blocks_is_whole(doc_per, character, monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", BLOCK)
    for within in range(1, len(character.encode())):
        content = "a" * (BLOCK - within) + character
        assert texts(content, doc_per=doc_per) == [content]
