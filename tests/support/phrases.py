"""Phrases of documents that are lists of words."""

import pyarrow as pa

from corpus2vec.pipeline.config import PhrasesConfig
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.learning import Learning

LISTS = pa.list_(pa.string())


def batches(documents, size=50):
    """The documents in batches, as the tokens of an artifact are."""
    return [
        pa.RecordBatch.from_arrays([pa.array(documents[begin : begin + size], LISTS)], ["tokens"])
        for begin in range(0, len(documents), size)
    ]


def learn(documents, connectors=(), memory=None, *, number=1, size=50, least=1, **settings):
    """The phrases of documents that are counted so many at a time."""
    config = PhrasesConfig(phrase_min_count=least, **settings)
    with Learning(config, connectors, number, memory) as learning:
        for batch in batches(documents, size):
            learning.add(batch)
        return learning.phrases()


def joined(documents, phrases, size=50):
    """The documents with the phrases joined, batch by batch."""
    joining = Joining(phrases)
    found = [joining.join(batch) for batch in batches(documents, size)]
    return [words for batch in found for words in batch.column("tokens").to_pylist()]
