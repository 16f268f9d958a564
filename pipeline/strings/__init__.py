"""Millions of strings as arrays, and text as it is written and displayed.

    slices     many strings as pieces of one buffer
    interner   strings → ids by order of first appearance
    lines      Arrow columns → lines of a text file
    display    escape what must not reach a terminal

Nothing here knows a path, a corpus or a vocabulary.
"""
