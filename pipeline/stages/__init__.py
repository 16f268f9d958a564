"""THE MAP: the stages, first to last, each as read → pure call → write.

    corpus ─tokenize→ tokens.parquet ─vocab→ vocab.tsv
                      tokens.parquet ─phrases→ phrases.tsv   if the build has phrases, and then
                      tokens.parquet + phrases.tsv ─join→ joined.parquet, read as tokens.parquet is
                      tokens.parquet + vocab.tsv ─encode→ ids.parquet
                      ids.parquet + vocab.tsv ─train→ model.safetensors
                      model.safetensors + vocab.tsv ─dump→ embeddings.*

A stage is a module that has what `stage.Stage` lists, and `STAGES` is the one list of them. The
commands, their options and help, the sections of a config file, `run`, `plan` and the report all
follow from it. To add a stage, write its module and its config, and add it here.

What a trained network or its table is for is no part of a build: `USES` lists those modules. They
have what `stage.Use` lists; their commands, options and sections of a config file follow from it.

A build leaves out a stage whose config is not `wanted`, and one that needs what is left out.

`corpus2vec --help` reads this table, so a stage imports what it works with inside its functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from corpus2vec.pipeline.config import Settings
from corpus2vec.pipeline.stages import (
    align,
    dump,
    embed,
    encode,
    extend,
    join,
    phrases,
    predict,
    tokenize,
    train,
    vocab,
)
from corpus2vec.pipeline.stages.stage import Maker, Stage, Use

__all__ = ["IN_PLACE_OF", "STAGES", "USES", "Maker", "Stage", "Use", "makers_of", "stages_with"]

STAGES: tuple[Stage, ...] = (tokenize, phrases, join, vocab, encode, train, dump)

USES: tuple[Use, ...] = (predict, embed, align, extend)

IN_PLACE_OF: Mapping[str, str] = {join.NAME: tokenize.NAME, align.NAME: dump.NAME}
"""By stage: the stage in place of whose artifact its own is read, by later stages or commands."""


def stages_with(configs: Mapping[str, Settings]) -> list[Stage]:
    """Return the stages that a build has; one that is not among `configs` has its defaults."""
    stages: list[Stage] = []
    for stage in STAGES:
        config = configs.get(stage.NAME) or stage.CONFIG()
        if config.wanted() and set(stage.NEEDS) <= {each.NAME for each in stages}:
            stages.append(stage)
    return stages


def makers_of(need: str) -> tuple[str, ...]:
    """Return the stages that make what the stage of that name makes, itself first."""
    return (need, *(name for name, other in IN_PLACE_OF.items() if other == need))
