"""Documents → tokens. spaCy decides what a token is; the work is done once a distinct chunk.

The rooms:

    chunks.py          documents → chunks and white space
    distinct.py        distinct chunks → tokens, sharing all that can be shared
    rules.py             which characters the tokenizer's expressions can tell apart
    affixes.py           how one chunk is split
    patterns.py          special cases that reach beyond a chunk
    fast.py, plain.py  the two ways: by distinct chunks, or spaCy's own, a document at a time
    rows.py            what is left out, where documents are cut
    spacy_pipeline.py  the pipeline that --lang or --model names
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer.fast import FastTokens
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.plain import PlainTokens
from corpus2vec.pipeline.tokenizer.rows import Tokens, make_rows
from corpus2vec.pipeline.tokenizer.spacy_pipeline import (
    import_spacy,
    is_model_folder,
    load_pipeline,
    versions,
)

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["Tokenizer", "Tokens", "import_spacy", "is_model_folder", "load_pipeline", "versions"]


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
        if is_rule_based(nlp) and not config.lemma:
            with contextlib.suppress(Unreadable):
                self._tokens = FastTokens(nlp, config)

    @property
    def is_fast(self) -> bool:
        """Whether distinct chunks are tokenized, not documents."""
        return isinstance(self._tokens, FastTokens)

    def tokenize(self, texts: Texts) -> Tokens:
        """The tokens of a batch of documents."""
        return make_rows(self._tokens.analyse(texts), texts.labels, self.config)


def is_rule_based(nlp: Language) -> bool:
    """Whether the pipeline does nothing but spaCy's splitting by rules, and marking sentences."""
    from spacy.pipeline import Sentencizer
    from spacy.tokenizer import Tokenizer as RuleBased

    others = [pipe for _, pipe in nlp.pipeline if type(pipe) is not Sentencizer]
    return type(nlp.tokenizer) is RuleBased and not others
