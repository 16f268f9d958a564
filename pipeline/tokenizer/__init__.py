"""Documents → tokens. spaCy decides what a token is; the work is done once per distinct chunk.

    tokenizer.py       the Tokenizer: takes the fast way where it can, the plain one elsewhere
    fast.py            the fast way, by distinct chunks
      chunks.py          documents → chunks (pieces between white space) and white-space tokens
      distinct.py        distinct chunks → tokens; chunks of one shape are split once
      arrays.py            what it asks about thousands of chunks at once
      affixes.py           how spaCy splits one chunk
      peeling.py           how many are split so at once
      patterns.py          special cases that reach beyond a chunk
      matching.py          where they are in many chunks at once
      shapes.py            which strings the tokenizer's expressions cannot tell apart
      rules.py             what each alternative of an expression tests, needs and can match
      parse_tree.py        an expression → its tree; the only use of `re`'s private parser
      char_sets.py         sets of characters
    plain.py           the plain way: spaCy itself, a document at a time
    rows.py            tokens → rows: what is left out, where documents are cut
    lineage.py         how the corpus of an artifact was tokenized
    spacy_pipeline.py  the pipeline that --lang or --model names

No module here imports spaCy before it is used.
"""

from corpus2vec.pipeline.tokenizer.rows import Tokens
from corpus2vec.pipeline.tokenizer.spacy_pipeline import (
    deciding,
    import_spacy,
    is_model_folder,
    load_pipeline,
    versions,
)
from corpus2vec.pipeline.tokenizer.tokenizer import Tokenizer

__all__ = [
    "Tokenizer",
    "Tokens",
    "deciding",
    "import_spacy",
    "is_model_folder",
    "load_pipeline",
    "versions",
]
