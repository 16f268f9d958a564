"""Tables to write and to read back: tokens of every sort, and the bytes of a dump."""

import io

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tables.writing import prepare, write_to

HOSTILE = [
    *("|", "a\\b", "東京", "e\u0301", "\x1b[31m", "\u202egnp", "\u200b", "\x00"),
    *("+-+", "7", '"', "'", "''", '"a""', "NOUN"),
]
SPACED = ["New York", "a\tb", "a\nb", "\r", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000"]
TOKENS = ["Hope", "\ufeff", "[UNK]", *HOSTILE, *SPACED, "to"]
VECTORS = np.random.default_rng(1).standard_normal((len(TOKENS), 6), np.float32)
COUNTS = np.arange(len(TOKENS)) % 5 + 1
TABLE = Table(pa.array(TOKENS), VECTORS, COUNTS)

FEW = ["Hope", "to", "東京", "|", "a\\b"]
FEW_VECTORS = np.random.default_rng(1).standard_normal((len(FEW), 3), np.float32)
ROWS = {"Hope": [0.25, -1.5], "to": [1.0, 0.5]}


def table(tokens, vectors=None, counts=None):
    vectors = [[0.5, -0.5]] * len(tokens) if vectors is None else vectors
    counts = None if counts is None else np.array(counts)
    return Table(pa.array(tokens, pa.string()), np.array(vectors, np.float32), counts)


THREE = table(["Hope", "to", "see"], [[0.25, -1.5], [1, 0.1], [-0.0, 1e-45]], [1, 2, 2])


def written(given, format, **settings):
    """The bytes of a dump in a format of one file."""
    return dumped(given, format, **settings)[0]


def dumped(given, format, **settings):
    sink = io.BytesIO()
    config = DumpConfig(format=format, **settings)
    ready, unsafe = prepare(given, config)
    write_to(sink, ready, config)
    return sink.getvalue(), unsafe


def spelt(format):
    """TOKENS as a dump of that format gives them back."""
    return [as_written(token, format) for token in TOKENS]


def rows_of(table):
    return dict(zip(table.tokens.to_pylist(), table.vectors_VD.tolist(), strict=True))


def assert_same(table, tokens, vectors):
    assert table.tokens.to_pylist() == list(tokens)
    assert table.vectors_VD.dtype == np.float32
    assert table.vectors_VD.tobytes() == np.asarray(vectors).tobytes()


def word2vec_binary(rows, newline=b"", count=None):
    """word2vec's binary format; Mikolov's own files have a newline behind each row."""
    header = f"{len(rows) if count is None else count} {len(next(iter(rows.values())))}\n".encode()
    return header + b"".join(
        token.encode() + b" " + np.array(vector, "<f4").tobytes() + newline
        for token, vector in rows.items()
    )
