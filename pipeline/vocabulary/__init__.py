"""Tokens → a vocabulary, with ids by order of first appearance; tokens + vocabulary → ids.

counting      tokens → distinct tokens and their counts
spill         counts of more distinct tokens than memory holds, on disk in parts
tallies       the counts of a part of tokens, in a file beside it
selection     which of the counted tokens get an id
vocabulary    the vocabulary and its file, vocab.tsv
finding       the vocabulary that a model was made with
encoding      tokens + vocabulary → ids
"""
