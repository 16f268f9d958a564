"""A string in pieces is the string; what is wrong in it is reported where `json` reports it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.json_strings import NotJsonError, read_string, whole_escapes
from corpus2vec.pipeline.corpus.window import Window

parts = st.lists(st.sampled_from(["a", "é😀", "\\\\", "\\n", "\\ud83d", "\\ude00", "\\u0041"]))


@given(parts, st.data())
def test_a_string_is_divided_where_its_pieces_mean_the_same(parts, data):
    body = "".join(parts)
    begun = body[: data.draw(st.integers(0, len(body)))]
    end = whole_escapes(begun)
    assert len(begun) - end <= 12
    pieces = json.loads(f'"{body[:end]}"') + json.loads(f'"{body[end:]}"')
    assert pieces == json.loads(f'"{body}"')


@given(parts, st.text("a,", max_size=3), st.integers(1, 20))
def test_a_string_is_read_up_to_its_quote(parts, after, size):
    line = '"' + "".join(parts) + '"' + after
    window = Window(iter([line[at : at + size] for at in range(0, len(line), size)]))
    window.see(1)
    pieces = []
    read_string(window, pieces.append)
    assert "".join(pieces) == json.loads(line[: len(line) - len(after)])
    window.see(9)
    assert window.text[window.at :] == after
    assert window.position == len(line) - len(after)


ENDS = ["", "\\", "\\x", "\\u12", "\\ud83d\\u1", "\n"]
WRONG = [(end, after) for end in ENDS for after in ["", '"', '", "bbbbbbbbbbbbbbbb"']]
for good in [("", '"'), ("", '", "bbbbbbbbbbbbbbbb"'), ("\\", '", "bbbbbbbbbbbbbbbb"')]:
    WRONG.remove(good)


@pytest.mark.parametrize("size", [1, 4, 100])
@pytest.mark.parametrize(("end", "after"), WRONG)
def test_what_is_wrong_is_reported_as_json_does(end, after, size):
    line = '"' + "a" * 20 + end + after
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(line)
    window = Window(iter([line[at : at + size] for at in range(0, len(line), size)]))
    window.see(1)
    with pytest.raises(NotJsonError) as found:
        read_string(window)
    assert (found.value.reason, found.value.column) == (expected.value.msg, expected.value.colno)
