"""What a person names (files, folders, globs, -) becomes sources, and a source its bytes."""

import hashlib
import io
import os
import sys
import tarfile
import threading
from itertools import permutations
from pathlib import Path

import pytest

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.finding import find_sources
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError
from tests.support.corpora import COMPRESS


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def make(*names, content=b"Hope to see you soon\n"):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def found(*paths, **settings):
    return [source.name for source in find_sources(paths, CorpusConfig(**settings))]


def source(name, **settings):
    [only] = find_sources([name], CorpusConfig(**settings))
    return only


def refusal(*paths, error=UsageError, **settings):
    with pytest.raises(error) as refused:
        find_sources(paths, CorpusConfig(**settings))
    return refused.value.message


# --- which files -----------------------------------------------------------------------------


def test_files_come_in_the_order_they_are_named_in():
    make("b.txt", "a.txt")
    assert found("b.txt", "a.txt", "b.txt") == ["b.txt", "a.txt", "b.txt"]


SORTED = ["c/a/z.txt", "c/a-b/y.txt", "c/a.txt", "c/b.txt"]


@pytest.mark.parametrize("made", list(permutations(SORTED)))
def test_a_folder_is_read_in_sorted_order_whatever_order_it_was_made_in(made):
    make(*made)
    assert found("c") == SORTED


def test_hidden_files_and_folders_are_passed_over():
    make("c/a.txt", "c/.a.txt.swp", "c/.git/config")
    assert found("c") == ["c/a.txt"]


def test_a_hidden_folder_is_read_if_it_is_named():
    make(".c/a.txt")
    assert found(".c") == [".c/a.txt"]


def test_a_pipe_in_a_folder_is_passed_over():
    make("c/a.txt")
    os.mkfifo("c/pipe")
    assert found("c") == ["c/a.txt"]


def test_a_link_to_a_folder_elsewhere_is_followed():
    make("c/a.txt", "elsewhere/b.txt")
    Path("c/link").symlink_to("../elsewhere")
    assert found("c") == ["c/a.txt", "c/link/b.txt"]


def test_links_round_in_a_circle_are_walked_once():
    make("c/a.txt", "c/sub/b.txt")
    Path("c/sub/up").symlink_to("..")
    Path("c/self").symlink_to(".")
    assert found("c") == ["c/a.txt", "c/sub/b.txt"]


@pytest.mark.parametrize("target", ["nowhere.txt", "link.txt"])
@pytest.mark.parametrize("path", ["c", "c/link.txt", "c/*"])
def test_a_link_that_leads_nowhere_is_reported_not_skipped(path, target):
    make("c/a.txt")
    Path("c/link.txt").symlink_to(target)
    assert refusal(path) == "the link c/link.txt leads nowhere"


def test_a_glob_is_sorted():
    make("10.txt", "9.txt", "a.csv", "1.txt")
    assert found("*.txt") == ["1.txt", "10.txt", "9.txt"]


@pytest.mark.parametrize("pattern", ["c/**", "c/**/*", "c/*"])
def test_a_glob_that_matches_a_folder_and_its_files_takes_each_file_once(pattern):
    make("c/a.txt", "c/sub/b.txt")
    Path("c/empty").mkdir()
    assert found(pattern) == ["c/a.txt", "c/sub/b.txt"]


def test_a_name_that_looks_like_a_glob_is_taken_as_a_name_first():
    make("a[1].txt", "a1.txt")
    assert found("a[1].txt") == ["a[1].txt"]


CHOSEN = [
    ({"include": ("*.txt",)}, ["c/a.txt", "c/b/d.txt"]),
    ({"exclude": ("*.txt",)}, ["c/b.md"]),
    ({"exclude": ("b",)}, ["c/a.txt", "c/b.md"]),
    ({"exclude": ("b/*",)}, ["c/a.txt", "c/b.md"]),
    ({"include": ("b",)}, ["c/b/d.txt"]),
    ({"include": ("*.txt", "*.md"), "exclude": ("b/d.txt",)}, ["c/a.txt", "c/b.md"]),
    ({"include": ("[ab].*",)}, ["c/a.txt", "c/b.md"]),
    ({"exclude": ("c", "A.TXT", ".")}, ["c/a.txt", "c/b/d.txt", "c/b.md"]),
]


@pytest.mark.parametrize(("settings", "expected"), CHOSEN)
@pytest.mark.parametrize("path", ["c", "c/**", "c/"])
def test_files_of_a_folder_are_chosen_by_name_or_by_path_within_it(path, settings, expected):
    make("c/a.txt", "c/b.md", "c/b/d.txt")
    assert [os.path.normpath(each) for each in found(path, **settings)] == expected


def test_a_file_that_is_named_is_read_whatever_the_patterns():
    make("a.md")
    assert found("a.md", include=("*.txt",), exclude=("a.*",)) == ["a.md"]


@pytest.mark.parametrize("path", ["c", "c/*"])
def test_a_folder_of_which_nothing_is_chosen_is_refused(path):
    make("c/a.md")
    expected = f"there is no file in the folder {path} that --include and --exclude leave"
    assert refusal(path, error=DataError, include=("*.txt",)) == expected


def test_what_is_left_out_need_not_be_text():
    make("c/a.txt", "c/a.zip", "c/page.html")
    assert found("c", exclude=("*.zip", "*.html")) == ["c/a.txt"]


@pytest.mark.parametrize("path", ["corpus.txt", "nowhere/", "*.txt", ""])
def test_a_path_that_leads_nowhere_is_refused(path):
    assert refusal(path) == f"there is no corpus {path}"


@pytest.mark.parametrize("inside", [[], ["c/.hidden"]])
def test_a_folder_without_a_file_is_refused(inside):
    Path("c/sub").mkdir(parents=True)
    make(*inside)
    assert refusal("c", error=DataError) == "there is no file in the folder c"


# --- what each one is ------------------------------------------------------------------------

KINDS = {
    "a.txt": ("text", ""),
    "a": ("text", ""),
    "a.md": ("text", ""),
    "a.jsonl": ("jsonl", ""),
    "a.ndjson": ("jsonl", ""),
    "a.csv": ("csv", ""),
    "a.CSV": ("csv", ""),
    "a.tsv": ("tsv", ""),
    "a.tab": ("tsv", ""),
    "a.parquet": ("parquet", ""),
    "a.pq": ("parquet", ""),
    "a.gz": ("text", "gzip"),
    "a.txt.bz2": ("text", "bz2"),
    "a.csv.gz": ("csv", "gzip"),
    "a.jsonl.XZ": ("jsonl", "xz"),
    "a.tsv.zst": ("tsv", "zstd"),
    "a.parquet.gz": ("parquet", "gzip"),
}


@pytest.mark.parametrize(("name", "expected"), KINDS.items())
def test_kind_and_compression_go_by_the_extension(name, expected):
    make(name)
    assert (source(name).kind, source(name).compression) == expected


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.zip", "A.ZIP", "a.7z"])
def test_an_archive_is_refused_by_its_name(name):
    make(name)
    assert refusal(name) == f"{name} is an archive of several files"


@pytest.mark.parametrize(
    ("name", "what"),
    [("a.html", "a web page"), ("a.htm.gz", "a web page"), ("wiki.xml.bz2", "XML")],
)
def test_what_has_its_text_among_marks_is_text_only_if_that_is_said(name, what):
    make(name)
    assert refusal(name) == f"{name} is {what}"
    assert source(name, kind="text").kind == "text"


def test_kind_can_be_said_and_the_compression_still_goes_by_the_extension():
    make("a.csv.gz")
    given = source("a.csv.gz", kind="tsv")
    assert (given.kind, given.compression) == ("tsv", "gzip")


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_json_may_be_many_things(name):
    make(name)
    assert refusal(name) == f"{name}: .json may be many things"
    assert source(name, kind="jsonl").kind == "jsonl"


def test_plain_text_has_no_field_for_a_label():
    make("a.txt")
    assert refusal("a.txt", label_field="y") == "a.txt is plain text and has no field y"


# --- labels from names -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("news.txt", "news"),
        ("news.text", "news"),
        ("news.csv.gz", "news"),
        ("news.txt.zst", "news"),
        ("ca01.news", "ca01.news"),
        ("news", "news"),
        ("v1.2.txt", "v1.2"),
    ],
)
def test_a_file_s_label_is_its_name_less_the_extensions_that_say_its_kind(name, label):
    make(name)
    assert source(name, label_from="file").label == label


def test_a_folder_s_files_have_its_name_as_label():
    make("c/news/a.txt", "c/news/b.txt.gz", "c/tales/a.txt")
    labels = [each.label for each in find_sources(["c"], CorpusConfig(label_from="folder"))]
    assert labels == ["news", "news", "tales"]


def test_the_label_of_a_file_here_is_this_folder_s_name(tmp_path):
    make("a.txt")
    assert source("a.txt", label_from="folder").label == tmp_path.name


def test_a_name_that_is_not_utf8_makes_no_label():
    name = os.fsdecode(b"caf\xe9.txt")
    make(name)
    assert found(name) == [name]
    assert refusal(name, label_from="file") == f"{name}: the label in its name is not UTF-8"


# --- standard input --------------------------------------------------------------------------


def test_standard_input_is_text_unless_said():
    assert source("-").is_stream
    assert (source("-").kind, source("-", kind="csv").kind) == ("text", "csv")


def test_standard_input_can_be_read_only_once():
    assert refusal("-", "-") == "standard input can be read only once"


@pytest.mark.parametrize("label_from", ["file", "folder"])
def test_standard_input_has_no_name_to_take_a_label_from(label_from):
    expected = "standard input has no name to take a label from"
    assert refusal("-", label_from=label_from) == expected


@pytest.mark.parametrize("wanted", [0, 7, -1])
def test_the_digest_of_standard_input_is_over_all_of_it_however_much_was_wanted(
    wanted, monkeypatch
):
    content = b"Hope to see you soon\n" * 100_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    given = source("-")
    with given.open() as opened:
        opened.stream.read(wanted)
    assert given.digest.hexdigest() == hashlib.sha256(content).hexdigest()


# --- bytes -----------------------------------------------------------------------------------


PLAIN = b"".join(b"line %d of a corpus\n" % number for number in range(1000))


@pytest.mark.parametrize("extension", ["", *COMPRESS])
def test_a_file_opens_as_its_plain_bytes_compressed_or_not(extension):
    make("a" + extension, content=COMPRESS[extension](PLAIN) if extension else PLAIN)
    with source("a" + extension).open() as opened:
        assert opened.stream.read() == PLAIN


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_compressed_file_that_is_cut_off_is_reported_by_name(extension):
    make("a" + extension, content=COMPRESS[extension](PLAIN)[:-9])
    with (
        pytest.raises(DataError, match=rf"^a{extension} is damaged: Truncated compressed stream$"),
        source("a" + extension).open() as opened,
    ):
        opened.stream.read()


@pytest.mark.parametrize("extension", ["", *COMPRESS])
def test_the_position_is_that_in_the_file_as_it_lies_on_the_disk(extension):
    content = COMPRESS[extension](PLAIN) if extension else PLAIN
    make("a" + extension, content=content)
    with source("a" + extension).open() as opened:
        assert opened.position <= len(content)
        opened.stream.read()
        assert opened.position == len(content)


COMPRESSED = pytest.mark.parametrize("compression", COMPRESS)


@COMPRESSED
@pytest.mark.parametrize("name", ["a", "a.txt", "a.gz", "a.zst"])
def test_what_is_compressed_is_decompressed_whatever_its_name(name, compression):
    make(name, content=COMPRESS[compression](PLAIN))
    with source(name).open() as opened:
        assert opened.stream.read() == PLAIN


@COMPRESSED
@pytest.mark.parametrize("wanted", [1, 7, 4096, -1])
def test_standard_input_is_decompressed_and_its_digest_is_of_what_came(
    wanted, compression, monkeypatch
):
    content = COMPRESS[compression](PLAIN)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    given = source("-")
    with given.open() as opened:
        assert b"".join(iter(lambda: opened.stream.read(wanted), b"")) == PLAIN
        assert opened.position == len(content)
    assert given.digest.hexdigest() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("compression", ["", *COMPRESS])
def test_a_pipe_that_is_named_is_read_once_as_the_shell_makes_them(compression):
    os.mkfifo("pipe")
    content = COMPRESS[compression](PLAIN) if compression else PLAIN
    given = source("pipe")
    assert given.is_stream
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(content))
    writer.start()
    with given.open() as opened:
        assert opened.stream.read() == PLAIN
    writer.join()
    assert given.digest.hexdigest() == hashlib.sha256(content).hexdigest()


def test_several_pipes_may_be_named():
    os.mkfifo("one")
    os.mkfifo("two")
    assert found("one", "two") == ["one", "two"]


def test_what_is_no_text_is_refused_by_what_it_is_not_tokenized():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    make("corpus.gz", content=made.getvalue())
    with (
        pytest.raises(DataError, match=r"^corpus\.gz is a tar archive, and no text in UTF-8$"),
        source("corpus.gz").open(),
    ):
        pass


def test_a_file_that_is_gone_by_the_time_it_is_read_is_reported_by_name():
    make("a.txt")
    given = source("a.txt")
    Path("a.txt").unlink()
    with pytest.raises(StorageError, match=r"^cannot read a\.txt: No such file or directory$"):
        with given.open():
            pass


# --- a build inside its corpus ---------------------------------------------------------------


@pytest.mark.parametrize("named", ["c", "c/*", "c/**"])
def test_what_is_built_below_a_corpus_is_no_part_of_it(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    for name in ("c/a.txt", "c/build/tokens.parquet", "c/build/deep/x.txt", "c/building.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_sources([named], CorpusConfig(), Path("c/build/tokens.parquet"))
    assert [each.name for each in found] == ["c/a.txt", "c/building.txt"]


def test_a_folder_that_is_built_in_loses_just_the_output(tmp_path):
    for name in ("a.txt", "tokens.parquet", "tokens.parquet.manifest.json"):
        (tmp_path / name).touch()
    [only] = find_sources([str(tmp_path)], CorpusConfig(), tmp_path / "tokens.parquet")
    assert only.path.name == "a.txt"


def test_a_file_that_is_named_is_read_wherever_it_is(tmp_path):
    (tmp_path / "a.txt").touch()
    [only] = find_sources([str(tmp_path / "a.txt")], CorpusConfig(), tmp_path / "tokens.parquet")
    assert only.path.name == "a.txt"
