"""What a trained network and its table are for: new documents, new words, other tables.

    documents.py     corpus → documents of ids, as the corpus of a model was read
    pooling.py       vectors of tokens → vectors of documents
    vectors.py       vectors of documents as files
    predictions.py   predicted labels as rows
    scoring.py       predicted labels beside the given ones: accuracy, F1, confusion, calibration
    align.py         the rotation of one table into the space of another
    newcomers.py     corpus → documents of ids, in which new words get the next ids
    extension.py     rows for those, from context and form
    context.py       what a word occurs with → a vector, by a map learned from known words
    form.py          how a word is spelt → a vector, learned from the table

Here is the pure work: values in, values out. A module of `stages/` gives it what it reads, names
its recipe, and writes what it returns.

What may not enter: learning a network (`training/`), reading and writing of tables (`tables/`),
and torch, which stays in `training/`. Nothing here is a step of a build.
"""
