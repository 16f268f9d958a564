"""Millions of strings as arrays, lines of text, and how text is displayed."""
