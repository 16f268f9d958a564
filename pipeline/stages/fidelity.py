"""How many documents a dumped tokenizer.json turns into the ids that the corpus's own have.

Unknown words do not count: the libraries that load the dump leave them out, or give them a row of
zeros, and tokens that --drop left out are unknown ones to it.
Measured on the first documents of the corpus, if it is still where it was, as it was, and the
package `tokenizers` is installed. It decides no byte of the dump: the manifest reports it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.artifacts.stored import settings_of
from corpus2vec.pipeline.config import CorpusConfig, TokenizeConfig
from corpus2vec.pipeline.errors import PipelineError

if TYPE_CHECKING:
    from corpus2vec.pipeline.corpus.texts import Texts

FILE = "tokenizer.json"
DOCUMENTS = 1000
LARGEST_FILE = 1 << 28
"""Bytes of a corpus file that is read again, to see that it has not changed."""


def equal_documents(folder: Path, manifest: Manifest | None, path: Path) -> dict[str, int]:
    """Return how many documents were compared, and how many have the same ids; {} if none can be.

    `folder` has a tokenizer.json; `manifest` is that of the model at `path`.
    """
    if manifest is None or importlib.util.find_spec("tokenizers") is None:
        return {}
    try:
        texts = _first_texts(manifest, path)
        if texts is None:
            return {}
        vocabulary = json.loads((folder / FILE).read_text("utf-8"))["model"]
        known = dict(vocabulary["vocab"])
        unk = known.pop(vocabulary["unk_token"])
        ours = _rows_of_corpus(known, texts, manifest, path)
        theirs = [[row for row in rows if row != unk] for rows in _rows_of_dump(folder, texts)]
    except PipelineError:  # what is no longer there to compare with is no failure of the dump
        return {}
    pairs = [pair for pair in zip(ours, theirs, strict=True) if any(pair)]
    same = sum(one == other for one, other in pairs)
    return {"documents_compared": len(pairs), "documents_equal": same}


def _first_texts(manifest: Manifest, path: Path) -> list[str] | None:
    """Return the first documents of the first file of the corpus; None if that has changed."""
    from corpus2vec.pipeline.corpus.corpus import Corpus
    from corpus2vec.pipeline.corpus.finding import find_sources

    entry = manifest.upstream("tokenize")
    given = [each for each in entry["inputs"] if each["role"] == "corpus"] if entry else []
    if entry is None or not given:
        return None
    file = Path(given[0]["name"])
    if not file.is_file() or file.stat().st_size > LARGEST_FILE:
        return None
    if digest(file)[0] != given[0]["digest"]:
        return None
    config: CorpusConfig = settings_of(TokenizeConfig, entry["config"], f"the manifest of {path}")
    batches = Corpus(find_sources([str(file)], config), config).batches()
    texts: Texts | None = next(batches, None)
    return None if texts is None else list(islice(texts.decoded(), DOCUMENTS))


def _rows_of_dump(folder: Path, texts: list[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / FILE))
    return [each.ids for each in tokenizer.encode_batch(texts)]


def _rows_of_corpus(
    known: Mapping[str, int], texts: list[str], manifest: Manifest, path: Path
) -> list[list[int]]:
    """Return the rows of each document's known tokens, tokenized as the corpus was."""
    from corpus2vec.pipeline.corpus.texts import Texts
    from corpus2vec.pipeline.phrases.retracing import joinings
    from corpus2vec.pipeline.tokenizer import Tokenizer
    from corpus2vec.pipeline.tokenizer.lineage import tokenize_config

    numbers = [str(number) for number in range(len(texts))]  # blank documents are left out
    batch = Tokenizer(tokenize_config(manifest, path)).tokenize(Texts.of(texts, ids=numbers)).batch
    for each in joinings(manifest, path):
        batch = each.join(batch)
    found: list[list[int]] = [[] for _ in texts]
    columns = (batch.column(name).to_pylist() for name in ("id", "tokens"))
    for number, tokens in zip(*columns, strict=True):
        found[int(number)] += [known[token] for token in tokens if token in known]
    return found
