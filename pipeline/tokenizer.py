"""Documents → tokens, by spaCy.

spaCy decides what a token is; everything else here is arithmetic on whole arrays. Each document
comes back from spaCy as an array of attribute hashes, so that no Python code runs per token: the
hashes are dictionary-encoded by Arrow, and only the distinct ones are looked up as strings.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import TokenizeConfig
from pipeline.errors import DataError, UsageError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The class a token is dropped for is the first of these that it belongs to.
CLASSES = {"space": "IS_SPACE", "punct": "IS_PUNCT", "num": "LIKE_NUM", "stop": "IS_STOP"}

# What spaCy lets through of an unknown language, a package that is no pipeline, a damaged folder.
LOADING_ERRORS = (AttributeError, ImportError, KeyError, OSError, TypeError, ValueError)


def import_spacy(with_torch: bool) -> ModuleType:
    """spaCy, without the 1.3 seconds of torch that it would import and not use.

    thinc takes torch to be absent if importing it fails. Pipelines given by --model may need it.
    """
    blocked = not with_torch and "torch" not in sys.modules and "spacy" not in sys.modules
    if blocked:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy
    finally:
        if blocked:
            del sys.modules["torch"]
    return spacy


def versions(config: TokenizeConfig) -> dict[str, str]:
    """The versions of the tools that decide tokens."""
    tools = {
        "spacy": metadata.version("spacy"),
        "pyarrow": metadata.version("pyarrow"),
        # Lower-casing and white space go by the Unicode tables that Python carries.
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    if config.model and not is_model_folder(config.model):
        try:
            tools[config.model] = metadata.version(config.model)
        except metadata.PackageNotFoundError as problem:
            raise UsageError(
                f"the spaCy pipeline {config.model} is not installed",
                hint=f"python -m spacy download {config.model}",
            ) from problem
    return tools


def is_model_folder(model: str) -> bool:
    """Whether --model names a folder rather than an installed package."""
    return Path(model).is_dir()


def load_pipeline(config: TokenizeConfig) -> Language:
    """The spaCy pipeline that `config` asks for.

    Raises UsageError for a language or a pipeline that spaCy does not have, or that cannot do
    what is asked of it.
    """
    spacy = import_spacy(with_torch=config.model is not None)
    try:
        nlp: Language = spacy.load(config.model) if config.model else spacy.blank(config.lang)
    except LOADING_ERRORS as problem:
        wanted = f"pipeline {config.model}" if config.model else f"language {config.lang!r}"
        reason = " ".join(str(problem).split())
        raise UsageError(f"spaCy cannot load the {wanted}: {reason:.300}") from problem
    if config.lemma and not any(
        "token.lemma" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names
    ):
        raise UsageError(
            f"--lemma: the {'pipeline ' + config.model if config.model else 'blank ' + config.lang}"
            " has nothing that lemmatizes",
            hint="give a --model with a lemmatizer, such as en_core_web_sm",
        )
    marks_sentences = any(
        "token.is_sent_start" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names
    )
    if config.sentences and not marks_sentences:
        nlp.add_pipe("sentencizer", first=True)
    return nlp


@dataclass(frozen=True)
class Tokens:
    """What came of one batch of documents: rows, and the books' entries for them."""

    batch: pa.RecordBatch
    """`tokens: list<dictionary<string>>`, and `label` where the documents had labels."""
    documents: int
    """Documents that came to at least one row."""
    emptied: int
    """Documents of which no token was left."""
    tokens: int
    """Tokens that spaCy found."""
    dropped: Mapping[str, int]
    """Tokens left out, by reason."""
    cuts: int
    """Cuts that --max-doc-tokens made."""


class Tokenizer:
    """Turns batches of documents into batches of tokens.

    >>> config = TokenizeConfig(drop=("space", "punct"))
    >>> documents = pa.RecordBatch.from_pydict({"text": ["Hope to see you soon!"]})
    >>> [tokens] = Tokenizer(config).tokenize([documents])
    >>> tokens.batch.column("tokens").to_pylist(), dict(tokens.dropped)
    ([['Hope', 'to', 'see', 'you', 'soon']], {'punct': 1})
    """

    def __init__(self, config: TokenizeConfig) -> None:
        self.config = config
        self._nlp = load_pipeline(config)
        from spacy import attrs

        form = "LEMMA" if config.lemma else "LOWER" if config.lower else "ORTH"
        names = [form, "SENT_START", *(CLASSES[name] for name in config.drop)]
        self._attributes = [getattr(attrs, name) for name in names]

    def tokenize(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Tokens]:
        """The tokens of each batch, in order."""
        for batch in batches:
            yield self._tokenize(batch)

    def _tokenize(self, batch: pa.RecordBatch) -> Tokens:
        # rows of `found`: tokens of the batch, one after the other; columns: the attributes
        found, lengths = self._analyse(batch.column("text").to_pylist())
        document = np.repeat(np.arange(batch.num_rows), lengths)
        first = np.zeros(len(document), bool)
        first[(np.cumsum(lengths) - lengths)[lengths > 0]] = True
        if self.config.sentences:
            first |= found[:, 1] == 1

        forms = self._strings(found[:, 0])
        keep, dropped = self._select(found[:, 2:], forms)
        segment = np.cumsum(first)[keep]
        document = document[keep]
        starts = _piece_starts(segment, self.config.max_doc_tokens)
        uncut = np.count_nonzero(np.diff(segment, prepend=-1))
        offsets = pa.array(np.append(starts, len(segment)), pa.int32())

        forms = forms.filter(pa.array(keep))
        columns = {"tokens": pa.ListArray.from_arrays(offsets, forms)}
        if "label" in batch.schema.names:
            columns["label"] = batch.column("label").take(pa.array(document[starts]))
        kept_documents = len(np.unique(document))
        return Tokens(
            batch=pa.RecordBatch.from_pydict(columns),
            documents=kept_documents,
            emptied=batch.num_rows - kept_documents,
            tokens=int(lengths.sum()),
            dropped=dropped,
            cuts=len(starts) - int(uncut),
        )

    def _analyse(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """spaCy's attributes of every token (tokens × attributes) and each document's length."""
        arrays = [document.to_array(self._attributes) for document in self._documents(texts)]
        lengths = np.array([len(each) for each in arrays], np.int64)
        nothing = np.zeros((0, len(self._attributes)), np.uint64)
        return np.concatenate([nothing, *arrays]), lengths

    def _documents(self, texts: list[str]) -> Iterator[Doc]:
        if not self._nlp.pipe_names:
            # spacy.blank("zh") and its like have tokenizers without a pipe of their own
            return map(self._nlp.tokenizer, texts)
        limit = self._nlp.max_length
        longest = max(map(len, texts), default=0)
        if self.config.model and longest > limit:
            raise DataError(
                f"a document has {longest:,} characters, and the pipeline {self.config.model} "
                f"takes at most {limit:,}",
                hint="make documents smaller: --doc-per paragraph, or line",
            )
        self._nlp.max_length = max(limit, longest)  # without a model nothing costs that memory
        return self._nlp.pipe(texts)

    def _strings(self, hashes: np.ndarray) -> pa.DictionaryArray:
        """The tokens that spaCy's string hashes stand for, dictionary-encoded."""
        encoded = pa.array(hashes).dictionary_encode()
        lookup = self._nlp.vocab.strings
        strings = [lookup[each] for each in encoded.dictionary.to_pylist()]
        if self.config.lemma and self.config.lower:
            strings = [each.lower() for each in strings]
        # Two hashes may have become one string by now, and a dictionary has each value once.
        unified = pa.array(strings, pa.string()).dictionary_encode()
        return pa.DictionaryArray.from_arrays(
            unified.indices.take(encoded.indices), unified.dictionary
        )

    def _select(
        self, classes: np.ndarray, forms: pa.DictionaryArray
    ) -> tuple[np.ndarray, Counter[str]]:
        """Which tokens stay, and how many go for which reason."""
        keep = np.ones(len(classes), bool)
        dropped: Counter[str] = Counter()
        for column, name in enumerate(self.config.drop):
            belongs = keep & (classes[:, column] == 1)
            dropped[name] = int(np.count_nonzero(belongs))
            keep &= ~belongs
        # A model may leave a token without a lemma; an empty string can have no row in a table.
        empty = keep & pc.equal(forms.cast(pa.string()), "").to_numpy(zero_copy_only=False)
        dropped["empty"] = int(np.count_nonzero(empty))
        return keep & ~empty, +dropped


def _piece_starts(segment: np.ndarray, most: int) -> np.ndarray:
    """Where each piece starts, if segments are cut after every `most` tokens (0: never).

    >>> _piece_starts(np.array([1, 1, 1, 1, 1, 2, 2]), 2)
    array([0, 2, 4, 5])
    """
    starts = np.diff(segment, prepend=-1) != 0
    if most:
        begin = np.maximum.accumulate(np.where(starts, np.arange(len(segment)), 0))
        starts |= (np.arange(len(segment)) - begin) % most == 0
    return np.flatnonzero(starts)
