"""Strings for the tests of the room of the same name."""

import numpy as np
from hypothesis import strategies as st

from corpus2vec.pipeline.strings import slices as strings
from corpus2vec.pipeline.strings.slices import Slices

# A few letters of all widths, so that strings meet, and strings of all lengths around a word's.
any_string = st.text("ab\0é€😀", max_size=12) | st.text(max_size=40) | st.text("a", max_size=40)
many_strings = st.lists(any_string)


def slices_of(*pieces):
    """Strings of bytes, which need not be UTF-8."""
    lengths = np.array(list(map(len, pieces)), np.int64)
    data = np.frombuffer(b"".join(pieces), np.uint8)
    return Slices(strings.padded(data), np.cumsum(lengths) - lengths, lengths)
