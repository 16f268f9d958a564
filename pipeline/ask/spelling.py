"""Words that a table does not have get rows from how they are spelt."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.ask.words import Words
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.use.form import fit_form


def spelt_out(table: Table, words: Iterable[str], case: str = "exact") -> Table:
    """Return the table with a row more for each word that it lacks, made by `use.form`.

    A word that shares no n-gram with the table's tokens gets none. `case` is that of `ask.Words`;
    where it does not count, words are spelt in lower case.
    """
    known = Words(table.tokens, case)
    lacking = [word for word in dict.fromkeys(words) if known.row(word) is None and _is_text(word)]
    if case != "exact":
        lacking = list(dict.fromkeys(map(str.lower, lacking)))
    if not lacking:
        return table
    form = fit_form(known.tokens, table.vectors_VD, table.counts)
    vectors_ND, found_N = form.vectors(lacking)
    tokens = pa.array(lacking, pa.string()).filter(pa.array(found_N))
    counts = table.counts
    if counts is not None:
        counts = np.concatenate([counts, np.zeros(len(tokens), counts.dtype)])
    return Table(
        pa.concat_arrays([table.tokens.cast(pa.string()), tokens]),
        np.concatenate([table.vectors_VD, vectors_ND[found_N]]),
        counts,
    )


def _is_text(word: str) -> bool:
    """Return whether it has no lone surrogates: bytes of the command line that are not UTF-8."""
    return word.isascii() or word == word.encode("utf-8", "replace").decode()
