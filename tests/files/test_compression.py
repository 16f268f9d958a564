"""A compressed file is the stream of its plain bytes, however many members it has, or damaged."""

import lzma
from pathlib import Path

import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.compression import COMPRESSIONS, compressed, decompressed
from corpus2vec.pipeline.files.failures import reading
from tests.support.corpora import COMPRESS

PLAIN = b"".join(b"line %d of a corpus\n" % number for number in range(1000))

every_compression = pytest.mark.parametrize("extension", COMPRESS)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, content):
    Path(name).write_bytes(content)


def read(name):
    path = Path(name)
    with (
        reading(name),
        path.open("rb") as raw,
        decompressed(raw, COMPRESSIONS[path.suffix]) as stream,
    ):
        return stream.read()


def damage(name):
    with pytest.raises(DataError) as refused:
        read(name)
    return refused.value.message


@every_compression
def test_a_compressed_file_opens_as_its_plain_bytes(extension):
    write("a" + extension, COMPRESS[extension](PLAIN))
    assert read("a" + extension) == PLAIN


@every_compression
def test_several_members_in_a_row_are_one_stream(extension):
    members = [COMPRESS[extension](each) for each in (PLAIN, b"", b"Nice to see you\n")]
    write("a" + extension, b"".join(members))
    assert read("a" + extension) == PLAIN + b"Nice to see you\n"


@every_compression
@pytest.mark.parametrize("whole_members", [0, 1])
def test_a_compressed_file_that_is_cut_off_is_damaged_wherever_it_was_cut(extension, whole_members):
    member = COMPRESS[extension](b"Hope to see you soon\n")
    for length in range(1, len(member)):
        write("a" + extension, member * whole_members + member[:length])
        assert damage("a" + extension) == f"a{extension} is damaged: Truncated compressed stream"


@every_compression
def test_an_empty_file_is_no_compressed_one(extension):
    write("a" + extension, b"")
    assert damage("a" + extension) == f"a{extension} is damaged: Truncated compressed stream"


@every_compression
@pytest.mark.parametrize("behind", [b"\x00garbage", b"garbage"])
def test_garbage_after_the_compressed_data_is_not_ignored(extension, behind):
    write("a" + extension, COMPRESS[extension](PLAIN) + behind)
    assert damage("a" + extension).startswith(f"a{extension} is damaged: ")


@every_compression
def test_a_file_that_is_not_what_its_extension_says_is_damaged(extension):
    write("a" + extension, PLAIN)
    assert damage("a" + extension).startswith(f"a{extension} is damaged: ")


def test_zeros_may_separate_the_streams_of_an_xz_file():
    write("a.xz", lzma.compress(b"Hope ") + bytes(8) + lzma.compress(b"to") + bytes(4))
    assert read("a.xz") == b"Hope to"


@pytest.mark.parametrize("extension", [".gz", ".zst"])
def test_what_is_written_compressed_is_read_again_and_has_the_same_bytes_each_time(extension):
    made = []
    for _ in range(2):
        with (
            Path("a" + extension).open("wb") as sink,
            compressed(sink, COMPRESSIONS[extension]) as stream,
        ):
            stream.write(PLAIN[:100])
            stream.write(PLAIN[100:])
        made.append(Path("a" + extension).read_bytes())
    assert made[0] == made[1]
    assert len(made[0]) < len(PLAIN)
    assert read("a" + extension) == PLAIN
