"""What is no text is known by its first bytes, and named; a text is never taken for it."""

import io
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.signatures import SIGNATURES, refuse_no_text
from corpus2vec.pipeline.errors import DataError


def what(head):
    with pytest.raises(DataError) as refused:
        refuse_no_text(head[:512], "x")
    assert refused.value.hint
    return refused.value.message.removeprefix("x is ").removesuffix(", and no text in UTF-8")


def made(write):
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def zipped(sink):
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", "Hope")


def tarred(form):
    def write(sink):
        with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
            archive.addfile(tarfile.TarInfo("a.txt"))

    return write


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (made(zipped), "a ZIP archive, as .docx, .xlsx, .odt and .epub are too"),
        (made(tarred(tarfile.USTAR_FORMAT)), "a tar archive"),
        (made(tarred(tarfile.GNU_FORMAT)), "a tar archive"),
        (made(tarred(tarfile.PAX_FORMAT)), "a tar archive"),
        (made(lambda sink: pq.write_table(pa.table({"text": ["Hope"]}), sink)), "Parquet"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\0\x01\0", "a GIF image"),
        ("Hope".encode("utf-16"), "UTF-16"),
        ("Hope".encode("utf-32"), "UTF-32"),
        ("Hope to see you".encode("utf-16-le"), "UTF-16"),
        ("Hope to see you".encode("utf-16-be"), "UTF-16"),
        (("a" * 254 + "\U0001f600").encode("utf-16"), "UTF-16"),  # cut off within a pair
    ],
)
def test_it_is_named_for_what_it_is(content, expected):
    assert what(content) == expected


def test_the_hint_names_the_encoding():
    with pytest.raises(DataError) as refused:
        refuse_no_text("Hope to see you".encode("utf-16-be"), "x")
    assert refused.value.hint == "convert it: iconv -f UTF-16BE -t UTF-8"


@given(st.text(st.characters(exclude_characters=[chr(each) for each in range(8)])))
def test_a_text_is_a_text(text):
    refuse_no_text(text.encode()[:512], "x")


@pytest.mark.parametrize("text", ["GIF89a is a format", "PAR1 is a gene", "ID3 decides", "a\0" * 7])
def test_a_text_may_begin_as_a_file_does(text):
    refuse_no_text(text.encode(), "x")


def test_no_kind_is_hidden_by_another():
    for each in SIGNATURES:
        for head in each.heads:
            assert what(b"\0" * each.at + head + b"\0" * 8) == each.what
