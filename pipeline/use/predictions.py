"""Predicted labels as rows: TSV, JSON Lines or Parquet, written batch by batch.

    tsv       id   label   probability   probabilities
    jsonl     {"id": …, "label": …, "probability": …, "probabilities": {label: probability}}
    parquet   id: string   label: string   probability: float   probabilities: map<string, float>

The id is there if the corpus has ids, the probabilities of all labels if they are asked for; in TSV
they are one field of JSON. A document without a token that the vocabulary knows has a row too, with
neither label nor probability, so that row i is that of document i. TSV has no header; in its fields
a backslash and a control character are escaped (see `strings.display`). Text has six digits of a
probability.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.strings.display import field
from corpus2vec.pipeline.use.documents import Encoded


class PredictionWriter:
    """Writes rows to a sink in one of the formats."""

    def __init__(
        self, sink: IO[bytes], format: str, labels: Sequence[str], *, ids: bool, all: bool
    ) -> None:
        self.rows = 0
        self._sink = sink
        self._format = format
        self._labels = list(labels)
        self._all = all
        self._names = [
            *(["id"] if ids else []),
            *("label", "probability"),
            *(["probabilities"] if all else []),
        ]
        self._parquet: pq.ParquetWriter | None = None
        if format == "parquet":
            types = {
                "id": pa.string(),
                "label": pa.string(),
                "probability": pa.float32(),
                "probabilities": pa.map_(pa.string(), pa.float32()),
            }
            schema = pa.schema([(name, types[name]) for name in self._names])
            self._parquet = pq.ParquetWriter(
                sink, schema, compression="zstd", write_page_checksum=True
            )

    def write(self, batch: Encoded, probabilities_nC: np.ndarray) -> None:
        """Write a row for each document of the batch; the probabilities are of its `documents`."""
        best_n = probabilities_nC.argmax(1)
        chances_n = probabilities_nC[np.arange(len(best_n)), best_n]
        columns = {
            "id": batch.ids,
            "label": self._spread(batch, pa.array(self._labels, pa.string()).take(best_n)),
            "probability": self._spread(batch, pa.array(chances_n, pa.float32())),
        }
        if self._all:
            offsets = np.arange(len(best_n) + 1, dtype=np.int32) * len(self._labels)
            names = pa.array(self._labels * len(best_n), pa.string())
            maps = pa.MapArray.from_arrays(offsets, names, probabilities_nC.reshape(-1))
            columns["probabilities"] = self._spread(batch, maps)
        table = pa.table({name: columns[name] for name in self._names})
        self.rows += table.num_rows
        if self._parquet:
            self._parquet.write_table(table)
        else:
            line = _json_line if self._format == "jsonl" else _tsv_line
            rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
            text = "".join(line(self._names, row) for row in rows)
            self._sink.write(text.encode("utf-8", "backslashreplace"))

    def _spread(self, batch: Encoded, values: pa.Array) -> pa.Array:
        """Return the values of the documents as those of all n, null for the others."""
        row_N = np.full(batch.number, -1)
        row_N[batch.places] = np.arange(len(batch.places))
        return values.take(pa.array(row_N, mask=row_N < 0))

    def __enter__(self) -> PredictionWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._parquet:
            self._parquet.close()


def _tsv_line(names: Sequence[str], row: Sequence[Any]) -> str:
    fields = []
    for value in row:
        if isinstance(value, float):
            fields.append(f"{value:.6g}")
        elif isinstance(value, list):
            fields.append(json.dumps(_rounded(value), ensure_ascii=False))
        else:
            fields.append("" if value is None else field(value))
    return "\t".join(fields) + "\n"


def _json_line(names: Sequence[str], row: Sequence[Any]) -> str:
    values = [_rounded(value) if isinstance(value, list | float) else value for value in row]
    return json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return {name: _rounded(each) for name, each in value}
    return float(f"{value:.6g}")
