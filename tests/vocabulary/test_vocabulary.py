"""A vocabulary is written to a file that a person can read, and the file gives it back."""

import re
import subprocess

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.config import VocabConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.vocabulary import vocabulary as vocabulary_module
from corpus2vec.pipeline.vocabulary.counting import Counting
from corpus2vec.pipeline.vocabulary.selection import build_vocabulary
from corpus2vec.pipeline.vocabulary.vocabulary import (
    Vocabulary,
    format_vocabulary,
    parse_vocabulary,
    read_vocabulary,
    unk_of,
    vocabulary_lines,
)
from tests.support.artifacts import recipe

any_token = st.text(st.characters(exclude_categories=["Cs"]))


def vocabulary_of(*tokens, counts=None, unk=None):
    counts = range(1, len(tokens) + 1) if counts is None else counts
    return Vocabulary(pa.array(tokens, pa.string()), np.array(counts, np.int64), unk)


HOSTILE = ["\t", "\n", "\r", "\\", "\\n", "\\\t\\", '"', '"a', "'", "", " ", " a ", "\0", "\u2028"]
HOSTILE += ["\x85", "\v", "\f", "\ufeff", "😀", "e\u0301", "nan", "NaN", "null", "NA", "None", "1"]
HOSTILE += ["-1", "1e9", "true", "#", ",", "id", "token", "\ud7ff", "\U0010ffff", "a" * 100_000]


def test_the_worked_example_s_file_can_be_read_by_a_person():
    tokens = ["Hope", "to", "see", "you", "soon", "Nice", "again"]
    assert format_vocabulary(vocabulary_of(*tokens, counts=[1, 2, 2, 2, 1, 1, 1])) == (
        b"id\ttoken\tcount\n"
        b"0\tHope\t1\n1\tto\t2\n2\tsee\t2\n3\tyou\t2\n4\tsoon\t1\n5\tNice\t1\n6\tagain\t1\n"
    )


@pytest.mark.parametrize(
    ("token", "written"),
    [
        ("\t", rb"\t"),
        ("\n", rb"\n"),
        ("\r", rb"\r"),
        ("\\", rb"\\"),
        ("\\n", rb"\\n"),
        ('"', b'"'),
        ("\0", b"\0"),
        ("\u2028", b"\xe2\x80\xa8"),
    ],
)
def test_only_what_would_break_the_lines_is_escaped(token, written):
    assert format_vocabulary(vocabulary_of(token)).endswith(b"\n0\t" + written + b"\t1\n")


@settings(deadline=None)
@given(st.lists(st.sampled_from(HOSTILE) | any_token, min_size=1, unique=True), st.data())
@example(HOSTILE, None)
def test_what_is_written_is_read_back(tokens, data):
    most = (2**63 - 1) // len(tokens) - 1
    counts = [data.draw(st.integers(0, most)) if data else most for _ in tokens]
    read = parse_vocabulary(format_vocabulary(vocabulary_of(*tokens, counts=counts)), "v.tsv")
    assert read.tokens.to_pylist() == tokens
    assert read.counts.tolist() == counts
    assert read.counts.dtype == np.int64


def test_every_line_has_three_fields_and_awk_can_read_them():
    written = format_vocabulary(vocabulary_of(*HOSTILE))
    lines = written.removesuffix(b"\n").split(b"\n")
    assert len(lines) == 1 + len(HOSTILE)
    assert {line.count(b"\t") for line in lines} == {2}
    program = "NR > 1 { n += $3 } NF != 3 { bad++ } END { print NR, n, bad + 0 }"
    awk = subprocess.run(
        ["awk", "-F\t", program], input=written, stdout=subprocess.PIPE, check=True
    )
    total = sum(range(1, len(HOSTILE) + 1))
    assert awk.stdout.split() == [b"%d" % (1 + len(HOSTILE)), b"%d" % total, b"0"]


def test_lines_come_some_at_a_time_and_make_the_same_file(monkeypatch):
    vocabulary = vocabulary_of(*HOSTILE[:10])
    whole = format_vocabulary(vocabulary)
    monkeypatch.setattr(vocabulary_module, "LINES", 4)
    pieces = list(map(bytes, vocabulary_lines(vocabulary)))
    assert [piece.count(b"\n") for piece in pieces] == [1, 4, 4, 2]
    assert b"".join(pieces) == whole


def test_tokens_that_string_has_no_room_for_are_large_string_all_the_way(monkeypatch):
    tokens = [f"w{number}" for number in range(1000)] + HOSTILE
    counting = Counting()
    counting.add(pa.array(tokens, pa.large_string()))
    vocabulary, _ = build_vocabulary(*counting.result(), VocabConfig(unk="[?]"))
    assert vocabulary.tokens.type == pa.large_string()
    written = format_vocabulary(vocabulary)
    counts = [1] * len(tokens) + [0]
    assert written == format_vocabulary(vocabulary_of(*tokens, "[?]", counts=counts, unk="[?]"))

    narrow = parse_vocabulary(written, "v.tsv", unk="[?]")
    assert narrow.tokens.type == pa.string()
    monkeypatch.setattr(vocabulary_module, "REACH", 100_100)  # the longest line is 100,009 bytes
    wide = parse_vocabulary(written, "v.tsv", unk="[?]")
    assert wide.tokens.type == pa.large_string()
    assert wide.tokens.to_pylist() == narrow.tokens.to_pylist() == [*tokens, "[?]"]
    assert wide.counts.tolist() == narrow.counts.tolist()


def test_a_fault_beyond_the_first_block_is_named_by_its_line(monkeypatch):
    written = format_vocabulary(vocabulary_of(*(f"w{number}" for number in range(100))))
    monkeypatch.setattr(vocabulary_module, "REACH", 100)
    assert "Row #102" in refusal(written + b"100\tb\n")
    assert refusal(written + b"99\tb\t1\n") == "v.tsv line 102: id 99 where 100 was expected"


def test_a_last_token_unk_stands_for_all_others():
    written = format_vocabulary(vocabulary_of("a", "<unk>", counts=[1, 0]))
    assert parse_vocabulary(written, "v.tsv").unk == "<unk>"


def test_a_token_unk_elsewhere_is_a_token_like_any_other():
    assert parse_vocabulary(format_vocabulary(vocabulary_of("<unk>", "a")), "v.tsv").unk is None


def test_another_token_that_stands_for_all_others_is_named():
    written = format_vocabulary(vocabulary_of("a", "[?]"))
    assert parse_vocabulary(written, "v.tsv").unk is None
    assert parse_vocabulary(written, "v.tsv", unk="[?]").unk_id == 1


def test_a_named_token_that_stands_for_all_others_may_have_others_after_it():
    written = format_vocabulary(vocabulary_of("a", "[?]", "b"))
    assert parse_vocabulary(written, "v.tsv", unk="[?]").unk_id == 1


def test_a_named_token_that_is_not_there_is_refused():
    written = format_vocabulary(vocabulary_of("b", "a"))
    expected = r"^v\.tsv has no token '\[\?\]', which its manifest names$"
    with pytest.raises(DataError, match=expected):
        parse_vocabulary(written, "v.tsv", unk="[?]")


HEADER = b"id\ttoken\tcount\n"
NO_HEADER = "v.tsv is not a vocabulary: its first line is not id, token, count"

MALFORMED = {
    b"": NO_HEADER,
    b"0\ta\t1\n": NO_HEADER,
    b"\xef\xbb\xbf" + HEADER + b"0\ta\t1\n": NO_HEADER,
    b"id\ttoken\tcount\r\n0\ta\t1\r\n": NO_HEADER,
    b"PAR1": NO_HEADER,
    HEADER: "v.tsv has no tokens",
    HEADER + b"1\ta\t1\n": "v.tsv line 2: id 1 where 0 was expected",
    HEADER + b"0\ta\t1\n2\tb\t1\n": "v.tsv line 3: id 2 where 1 was expected",
    HEADER + b"0\ta\t1\n0\tb\t1\n": "v.tsv line 3: id 0 where 1 was expected",
    HEADER + b"0\ta\t-1\n": "v.tsv has a negative count",
    HEADER + b"0\ta\t1\n1\tb\t1\n2\ta\t1\n": "v.tsv has the token 'a' twice",
    HEADER + b"0\t\\t\t1\n1\t\\t\t1\n": "v.tsv has the token '\t' twice",
    HEADER + b"0\t\\x\t1\n": "v.tsv has the unknown escape '\\x'",
    HEADER + b"0\ta\\\t1\n": "v.tsv has the unknown escape '\\'",
}


def refusal(written):
    with pytest.raises(DataError) as refused:
        parse_vocabulary(written, "v.tsv")
    return refused.value.message


@pytest.mark.parametrize(("written", "message"), MALFORMED.items())
def test_a_malformed_file_is_refused(written, message):
    assert refusal(written) == message


@settings(deadline=None)
@given(st.lists(st.text("\\tnrx\x7f"), min_size=1))
def test_escapes_are_read_from_left_to_right_and_the_first_unknown_one_is_named(fields):
    known = {r"\\": "\\", r"\t": "\t", r"\n": "\n", r"\r": "\r"}
    fields = [f"{number} {field}" for number, field in enumerate(fields)]  # no two are equal
    found = [escape for field in fields for escape in re.findall(r"\\.?", field)]
    unknown = [escape for escape in found if escape not in known]
    lines = (f"{number}\t{field}\t1\n" for number, field in enumerate(fields))
    written = HEADER + "".join(lines).encode()
    if unknown:
        assert refusal(written) == f"v.tsv has the unknown escape '{unknown[0]}'"
    else:
        assert parse_vocabulary(written, "v.tsv").tokens.to_pylist() == [
            re.sub(r"\\.", lambda match: known[match[0]], field) for field in fields
        ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1\tb", "Expected 3 columns, got 2"),
        (b"1\tb\t1\t2", "Expected 3 columns, got 4"),
        (b"1\tb\rc\t1", "Expected 3 columns, got 2"),
        (b"", "invalid value ''"),
        (b"x\tb\t1", "invalid value 'x'"),
        (b"1\tb\t1.5", "invalid value '1.5'"),
        (b"1\tb\t", "invalid value ''"),
        (b"1\tb\t9223372036854775808", "invalid value '9223372036854775808'"),
        (b"1\t\xff\t1", "invalid UTF8"),
    ],
)
def test_a_line_that_does_not_belong_is_named_by_its_number(line, reason):
    message = refusal(HEADER + b"0\ta\t1\n" + line + b"\n2\tc\t1\n")
    assert message.startswith("v.tsv is not a vocabulary: ")
    assert "Row #3" in message
    assert reason in message


@settings(deadline=None)
@given(st.data())
def test_a_changed_byte_gives_a_vocabulary_or_a_refusal(data):
    written = bytearray(format_vocabulary(vocabulary_of("Hope", "\t", "é", "<unk>")))
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] = data.draw(st.integers(0, 255))
    try:
        read = parse_vocabulary(bytes(written), "v.tsv")
    except DataError:
        return
    assert len(read) == 4


def test_a_last_token_unk_of_the_corpus_itself_stands_for_nothing_else(tmp_path):
    text = b"id\ttoken\tcount\n0\ta\t1\n1\t<unk>\t1\n"
    assert parse_vocabulary(text, "v", hand_made=False).unk is None
    assert parse_vocabulary(text, "v").unk == "<unk>"


# --- from an artifact ------------------------------------------------------------------------


def made(path, vocabulary):
    """The vocabulary as an artifact, and as an input of the next stage."""

    def write(target):
        target.write_bytes(format_vocabulary(vocabulary))
        return {} if vocabulary.unk is None else {"unk": vocabulary.unk}

    produce(recipe(stage="vocab"), path, write)
    return artifact_input("vocabulary", path)


@pytest.mark.parametrize("unk", ["[?]", "<unk>", None])
def test_the_manifest_names_the_token_that_stands_for_all_others(tmp_path, unk):
    given = made(tmp_path / "v.tsv", vocabulary_of("a", unk or "<unk>", unk=unk))
    read = read_vocabulary(given)
    assert (unk_of(given), read.unk) == (unk, unk)
    assert read.tokens.to_pylist() == ["a", unk or "<unk>"]


def test_without_a_manifest_a_last_token_unk_stands_for_all_others(tmp_path):
    (tmp_path / "v.tsv").write_bytes(format_vocabulary(vocabulary_of("a", "<unk>")))
    given = artifact_input("vocabulary", tmp_path / "v.tsv")
    assert (unk_of(given), read_vocabulary(given).unk) == (None, "<unk>")
