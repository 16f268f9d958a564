"""Tallies, mixed with tokens in any order, are counted like all tokens at once."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.vocabulary.counting import Counting
from corpus2vec.pipeline.vocabulary.spill import PARTS, TABLE, read_stored
from corpus2vec.pipeline.vocabulary.tallies import PartTally

WORDS = st.lists(st.sampled_from(["Hope", "to", "see", "you", "", "é", "a long token of its own"]))
STREAMS = st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=6)


def tally_of(part, words, memory=None):
    """Write the tally of a part; return the path."""
    tally = PartTally(part)
    if memory is not None:
        tally._counting = Counting(memory, part.parent)
    for begin in range(0, len(words), 3):
        lists = pa.array([words[begin : begin + 3]], pa.list_(pa.string()))
        tally.add(pa.RecordBatch.from_arrays([lists], ["tokens"]))
    assert len(tally.publish()) == 64
    return part.with_name(f"_{part.name}.tally")


@settings(max_examples=30)  # each writes and syncs several files
@given(STREAMS, st.integers(1, 3), st.sampled_from([None, 1]))
def test_tallies_and_tokens_are_counted_like_tokens(tmp_path_factory, streams, least, memory):
    folder = tmp_path_factory.mktemp("tallies")
    with Counting() as expected, Counting(memory, folder) as counting:
        for number, (words, is_stored) in enumerate(streams):
            tokens = pa.array(words, pa.string())
            expected.add(tokens)
            if is_stored:
                path = tally_of(folder / f"part-{number:05}.parquet", words, memory)
                counting.add_stored(path, len(words))
            else:
                counting.add(tokens)
        found, wanted = (each.result(least, ["see"]) for each in (counting, expected))
    assert found[0].to_pylist() == wanted[0].to_pylist()
    assert found[1].tolist() == wanted[1].tolist()
    assert counting.left_out == expected.left_out
    assert counting.tokens_read == expected.tokens_read


@pytest.mark.parametrize("memory", [None, 1])
def test_a_tally_is_an_arrow_file_of_all_tokens(tmp_path, memory):
    words = ["to", "see", "to", "you"]
    path = tally_of(tmp_path / "part-00001.parquet", words, memory)
    stored = pa.ipc.open_file(path.read_bytes())
    assert stored.num_record_batches == PARTS
    rows = sorted(stored.read_all().to_pylist(), key=lambda row: row["place"])
    assert rows == [
        {"token": "to", "count": 2, "place": 0},
        {"token": "see", "count": 1, "place": 1},
        {"token": "you", "count": 1, "place": 3},
    ]


def test_labels_are_listed_by_first_appearance(tmp_path):
    tally = PartTally(tmp_path / "part-00001.parquet")
    assert tally.metadata == {}
    for labels in (["b", "a"], ["b", "c"]):
        columns = [pa.array([["x"], ["y"]]), pa.array(labels)]
        tally.add(pa.RecordBatch.from_arrays(columns, ["tokens", "label"]))
    assert tally.metadata == {"labels": '["b", "a", "c"]'}


@pytest.mark.parametrize("batches", [PARTS - 1, PARTS])
def test_another_arrow_file_is_refused(tmp_path, batches):
    path = tmp_path / "_part-00001.parquet.tally"
    columns = [pa.array([None], pa.large_string()), pa.array([1]), pa.array([0])]
    table = pa.RecordBatch.from_arrays(columns, schema=TABLE)
    with path.open("wb") as sink, pa.ipc.new_file(sink, TABLE) as writer:
        for _ in range(batches):
            writer.write_batch(table)
    with pytest.raises(DataError, match="has no counts of tokens in it"):
        read_stored(path, 0)
    path.write_bytes(b"no Arrow file")
    with pytest.raises(DataError, match="is damaged"):
        read_stored(path, 0)
