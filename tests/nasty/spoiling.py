"""How a case spoils a file of a build, and what is nasty in more than one format."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DEEP = 100_000
"""Levels of nesting."""
NESTED_LISTS = b"[" * DEEP + b"]" * DEEP
NESTED_OBJECTS = b'{"a":' * DEEP + b"1" + b"}" * DEEP
HALF = r"\ud800"
"""Half a surrogate pair, as JSON writes it."""
NO_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(np.array([0, 2, 4], np.int32)), pa.py_buffer(b"\xff\xfeab")]
)
"""Two strings, of which Arrow has not asked whether they are UTF-8."""


def put(name, content):
    """A case: the file has this content."""

    def spoil(folder):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


def edited(name, edit):
    """A case: the file's content is changed by a function of it."""

    def spoil(folder):
        path = folder / name
        path.write_bytes(edit(path.read_bytes()))

    return spoil


def edited_json(name, edit):
    """A case: the JSON in the file is changed in place by a function of it."""

    def change(content):
        value = json.loads(content)
        return json.dumps(edit(value) or value).encode()

    return edited(name, change)


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()
