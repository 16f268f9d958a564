"""From a text corpus to a table of word embeddings, learned by an Embedding + LSTM network.

What a notebook needs, without the command line:

    import corpus2vec

    table = corpus2vec.build("corpus.txt", "build", dim=50)  # the five stages, into a folder
    table = corpus2vec.load("build/embeddings.txt")          # a dump, or vectors of any tool

    table["harbour"]                          # its vector: 50 numbers
    table.neighbors("harbour", top=5)         # the nearest tokens, each with its cosine
    table.analogy("man", "king", "woman")     # man is to king as woman is to what?
    table.similarity("harbour", "ship")       # a cosine
    table.lookup("the harbour at night")      # the ids and vectors of a text's tokens

`Embeddings` describes the table. Errors are `PipelineError` and its children; `UnknownWord` is also
a KeyError. `import corpus2vec` itself imports next to nothing: each name below is imported when it
is first used, and only `build` ever needs torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus2vec.building import build
    from corpus2vec.embeddings import Embeddings, UnknownWord, load
    from corpus2vec.pipeline.ask.lookup import Found
    from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError, UsageError

    __version__: str

HOMES = {
    "build": "building",
    "load": "embeddings",
    "Embeddings": "embeddings",
    "Found": "pipeline.ask.lookup",
    "PipelineError": "pipeline.errors",
    "UsageError": "pipeline.errors",
    "UnknownWord": "embeddings",
    "DataError": "pipeline.errors",
    "StorageError": "pipeline.errors",
}
"""The module that each name comes from."""

__all__ = [
    "DataError",
    "Embeddings",
    "Found",
    "PipelineError",
    "StorageError",
    "UnknownWord",
    "UsageError",
    "__version__",
    "build",
    "load",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("corpus2vec")
    if name not in HOMES:
        raise AttributeError(f"module 'corpus2vec' has no attribute {name!r}")
    return getattr(importlib.import_module(f"corpus2vec.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
