"""Encoded documents, written as lists of ids."""

import numpy as np

from corpus2vec.pipeline.training.documents import Documents


def documents(*lists, labels=None):
    """The documents with those ids, and their label ids if there are any."""
    offsets = np.cumsum([0, *map(len, lists)])
    ids = np.array([each for ids in lists for each in ids], np.int32)
    return Documents(ids, offsets, None if labels is None else np.array(labels, np.int32))
