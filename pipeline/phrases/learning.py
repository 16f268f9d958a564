"""Find the words that stand together more often than chance would have it.

Two words, with nothing or connector words between, are a phrase if they score more than a
threshold. The scores and what they count are those of gensim's `Phrases`, so both find the same:

    word2phrase   (count(ab) - min_count) / count(a) / count(b) · T      Mikolov et al. 2013,
                  "Distributed representations of words and phrases and their compositionality";
                  T is the number of distinct words and candidates, as in gensim
    npmi          log(p(ab) / p(a) p(b)) / -log p(ab)                    Bouma 2009, "Normalized
                  (pointwise) mutual information in collocation extraction"; p is a count's share
                  of all words

Connector words are words in neither: they are counted in the number of all words only.

Unlike gensim, which counts joined texts, this counts pairs: a token that has the delimiter in it is
a word like any other, and no pair.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import PhrasesConfig
from corpus2vec.pipeline.phrases.candidates import (
    HALF,
    LOW,
    Heads,
    find_candidates,
    interned_connectors,
)
from corpus2vec.pipeline.phrases.pairs import PairCounts
from corpus2vec.pipeline.phrases.phrases import Phrase
from corpus2vec.pipeline.strings.interner import Growing, Interner
from corpus2vec.pipeline.strings.slices import Slices


class Learning:
    """Counts the words and candidates of documents, batch by batch, and finds the phrases.

    With a bound on `memory`, in bytes, counts of candidates that would take more are kept in an
    unnamed file in `folder`. Distinct words are held in memory.

    >>> tokens = [["new", "york", "is", "new"], ["york", "new", "york"]]
    >>> config = PhrasesConfig(phrase_min_count=1, threshold=0.5)
    >>> with Learning(config) as learning:
    ...     learning.add(pa.RecordBatch.from_pydict({"tokens": tokens}))
    ...     [phrase] = learning.phrases()
    >>> phrase.token, phrase.count, round(phrase.score, 3)
    ('new_york', 2, 0.778)
    """

    def __init__(
        self,
        config: PhrasesConfig,
        connectors: Sequence[str] = (),
        number: int = 1,
        memory: int | None = None,
        folder: Path | None = None,
    ) -> None:
        self.tokens_read = 0
        self.types = 0
        """How many distinct words there are that are no connectors; known at the end."""
        self._config = config
        self._number = number
        self._words = Interner()
        interned_connectors(self._words, tuple(connectors))
        self._connectors = len(self._words)
        self._counts = Growing(np.int64)
        self._heads = Heads()
        self._pairs = PairCounts(memory, folder)

    def __enter__(self) -> Learning:
        self._pairs.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pairs.__exit__(kind, error, trace)

    @property
    def candidates(self) -> int:
        """How many distinct candidates there are; known at the end."""
        return self._pairs.distinct

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the documents of a batch, `tokens: list<string>`."""
        lists = batch.column("tokens")
        tokens = lists.flatten()
        if not pa.types.is_dictionary(tokens.type):
            tokens = tokens.dictionary_encode()
        ids = self._words.intern(Slices.of(tokens.dictionary))
        places = tokens.indices.to_numpy()
        self._counts.extend(np.zeros(len(self._words) - len(self._counts), np.int64))
        np.add.at(self._counts.values, ids, np.bincount(places, minlength=len(ids)))
        self.tokens_read += len(places)
        numbers = ids[places]
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        found, _ = find_candidates(numbers, lengths, self._connectors)
        self._pairs.add(self._heads.number(numbers, found, add=True))

    def phrases(self) -> list[Phrase]:
        """Return the phrases, the highest score first. This ends the counting: call it once."""
        counts = self._counts.values
        self.types = int(np.count_nonzero(counts[self._connectors :]))
        pairs, together = self._pairs.result(self._config.phrase_min_count)
        heads, lasts = pairs >> HALF, (pairs & LOW).astype(np.int64)
        scores = self._scores(counts[self._heads.firsts(heads)], counts[lasts], together)
        stays = np.flatnonzero(scores > self._config.least_score)
        words = self._texts(heads[stays], lasts[stays])
        numbers = zip(words, together[stays].tolist(), scores[stays].tolist(), strict=True)
        found = [
            Phrase(self._number, each, self._config.join_with.join(each), count, score)
            for each, count, score in numbers
            if all(each)  # a lemma may be empty, and what has no letters is no word of a phrase
        ]
        return sorted(found, key=lambda each: (-each.score, each.words))

    def _scores(self, one: np.ndarray, other: np.ndarray, both: np.ndarray) -> np.ndarray:
        """Return the score of each pair, of which the words and the pair occur so often."""
        if self._config.scoring == "word2phrase":
            expected = one.astype(np.float64) * other
            distinct = self.types + self.candidates
            scores: np.ndarray = (both - self._config.phrase_min_count) / expected * distinct
        else:
            one, other, both = (each / float(self.tokens_read) for each in (one, other, both))
            scores = np.log(both / (one * other)) / -np.log(both)
        return scores

    def _texts(self, heads: np.ndarray, lasts: np.ndarray) -> list[tuple[str, ...]]:
        """Return the words of pairs."""
        pairs = zip(self._heads.words(heads), lasts.tolist(), strict=True)
        numbers = [[*head, last] for head, last in pairs]
        flat = np.fromiter(itertools.chain.from_iterable(numbers), np.int64)
        texts = iter(self._words.slices(flat).decoded())
        return [tuple(itertools.islice(texts, len(each))) for each in numbers]
