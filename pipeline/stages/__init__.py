"""THE MAP: the stages, first to last, each as read → pure call → write.

    corpus ─tokenize→ tokens.parquet ─vocab→ vocab.tsv
                      tokens.parquet + vocab.tsv ─encode→ ids.parquet
                      ids.parquet + vocab.tsv ─train→ model.safetensors
                      model.safetensors + vocab.tsv ─dump→ embeddings.*

A stage is a module that has what `stage.Stage` lists, and `STAGES` is the one list of them. The
commands, their options and help, the sections of a config file, `run`, `plan` and the report all
follow from it. To add a stage, write its module and its config, and add it here.

`corpus2vec --help` reads this table, so a stage imports what it works with inside its functions.
"""

from __future__ import annotations

from corpus2vec.pipeline.stages import dump, encode, tokenize, train, vocab
from corpus2vec.pipeline.stages.stage import Stage

__all__ = ["STAGES", "Stage"]

STAGES: tuple[Stage, ...] = (tokenize, vocab, encode, train, dump)
