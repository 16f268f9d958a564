"""Documents → tokens by distinct chunks: for pipelines that are only a rule-based tokenizer.

What depends on a token alone (its class, its lower case, its role in a sentence) is worked out once
per distinct token, and gathered by token id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.strings.interner import Growing, Interner
from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.tokenizer.chunks import split_into_chunks
from corpus2vec.pipeline.tokenizer.distinct import DistinctChunks
from corpus2vec.pipeline.tokenizer.rows import EMPTY, Analysis
from corpus2vec.pipeline.tokenizer.spacy_pipeline import CLASSES

if TYPE_CHECKING:
    from spacy.language import Language

PUNCTUATION, SENTENCE_END = 1, 2


class FastTokens:
    """Analyses documents as `nlp` does. Raises Unreadable if its rules cannot be read."""

    def __init__(self, nlp: Language, config: TokenizeConfig) -> None:
        from spacy import attrs

        self._chunks = DistinctChunks(nlp.tokenizer)
        getters: dict[int, Callable[[str], Any]] = nlp.vocab.lex_attr_getters  # type: ignore[attr-defined]
        # A blank pipeline's answers about a token depend on its characters alone.
        self._classes: list[Callable[[str], bool]] = [
            getters[getattr(attrs, CLASSES[name])] for name in config.drop
        ]
        self._lower: Callable[[str], str] | None = getters[attrs.LOWER] if config.lower else None
        self._is_punct: Callable[[str], bool] = getters[attrs.IS_PUNCT]
        self._sentence_ends: set[str] | None = None
        if config.sentences:
            sentencizer: Any = nlp.pipeline[0][1]  # there is no other pipe here
            self._sentence_ends = set(sentencizer.punct_chars)
        self._forget()

    def _forget(self) -> None:
        self._forms = Interner()
        self._form_of = Growing(np.int32)  # of each distinct token
        self._reason_of = Growing(np.uint8)
        self._sentence_role_of = Growing(np.uint8)

    def analyse(self, texts: Texts) -> Analysis:
        """Return the tokens of a batch of documents."""
        if self._chunks.forget_if_large():
            self._forget()
        chunks = split_into_chunks(texts)
        ids, counts = self._chunks.tokenize(chunks)
        self._look_at_new_tokens()
        before = np.concatenate([[0], np.cumsum(counts)])
        lengths = np.diff(before[chunks.documents])
        return Analysis(
            forms=ids if self._lower is None else self._form_of.values[ids],
            strings=self._strings,
            lengths=lengths,
            reasons=self._reason_of.values[ids],
            begins_sentence=self._sentence_starts(ids, lengths),
            blank=int(np.count_nonzero(chunks.blank)),
            cuts=len(chunks.cuts),
        )

    def _strings(self, forms: np.ndarray) -> pa.Array:
        interner = self._chunks.tokens if self._lower is None else self._forms
        return interner.slices(forms).array().cast(pa.string())

    def _look_at_new_tokens(self) -> None:
        """Work out what depends on the token alone, for new tokens."""
        known = len(self._reason_of)
        strings = self._chunks.tokens.slices(slice(known, None)).decoded()
        reasons = np.zeros(len(strings), np.uint8)
        for code, belongs in reversed(list(enumerate(self._classes, start=1))):
            reasons[np.fromiter(map(belongs, strings), bool, len(strings))] = code
        if self._lower is not None:
            lowered = [self._lower(each) for each in strings]
            self._form_of.extend(self._forms.intern(Slices.of_texts(lowered)))
            empty = np.fromiter((not each for each in lowered), bool, len(strings))
            reasons[empty & (reasons == 0)] = EMPTY
        self._reason_of.extend(reasons)
        if self._sentence_ends is not None:
            roles = [
                SENTENCE_END if each in self._sentence_ends else PUNCTUATION * self._is_punct(each)
                for each in strings
            ]
            self._sentence_role_of.extend(np.array(roles, np.uint8))

    def _sentence_starts(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray | None:
        """Return which tokens begin a sentence, by the rule of spaCy's Sentencizer.

        After the end of a sentence ("."), the first token that is neither such an end nor
        punctuation begins the next one. The first token of a document does too: `make_rows`.
        """
        if self._sentence_ends is None:
            return None
        roles = self._sentence_role_of.values[ids]
        words = np.flatnonzero(roles == 0)
        ends_before = np.cumsum(roles == SENTENCE_END)[words]
        begins = np.zeros(len(ids), bool)
        # A word begins a sentence if there is an end between it and the word before. For the first
        # word of a document, only ends within the document count.
        document = np.repeat(np.arange(len(lengths)), lengths)[words]
        after_end = np.diff(ends_before, prepend=0) > 0
        first = np.diff(document, prepend=-1) != 0
        ends_at_start = np.concatenate([[0], np.cumsum(roles == SENTENCE_END)])
        starts = (np.cumsum(lengths) - lengths)[document]
        within = ends_before - ends_at_start[starts] > 0
        begins[words[np.where(first, within, after_end)]] = True
        return begins
