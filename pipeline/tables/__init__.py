"""Embedding tables: a model's tables become one, which is written, read back, and read again later.

    table         the table as a value: tokens, vectors, counts, ids
    combining     a model's two tables → the one that is dumped
    tokens        tokens that a format cannot hold, and how they are escaped
    formats/      one module a family of formats: specification, writer and reader
    writing       a table → a file or folder
    reading       a file or folder of any tool → a table
    verify        a dump is read back before it is published
    similarity    unit rows, and the nearest rows by cosine

Import from the modules: this one hands on nothing, so that importing a light module of this room
imports no heavy one.
"""
