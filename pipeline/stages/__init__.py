"""THE MAP: the five stages, each as read → pure call → write.

    corpus ─tokenize→ tokens.parquet ─vocab→ vocab.tsv
                      tokens.parquet + vocab.tsv ─encode→ ids.parquet
                      ids.parquet + vocab.tsv ─train→ model.safetensors
                      model.safetensors + vocab.tsv ─dump→ embeddings.*

Each stage is two functions. `…_recipe` says what decides the artifact's bytes, so that `plan` can
ask whether the artifact is there without making it; the stage itself hands the recipe and a
function that writes the file to `artifact.produce`. What a stage does is in the module it calls.
"""

from __future__ import annotations

from corpus2vec.pipeline.stages.common import FORMATS, existing
from corpus2vec.pipeline.stages.to_ids import encode, encode_recipe
from corpus2vec.pipeline.stages.to_model import require_held_out, train, train_recipe
from corpus2vec.pipeline.stages.to_table import dump, dump_recipe, dump_to
from corpus2vec.pipeline.stages.to_tokens import tokenize, tokenize_recipe
from corpus2vec.pipeline.stages.to_vocabulary import build_vocabulary_of, vocab, vocab_recipe

__all__ = [
    "FORMATS",
    "build_vocabulary_of",
    "dump",
    "dump_recipe",
    "dump_to",
    "encode",
    "encode_recipe",
    "existing",
    "require_held_out",
    "tokenize",
    "tokenize_recipe",
    "train",
    "train_recipe",
    "vocab",
    "vocab_recipe",
]
