"""Gather texts and their labels into batches of documents, cutting those that are too long.

A document of more than `limits.DOCUMENT_BYTES` becomes several. Each is cut at the last space
before that many bytes or, where there is none, at the last character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.sources import Opened
from corpus2vec.pipeline.corpus.texts import Texts

Rows = Iterator[tuple[str | None, str | None, str | None]]
"""Text, label and id of each document."""


def in_batches(rows: Rows, opened: Opened, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents in batches of bounded size. A text that is None is an empty document."""
    texts: list[str] = []
    labels: list[str | None] = []
    ids: list[str | None] = []

    def batch() -> Texts:
        return Texts.of(
            texts, labels if labelled(config) else None, ids if config.id_field else None
        )

    characters = 0
    for text, label, own_id in rows:
        for piece in _pieces(text or "", opened):
            # A long piece is a batch by itself: two would take twice the memory.
            if texts and len(piece) >= limits.BATCH_BYTES:
                yield batch()
                texts, labels, ids, characters = [], [], [], 0
            texts.append(piece)
            labels.append(label)
            ids.append(own_id)
            characters += len(piece)
        long = characters >= min(limits.BLOCK_BYTES, len(texts) * limits.BATCH_BYTES)
        if long or len(texts) >= limits.BLOCK_DOCUMENTS:
            yield batch()
            texts, labels, ids, characters = [], [], [], 0
    if texts:
        yield batch()


def _pieces(text: str, opened: Opened) -> list[str]:
    if 4 * len(text) <= limits.DOCUMENT_BYTES:  # a character has four bytes at most
        return [text]
    return [piece.decode() for piece in cut(text.encode(), opened)]


def cut(text: bytes, opened: Opened) -> list[bytes]:
    """Return pieces of at most DOCUMENT_BYTES, which joined make the text; count the cuts."""
    pieces = []
    begin = 0
    while len(text) - begin > limits.DOCUMENT_BYTES:
        limit = begin + limits.DOCUMENT_BYTES
        end = text.rfind(b" ", begin, limit) + 1
        if not end:
            end = limit
            while end > limit - 3 and text[end] & 0xC0 == 0x80:  # within a character
                end -= 1
        pieces.append(text[begin:end])
        begin = end
    opened.cuts += len(pieces)
    return [*pieces, text[begin:]]


def bounded(blocks: Iterable[bytes], opened: Opened) -> Iterator[bytes]:
    """Yield the pieces of a document that arrives block by block, without holding all of it."""
    held: list[bytes] = []  # a list, since adding up a paragraph line by line would be quadratic
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size > limits.DOCUMENT_BYTES:
            *pieces, rest = cut(b"".join(held), opened)
            yield from pieces
            held, size = [rest], len(rest)
    yield b"".join(held)


def labelled(config: CorpusConfig) -> bool:
    """Whether the documents of the corpus have labels."""
    return bool(config.label_field) or config.label_from != "none"
