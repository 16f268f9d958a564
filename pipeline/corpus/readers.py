"""Which reader turns the bytes of a file into documents, by its kind.

A new kind of corpus file is a module with such a reader, a line here, and its extensions in
`finding.KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.delimited import read_csv
from corpus2vec.pipeline.corpus.parquet_files import read_parquet
from corpus2vec.pipeline.corpus.plain_text import read_text
from corpus2vec.pipeline.corpus.records import read_jsonl
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.texts import Texts

Reader = Callable[[Opened, Source, CorpusConfig], Iterator[Texts]]

READERS: dict[str, Reader] = {
    "text": read_text,
    "jsonl": read_jsonl,
    "csv": read_csv,
    "tsv": read_csv,
    "parquet": read_parquet,
}
