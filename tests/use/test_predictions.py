"""Predicted labels as rows of each format."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.use.documents import Encoded
from corpus2vec.pipeline.use.predictions import PredictionWriter

LABELS = ["news", 'a\t"b"']
SOME = Encoded(
    Documents(np.arange(3, dtype=np.int32), np.array([0, 2, 3])),
    places=np.array([0, 2]),
    number=3,
    labels=None,
    ids=pa.array(["x", "y\n", "z"]),
)
NONE = Encoded(
    Documents(np.zeros(0, np.int32), np.array([0])), np.zeros(0, int), 1, None, pa.array(["w"])
)
CHANCES = np.array([[0.75, 0.25], [1 / 3, 2 / 3]], np.float32)


def written(format, **options):
    sink = io.BytesIO()
    with PredictionWriter(sink, format, LABELS, **{"ids": True, "all": True, **options}) as writer:
        writer.write(SOME, CHANCES)
        writer.write(NONE, np.zeros((0, 2), np.float32))
    assert writer.rows == 4
    return sink.getvalue()


def test_tsv_has_a_line_a_document_and_escapes_what_would_break_it():
    every = '{"news": 0.75, "a\\t\\"b\\"": 0.25}'
    assert written("tsv").decode().splitlines() == [
        f"x\tnews\t0.75\t{every}",
        "y\\u000a\t\t\t",
        'z\ta\\u0009"b"\t0.666667\t{"news": 0.333333, "a\\t\\"b\\"": 0.666667}',
        "w\t\t\t",
    ]
    assert written("tsv", ids=False, all=False).decode().splitlines()[0] == "news\t0.75"


def test_json_lines_have_an_object_a_document():
    rows = [json.loads(line) for line in written("jsonl").decode().splitlines()]
    assert rows[0] == {
        "id": "x",
        "label": "news",
        "probability": 0.75,
        "probabilities": {"news": 0.75, 'a\t"b"': 0.25},
    }
    assert rows[1] == {"id": "y\n", "label": None, "probability": None, "probabilities": None}
    assert [row["label"] for row in rows] == ["news", None, 'a\t"b"', None]


@pytest.mark.parametrize("all", [True, False])
def test_parquet_has_columns(all):
    table = pq.read_table(io.BytesIO(written("parquet", all=all)))
    names = ["id", "label", "probability", "probabilities"]
    assert table.schema.names == (names if all else names[:-1])
    assert table.column("label").to_pylist() == ["news", None, 'a\t"b"', None]
    assert table.column("probability").to_pylist()[2] == pytest.approx(2 / 3)
    if all:
        assert dict(table.column("probabilities").to_pylist()[0]) == {"news": 0.75, LABELS[1]: 0.25}


def test_pieces_of_a_batch_give_the_same_rows():
    sink = io.BytesIO()
    with PredictionWriter(sink, "tsv", LABELS, ids=True, all=True) as writer:
        begin = 0
        for piece in SOME.pieces(1):
            writer.write(piece, CHANCES[begin : begin + len(piece.documents)])
            begin += len(piece.documents)
    assert sink.getvalue() == b"".join(written("tsv").splitlines(keepends=True)[:3])
