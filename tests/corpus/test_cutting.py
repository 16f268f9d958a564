"""Every cut has everything once, and a place is found from any byte on."""

import io
import itertools
import re

from hypothesis import example, given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import cutting
from corpus2vec.pipeline.corpus.cutting import ENDS, cut, document_start

things = st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=12)
texts = st.lists(st.sampled_from([b"a", b"\n", b" ", b"\r\n", b"\xc3\xa9", b"\x0b"]), max_size=40)


@given(things, st.integers(1, 20))
@example([], 3)
@example([(0, False), (0, True)], 2)
@example([(1, True)], 20)
def test_the_pieces_of_all_parts_are_everything_once(things, of):
    sizes, whole = [size for size, _ in things], [is_whole for _, is_whole in things]
    pieces = [piece for number in range(1, of + 1) for piece in cut(sizes, whole, number, of)]
    assert [(each.place, each.begin) for each in pieces] == sorted(
        (each.place, each.begin) for each in pieces
    )
    for place, (size, is_whole) in enumerate(things):
        own = [(each.begin, each.end) for each in pieces if each.place == place]
        assert own[0][0] == 0
        assert own[-1][1] == size
        assert all(end == begin for (_, end), (begin, _) in itertools.pairwise(own))
        assert len(own) == 1 or not is_whole


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(1, 20))
def test_parts_of_what_can_be_cut_differ_by_one_byte_at_most(sizes, of):
    lengths = [
        sum(each.end - each.begin for each in cut(sizes, [False] * len(sizes), number, of))
        for number in range(1, of + 1)
    ]
    assert max(lengths) - min(lengths) <= 1


@given(texts, st.integers(1, 50), st.sampled_from(sorted(ENDS)))
def test_documents_begin_where_one_ended_whichever_block_that_is_in(pieces, block, document):
    text = b"".join(pieces)
    ends = {found.end() for at in range(len(text)) if (found := ENDS[document].match(text, at))}
    starts = {0, len(text), *ends}
    before, cutting.BLOCK_BYTES = cutting.BLOCK_BYTES, block
    try:
        for at in range(len(text) + 1):
            found = document_start(io.BytesIO(text), at, document)
            # An end that began before may reach beyond; then the next one is as good.
            assert found in starts
            assert found >= at
            if document == "line":
                assert found == min(each for each in starts if each >= at)
    finally:
        cutting.BLOCK_BYTES = before


def test_paragraphs_are_cut_at_blank_lines_only():
    text = b"Hope\nto see\n \t\r\nyou\n\nsoon\n"
    places = {document_start(io.BytesIO(text), at, "paragraph") for at in range(len(text) + 1)}
    assert [text[place:] for place in sorted(places)] == [
        text,
        b"you\n\nsoon\n",
        b"soon\n",
        b"",
    ]


def test_a_long_blank_line_is_passed_over():
    text = b"Hope\n" + b" " * 5000 + b"\nsee\n\nyou"
    assert document_start(io.BytesIO(text), 3, "paragraph") == len(text) - 3
    assert not re.search(ENDS["paragraph"], text[:5010])
