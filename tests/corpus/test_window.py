"""A window over a text holds what was asked for, and knows where it is."""

from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.window import Window


@given(st.lists(st.text("abc", max_size=4)), st.data())
def test_a_window_moves_over_the_text(blocks, data):
    whole = "".join(blocks)
    window = Window(iter(blocks))
    place = 0
    while place < len(whole):
        count = data.draw(st.integers(1, 9))
        window.see(count)
        assert window.position == place
        assert whole[place:].startswith(window.text[window.at :])
        assert len(window.text) - window.at >= min(count, len(whole) - place)
        step = data.draw(st.integers(1, min(count, len(whole) - place)))
        window.at += step
        place += step
    window.see_more()
    assert window.ended
    assert window.position == len(whole)
