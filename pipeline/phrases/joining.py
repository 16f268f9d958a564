"""Join the words of phrases into one token: `new york` → `new_york`.

Each pass reads a document from left to right. Where a phrase begins, its words are joined, and the
next phrase can begin only after them; so of `a b c` with the phrases `a b` and `b c`, the first is
joined. This is what gensim's `Phrases` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.phrases.candidates import (
    MOST_BETWEEN,
    Candidates,
    Heads,
    find_candidates,
    interned_connectors,
)
from corpus2vec.pipeline.phrases.phrases import Phrase, passes
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.slices import MULTIPLIER, Slices, ranges

HASH_BITS = 20


class Joining:
    """Joins phrases, batch by batch, and counts what it joins.

    >>> york = Phrase(1, ("new", "york"), "new_york")
    >>> times = Phrase(2, ("new_york", "times"), "new_york_times")
    >>> tokens = pa.RecordBatch.from_pydict({"tokens": [["the", "new", "york", "times"], ["new"]]})
    >>> joining = Joining([york, times])
    >>> joining.join(tokens).column("tokens").to_pylist(), joining.joined
    ([['the', 'new_york_times'], ['new']], 2)
    """

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._passes = [_Pass(group) for group in passes(phrases)]
        self.joined = 0
        """How many tokens were joined to the one before them."""

    def join(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch, `tokens: list<string>` and other columns, with the phrases joined."""
        lists = batch.column("tokens")
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        tokens = lists.flatten()
        if not pa.types.is_dictionary(tokens.type):
            tokens = tokens.dictionary_encode()
        before = len(tokens)
        for each in self._passes:
            tokens, lengths = each.join(tokens, lengths)
        self.joined += before - len(tokens)
        offsets = pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
        place = batch.schema.get_field_index("tokens")
        joined = pa.ListArray.from_arrays(offsets, tokens)
        return batch.set_column(place, "tokens", joined)


class _Pass:
    """The phrases of one pass."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        inside = dict.fromkeys(word for each in phrases for word in each.words[1:-1])
        self._words = Interner()
        interned_connectors(self._words, tuple(inside))
        self._connectors = len(inside)
        self._heads = Heads()
        self._tokens = pa.array([each.token for each in phrases], pa.string())

        # The phrases as a text, in which each is a candidate: they are numbered as any text's are.
        lengths = np.array([len(each.words) for each in phrases])
        text = [word for each in phrases for word in each.words]
        numbers = self._words.intern(Slices.of_texts(text))
        ends = np.cumsum(lengths)
        found = Candidates(ends - lengths, ends - 1, MOST_BETWEEN)
        keys = self._heads.number(numbers, found, add=True)
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]
        self._possible = np.zeros(1 << HASH_BITS, bool)
        self._possible[_hashes(keys)] = True
        # A word that has no number is -1, the last of these.
        self._begins, self._ends = (np.zeros(len(self._words) + 1, bool) for _ in "be")
        self._begins[numbers[found.left]] = True
        self._ends[numbers[found.right]] = True

    def join(
        self, tokens: pa.DictionaryArray, lengths: np.ndarray
    ) -> tuple[pa.DictionaryArray, np.ndarray]:
        """Return the tokens and lengths of documents with the phrases joined."""
        places = tokens.indices.to_numpy()
        numbers = self._words.find(Slices.of(tokens.dictionary))[places]
        found, which = self._greedy(numbers, lengths)
        if not len(which):
            return tokens, lengths
        used, local = np.unique(which, return_inverse=True)
        places = places.copy()
        places[found.left] = len(tokens.dictionary) + local
        stays = np.ones(len(places), bool)
        stays[ranges(found.left + 1, found.right - found.left)] = False
        borders = np.append(0, np.cumsum(lengths))
        lengths = np.diff(np.append(0, np.cumsum(stays))[borders])
        # A phrase may be a token already; and a dictionary has each string once, and none unused.
        known = tokens.dictionary.cast(pa.string())
        strings = pa.concat_arrays([known, self._tokens.take(pa.array(used))]).dictionary_encode()
        places = strings.indices.to_numpy()[places[stays]]
        encoded = pa.array(places, pa.int32()).dictionary_encode()
        dictionary = strings.dictionary.take(encoded.dictionary)
        return pa.DictionaryArray.from_arrays(encoded.indices, dictionary), lengths

    def _greedy(self, numbers: np.ndarray, lengths: np.ndarray) -> tuple[Candidates, np.ndarray]:
        """Return the phrases in documents of these words, and which ones they are."""
        found, ordinals = find_candidates(numbers, lengths, self._connectors)
        likely = np.flatnonzero(self._begins[numbers[found.left]])
        likely = likely[self._ends[numbers[found.right[likely]]]]
        found, ordinals = found[likely], ordinals[likely]
        keys = self._heads.number(numbers, found, add=False)
        hit = np.flatnonzero(self._possible[_hashes(keys)])  # few of the others are left
        at = np.minimum(np.searchsorted(self._sorted, keys[hit]), len(self._sorted) - 1)
        equal = self._sorted[at] == keys[hit]
        hit, at = hit[equal], at[equal]
        found, ordinals = found[hit], ordinals[hit]
        # In a chain of phrases, each of which begins with the last word of the one before it,
        # every other one is joined, from the first on.
        linked = np.diff(ordinals, prepend=-2) == 1
        chain = np.maximum.accumulate(np.where(linked, 0, np.arange(len(linked))))
        taken = np.flatnonzero((np.arange(len(linked)) - chain) % 2 == 0)
        return found[taken], self._order[at[taken]]


def _hashes(keys: np.ndarray) -> np.ndarray:
    return ((keys * MULTIPLIER) >> np.uint64(64 - HASH_BITS)).astype(np.int64)
