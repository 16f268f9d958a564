"""A long text that arrives in blocks, and of which only the part around one place is held."""

from __future__ import annotations

from collections.abc import Iterator


class Window:
    """The part that is held, and the place in it.

    >>> window = Window(iter(["Hope ", "to ", "see"]))
    >>> window.see(6)
    >>> window.text, window.at, window.position
    ('Hope to ', 0, 0)
    >>> window.at = 7
    >>> window.see(2)
    >>> window.text, window.at, window.position
    (' see', 0, 7)
    """

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._before = 0
        self.text = ""
        self.at = 0
        """The place, in `text`; whoever reads moves it."""
        self.ended = False
        """Whether `text` reaches the end."""

    @property
    def position(self) -> int:
        """The place, in characters from the beginning of the whole text."""
        return self._before + self.at

    def see(self, count: int) -> None:
        """Read on until `count` characters follow the place, or all; drop those before it."""
        size = len(self.text) - self.at
        if size >= count or self.ended:
            return
        parts = [self.text[self.at :]]
        while size < count:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
                break
            parts.append(block)
            size += len(block)
        self._before += self.at
        self.text, self.at = "".join(parts), 0

    def see_more(self) -> None:
        """Read another block that is not empty, if there is one."""
        self.see(len(self.text) - self.at + 1)
