"""Documents → tokens by spaCy itself, a document at a time.

For pipelines that do more than split by rules, for tokenizers that are not rule-based (zh, ja, ko,
th, vi), and for rules that cannot be read. spaCy returns each document as an array of attribute
hashes, so no Python code runs per token, and only distinct hashes are looked up as strings.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tokenizer.rows import EMPTY, Analysis
from corpus2vec.pipeline.tokenizer.spacy_pipeline import CLASSES

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

KNOWN_STRINGS = 1 << 20
"""spaCy never forgets a string. Beyond this many, a memory zone frees those of each batch."""


class PlainTokens:
    """Analyses documents with any spaCy pipeline."""

    def __init__(self, nlp: Language, config: TokenizeConfig) -> None:
        from spacy import attrs

        self._nlp = nlp
        self._config = config
        form = "LEMMA" if config.lemma else "LOWER" if config.lower else "ORTH"
        names = [form, "SENT_START", *(CLASSES[name] for name in config.drop)]
        self._attributes = [getattr(attrs, name) for name in names]

    def analyse(self, texts: Texts) -> Analysis:
        """Return the tokens of a batch of documents. Raises DataError for one that is too long."""
        with contextlib.ExitStack() as stack:
            if len(self._nlp.vocab.strings) > KNOWN_STRINGS:
                stack.enter_context(self._nlp.memory_zone())
            return self._analyse(texts.decoded())

    def _analyse(self, texts: list[str]) -> Analysis:
        # `found` has a row for each token of the batch, and a column for each attribute.
        blank = [not text or text.isspace() for text in texts]
        filled = [text for text, is_blank in zip(texts, blank, strict=True) if not is_blank]
        arrays = [document.to_array(self._attributes) for document in self._documents(filled)]
        lengths = np.zeros(len(texts), np.int64)
        lengths[~np.array(blank, bool)] = [len(each) for each in arrays]
        found = np.concatenate([np.zeros((0, len(self._attributes)), np.uint64), *arrays])

        encoded = pa.array(found[:, 0]).dictionary_encode()
        lookup = self._nlp.vocab.strings
        strings = [lookup[each] for each in encoded.dictionary.to_pylist()]
        if self._config.lemma and self._config.lower:
            strings = [each.lower() for each in strings]
        distinct = pa.array(strings, pa.string())
        forms = encoded.indices.to_numpy()

        reasons = np.zeros(len(forms), np.uint8)
        # A model may give a token no lemma, and an empty string cannot have a row in a table.
        empty = np.array([not each for each in strings], bool)
        reasons[empty[forms]] = EMPTY
        for code in range(len(self._config.drop), 0, -1):
            reasons[found[:, 1 + code] == 1] = code
        return Analysis(
            forms=forms,
            strings=lambda numbers: distinct.take(pa.array(numbers)),
            lengths=lengths,
            reasons=reasons,
            begins_sentence=found[:, 1] == 1 if self._config.sentences else None,
            blank=sum(blank),
        )

    def _documents(self, texts: list[str]) -> Iterator[Doc]:
        if not self._nlp.pipe_names:
            # The tokenizers of spacy.blank("zh") and its like have no `pipe` of their own.
            return map(self._nlp.tokenizer, texts)
        limit = self._nlp.max_length
        longest = max(map(len, texts), default=0)
        if self._config.model and longest > limit:
            raise DataError(
                f"a document has {longest:,} characters, and the pipeline {self._config.model} "
                f"takes at most {limit:,}",
                hint="make documents smaller: --doc-per paragraph, or line",
            )
        self._nlp.max_length = max(limit, longest)  # without a model, length costs nothing
        return self._nlp.pipe(texts)
