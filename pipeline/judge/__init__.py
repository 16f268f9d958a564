"""What a table of word vectors is worth, and how two tables differ.

    gold.py         files of word pairs and analogies that people made
    evaluation.py   a table's scores on them, with intervals
    comparison.py   two tables: whose neighbours are the same, which words moved
    stability.py    several tables of one corpus: whose neighbours are the same in all

Whatever is drawn at random comes from the config's seed: same tables, same numbers.
"""
