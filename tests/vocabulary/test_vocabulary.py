"""Tokens become a vocabulary by order of first appearance, and its file gives every one back."""

import re
import subprocess
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import VocabConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.vocabulary import vocabulary as vocabulary_module
from corpus2vec.pipeline.vocabulary.counting import Counting, LeftOut
from corpus2vec.pipeline.vocabulary.selection import build_vocabulary
from corpus2vec.pipeline.vocabulary.vocabulary import (
    Vocabulary,
    format_vocabulary,
    parse_vocabulary,
    vocabulary_lines,
)

PHRASES = ["Hope", "to", "see", "you", "soon", "Nice", "to", "see", "you", "again"]
any_token = st.text(st.characters(exclude_categories=["Cs"]))


def counted(*batches, memory=None):
    with Counting(memory) as counting:
        for batch in batches:
            counting.add(batch if isinstance(batch, pa.Array) else pa.array(batch, pa.string()))
        tokens, counts = counting.result()
    assert counting.tokens_read == counts.sum()
    assert counting.left_out == LeftOut()
    return dict(zip(tokens.to_pylist(), counts.tolist(), strict=True))


def built(tokens, keep=(), **settings):
    counting = Counting()
    counting.add(pa.array(tokens, pa.string()))
    return build_vocabulary(*counting.result(), VocabConfig(**settings), keep)


def entries(vocabulary):
    return dict(zip(vocabulary.tokens.to_pylist(), vocabulary.counts.tolist(), strict=True))


def vocabulary_of(*tokens, counts=None, unk=None):
    counts = range(1, len(tokens) + 1) if counts is None else counts
    return Vocabulary(pa.array(tokens, pa.string()), np.array(counts, np.int64), unk)


# --- counting --------------------------------------------------------------------------------


def test_the_worked_example_s_ids_are_by_first_appearance_from_0():
    vocabulary, _ = built(PHRASES)
    assert vocabulary.tokens.to_pylist() == ["Hope", "to", "see", "you", "soon", "Nice", "again"]
    assert vocabulary.counts.tolist() == [1, 2, 2, 2, 1, 1, 1]
    assert vocabulary.unk is None


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(list("abcdefghij")) | any_token)))
def test_counts_and_order_do_not_depend_on_how_tokens_come_in_batches(batches):
    tokens = [token for batch in batches for token in batch]
    assert list(counted(*batches).items()) == list(Counter(tokens).items())


@settings(deadline=None)
@given(st.lists(st.lists(any_token, min_size=1)))
def test_it_is_the_same_whether_tokens_come_plain_or_dictionary_encoded(batches):
    encoded = [pa.array(batch, pa.string()).dictionary_encode() for batch in batches]
    assert list(counted(*encoded).items()) == list(counted(*batches).items())


def test_a_slice_of_an_array_counts_for_itself():
    tokens = pa.array(["a", "b", "c", "b", "d"])
    for whole in (tokens, tokens.dictionary_encode(), tokens.cast(pa.large_string())):
        assert list(counted(whole[1:4], whole[:0], whole[4:]).items()) == [
            ("b", 2),
            ("c", 1),
            ("d", 1),
        ]


def test_a_dictionary_may_hold_a_string_twice():
    batch = pa.DictionaryArray.from_arrays(pa.array([1, 2, 0, 1]), pa.array(["a", "a", "b"]))
    assert list(counted(batch).items()) == [("a", 3), ("b", 1)]


def test_a_dictionary_s_own_order_and_what_no_token_uses_of_it_do_not_count():
    batch = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2]), pa.array(["b", "unused", "a"]))
    assert list(counted(batch, ["c", "b"]).items()) == [("a", 2), ("b", 2), ("c", 1)]


def test_more_types_than_one_piece_are_counted_in_order():
    tokens = [f"w{number}" for number in range(100_000)]
    found = counted(tokens[:70_000], tokens[60_000:], tokens[:1])
    assert list(found) == tokens
    assert (found["w0"], found["w59999"], found["w60000"]) == (2, 1, 2)


# --- counting within a bound -----------------------------------------------------------------


@pytest.mark.parametrize("memory", [0, 2_000_000, 20_000_000, None])
def test_more_types_than_memory_holds_are_counted_in_order(memory):
    tokens = [f"w{number}" for number in range(100_000)]
    batches = [tokens[begin : begin + 15_000] for begin in range(0, 100_000, 10_000)]
    expected = Counter(token for batch in batches for token in batch)
    assert list(counted(*batches, memory=memory).items()) == list(expected.items())


@settings(deadline=None)
@given(
    batches=st.lists(st.lists(st.sampled_from(list("abcdefghij")) | any_token), max_size=8),
    encoded=st.booleans(),
    memory=st.sampled_from([None, 0, 120_000]),
    least=st.integers(1, 4),
    keep=st.sets(st.sampled_from("abcxyz")),
)
def test_a_bound_changes_nothing_and_what_is_left_out_is_accounted_for(
    batches, encoded, memory, least, keep
):
    expected = Counter(token for batch in batches for token in batch)
    stay = {token: count for token, count in expected.items() if count >= least or token in keep}
    gone = [count for token, count in expected.items() if token not in stay]
    with Counting(memory) as counting:
        for batch in batches:
            tokens = pa.array(batch, pa.string())
            counting.add(tokens.dictionary_encode() if encoded else tokens)
        tokens, counts = counting.result(least, iter(keep))
    assert list(zip(tokens.to_pylist(), counts.tolist(), strict=True)) == list(stay.items())
    assert counting.left_out == LeftOut(len(gone), sum(gone), max(gone, default=0))
    assert counting.tokens_read == counts.sum() + counting.left_out.tokens


def test_a_bound_leaves_nothing_in_the_folder_however_counting_ends(tmp_path):
    def fail():
        with Counting(0, tmp_path) as counting:
            counting.add(pa.array(["a", "b"]))
            assert list(tmp_path.iterdir()) == []
            raise DataError("the corpus is damaged")

    with pytest.raises(DataError, match="the corpus is damaged"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_within_the_bound_no_file_is_made(tmp_path):
    with Counting(1 << 20, tmp_path / "no such folder") as counting:
        counting.add(pa.array(["a", "b"]))
        assert counting.result()[0].to_pylist() == ["a", "b"]


@settings(deadline=None)
@given(
    tokens=st.lists(st.sampled_from("abcdefghij"), min_size=1),
    keep=st.sets(st.sampled_from("abcxyz")),
    min_count=st.integers(1, 4),
    max_size=st.integers(0, 12),
    unk=st.sampled_from([None, "[?]"]),
)
def test_the_vocabulary_is_the_same_if_counting_left_the_rare_tokens_out(
    tokens, keep, min_count, max_size, unk
):
    config = VocabConfig(min_count=min_count, max_size=max_size, unk=unk)
    counting = Counting()
    counting.add(pa.array(tokens))
    found, counts = counting.result(min_count, keep)

    def outcome(build):
        try:
            vocabulary, books = build()
        except (DataError, UsageError) as refused:
            return refused.message, refused.hint
        return format_vocabulary(vocabulary), vocabulary.unk, books

    late = outcome(lambda: built(tokens, keep, **vars(config)))
    assert late == outcome(lambda: build_vocabulary(found, counts, config, keep, counting.left_out))


# --- which tokens stay -----------------------------------------------------------------------

LETTERS = ["a", "b", "c", "b", "d", "d", "c", "d", "e"]  # a 1, b 2, c 2, d 3, e 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"min_count": 2}, {"b": 2, "c": 2, "d": 3, "<unk>": 2}),
        ({"min_count": 3}, {"d": 3, "<unk>": 6}),
        ({"max_size": 1}, {"d": 3, "<unk>": 6}),
        ({"max_size": 2}, {"b": 2, "d": 3, "<unk>": 4}),
        ({"max_size": 4}, {"a": 1, "b": 2, "c": 2, "d": 3, "<unk>": 1}),
        ({"max_size": 5}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"max_size": 2, "min_count": 3}, {"d": 3, "<unk>": 6}),
        ({"min_count": 3, "keep": "e"}, {"d": 3, "e": 1, "<unk>": 5}),
        ({"max_size": 2, "keep": "e"}, {"d": 3, "e": 1, "<unk>": 5}),
        ({"max_size": 2, "keep": "ea"}, {"a": 1, "e": 1, "<unk>": 7}),
        ({"keep": ["not there"]}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"unk": "[?]"}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1, "[?]": 0}),
        ({"unk": "[?]", "min_count": 3}, {"d": 3, "[?]": 6}),
    ],
    ids=str,
)
def test_rare_tokens_go_and_the_rest_stays_in_order(settings, expected):
    vocabulary, books = built(LETTERS, **settings)
    assert list(entries(vocabulary).items()) == list(expected.items())
    books.balance()
    assert books.read == len(LETTERS)


def test_unk_is_the_last_id_and_counts_what_it_stands_for():
    vocabulary, books = built(LETTERS, min_count=2)
    assert (vocabulary.unk, vocabulary.unk_id, len(vocabulary)) == ("<unk>", 3, 4)
    assert (books.kept, books.unk) == (7, 2)


def test_a_token_of_the_corpus_cannot_stand_for_what_was_left_out():
    with pytest.raises(DataError, match=r"^the corpus itself has the token <unk>, so it cannot"):
        built(["<unk>", "<unk>", "a"], min_count=2)


def test_a_corpus_may_have_the_token_unk_where_nothing_is_left_out():
    vocabulary, _ = built(["a", "<unk>", "b"])
    assert (entries(vocabulary), vocabulary.unk) == ({"a": 1, "<unk>": 1, "b": 1}, None)


def test_where_every_token_is_rare_the_hint_says_how_rare():
    with pytest.raises(DataError, match=r"^no token is left: --min-count 4 is more") as refused:
        built(LETTERS, min_count=4)
    assert refused.value.hint == "the most frequent token has 3"


def test_more_tokens_to_keep_than_fit_are_refused():
    expected = "^--keep holds 3 tokens of the corpus, more than --max-size 2$"
    with pytest.raises(UsageError, match=expected):
        built(LETTERS, keep="abc", max_size=2)


@settings(deadline=None)
@given(
    tokens=st.lists(st.sampled_from("abcdefghij"), min_size=1),
    keep=st.sets(st.sampled_from("abcxyz")),
    min_count=st.integers(1, 4),
    max_size=st.integers(0, 12),
)
def test_the_books_balance_and_the_most_frequent_stay(tokens, keep, min_count, max_size):
    counts = Counter(tokens)
    by_rank = sorted(counts, key=lambda token: (token not in keep, -counts[token]))
    stay = [token for token in by_rank if token in keep or counts[token] >= min_count]
    stay = set(stay[:max_size] if max_size else stay)
    try:
        vocabulary, books = built(tokens, keep, min_count=min_count, max_size=max_size)
    except DataError:
        assert not stay
    except UsageError:
        assert 0 < max_size < len(keep & set(tokens))
    else:
        found = entries(vocabulary)
        assert [token for token in found if token != "<unk>"] == [
            token for token in counts if token in stay
        ]
        assert sum(found.values()) == len(tokens) == books.read
        books.balance()


# --- the file --------------------------------------------------------------------------------

HOSTILE = ["\t", "\n", "\r", "\\", "\\n", "\\\t\\", '"', '"a', "'", "", " ", " a ", "\0", "\u2028"]
HOSTILE += ["\x85", "\v", "\f", "\ufeff", "😀", "e\u0301", "nan", "NaN", "null", "NA", "None", "1"]
HOSTILE += ["-1", "1e9", "true", "#", ",", "id", "token", "\ud7ff", "\U0010ffff", "a" * 100_000]


def test_the_worked_example_s_file_can_be_read_by_a_person():
    vocabulary, _ = built(PHRASES)
    assert format_vocabulary(vocabulary) == (
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
    count = st.integers(0, 2**63 - 1)
    counts = [data.draw(count) if data else 2**63 - 1 for _ in tokens]
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
    assert written == format_vocabulary(built(tokens, unk="[?]")[0])

    narrow = parse_vocabulary(written, "v.tsv", unk="[?]")
    assert narrow.tokens.type == pa.string()
    monkeypatch.setattr(vocabulary_module, "REACH", 100_100)  # the longest line is 100,009 bytes
    wide = parse_vocabulary(written, "v.tsv", unk="[?]")
    assert wide.tokens.type == pa.large_string()
    assert wide.tokens.to_pylist() == narrow.tokens.to_pylist() == [*tokens, "[?]"]
    assert wide.counts.tolist() == narrow.counts.tolist()


def test_a_fault_beyond_what_is_read_at_one_time_is_told_by_its_line(monkeypatch):
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


def test_a_named_token_that_is_not_the_last_is_refused():
    written = format_vocabulary(vocabulary_of("[?]", "a"))
    expected = r"^v\.tsv: its last token is 'a', not '\[\?\]' as its manifest says$"
    with pytest.raises(DataError, match=expected):
        parse_vocabulary(written, "v.tsv", unk="[?]")


HEADER = b"id\ttoken\tcount\n"
NO_HEADER = "v.tsv is no vocabulary: its first line is not 'id\\ttoken\\tcount'"

MALFORMED = {
    b"": NO_HEADER,
    b"0\ta\t1\n": NO_HEADER,
    b"\xef\xbb\xbf" + HEADER + b"0\ta\t1\n": NO_HEADER,
    b"id\ttoken\tcount\r\n0\ta\t1\r\n": NO_HEADER,
    b"PAR1": NO_HEADER,
    HEADER: "v.tsv has no token",
    HEADER + b"1\ta\t1\n": "v.tsv line 2: id 1 where 0 was expected",
    HEADER + b"0\ta\t1\n2\tb\t1\n": "v.tsv line 3: id 2 where 1 was expected",
    HEADER + b"0\ta\t1\n0\tb\t1\n": "v.tsv line 3: id 0 where 1 was expected",
    HEADER + b"0\ta\t-1\n": "v.tsv has a count below 0",
    HEADER + b"0\ta\t1\n1\tb\t1\n2\ta\t1\n": "v.tsv has the token 'a' twice",
    HEADER + b"0\t\\t\t1\n1\t\\t\t1\n": "v.tsv has the token '\\t' twice",
    HEADER + b"0\t\\x\t1\n": "v.tsv has '\\\\x', which stands for nothing",
    HEADER + b"0\ta\\\t1\n": "v.tsv has '\\\\', which stands for nothing",
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
        assert refusal(written) == f"v.tsv has {unknown[0]!r}, which stands for nothing"
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
def test_a_line_that_is_none_of_a_vocabulary_is_told_by_its_number(line, reason):
    message = refusal(HEADER + b"0\ta\t1\n" + line + b"\n2\tc\t1\n")
    assert message.startswith("v.tsv is no vocabulary: ")
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


# --- lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((["0", "1"], "\t", ["a", "é"]), "0\ta\n1\té\n"),
        ((["", ""],), "\n\n"),
        (([], "\t", []), ""),
    ],
)
def test_columns_become_lines(pieces, expected):
    given = [each if isinstance(each, str) else pa.array(each, pa.string()) for each in pieces]
    assert bytes(joined_lines(*given)) == expected.encode()


def test_a_slice_of_a_column_becomes_its_own_lines_only():
    column = pa.array(["a", "b", "c", "d"])
    assert bytes(joined_lines(column[1:3], column[2:4])) == b"bc\ncd\n"


def test_a_last_token_unk_of_the_corpus_itself_stands_for_nothing_else(tmp_path):
    text = b"id\ttoken\tcount\n0\ta\t1\n1\t<unk>\t1\n"
    assert parse_vocabulary(text, "v", hand_made=False).unk is None
    assert parse_vocabulary(text, "v").unk == "<unk>"
