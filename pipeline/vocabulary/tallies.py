"""The tally of a part of tokens: its distinct tokens, with count and first place, beside the part.

With it the tokens of a part need not be read a second time to be counted. It is an Arrow file of
`spill.PARTS` record batches, by the hash of the tokens, as a `Spill` has them, and is summed as
counts on disk are. Nothing is pruned here, since a token that is rare in a part may be frequent
in all. The part's manifest has the digest of its tally. Where that is gone or damaged, the tokens
are counted again.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpus2vec.pipeline.artifacts.beside import tally_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.files.json_text import COUNT, require_shape
from corpus2vec.pipeline.files.publication import publication
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.vocabulary.counting import Counting
from corpus2vec.pipeline.vocabulary.encoding import Labels
from corpus2vec.pipeline.vocabulary.spill import TABLE, read_stored

COUNTED_BYTES = 1 << 29
"""Memory for counting while a part is made; counts that need more go to disk."""


class PartTally:
    """Counts the tokens of a part while it is made, and gathers its labels."""

    def __init__(self, part: Path) -> None:
        self._path = tally_path(part)
        self._counting = Counting(COUNTED_BYTES, part.parent)
        self._labels = Labels(pa.array([], pa.string()))

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of tokens."""
        self._counting.add(batch.column("tokens").flatten())
        if "label" in batch.schema.names:
            self._labels = self._labels.extended(batch.column("label"))

    @property
    def metadata(self) -> dict[str, str]:
        """What the part itself has of this: its labels, by first appearance."""
        names = self._labels.names.to_pylist()
        return {"labels": json.dumps(names, ensure_ascii=False)} if names else {}

    def publish(self) -> str:
        """Write the tally; return its digest. Nothing may be added after that."""
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with publication(self._path) as target, self._counting as counting:
            with target.open("wb") as sink, pa.ipc.new_file(sink, TABLE, options=options) as writer:
                for table in counting.parts():
                    writer.write_batch(table)
        return digest(self._path)[0]


COUNTS_SHAPE = {"tally": str, "rows": COUNT, "tokens": {"kept": COUNT, ...: Any}, ...: Any}


@dataclass(frozen=True)
class StoredTally:
    """A tally that fits its part."""

    path: Path
    tokens: int
    rows: int


def find_tally(part: Path, progress: Progress) -> StoredTally | None:
    """Return the tally of a file of tokens, if it has one that fits."""
    manifest = read_manifest(part)
    if manifest is None or "tally" not in manifest.counts:
        return None
    path = tally_path(part)
    with contextlib.suppress(PipelineError):
        counts: dict[str, Any] = dict(manifest.counts)
        require_shape(counts, COUNTS_SHAPE, str(path))
        if digest(path)[0] == counts["tally"]:
            read_stored(path, 0)
            return StoredTally(path, counts["tokens"]["kept"], counts["rows"])
    progress.notice(f"{path} is gone or damaged, so the tokens of {part.name} are counted again")
    return None
