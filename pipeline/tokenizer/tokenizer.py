"""The tokenizer of a corpus: batches of documents → batches of tokens, the fast way if possible."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer.fast import FastTokens
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.plain import PlainTokens
from corpus2vec.pipeline.tokenizer.rows import Tokens, make_rows
from corpus2vec.pipeline.tokenizer.spacy_pipeline import load_pipeline

if TYPE_CHECKING:
    from spacy.language import Language


class Tokenizer:
    """Turns batches of documents into batches of tokens.

    >>> tokenizer = Tokenizer(TokenizeConfig(drop=("space", "punct")))
    >>> tokens = tokenizer.tokenize(Texts.of(["Hope to see you soon!"]))
    >>> tokens.batch.column("tokens").to_pylist(), dict(tokens.dropped)
    ([['Hope', 'to', 'see', 'you', 'soon']], {'punct': 1})
    """

    def __init__(self, config: TokenizeConfig, nlp: Language | None = None) -> None:
        """`nlp`: a pipeline to use instead of the one that `config` names."""
        self.config = config
        nlp = nlp or load_pipeline(config)
        self._tokens: FastTokens | PlainTokens = PlainTokens(nlp, config)
        if _is_rule_based(nlp) and not config.lemma:
            with contextlib.suppress(Unreadable):
                self._tokens = FastTokens(nlp, config)

    @property
    def is_fast(self) -> bool:
        """Whether it tokenizes each distinct chunk once, instead of every document."""
        return isinstance(self._tokens, FastTokens)

    def tokenize(self, texts: Texts) -> Tokens:
        """Return the tokens of a batch of documents."""
        beside = {"label": texts.labels, "id": texts.ids}
        return make_rows(self._tokens.analyse(texts), beside, self.config)


def _is_rule_based(nlp: Language) -> bool:
    """Return whether all the pipeline does is split by spaCy's rules and mark sentences."""
    from spacy.pipeline import Sentencizer
    from spacy.tokenizer import Tokenizer as RuleBased

    others = [pipe for _, pipe in nlp.pipeline if type(pipe) is not Sentencizer]
    return type(nlp.tokenizer) is RuleBased and not others
