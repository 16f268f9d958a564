"""Encoded documents, written as lists of ids."""

import numpy as np

from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.documents import Documents


def documents(*lists, labels=None):
    """The documents with those ids, and their label ids if there are any."""
    ids = np.array([each for ids in lists for each in ids], np.int32)
    lengths = np.array([len(each) for each in lists], np.int64)
    return Documents.of(ids, lengths, None if labels is None else np.array(labels, np.int32))


def lists(found):
    """The ids of each document, as `documents` takes them."""
    return [each.tolist() for each in np.split(found.ids_n, found.offsets[1:-1])][: len(found)]


def blocks(*parts):
    """The documents of all parts, in blocks on disk."""
    return Blocks.of(parts)
