"""Tables of word vectors that are none, each named for its fault."""

import gzip
import io
import json
import struct

import numpy as np
import pyarrow as pa

from tests.nasty.spoiling import (
    DEEP,
    HALF,
    NESTED_LISTS,
    NESTED_OBJECTS,
    NO_UTF8,
    edited,
    edited_json,
    parquet,
    put,
)

# --- tables of one file ----------------------------------------------------------------------


def grid(*rows, header="| index | token | embedding |", rule="+-------+-------+-----------+"):
    return "\n".join([rule, header, rule, *rows, rule, ""])


def vectors(*rows, kind=None):
    return pa.array(rows, kind or pa.list_(pa.float32(), 2))


def npz():
    sink = io.BytesIO()
    np.savez(sink, vectors=np.zeros((2, 2), np.float32))
    return sink.getvalue()


ROW = struct.pack("<2f", 0.5, 0.5)
TWO = vectors([1, 2], [3, 4])
TABLES = {
    "empty": b"",
    "one byte": b"\0",
    "only a byte order mark": b"\xef\xbb\xbf",
    "only line ends": b"\n\n\n",
    "text without numbers": "to be or not to be\n",
    "nested json": NESTED_LISTS,
    "an archive of arrays": npz(),
    "gzip without its name, of no table": gzip.compress(b"to be or not to be\n"),
    "half of a gzip": b"\x1f\x8b\x08\0",
    # word2vec text
    "more rows than there are": "999999999999 2\na 1 2\n",
    "more columns than there are": "1 9999999\na 1 2\n",
    "zero columns": "2 0\na\nb\n",
    "not a number": "2 2\na nan 1\nb 1 2\n",
    "infinite number": "2 2\na 1 2\nb inf 2\n",
    "number too large for float32": "2 2\na 1 2\nb 1e999 2\n",
    "number of ten thousand digits": "1 2\na 1 " + "9" * 10_000 + "\n",
    "number of unicode digits": "1 2\na 1 ٣x\n",
    "row cut off": "2 2\na 1 2\nb 1",
    "nul bytes for numbers": b"2 2\na 1 2\nb \0 \0\n",
    # word2vec binary
    "binary cut in a row": b"2 2\na " + ROW + b"b " + ROW[:5],
    "binary without a space": b"2 2\n" + b"\xff" * 64,
    "binary with more rows than there are": b"999999999999 2\na " + ROW,
    "binary with more columns than there are": b"1 9999999\na " + ROW,
    "binary with rows behind the last": b"1 2\na " + ROW + b"b " + ROW,
    "binary infinity": b"1 2\na " + struct.pack("<2f", float("inf"), 0),
    "binary nan": b"1 2\na " + struct.pack("<2f", float("nan"), 0),
    # the grid
    "grid without a row or last rule": "+-+\n",
    "grid without columns": "+-+\n|\n+-+\n+-+\n",
    "grid with a column twice": grid("| 0 | a | [1, 2] |", header="| token | token | token |"),
    "grid without embedding": grid("| 0 | a |", header="| index | token |"),
    "grid with a cell too many": grid("| 0 | a | b | [1, 2] |"),
    "grid with words for numbers": grid("| 0 | a | [one, two] |"),
    "grid with rows of two lengths": grid("| 0 | a | [1, 2] |", "| 1 | b | [1, 2, 3] |"),
    "grid with an empty embedding": grid("| 0 | a | [] |"),
    "grid with lines below": grid("| 0 | a | [1, 2] |") + "and more\n",
    # Parquet
    "parquet of only its magic": b"PAR1\x15PAR1",
    "parquet cut off": parquet(token=["a", "b"], vector=TWO)[:-9],
    "parquet without token": parquet(size=[1, 2], vector=TWO),
    "parquet with two columns of words": parquet(one=["a", "b"], two=["a", "b"], vector=TWO),
    "parquet without vector": parquet(token=["a", "b"]),
    "parquet with numbers for tokens": parquet(token=[{"a": 1}, {"a": 2}], vector=TWO),
    "parquet with tokens that are not utf-8": parquet(token=NO_UTF8, vector=TWO),
    "parquet with a null token": parquet(token=["a", None], vector=TWO),
    "parquet with a null vector": parquet(token=["a", "b"], vector=vectors([1, 2], None)),
    "parquet with a null number": parquet(token=["a", "b"], vector=vectors([1, 2], [None, 4])),
    "parquet with nan": parquet(token=["a", "b"], vector=vectors([1, 2], [float("nan"), 4])),
    "parquet with lists of several lengths": parquet(
        token=["a", "b"], vector=vectors([1, 2], [3], kind=pa.list_(pa.float32()))
    ),
    "parquet with text for vectors": parquet(token=["a", "b"], vector=["1", "2"]),
    "parquet with vectors of text": parquet(
        token=["a"], vector=vectors(["1", "2"], kind=pa.list_(pa.string(), 2))
    ),
    "parquet with vectors of whole numbers": parquet(
        token=["a"], vector=vectors([1, 2], kind=pa.list_(pa.int32(), 2))
    ),
    "parquet with huge float64": parquet(
        token=["a"], vector=vectors([1e300, 2], kind=pa.list_(pa.float64(), 2))
    ),
    "parquet with counts beyond int64": parquet(
        token=["a", "b"], vector=TWO, count=pa.array([1, 2**64 - 1], pa.uint64())
    ),
}
"""Files that are no table of word vectors, by their faults."""

# --- tables of several files -----------------------------------------------------------------


def npy(header, data=b"\0" * 24, version=b"\x01\x00"):
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def described(descr="'<f4'", order="False", shape="(3, 2)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}"


ARRAYS = {
    "empty": b"",
    "an archive of arrays": npz(),
    "magic alone": b"\x93NUMPY",
    "version of the future": npy(described(), version=b"\x09\x00"),
    "header longer than the file": b"\x93NUMPY\x01\x00\xff\xff{",
    "header that is no python": npy("{'descr': "),
    "header with a bad escape": npy("{'descr': '\\x"),
    "header with a bad indent": npy("  {\n 1\n   2"),
    "header nested in brackets": npy("(" * 5000 + ")" * 5000),
    "header nested in signs": npy("-" * 9000 + "1"),
    "header that is a list": npy("[1, 2]"),
    "header without a shape": npy("{'descr': '<f4', 'fortran_order': False}"),
    "header with null bytes": npy("\0" * 60),
    "objects": npy(described("'|O'")),
    "text": npy(described("'<U4'")),
    "whole numbers": npy(described("'<i4'")),
    "fields": npy(described("[('a', '<f4'), ('b', '<f4')]")),
    "fields nested in fields": npy(described("[('a', " * 90 + "'<f4'" + ")]" * 90)),
    "type that is a number": npy(described("7")),
    "type of a dictionary": npy(described("{'names': ['a'], 'formats': ['<f4'], 'offsets': [-9]}")),
    "type of zero bytes": npy(described("'<f0'")),
    "long doubles": npy(described("'<f16'"), b"\0" * 96),
    "shape of nothing": npy(described(shape="()")),
    "shape of one number": npy(described(shape="(6,)")),
    "shape of three": npy(described(shape="(3, 2, 1)")),
    "shape that is negative": npy(described(shape="(-3, 2)")),
    "shape that is huge": npy(described(shape="(3000000000, 2000000000)")),
    "shape beyond int64": npy(described(shape=f"({2**70}, 2)")),
    "shape that overflows to its size": npy(described(shape=f"({2**32}, {2**32})"), b""),
    "shape of floats": npy(described(shape="(3.0, 2.0)")),
    "shape of truth": npy(described(shape="(True, 2)")),
    "shape that is text": npy(described(shape="'ab'")),
    "order that is text": npy(described(order="'no'")),
    "data cut off": npy(described(), b"\0" * 7),
    "not a number": npy(described(), struct.pack("<6f", 1, 2, 3, 4, 5, float("nan"))),
}
"""Files that are no matrix in NumPy's format."""

HEADER_LIMIT = 100_000_000


def tensors(entries, data=b"\0" * 56, length=None):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape=(7, 2), kind="F32", offsets=(0, 56), name="embeddings"):
    return {name: {"dtype": kind, "shape": shape, "data_offsets": offsets}}


TENSORS = {
    "empty": b"",
    "shorter than a length": b"\x01\0\0",
    "header longer than the file": tensors({}, length=1 << 40),
    "header longer than a number": b"\xff" * 64,
    "header nested": tensors(NESTED_OBJECTS),
    "header nested in an array": tensors(b'{"embeddings": ' + NESTED_LISTS + b"}"),
    "header that is a list": tensors([1]),
    "header that is text": tensors("embeddings"),
    "header not utf-8": tensors(b'{"\xff": 1}'),
    "header with half a surrogate": tensors(f'{{"{HALF}": 1}}'.encode()),
    "no table in it": tensors(tensor(name="bias")),
    "entry that is text": tensors({"embeddings": "all"}),
    "type that is unknown": tensors(tensor(kind="F8_E8M0")),
    "type that is a list": tensors(tensor(kind=["F32"])),
    "type of whole numbers": tensors(tensor(kind="I32")),
    "shape that is a number": tensors(tensor(shape=14)),
    "shape of one": tensors(tensor(shape=[14])),
    "shape that is negative": tensors(tensor(shape=[-7, -2])),
    "shape of fractions": tensors(tensor(shape=[3.5, 4])),
    "shape of text": tensors(tensor(shape=["7", "2"])),
    "shape of infinity": tensors(
        b'{"embeddings": {"dtype": "F32", "shape": [1e999, 2], "data_offsets": [0, 56]}}'
    ),
    "shape that overflows to its size": tensors(tensor(shape=[2**32, 2**32], offsets=(0, 0))),
    "shape of no rows and too many columns": tensors(tensor(shape=[0, 2**62], offsets=(0, 0))),
    "offsets that are one": tensors(tensor(offsets=[0])),
    "offsets that are text": tensors(tensor(offsets=["0", "56"])),
    "offsets that are negative": tensors(tensor(offsets=[-56, 0])),
    "offsets beyond the file": tensors(tensor(offsets=[1 << 50, (1 << 50) + 56])),
    "offsets beyond int64": tensors(tensor(offsets=[2**70, 2**70 + 56])),
    "data cut off": tensors(tensor(), b"\0" * 7),
    "not a number": tensors(tensor(), struct.pack("<14f", *range(13), float("nan"))),
}
"""Files that are no table in safetensors, as model2vec and sentence-transformers save one."""


def vocab_of(edit):
    def change(tokenizer):
        tokenizer["model"]["vocab"] = edit(tokenizer["model"]["vocab"])

    return edited_json("embeddings.safetensors/tokenizer.json", change)


def with_id(number):
    """The id of the last token, as JSON writes it."""

    def change(content):
        value = json.loads(content)
        last = list(value["model"]["vocab"])[-1]
        value["model"]["vocab"][last] = "HERE"
        return json.dumps(value).replace('"HERE"', number).encode()

    return edited("embeddings.safetensors/tokenizer.json", change)


def added(entry):
    return edited_json(
        "embeddings.safetensors/tokenizer.json", lambda whole: whole.update(added_tokens=entry)
    )


TOKENIZER = "embeddings.safetensors/tokenizer.json"
TOKENIZERS = {
    "empty": put(TOKENIZER, b""),
    "nested lists": put(TOKENIZER, NESTED_LISTS),
    "nested objects": put(TOKENIZER, NESTED_OBJECTS),
    "nested vocabulary": put(TOKENIZER, b'{"model": {"vocab": ' + NESTED_OBJECTS + b"}}"),
    "not utf-8": put(TOKENIZER, b'{"model": {"vocab": {"\xff": 0}}}'),
    "number of ten thousand digits": put(TOKENIZER, b'{"model": ' + b"9" * 10_000 + b"}"),
    "a list": put(TOKENIZER, b"[]"),
    "no model": put(TOKENIZER, b"{}"),
    "model that is text": put(TOKENIZER, b'{"model": "WordLevel"}'),
    "vocabulary that is text": vocab_of(lambda vocab: "abc"),
    "vocabulary of numbers": vocab_of(lambda vocab: list(range(len(vocab)))),
    "vocabulary of empty lists": vocab_of(lambda vocab: [[] for _ in vocab]),
    "vocabulary of lists of lists": vocab_of(lambda vocab: [[[], 1] for _ in vocab]),
    "vocabulary too short": vocab_of(lambda vocab: dict(list(vocab.items())[:-1])),
    "vocabulary too long": vocab_of(lambda vocab: {**vocab, "more": len(vocab)}),
    "half a surrogate": vocab_of(lambda vocab: {**dict(list(vocab.items())[:-1]), "\ud800": 7}),
    "id twice": with_id("0"),
    "id negative": with_id("-1"),
    "id huge": with_id(str(10**30)),
    "id infinite": with_id("1e999"),
    "id Infinity": with_id("Infinity"),
    "id not a number": with_id("NaN"),
    "id a fraction": with_id("7.5"),
    "id true": with_id("true"),
    "id text": with_id('"7"'),
    "id null": with_id("null"),
    "added token that is text": added(["abc"]),
    "added tokens that are a number": added(7),
    "added token without id": added([{"content": "abc"}]),
    "added token that is a list": added([{"content": ["abc"], "id": 0}]),
    "added token with half a surrogate": added([{"content": "\ud800", "id": 0}]),
}
SETTINGS = "embeddings.safetensors/config.json"
CONFIGS = {
    "empty": b"",
    "nested": NESTED_LISTS,
    "not utf-8": b'{"unk_added": "\xff"}',
    "a list": b"[]",
    "unk_added that is text": b'{"unk_added": "no"}',
    "unk_added that is a number": b'{"unk_added": 1e999}',
}

ROWS = "embeddings.spacy/vocab/key2row"
STRINGS = "embeddings.spacy/vocab/strings.json"


def packed(value):
    import srsly

    return srsly.msgpack_dumps(value)


KEY_ROWS = {
    "empty": b"",
    "a list": packed([1, 2]),
    "text": packed("abc"),
    "nested lists": b"\x91" * DEEP + b"\xc0",
    "nested objects": b"\x81\xa1a" * DEEP + b"\xc0",
    "more entries than bytes": b"\xdf\xff\xff\xff\xff",
    "longer text than bytes": b"\xdb\xff\xff\xff\xff",
    "bytes behind": packed({1: 0}) + b"\xc0",
    "cut off": packed({1: 0, 2: 1})[:-1],
    "reserved byte": b"\xc1",
    "keys that are lists": b"\x81\x91\x01\x00",
    "keys that are text": packed({"a": 0}),
    "keys that are negative": packed({-1: 0}),
    "rows that are text": packed({1: "a"}),
    "rows that are null": packed({1: None}),
    "rows that are infinite": packed({1: float("inf")}),
    "rows that are negative": packed({1: -1}),
    "text that is not utf-8": b"\x81\xa2\xff\xfe\x00",
    "an array": packed(
        {b"nd": True, b"type": "<f4", b"kind": b"", b"shape": [1], b"data": b"abcd"}
    ),
    "an array of objects": packed(
        {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": b"\0" * 8}
    ),
    "an array of a bad type": packed(
        {b"nd": True, b"type": "(", b"kind": b"", b"shape": [1], b"data": b""}
    ),
    "a bad complex number": packed({b"complex": True, b"data": b"x"}),
    "a time": b"\xd6\xff\0\0\0\0",
    "a time out of range": b"\xc7\x0c\xff" + b"\xff" * 12,
}
STRING_LISTS = {
    "empty": b"",
    "nested lists": NESTED_LISTS,
    "not utf-8": b'["\xff"]',
    "an object": b"{}",
    "a number": b"7",
    "null": b"null",
    "numbers": b"[1, 2]",
    "lists": b"[[], []]",
    "null in it": b'["a", null]',
    "half a surrogate": f'["{HALF}"]'.encode(),
}

WORDS, MATRIX = "embeddings.tsv/metadata.tsv", "embeddings.tsv/vectors.tsv"
PROJECTED = {
    "no metadata": put(WORDS, b""),
    "metadata of one line": put(WORDS, b"token\tcount\tid\n"),
    "metadata with rows of two lengths": put(WORDS, b"token\tcount\nHope\n"),
    "metadata without line ends": put(WORDS, b"\t" * 10_000),
    "no vectors": put(MATRIX, b""),
    "words for vectors": put(MATRIX, b"a\tb\n" * 7),
    "not a number": put(MATRIX, b"nan\t1\n" * 7),
    "one number too many": edited(MATRIX, lambda good: good + b"1\t2\t3\n"),
    "a row too many": edited(MATRIX, lambda good: good + b"1\t2\n"),
    "a row too few": edited(MATRIX, lambda good: good[: good[:-1].rfind(b"\n") + 1]),
    "bytes for vectors": put(MATRIX, bytes(range(256))),
}

FOLDERS = (
    {f"npy: {name}": put("embeddings.npy/vectors.npy", each) for name, each in ARRAYS.items()}
    | {"spacy: an archive of arrays": put("embeddings.spacy/vocab/vectors", npz())}
    | {
        f"safetensors: {name}": put("embeddings.safetensors/model.safetensors", each)
        for name, each in TENSORS.items()
    }
    | {f"tokenizer.json: {name}": each for name, each in TOKENIZERS.items()}
    | {f"config.json: {name}": put(SETTINGS, each) for name, each in CONFIGS.items()}
    | {f"key2row: {name}": put(ROWS, each) for name, each in KEY_ROWS.items()}
    | {f"strings.json: {name}": put(STRINGS, each) for name, each in STRING_LISTS.items()}
    | {f"tsv: {name}": each for name, each in PROJECTED.items()}
)
