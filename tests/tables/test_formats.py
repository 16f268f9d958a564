"""Every format opened by the readers it is for: the same tokens and bits, hostile ones too."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from gensim.models import KeyedVectors
from model2vec import StaticModel
from safetensors.numpy import load_file
from spacy.strings import get_string_id
from spacy.vectors import Vectors
from tokenizers import Tokenizer

from corpus2vec.pipeline.config import FOLDER_FORMATS, TABLE_FORMATS, DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written
from corpus2vec.pipeline.tables.verify import verify_dump
from corpus2vec.pipeline.tables.writing import prepare, write_file, write_folder

HOSTILE = [
    "|",
    "a\\b",
    "東京",
    "e\u0301",
    "\x1b[31m",
    "\u202egnp",
    "\x00",
    '"',
    "'",
    '"a""',
    "NOUN",
]
SPACED = ["New York", "a\tb", "a\nb", "\r", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000"]
TOKENS = ["Hope", "\ufeff", "7", "[UNK]", *HOSTILE, *SPACED, "to"]
VECTORS = np.random.default_rng(1).standard_normal((len(TOKENS), 6), np.float32)
COUNTS = np.arange(len(TOKENS)) % 5 + 1
TABLE = Table(pa.array(TOKENS), VECTORS, COUNTS)
HALVES = VECTORS.astype(np.float16)


@pytest.fixture
def dump(tmp_path):
    """Writes a table in a format, proves it, and gives its path."""

    def write(format, table=TABLE, **settings):
        config = DumpConfig(format=format, **settings)
        path = tmp_path / f"vectors{TABLE_FORMATS[format]}"
        ready, _ = prepare(table, config)
        if config.is_folder:
            path.mkdir()
            write_folder(path, ready, config)
        else:
            with path.open("wb") as sink:
                write_file(sink, ready, config)
        verify_dump(path, ready, config)
        return path

    return write


def spelt(format):
    return [as_written(token, format) for token in TOKENS]


# --- each by its own reader ------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # gensim's, without a header
@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("word2vec", {}),
        ("fasttext", {}),
        ("word2vec-binary", {"binary": True}),
        ("glove", {"no_header": True}),
    ],
)
def test_gensim_reads_every_row(dump, format, options):
    model = KeyedVectors.load_word2vec_format(dump(format), **options)
    assert model.index_to_key == spelt(format)
    assert model.vectors.tobytes() == VECTORS.tobytes()


def test_parquet_is_read_by_pyarrow_with_tokens_as_they_are(dump):
    read = pq.read_table(dump("parquet"))
    assert read.column_names == ["token", "count", "vector"]
    assert read["token"].to_pylist() == TOKENS
    assert read["count"].to_pylist() == COUNTS.tolist()
    assert read["vector"].combine_chunks().flatten().to_numpy().tobytes() == VECTORS.tobytes()


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


def test_numpy_reads_the_array_and_the_vocabulary_lies_beside_it(dump):
    folder = dump("npy")
    array = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    assert (array.dtype, array.tobytes()) == (np.float32, VECTORS.tobytes())
    lines = (folder / "vocab.tsv").read_text().split("\n")
    assert lines[:2] == ["id\ttoken\tcount", "0\tHope\t1"]


def test_the_projector_reads_lines_of_both_files(dump):
    """As TensorBoard's loader does: lines at LF, cells at tabs, a header for several columns."""
    folder = dump("tsv")
    header, *rows = (folder / "metadata.tsv").read_bytes().decode().removesuffix("\n").split("\n")
    assert header.split("\t") == ["token", "count", "id"]
    expected = zip(spelt("tsv"), map(str, COUNTS), map(str, range(len(TOKENS))), strict=True)
    assert [tuple(row.split("\t")) for row in rows] == list(expected)
    lines = (folder / "vectors.tsv").read_text().splitlines()
    numbers = np.array([line.split("\t") for line in lines]).astype(np.float32)
    assert numbers.tobytes() == VECTORS.tobytes()


def test_csv_readers_without_quoting_read_the_metadata(dump):
    text = io.StringIO((dump("tsv") / "metadata.tsv").read_text(), newline="")
    rows = list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [row[0] for row in rows[1:]] == spelt("tsv")


def test_model2vec_loads_it_and_means_the_rows_of_a_text(dump):
    table = Table(pa.array(["hope", "to", "see"]), np.eye(3, dtype=np.float32))
    model = StaticModel.from_pretrained(dump("safetensors", table))
    assert model.embedding.tobytes() == np.eye(4, 3, dtype=np.float32).tobytes()
    assert model.encode("Hope to").tolist() == [0.5, 0.5, 0]
    # What it has no row for does not count.
    assert model.encode("to, never").tolist() == [0, 1, 0]


def test_model2vec_keeps_the_case_where_the_table_has_it(dump):
    table = Table(pa.array(["Hope", "hope"]), np.eye(2, dtype=np.float32))
    assert StaticModel.from_pretrained(dump("safetensors", table)).encode("Hope").tolist() == [1, 0]


def test_the_tables_own_unk_stands_for_other_words(dump):
    table = Table(pa.array(["Hope", "<unk>"]), np.eye(2, dtype=np.float32), unk="<unk>")
    folder = dump("safetensors", table)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("Hope never").ids == [0, 1]
    assert load_file(folder / "model.safetensors")["embeddings"].shape == (2, 2)
    assert read_vectors(folder).tokens.to_pylist() == ["Hope", "<unk>"]


def test_safetensors_has_the_layout_that_static_embedding_loads(dump):
    """As sentence_transformers.models.StaticEmbedding.load does, with the libraries it uses."""
    folder = dump("safetensors")
    [module] = json.loads((folder / "modules.json").read_text())
    assert module["type"] == "sentence_transformers.models.StaticEmbedding"
    assert module["path"] == "."
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    weights = load_file(folder / "model.safetensors")["embeddings"]
    assert [tokenizer.token_to_id(token) for token in TOKENS] == list(range(len(TOKENS)))
    assert tokenizer.get_vocab_size() == len(weights) == len(TOKENS) + 1
    assert weights[:-1].tobytes() == VECTORS.tobytes()
    assert not weights[-1].any()
    assert tokenizer.encode("Hope nobody to").ids == [0, len(TOKENS), len(TOKENS) - 1]


def test_spacy_loads_it_with_a_vector_for_every_token(dump):
    nlp = spacy.load(dump("spacy"))
    assert nlp.vocab.vectors.data.tobytes() == VECTORS.tobytes()
    for token, vector in zip(TOKENS, VECTORS, strict=True):
        assert nlp.vocab[token].vector.tobytes() == vector.tobytes()
    assert nlp("to Hope")[1].vector.tobytes() == VECTORS[0].tobytes()


def test_spacys_vectors_read_the_folder_below(dump):
    vectors = Vectors().from_disk(dump("spacy") / "vocab")
    rows = [vectors.find(key=get_string_id(token)) for token in TOKENS]
    assert rows == list(range(len(TOKENS)))
    assert vectors.data.tobytes() == VECTORS.tobytes()


# --- read back by ours -----------------------------------------------------------------------


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_we_read_each_format_to_the_bit(dump, format):
    table = read_vectors(dump(format))
    assert table.tokens.to_pylist() == spelt(format)
    assert table.vectors_VD.dtype == np.float32
    assert table.vectors_VD.tobytes() == VECTORS.tobytes()


@pytest.mark.parametrize("format", ["npy", "safetensors", "spacy"])
def test_what_is_one_array_is_mapped_and_not_read(dump, format):
    assert isinstance(read_vectors(dump(format)).vectors_VD, np.memmap)


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_we_read_only_what_is_wanted(dump, format):
    table = read_vectors(dump(format), {"to", "Hope", "absent"})
    assert table.tokens.to_pylist() == ["Hope", "to"]
    assert table.vectors_VD.tobytes() == VECTORS[[0, -1]].tobytes()


@pytest.mark.parametrize("format", ["table", "tsv", "parquet"])
def test_formats_with_ids_tell_them_in_any_order(dump, format):
    table = read_vectors(dump(format, order="frequency", top=5))
    expected = np.argsort(-COUNTS, kind="stable")[:5]
    assert table.ids.tolist() == expected.tolist()
    assert table.vectors_VD.tobytes() == VECTORS[expected].tobytes()


@pytest.mark.parametrize("format", ["tsv", "parquet", "npy"])
def test_formats_with_counts_tell_them(dump, format):
    assert read_vectors(dump(format)).counts.tolist() == COUNTS.tolist()


def test_what_model2vec_saves_is_read(tmp_path, dump):
    table = Table(pa.array(["hope", "to"]), np.eye(2, dtype=np.float32))
    StaticModel.from_pretrained(dump("safetensors", table)).save_pretrained(tmp_path / "saved")
    read = read_vectors(tmp_path / "saved")
    assert read.tokens.to_pylist() == ["hope", "to"]
    assert read.vectors_VD.tolist() == [[1, 0], [0, 1]]
    (tmp_path / "saved" / "config.json").unlink()  # nobody says that its last row was added
    assert read_vectors(tmp_path / "saved").tokens.to_pylist() == ["hope", "to", "[UNK]"]


def test_what_spacy_saves_is_read(tmp_path):
    nlp = spacy.blank("en")
    for token, vector in zip(TOKENS, VECTORS, strict=True):
        nlp.vocab.set_vector(token, vector)
    nlp.to_disk(tmp_path / "saved")
    read = read_vectors(tmp_path / "saved")
    assert read.tokens.to_pylist() == TOKENS
    assert read.vectors_VD.tobytes() == VECTORS.tobytes()


def test_a_projectors_file_of_tokens_alone_is_read(tmp_path):
    (tmp_path / "metadata.tsv").write_text("Hope\nto\n")
    (tmp_path / "vectors.tsv").write_text("0.25\t-1.5\n1\t+0.5\n")
    read = read_vectors(tmp_path)
    assert read.tokens.to_pylist() == ["Hope", "to"]
    assert read.vectors_VD.tolist() == [[0.25, -1.5], [1, 0.5]]


def test_a_block_with_spaces_in_tokens_is_read_like_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.rows.BLOCK_BYTES", 16)
    rows = {f"a {row}" if row % 3 == 1 else f"b{row}": [row, -row] for row in range(50)}
    text = "".join(f"{token} {x} {y}\n" for token, (x, y) in rows.items())
    (tmp_path / "glove.txt").write_text(text)
    read = read_vectors(tmp_path / "glove.txt")
    assert dict(zip(read.tokens.to_pylist(), read.vectors_VD.tolist(), strict=True)) == rows
    wanted = read_vectors(tmp_path / "glove.txt", {"a 1", "b48"})
    assert wanted.vectors_VD.tolist() == [[1, -1], [48, -48]]


def test_a_token_of_two_blocks_keeps_its_first_row(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.rows.BLOCK_BYTES", 4)
    (tmp_path / "glove.txt").write_text("a 1\nb 2\na 3\nc 4\n")
    read = read_vectors(tmp_path / "glove.txt")
    assert read.tokens.to_pylist() == ["a", "b", "c"]
    assert read.vectors_VD.tolist() == [[1], [2], [4]]


# --- folders that are none, or damaged -------------------------------------------------------


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("Hope")
    with pytest.raises(DataError, match="is a folder, and not one of word vectors"):
        read_vectors(tmp_path)


def test_an_array_alone_is_refused_with_the_way_out(dump):
    with pytest.raises(DataError, match="has no tokens beside its vectors") as caught:
        read_vectors(dump("npy") / "vectors.npy")
    assert caught.value.hint.startswith("name the folder")


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


def test_an_object_array_is_not_unpickled(dump):
    folder = dump("npy")
    np.save(folder / "vectors.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(DataError):
        read_vectors(folder)


# --- what a config means ---------------------------------------------------------------------


@pytest.mark.parametrize(("format", "suffix"), TABLE_FORMATS.items())
def test_the_extension_tells_the_format(tmp_path, format, suffix):
    [(path, config)] = DumpConfig().outputs(tmp_path / f"any{suffix}")
    assert (path, config.format) == (tmp_path / f"any{suffix}", format)
    assert config.is_folder == (format in FOLDER_FORMATS)


def test_a_format_that_is_named_counts_more_than_the_extension(tmp_path):
    [(path, config)] = DumpConfig(format="glove").outputs(tmp_path / "any.parquet")
    assert (path.name, config.format) == ("any.parquet", "glove")


@pytest.mark.parametrize("name", ["all", "all.txt", "all.parquet"])
def test_several_formats_stand_side_by_side(tmp_path, name):
    outputs = DumpConfig(format="table, spacy").outputs(tmp_path / name)
    assert [(path.name, config.format) for path, config in outputs] == [
        ("all.txt", "table"),
        ("all.spacy", "spacy"),
    ]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"format": "word2vce"}, "--format cannot be 'word2vce'", "did you mean word2vec?"),
        ({"format": "glove,glove"}, "--format names one format twice", ""),
        ({"top": -1}, "--top must be 0 or more", ""),
        ({"pca": -1}, "--pca must be 0 or more", ""),
    ],
)
def test_a_config_that_means_nothing_is_refused(settings, message, hint):
    with pytest.raises(UsageError) as caught:
        DumpConfig(**settings)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_unsafe_tokens_of_the_projector_are_tabs_and_line_ends(dump):
    with pytest.raises(DataError, match=r"6 tokens have tabs or line ends in them"):
        dump("tsv", unsafe_token="error")
    assert len(read_vectors(dump("npy", unsafe_token="error"))) == len(TOKENS)
