"""Files of vectors that are known by their first bytes, and not read: what they are, what helps.

A pickle can run any code when it is loaded, so none is read. floret's rows are no words' rows.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from corpus2vec.pipeline.errors import DataError

PICKLE = re.compile(rb"\x80[\x02-\x05]")
ZIP = b"PK\x03\x04"
FLORET = re.compile(rb"[0-9]+ [0-9]+ [0-9]+ [0-9]+ [1-4] [0-9]+ \S+ \S+[ \r]*\n")
"""Buckets, dimension, shortest and longest n-gram, rows a hash, seed, and the marks of a word."""
FLORET_HINT = "use the .vec file of words that floret writes too"


def refuse_foreign(path: Path, probe: bytes) -> None:
    """Raise DataError for a file that begins as one that is not read; the hint converts it."""
    if PICKLE.match(probe):
        raise DataError(
            f"{path} is a pickle, as gensim saves its models: loading one can run any code",
            hint=f"if you trust it: python -c {shlex.quote(_conversion(path))}",
        )
    if probe.startswith(ZIP):
        raise DataError(f"{path} is a zip archive", hint="unzip it, and name the file in it")
    if FLORET.match(probe):
        raise floret(path)


def floret(path: Path) -> DataError:
    """Return the error for a table of floret's."""
    return DataError(
        f"{path} is a floret table: its rows are of hashed character n-grams, and not of words",
        hint=FLORET_HINT,
    )


def _conversion(path: Path) -> str:
    """Return the line of Python that makes a table of word2vec text from what gensim saved."""
    made = str(path.with_suffix(".w2v"))
    return (
        f"from gensim.models import KeyedVectors as K; m = K.load({str(path)!r}); "
        f"getattr(m, 'wv', m).save_word2vec_format({made!r})"
    )
