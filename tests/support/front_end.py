"""The first three stages in the current folder, with one tokenizer for each config."""

import functools
from pathlib import Path

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import (
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    VocabConfig,
)
from corpus2vec.pipeline.stages import tokenize as tokenize_stage

# One tokenizer for each config: what it learned from other corpora must change nothing.
make_tokenizer = functools.cache(tokenize_stage._make_tokenizer)


def tokenize(*names, workers=1, force=True, **settings):
    """Tokenize corpus files into t.parquet, and return the outcome."""
    execution = TokenizeExecution(workers=workers)
    config = TokenizeConfig(**settings)
    return stages.tokenize.run(names, Path("t.parquet"), config, execution, force=force)


def front_end(*names, settings=None, vocab=None, encode=None, workers=1):
    """Return the counts of the three stages, and the bytes of what they made."""
    paths = tokens, words, ids = Path("t.parquet"), Path("v.tsv"), Path("i.parquet")
    outcomes = [
        tokenize(*names, workers=workers, **(settings or {})),
        stages.vocab.run([tokens], words, vocab or VocabConfig(), force=True),
        stages.encode.run([tokens, words], ids, encode or EncodeConfig(), force=True),
    ]
    return [outcome.counts for outcome in outcomes], [path.read_bytes() for path in paths]
