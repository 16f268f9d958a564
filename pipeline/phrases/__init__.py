"""Words that often stand together → phrases; tokens + phrases → tokens with the phrases joined.

candidates    which words of a document may be the ends of a phrase, and the numbers of such pairs
pairs         counts of pairs, in bounded memory
learning      tokens → counts → the pairs that score high enough
phrases       the phrases and their file, phrases.tsv
joining       tokens → tokens, each phrase joined into one
retracing     what was joined in the corpus of a table, to be joined in another text
"""
