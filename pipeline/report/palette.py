"""The colours of the page and its charts, in a light and a dark palette.

A name is a CSS custom property: `ink` is `var(--ink)`. Text has a contrast of at least 4.5 with its
background, marks and outlines of at least 3 (WCAG 2.2, 1.4.3 and 1.4.11); a test computes both.
"""

from __future__ import annotations

import re

LIGHT = {
    "page": "#f7f6f3",
    "card": "#ffffff",
    "sunk": "#f1efea",
    "ink": "#1d2528",
    "soft": "#5a6569",
    "line": "#dedbd3",
    "edge": "#858d90",
    "accent": "#0b6a75",
    "warm": "#a8481c",
    "note": "#fdf3dc",
    # f: words by frequency, rare to frequent; l: words by label.
    "f0": "#7196b1",
    "f1": "#5589a7",
    "f2": "#37789a",
    "f3": "#1f6a80",
    "f4": "#15535f",
    "f5": "#0c3a42",
    "l0": "#0f6e84",
    "l1": "#b4501e",
    "l2": "#5b4fa3",
    "l3": "#4d7a1f",
    "l4": "#a83a6c",
    "l5": "#8a6a00",
    "l6": "#2f62b5",
    "l7": "#6b6b6b",
}
DARK = {
    "page": "#14181a",
    "card": "#1c2124",
    "sunk": "#242a2e",
    "ink": "#e8e6e1",
    "soft": "#a5aeb1",
    "line": "#333b3f",
    "edge": "#7a8589",
    "accent": "#6cc5cf",
    "warm": "#eb9a6c",
    "note": "#352d1b",
    "f0": "#567489",
    "f1": "#55859c",
    "f2": "#5798b0",
    "f3": "#6bb2c4",
    "f4": "#92ccd6",
    "f5": "#cdeef0",
    "l0": "#5fc3d4",
    "l1": "#f09a68",
    "l2": "#a99df0",
    "l3": "#9ccc65",
    "l4": "#ee8cb8",
    "l5": "#e0bd4a",
    "l6": "#86b1f7",
    "l7": "#b0b0b0",
}
FREQUENCY_CLASSES = 6
LABEL_COLOURS = 8


def custom_properties(palette: dict[str, str]) -> str:
    """Return the palette as CSS declarations: `--ink:#1d2528;…`."""
    return "".join(f"--{name}:{value};" for name, value in palette.items())


def resolved(css: str, palette: dict[str, str]) -> str:
    """Replace custom properties by their values, for programs that do not know them.

    >>> resolved("text{fill:var(--ink)}", {"ink": "#000"})
    'text{fill:#000}'
    """
    return re.sub(r"var\(--(\w+)\)", lambda each: palette[each[1]], css)
