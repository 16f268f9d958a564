"""Corpus files → documents, in batches, worked on here or in several processes."""
