"""Join Arrow columns into the lines of a text file, without a Python object for any line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def joined_lines(*pieces: pa.Array | str) -> pa.Buffer:
    r"""Return the lines made of the columns, element by element; a string goes into every line.

    >>> bytes(joined_lines(pa.array(["0", "1"]), "\t", pa.array(["Hope", "to"])))
    b'0\tHope\n1\tto\n'
    """
    wide = pa.large_string()  # a file's text may be longer than int32 offsets reach
    cast = [
        pa.scalar(each, wide) if isinstance(each, str) else each.cast(wide)
        for each in (*pieces, "\n", "")
    ]
    lines = pc.binary_join_element_wise(*cast)
    # The strings of an array are concatenated in its buffer, so that is the text.
    end = np.frombuffer(lines.buffers()[1], np.int64)[len(lines)]
    return lines.buffers()[2].slice(0, int(end))
