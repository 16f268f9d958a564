"""The map's section: controls for what there is, and data that cannot become markup."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from corpus2vec.pipeline.report.map_section import packed, script, section_of
from tests.support.builds import HOSTILE, LABELS, gather, hand_made


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return gather(hand_made(tmp_path_factory.mktemp("map") / "build"), layout="neighbours").map


def data_of(found):
    text = packed(found).partition('id="map-data">')[2].rpartition("</script>")[0]
    return json.loads(text), text


def test_the_data_is_json_without_markup_and_gives_back_the_map(found):
    data, text = data_of(found)
    assert not {"<", ">", "&"} & set(text)
    places = np.frombuffer(base64.b64decode(data["places"]), "<i2").reshape(-1, 3)
    np.testing.assert_array_equal(places, found.map.places_M3)
    near = np.frombuffer(base64.b64decode(data["near"]), "<u2").reshape(found.map.near_MK.shape)
    np.testing.assert_array_equal(near, found.map.near_MK)
    assert data["counts"] == list(found.counts)
    words = data["words"].split("\n")
    assert len(words) == len(found.words)
    assert HOSTILE[0] in words
    assert data["names"] == LABELS


def test_a_word_without_neighbours_has_a_number_for_none(found):
    lonely = replace(found.map, near_MK=np.full_like(found.map.near_MK, -1))
    data, _ = data_of(replace(found, map=lonely))
    assert set(np.frombuffer(base64.b64decode(data["near"]), "<u2").tolist()) == {65535}


@pytest.mark.parametrize(
    ("less", "options"),
    [
        ({}, ["frequency", "label", "nothing"]),
        ({"counts": None}, ["label", "nothing"]),
        ({"labels": None, "label_names": ()}, ["frequency", "nothing"]),
    ],
)
def test_words_can_be_coloured_by_what_is_known(found, less, options):
    page = section_of(replace(found, **less))
    assert [each for each in ("frequency", "label", "nothing") if f">{each}</option>" in page] == (
        options
    )
    assert ("by-frequency" in page) == ("frequency" in options)


def test_a_part_of_the_words_is_called_the_most_frequent(found):
    assert f"All {len(found.words)} words. " in section_of(found)
    assert f"The {len(found.words)} most frequent words. " in section_of(replace(found, of=10**6))


def test_the_view_of_neighbours_is_there_with_what_it_keeps(found):
    page = section_of(found)
    kept = f"{found.map.kept[1]:.0%} are among its 8 nearest on the map"
    assert kept in page
    assert 'value="0" checked' in page
    less = replace(found, map=replace(found.map, plane_M2=None, kept=(0.5, None)))
    assert "t-SNE" not in section_of(less)
    assert 'value="2" checked' in section_of(less)
    assert data_of(less)[0]["plane"] is None


def test_without_a_map_there_is_no_section():
    assert section_of(None) == ""


def test_the_script_has_no_end_tag():
    assert "</" not in script()
