"""Questions about a table.

    lookup.py    text → ids and vectors, tokenized as the table's corpus was
    words.py     words as people type them → rows; close spellings of unknown ones
    spelling.py  rows for words that a table lacks, from how they are spelt
    queries.py   rows → nearest neighbours, analogies, cosines

An unknown word is an answer here, not an error: the command decides what to do about it.
"""
