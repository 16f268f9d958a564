"""What the stages that read corpus files have in common: their inputs, and their idle settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts.digests import stamp
from corpus2vec.pipeline.artifacts.inputs import file_input, known_digests, known_versions
from corpus2vec.pipeline.artifacts.manifest import Input, canonical_json
from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.files.failures import reading

if TYPE_CHECKING:
    from corpus2vec.pipeline.corpus.sources import Source


def corpus_inputs(sources: Sequence[Source], output: Path) -> list[Input]:
    """Return the files of a corpus as inputs; unchanged ones need not be read for their digests."""
    known, versions = known_digests(output), known_versions(output)
    return [
        _streamed(source, versions)
        if source.is_stream
        else file_input("corpus", source.path, source.traits, known)
        for source in sources
    ]


def part_inputs(
    sources: Sequence[Source], own: Sequence[Source], output: Path, config: CorpusConfig
) -> list[Input]:
    """Return as inputs what one part reads of a corpus, and the sizes of all its files.

    The sizes decide where the corpus is cut, so parts belong together only if theirs are the same.
    Digests are taken while the part is made. Where it is there already, what has changed since, or
    is read on another machine, is read once to know whether it is a hit.
    """
    from corpus2vec.pipeline.corpus.parts import digest_of, listing

    sizes = hashlib.sha256(canonical_json(list(listing(sources))).encode()).hexdigest()
    known = known_digests(output)
    inputs = [Input(role="file sizes", name="the files of the corpus", digest=sizes)]
    for source in own:
        with reading(source.name):
            taken = stamp(source.path)
        found = known.get(taken) or (digest_of(source, config) if output.exists() else "")
        inputs.append(
            Input(
                role="corpus",
                name=source.name,
                digest=found,
                traits=source.traits,
                stamp=taken,
                seal=source.digest.hexdigest,
            )
        )
    return inputs


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


def _streamed(source: Source, versions: Mapping[tuple[str, str], str]) -> Input:
    """Return what is read once as an input. Its digest is taken meanwhile, if it is not known."""
    version = source.remote.version if source.remote else ""
    return Input(
        role="corpus",
        name=source.name,
        digest=versions.get((source.name, version), ""),
        traits=source.traits,
        seal=source.digest.hexdigest,
        version=version,
    )
