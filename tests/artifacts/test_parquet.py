"""The Parquet artifacts: bounded row groups, the same bytes for the same rows, no silent damage."""

import contextlib
import struct
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.artifacts import parquet, parquet_writer
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader, documents
from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
from corpus2vec.pipeline.errors import DataError, StorageError

WORDS = {"tokens": ["Hope", "to", "see", "", "😀", "a\tb\n"], "ids": [0, 1, 2, 2**31 - 1, 4, 5]}
LABELS = {"tokens": ["news", "tale"], "ids": [0, 1]}

both_kinds = pytest.mark.parametrize("kind", ["tokens", "ids"])


def some_rows(kind):
    """Rows of every length from 0 to 9, as `documents` gives them back."""
    words, labels = WORDS[kind], LABELS[kind]
    return [
        {kind: [words[(i + j) % 6] for j in range(i % 10)], "label": labels[i % 2]}
        for i in range(60)
    ]


def batch(kind, rows, encoded=False):
    items = pa.array([row[kind] for row in rows], pa.list_(parquet.ITEMS[kind]))
    if encoded:
        items = pa.ListArray.from_arrays(items.offsets, items.values.dictionary_encode())
    columns = {kind: items}
    if rows and "label" in rows[0]:
        columns["label"] = pa.array([row["label"] for row in rows], parquet.LABELS[kind])
    return pa.RecordBatch.from_pydict(columns)


def write(path, kind, *batches, labelled=True):
    with RowGroupWriter(path, kind, labelled) as writer:
        for each in batches:
            writer.write(each)
    return path


def read(path, kind):
    return [row for group in RowGroupReader(path, kind).row_groups() for row in group.to_pylist()]


def row_groups(path):
    """Rows and list items of each row group."""
    file = pq.ParquetFile(path)
    groups = [file.read_row_group(number) for number in range(file.num_row_groups)]
    return [(len(group), sum(map(len, group.column(0).to_pylist()))) for group in groups]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "artifact.parquet"


# --- there and back --------------------------------------------------------------------------


@both_kinds
def test_what_is_written_is_read_back(kind, path):
    rows = some_rows(kind)
    write(path, kind, batch(kind, rows[:7]), batch(kind, rows[7:]))
    assert read(path, kind) == list(documents(path)) == rows
    assert RowGroupReader(path, kind).rows == len(rows)


@both_kinds
def test_a_file_may_have_no_labels(kind, path):
    rows = [{kind: row[kind]} for row in some_rows(kind)]
    write(path, kind, batch(kind, rows), labelled=False)
    assert read(path, kind) == rows
    assert not RowGroupReader(path, kind).labelled


@both_kinds
def test_a_file_may_have_no_rows(kind, path):
    write(path, kind, batch(kind, []).slice(0, 0), labelled=False)
    assert (read(path, kind), RowGroupReader(path, kind).rows) == ([], 0)


def test_tokens_come_back_dictionary_encoded(path):
    write(path, "tokens", batch("tokens", some_rows("tokens")))
    [group] = RowGroupReader(path, "tokens").row_groups()
    assert pa.types.is_dictionary(group.column("tokens").type.value_type)


def test_what_was_written_is_counted(path):
    with RowGroupWriter(path, "ids", labelled=True) as writer:
        writer.write(batch("ids", some_rows("ids")))
        assert (writer.rows, writer.items) == (60, 6 * sum(range(10)))


def test_metadata_is_given_back(path):
    with RowGroupWriter(path, "ids", labelled=False) as writer:
        writer.write(batch("ids", [{"ids": [1]}]))
        writer.add_metadata({"labels": '["é"]', "n": "7"})
    told = RowGroupReader(path, "ids").metadata
    assert (told["labels"], told["n"]) == ('["é"]', "7")


def test_label_ids_are_given_back_by_name(path):
    with RowGroupWriter(path, "ids", labelled=True) as writer:
        writer.write(batch("ids", [{"ids": [5], "label": 1}, {"ids": [6], "label": 0}]))
        writer.add_metadata({"labels": '["news", "tale"]'})
    assert [row["label"] for row in documents(path)] == ["tale", "news"]


# --- row groups ------------------------------------------------------------------------------


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ITEMS", 10)
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 4)


@both_kinds
@pytest.mark.parametrize("rows_a_batch", [1, 3, 60])
def test_row_groups_are_bounded_in_rows_and_in_items(kind, rows_a_batch, path, small_groups):
    rows = some_rows(kind)
    batches = [
        batch(kind, rows[begin : begin + rows_a_batch])
        for begin in range(0, len(rows), rows_a_batch)
    ]
    write(path, kind, *batches)
    groups = row_groups(path)
    assert max(rows for rows, _ in groups) == 4
    assert max(items for _, items in groups) <= 10
    assert read(path, kind) == rows


@pytest.mark.parametrize(
    ("lengths", "groups"),
    [
        ([5, 5, 1], [(2, 10), (1, 1)]),
        ([9, 2, 8], [(1, 9), (2, 10)]),
        ([1, 1, 1, 1, 1], [(4, 4), (1, 1)]),
        ([0, 0, 0, 0, 0], [(4, 0), (1, 0)]),
        ([10, 0, 0, 1], [(3, 10), (1, 1)]),
        ([99, 1], [(1, 99), (1, 1)]),  # only a row that is longer by itself is more than the bound
        ([1, 99, 0, 1], [(1, 1), (1, 99), (2, 1)]),
    ],
)
def test_a_row_group_takes_the_rows_that_fit(lengths, groups, path, small_groups):
    rows = [{"ids": list(range(length))} for length in lengths]
    write(path, "ids", batch("ids", rows), labelled=False)
    assert row_groups(path) == groups
    assert read(path, "ids") == rows


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5).map(sorted),
)
def test_however_ids_come_in_batches_the_file_has_the_same_bytes(lengths, cuts, tmp_path_factory):
    rows = [{"ids": [j * i % 5 for j in range(i)]} for i in lengths]
    cut, whole = written_in_pieces("ids", rows, cuts, False, tmp_path_factory)
    assert cut.read_bytes() == whole.read_bytes()


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5).map(sorted),
    encoded=st.booleans(),
)
def test_however_tokens_come_in_batches_the_file_has_the_same_rows_within_its_bounds(
    lengths, cuts, encoded, tmp_path_factory
):
    rows = [{"tokens": [f"w{j * i % 5}" for j in range(i)]} for i in lengths]
    cut, whole = written_in_pieces("tokens", rows, cuts, encoded, tmp_path_factory)
    assert list(documents(cut)) == list(documents(whole)) == rows
    for group in RowGroupReader(cut, "tokens").row_groups():
        assert group.num_rows <= 7
        assert len(group.column(0).flatten()) <= 20


def written_in_pieces(kind, rows, cuts, encoded, tmp_path_factory):
    """The rows as written in pieces and at once, with low bounds."""
    pieces = [rows[begin:end] for begin, end in zip([0, *cuts], [*cuts, 40], strict=True)]
    folder = tmp_path_factory.mktemp("artifacts")
    with mock.patch.multiple(parquet_writer, ROW_GROUP_ITEMS=20, ROW_GROUP_ROWS=7):
        batches = [batch(kind, piece, encoded) for piece in pieces]
        cut = write(folder / "cut", kind, *batches, labelled=False)
        whole = write(folder / "whole", kind, batch(kind, rows), labelled=False)
    return cut, whole


# --- damage ----------------------------------------------------------------------------------


def flipped(content, place):
    """The content with one bit flipped, another one at every place."""
    damaged = bytearray(content)
    damaged[place] ^= 1 << place % 8
    return bytes(damaged)


@pytest.fixture(params=["tokens", "ids"])
def artifact(request, path, small_groups):
    """A file of many row groups: kind, rows, bytes, and where its pages end."""
    kind = request.param
    content = write(path, kind, batch(kind, some_rows(kind))).read_bytes()
    footer = struct.unpack("<I", content[-8:-4])[0]
    return kind, some_rows(kind), content, len(content) - 8 - footer


def test_a_flipped_bit_among_the_pages_is_refused_or_changes_no_row(artifact, path):
    kind, rows, content, end = artifact
    for place in range(4, end, 31):
        path.write_bytes(flipped(content, place))
        try:
            found = read(path, kind)
        except DataError:
            continue
        assert found == rows


def test_a_flipped_bit_inside_a_page_is_refused(artifact, path):
    kind, _, content, _ = artifact
    told = pq.ParquetFile(path).metadata
    for number in range(told.num_row_groups):
        for column in map(told.row_group(number).column, range(told.num_columns)):
            begin = column.dictionary_page_offset or column.data_page_offset
            path.write_bytes(flipped(content, begin + column.total_compressed_size - 1))
            with pytest.raises(DataError, match=r"is damaged: .*CRC"):
                read(path, kind)


def test_a_flipped_bit_in_the_footer_is_no_traceback(artifact, path):
    kind, _, content, end = artifact
    for place in range(end, len(content), 41):
        path.write_bytes(flipped(content, place))
        with contextlib.suppress(DataError):
            read(path, kind)


def test_a_file_with_other_rows_than_it_says_is_refused(artifact, path):
    kind, _, content, _ = artifact
    path.write_bytes(content)
    with mock.patch.object(RowGroupReader, "rows", 61):
        with pytest.raises(DataError, match=r"is damaged: it has 60 rows, not 61$"):
            read(path, kind)


@pytest.mark.parametrize(
    "rows",
    [
        {"ids": [[0, None]]},
        {"ids": [[0], None]},
        {"ids": [[0]], "label": pa.array([None], pa.int32())},
    ],
    ids=["item", "list", "label"],
)
def test_a_null_is_refused(rows, path):
    columns = {name: pa.array(values) for name, values in rows.items()}
    columns["ids"] = columns["ids"].cast(pa.list_(pa.int32()))
    pq.write_table(pa.table(columns), path)
    with pytest.raises(DataError, match=r"row group 0 has a null, which is not allowed$"):
        read(path, "ids")


@both_kinds
def test_a_file_that_is_cut_off_is_refused_wherever_it_was_cut(kind, path):
    content = write(path, kind, batch(kind, some_rows(kind))).read_bytes()
    for length in range(0, len(content), len(content) // 60):
        path.write_bytes(content[:length])
        for reader in (read, lambda path, _: list(documents(path))):
            with pytest.raises(DataError, match="is not Parquet: "):
                reader(path, kind)


def test_a_file_that_is_not_there_is_named(path):
    for reader in (lambda: RowGroupReader(path, "ids"), lambda: list(documents(path))):
        with pytest.raises(StorageError) as refused:
            reader()
        assert refused.value.message == f"cannot read {path}: No such file or directory"


# --- other files -----------------------------------------------------------------------------

TOKENS = pa.array([["a"]])
IDS = pa.array([[1]], pa.list_(pa.int32()))
NAMES = pa.array(["a"])

FOREIGN = {
    "other columns": ("tokens", {"text": NAMES}),
    "none": ("tokens", {}),
    "ids for tokens": ("tokens", {"ids": IDS}),
    "tokens for ids": ("ids", {"tokens": TOKENS}),
    "a token a row": ("tokens", {"tokens": NAMES}),
    "wide lists": ("tokens", {"tokens": TOKENS.cast(pa.large_list(pa.string()))}),
    "wide strings": ("tokens", {"tokens": TOKENS.cast(pa.list_(pa.large_string()))}),
    "bytes": ("tokens", {"tokens": TOKENS.cast(pa.list_(pa.binary()))}),
    "wide ids": ("ids", {"ids": pa.array([[1]], pa.list_(pa.int64()))}),
    "names for label ids": ("ids", {"ids": IDS, "label": NAMES}),
    "label ids for names": ("tokens", {"tokens": TOKENS, "label": pa.array([1], pa.int32())}),
    "one column more": ("ids", {"ids": IDS, "n": NAMES}),
    "the label first": ("tokens", {"label": NAMES, "tokens": TOKENS}),
}


@pytest.mark.parametrize(("kind", "columns"), FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_schema_is_refused_by_name(kind, columns, path):
    pq.write_table(pa.table(columns), path)
    with pytest.raises(DataError) as refused:
        RowGroupReader(path, kind)
    listed = ", ".join(columns)
    assert refused.value.message == f"{path} is not a {kind} artifact: its columns are {listed}"
    assert refused.value.hint.startswith(f"expected {kind}: list<")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id\ttoken\tcount\n", b"\0" * 999])
def test_a_file_that_is_not_parquet_is_refused(content, path):
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not Parquet: "):
        RowGroupReader(path, "tokens")


@both_kinds
@pytest.mark.parametrize("labelled", [False, True])
def test_damaged_metadata_ends_no_process(kind, labelled, path):
    """Each byte of the footer is changed in turn; pyarrow aborts where it is asked too early."""
    rows = some_rows(kind) if labelled else [{kind: row[kind]} for row in some_rows(kind)]
    good = write(path, kind, batch(kind, rows), labelled=labelled).read_bytes()
    size = int.from_bytes(good[-8:-4], "little")
    for place in range(len(good) - 8 - size, len(good) - 8):
        damaged = bytearray(good)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with contextlib.suppress(DataError):
            list(documents(path))
