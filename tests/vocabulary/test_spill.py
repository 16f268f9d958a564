"""What was counted comes back from disk as one table would hold it, and leaves nothing there."""

import errno
import io
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.strings.slices import MULTIPLIER, Slices
from corpus2vec.pipeline.vocabulary import spill
from corpus2vec.pipeline.vocabulary.spill import PARTS, TABLE, Spill, Tally, parts_of

any_string = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = pa.array([f"w{number}" for number in range(20_000)])


def tallied(*adds):
    """The table of calls, each a list of (string, count, place)."""
    tally = Tally()
    for rows in adds:
        strings, counts, places = zip(*rows, strict=True) if rows else ([], [], [])
        numbers = np.array(counts, np.int64), np.array(places, np.int64)
        tally.add(Slices.of_texts(list(strings)), *numbers)
    return tally.table()


def table_of(*rows):
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.RecordBatch.from_arrays(list(map(pa.array, columns)), schema=TABLE)


def rows_of(tables):
    return [tuple(row.values()) for table in tables for row in table.to_pylist()]


# --- in memory -------------------------------------------------------------------------------


def test_counts_are_summed_and_the_first_place_stays():
    found = tallied([("a", 2, 0), ("b", 1, 3)], [("c", 5, 7), ("a", 1, 8)])
    assert rows_of([found]) == [("a", 3, 0), ("b", 1, 3), ("c", 5, 7)]
    assert found.schema == TABLE


def test_a_string_may_come_twice_in_one_call():
    found = tallied([("a", 1, 0), ("b", 1, 1), ("a", 1, 2)], [("b", 2, 3), ("b", 2, 4)])
    assert rows_of([found]) == [("a", 2, 0), ("b", 5, 1)]


def test_nothing_tallied_is_a_table_without_rows():
    assert tallied().equals(tallied([]))
    assert tallied().num_rows == 0
    assert tallied().schema == TABLE


def test_more_strings_than_one_piece_stay_in_order(monkeypatch):
    monkeypatch.setattr(spill, "PIECE", 3)
    rows = [(f"w{number % 7}", 1, number) for number in range(20)]
    assert rows_of([tallied(rows)]) == [
        (f"w{number}", 3 if number < 6 else 2, number) for number in range(7)
    ]


def test_what_a_tally_takes_grows_with_what_it_holds():
    tally = Tally()
    empty = tally.bytes
    tally.add(Slices.of(NUMBERS), np.ones(len(NUMBERS), np.int64), np.arange(len(NUMBERS)))
    assert tally.bytes > empty + 24 * len(NUMBERS)


# --- on disk ---------------------------------------------------------------------------------

some_tables = st.lists(st.dictionaries(any_string, st.integers(1, 2**40)), max_size=4)


@settings(deadline=None)
@given(some_tables)
def test_the_parts_hold_the_sum_of_the_tables(tables):
    written = []
    for counts in tables:
        place = len(rows_of(written))
        rows = [(token, count, place + n) for n, (token, count) in enumerate(counts.items())]
        written.append(table_of(*rows))
    spilled = Spill()
    for table in written:
        spilled.write(table)
    found = list(spilled.parts())
    spilled.close()

    total, first = Counter(), {}
    for token, count, place in rows_of(written):
        total[token] += count
        first.setdefault(token, place)
    assert sorted(rows_of(found)) == sorted((each, total[each], first[each]) for each in total)
    for part, table in enumerate(found):
        assert set(parts_of(table["token"])) <= {part}
        assert table["place"].to_pylist() == sorted(table["place"].to_pylist())


def test_a_file_in_use_has_no_name_and_nothing_is_left_in_the_folder(tmp_path):
    spilled = Spill(tmp_path)
    spilled.write(table_of(("a", 1, 0)))
    assert list(tmp_path.iterdir()) == []
    assert rows_of(spilled.parts()) == [("a", 1, 0)]
    spilled.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError) as failed:
        Spill(tmp_path / "no")
    assert failed.value.message == (
        f"cannot write a temporary file in {tmp_path / 'no'}: No such file or directory"
    )


class FullDisk(io.BytesIO):
    """Takes the head of the file, and no table."""

    def write(self, given):
        if self.tell() > 1000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(given)


def test_a_full_disk_is_told_with_the_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: FullDisk())
    spilled = Spill(tmp_path)
    with pytest.raises(StorageError) as failed:
        spilled.write(table_of(*((f"w{number}", 1, number) for number in range(1000))))
    spilled.close()
    assert failed.value.message == (
        f"cannot write a temporary file in {tmp_path}: No space left on device"
    )
    assert failed.value.hint.startswith("free some space")


# --- parts -----------------------------------------------------------------------------------


@given(st.lists(any_string, min_size=1))
def test_the_part_of_a_string_is_its_own_affair(strings):
    together = parts_of(pa.array(strings))
    alone = [int(parts_of(pa.array([string], pa.large_string()))[0]) for string in strings]
    assert together.tolist() == alone
    assert max(alone) < PARTS


def test_the_parts_are_of_about_the_same_size():
    sizes = np.bincount(parts_of(NUMBERS), minlength=PARTS)
    assert sizes.min() > 0.5 * sizes.mean()
    assert sizes.max() < 1.5 * sizes.mean()


def test_the_strings_of_a_part_do_not_crowd_in_an_interner_s_table():
    keys = Slices.of(NUMBERS).keys()[parts_of(NUMBERS) == 0]
    slots = (keys * MULTIPLIER) >> np.uint64(64 - 4)  # which sixteenth of the table
    sizes = np.bincount(slots.astype(np.int64), minlength=16)
    assert sizes.min() > 0.3 * sizes.mean()
    assert sizes.max() < 2 * sizes.mean()
