"""What the stages that read corpus files have in common: their inputs, and their idle settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts.inputs import file_input, known_digests
from corpus2vec.pipeline.artifacts.manifest import Input

if TYPE_CHECKING:
    from corpus2vec.pipeline.corpus.sources import Source


def corpus_inputs(sources: Sequence[Source], output: Path) -> list[Input]:
    """Return the files of a corpus as inputs; unchanged ones need not be read for their digests."""
    known = known_digests(output)
    return [_corpus_input(source, known) for source in sources]


def without_idle(settings: Mapping[str, Any], sources: Sequence[Source]) -> dict[str, Any]:
    """Return the settings without those that have no effect on files of these kinds."""
    kinds = {source.kind for source in sources}
    idle = set()
    if "text" not in kinds:
        idle.add("doc_per")
    if kinds == {"text"}:
        idle |= {"text_field", "on_missing"}
    if not kinds & {"csv", "tsv"}:
        idle |= {"delimiter", "quoting", "header"}
    return {name: value for name, value in settings.items() if name not in idle}


def _corpus_input(source: Source, known: Mapping[Any, str]) -> Input:
    if source.is_stream:
        return Input(
            role="corpus",
            name=source.name,
            digest="",
            traits=source.traits,
            seal=source.digest.hexdigest,
        )
    return file_input("corpus", source.path, source.traits, known)
