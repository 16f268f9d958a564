"""The colours: as much contrast as people need."""

import pytest

from corpus2vec.pipeline.report.palette import DARK, FREQUENCY_CLASSES, LABEL_COLOURS, LIGHT


def contrast(one, other):
    """WCAG 2.2's contrast ratio."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_keep_the_contrast_that_people_need(palette):
    for ground in ("page", "card", "sunk", "note"):
        for text in ("ink", "soft"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    for ground in ("page", "card"):
        for text in ("accent", "warm"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    frequencies = [f"f{n}" for n in range(FREQUENCY_CLASSES)]
    for mark in ["edge", *frequencies, *(f"l{n}" for n in range(LABEL_COLOURS))]:
        assert contrast(palette[mark], palette["card"]) >= 3, mark
