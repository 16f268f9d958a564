"""Every format in the registry: written, verified and read back, hostile tokens too."""

import json
import sys
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import assume, given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Format, Layout
from corpus2vec.pipeline.errors import DataError, PipelineError
from corpus2vec.pipeline.tables.formats import FileFormat, FolderFormat, module_of
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written
from tests.support.tables import COUNTS, TABLE, TOKENS, VECTORS, assert_same, spelt, table, written


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_has_its_specification_writer_and_reader(format):
    module = module_of(format)
    kind = FileFormat if FORMATS[format].layout is Layout.FILE else FolderFormat
    assert isinstance(module, kind)
    assert len(module.__doc__) > 100


def test_no_two_formats_have_one_extension():
    assert len({each.extension for each in FORMATS.values()}) == len(FORMATS)


def test_a_format_is_one_module_and_one_line(monkeypatch, dump):
    """All else follows: --format and the extension, what it heeds, verifying, recognizing."""
    module = ModuleType("lines")

    def write(sink, table, config):
        for token, vector in zip(table.tokens.to_pylist(), table.vectors_VD.tolist(), strict=True):
            sink.write(f"@{json.dumps([token, vector])}\n".encode())

    def read(file):
        rows = [json.loads(line[1:]) for line in file.stream]
        yield table([token for token, _ in rows], [vector for _, vector in rows])

    module.write, module.read, module.recognizes = write, read, lambda probe: probe[:1] == b"@"
    module.read_strictly = lambda file, ready, config: read(file)
    monkeypatch.setitem(sys.modules, "corpus2vec.pipeline.tables.formats.lines", module)
    line = Format(extension=".jsonl", layout=Layout.FILE, module="lines")
    monkeypatch.setitem(FORMATS, "lines", line)

    path = dump("lines")
    assert_same(read_vectors(path), TOKENS, VECTORS)
    [(_, config)] = DumpConfig().outputs(path)
    assert config.format == "lines"
    assert "precision" not in config.deciding()


@pytest.mark.parametrize("format", FORMATS)
def test_we_read_each_format_to_the_bit(dump, format):
    table = read_vectors(dump(format))
    assert table.tokens.to_pylist() == spelt(format)
    assert table.vectors_VD.dtype == np.float32
    assert table.vectors_VD.tobytes() == VECTORS.tobytes()


@pytest.mark.parametrize("format", ["npy", "safetensors", "spacy"])
def test_what_is_one_array_is_mapped_and_not_read(dump, format):
    assert isinstance(read_vectors(dump(format)).vectors_VD, np.memmap)


@pytest.mark.parametrize("format", FORMATS)
def test_we_read_only_what_is_wanted(dump, format):
    table = read_vectors(dump(format), {"to", "Hope", "absent"})
    assert table.tokens.to_pylist() == ["Hope", "to"]
    assert table.vectors_VD.tobytes() == VECTORS[[0, -1]].tobytes()


@pytest.mark.parametrize("format", ["table", "tsv", "parquet"])
def test_formats_with_ids_return_them_in_any_order(dump, format):
    table = read_vectors(dump(format, order="frequency", top=5))
    expected = np.argsort(-COUNTS, kind="stable")[:5]
    assert table.ids.tolist() == expected.tolist()
    assert table.vectors_VD.tobytes() == VECTORS[expected].tobytes()


@pytest.mark.parametrize("format", ["tsv", "parquet", "npy"])
def test_formats_with_counts_return_them(dump, format):
    assert read_vectors(dump(format)).counts.tolist() == COUNTS.tolist()


HALVES = VECTORS.astype(np.float16)


def test_half_precision_is_stored_as_such(dump):
    table = Table(TABLE.tokens, HALVES.astype(np.float32), COUNTS)
    kind = pq.read_table(dump("parquet", table, dtype="float16")).schema.field("vector").type
    assert kind == pa.list_(pa.float16(), 6)
    array = np.load(dump("npy", table, dtype="float16") / "vectors.npy")
    assert (array.dtype, array.tobytes()) == (np.float16, HALVES.tobytes())
    arrays = load_file(dump("safetensors", table, dtype="float16") / "model.safetensors")
    assert arrays["embeddings"][:-1].tobytes() == HALVES.tobytes()
    vectors = spacy.load(dump("spacy", table, dtype="float16")).vocab.vectors.data
    assert vectors.tobytes() == HALVES.tobytes()


hostile = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("|\\u0 +-\n"), min_size=1
)
float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("format", ["table", "word2vec", "glove", "parquet"])
@given(tokens=st.lists(hostile, min_size=1, max_size=8, unique=True), data=st.data())
def test_any_table_survives_the_round_trip(tmp_path_factory, format, tokens, data):
    expected = [as_written(token, format) for token in tokens]
    assume(len(set(expected)) == len(expected))  # else it is refused
    dim = data.draw(st.integers(2, 4))
    row = st.lists(float32, min_size=dim, max_size=dim)
    vectors = np.array([data.draw(row) for _ in tokens], np.float32)
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_bytes(written(table(tokens, vectors), format))
    assert_same(read_vectors(path), expected, vectors)


DAMAGES = [
    ("npy", "vectors.npy"),
    ("npy", "vocab.tsv"),
    ("tsv", "vectors.tsv"),
    ("tsv", "metadata.tsv"),
    ("safetensors", "model.safetensors"),
    ("safetensors", "tokenizer.json"),
    ("spacy", "vocab/vectors"),
    ("spacy", "vocab/key2row"),
    ("spacy", "vocab/strings.json"),
]


@pytest.mark.parametrize(("format", "name"), DAMAGES)
def test_a_file_that_is_cut_off_is_refused(dump, format, name):
    folder = dump(format)
    content = (folder / name).read_bytes()
    for end in (0, 1, len(content) // 3, len(content) // 2):
        (folder / name).write_bytes(content[:end])
        with pytest.raises(PipelineError):
            read_vectors(folder)


@pytest.mark.parametrize("format", ["npy", "tsv"])
def test_tokens_and_vectors_of_two_tables_are_refused(dump, format):
    folder = dump(format)
    name = {"npy": "vocab.tsv", "tsv": "metadata.tsv"}[format]
    text = (folder / name).read_bytes().decode()
    (folder / name).write_bytes((text[: text.rstrip("\n").rindex("\n")] + "\n").encode())
    with pytest.raises(DataError, match=f"has {len(TOKENS) - 1} tokens and {len(TOKENS)} vectors"):
        read_vectors(folder)
