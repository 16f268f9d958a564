"""Artifacts that are none, each named for its fault. The faults of manifests are in `manifests`."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.weights import KEY, read_arrays, write_arrays
from tests.nasty.spoiling import HALF, NESTED_LISTS, NO_UTF8, parquet, put
from tests.nasty.tables import TENSORS, tensors

HERE = Path()
STOPPED = "stopped.safetensors"
"""The model of a training that was stopped: there is only its checkpoint."""

# --- vocabularies ----------------------------------------------------------------------------

HEAD = b"id\ttoken\tcount\n"
VOCABULARIES = {
    "empty": b"",
    "header alone": HEAD,
    "header without a line end": HEAD[:-1],
    "byte order mark": b"\xef\xbb\xbf" + HEAD + b"0\tHope\t1\n",
    "another header": b"token\tid\tcount\n",
    "carriage returns": HEAD.replace(b"\n", b"\r\n") + b"0\tHope\t1\r\n",
    "line of two fields": HEAD + b"0\tHope\n",
    "line of four fields": HEAD + b"0\tHope\t1\t1\n",
    "empty line": HEAD + b"\n0\tHope\t1\n",
    "id from one": HEAD + b"1\tHope\t1\n",
    "id negative": HEAD + b"-1\tHope\t1\n",
    "id twice": HEAD + b"0\tHope\t1\n0\tto\t2\n",
    "id beyond int64": HEAD + b"99999999999999999999\tHope\t1\n",
    "id infinite": HEAD + b"inf\tHope\t1\n",
    "id a fraction": HEAD + b"0.5\tHope\t1\n",
    "id empty": HEAD + b"\tHope\t1\n",
    "count negative": HEAD + b"0\tHope\t-1\n",
    "count beyond int64": HEAD + b"0\tHope\t99999999999999999999\n",
    "counts whose sum is beyond int64": HEAD
    + b"".join(b"%d\t%s\t9223372036854775807\n" % (n, w) for n, w in enumerate([b"Hope", b"to"])),
    "count infinite": HEAD + b"0\tHope\tinf\n",
    "count empty": HEAD + b"0\tHope\t\n",
    "token twice": HEAD + b"0\tHope\t1\n1\tHope\t1\n",
    "token not utf-8": HEAD + b"0\tHo\xffpe\t1\n",
    "token with half a surrogate": HEAD + b"0\tHo\xed\xa0\x80pe\t1\n",
    "token with an unknown escape": HEAD + b"0\tHo\\qpe\t1\n",
    "token with a lone backslash": HEAD + b"0\tHope\\\t1\n",
    "nul bytes": HEAD + b"\0" * 100,
    "cut in a line": HEAD + b"0\tHope\t1\n1\tt",
}

# --- phrases ---------------------------------------------------------------------------------

TOP = b"pass\twords\tphrase\tcount\tscore\n"
PHRASES = {
    "empty": b"",
    "byte order mark": b"\xef\xbb\xbf" + TOP,
    "another header": HEAD,
    "carriage returns": TOP.replace(b"\n", b"\r\n"),
    "line of four fields": TOP + b"1\tto see\tto_see\t1\n",
    "empty line": TOP + b"\n1\tto see\tto_see\t1\t1\n",
    "pass zero": TOP + b"0\tto see\tto_see\t1\t1\n",
    "pass in other digits": TOP + "¹\tto see\tto_see\t1\t1\n".encode(),
    "pass beyond int64": TOP + b"99999999999999999999\tto see\tto_see\t1\t1\n",
    "count negative": TOP + b"1\tto see\tto_see\t-1\t1\n",
    "score not a number": TOP + b"1\tto see\tto_see\t1\tnan\n",
    "score beyond float64": TOP + b"1\tto see\tto_see\t1\t1e999\n",
    "one word": TOP + b"1\tto\tto_see\t1\t1\n",
    "word without letters": TOP + b"1\tto  see\tto_see\t1\t1\n",
    "words twice": TOP + b"1\tto see\ta\t1\t1\n1\tto see\tb\t1\t1\n",
    "word inside and at an end": TOP + b"1\tto see you\ta\t1\t1\n1\tsee to\tb\t1\t1\n",
    "word not utf-8": TOP + b"1\tto s\xffe\tto_see\t1\t1\n",
    "word with half a surrogate": TOP + b"1\tto s\xed\xa0\x80e\tto_see\t1\t1\n",
    "word with an unknown escape": TOP + b"1\tto s\\qe\tto_see\t1\t1\n",
    "word with a lone backslash": TOP + b"1\tto see\\\tto_see\t1\t1\n",
    "nul bytes": TOP + b"\0" * 100,
    "cut in a line": TOP + b"1\tto see\tto_see\t1\t1\n1\tt",
}

# --- tokens.parquet, ids.parquet -------------------------------------------------------------


def documents(name, kind, *lists, labels=None, metadata=None):
    columns = {name: pa.array(lists, pa.list_(kind))}
    if labels is not None:
        columns["label"] = labels
    table = pa.table(columns)
    if metadata:
        table = table.replace_schema_metadata(metadata)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def lists_of(values):
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


TOKENS = {
    "empty": b"",
    "magic alone": b"PAR1PAR1",
    "text": b"Hope to see you soon\n",
    "another schema": parquet(text=["a"]),
    "column of lists of lists": documents("tokens", pa.list_(pa.string()), [["a"]]),
    "numbers for tokens": documents("tokens", pa.int32(), [1]),
    "null document": documents("tokens", pa.string(), None),
    "null token": documents("tokens", pa.string(), [None]),
    "tokens not utf-8": parquet(tokens=lists_of(NO_UTF8)),
    "labels not utf-8": parquet(
        tokens=pa.array([["a"], ["b"]], pa.list_(pa.string())), label=NO_UTF8
    ),
    "null label": documents("tokens", pa.string(), ["a"], labels=pa.array([None], pa.string())),
    "column twice": parquet(tokens=pa.array([["a"]]), Tokens=pa.array([["a"]])),
}


def encoded(*lists, **keys):
    """Documents of ids that name the build's vocabulary."""
    labels = keys.pop("label", None)

    def spoil(folder):
        known = {
            "vocabulary_size": "7",
            "vocabulary_digest": digest(folder / "vocab.tsv")[0],
            "labels": "[]",
        }
        metadata = {name: text for name, text in {**known, **keys}.items() if text is not None}
        content = documents("ids", pa.int32(), *lists, labels=labels, metadata=metadata)
        (folder / "ids.parquet").write_bytes(content)

    return spoil


GOOD_IDS = [0, 1, 2, 3, 4]
LABEL = pa.array([0], pa.int32())
IDS = {
    "empty": put("ids.parquet", b""),
    "another schema": put("ids.parquet", parquet(text=["a"])),
    "null id": encoded([0, None]),
    "null document": encoded(None),
    "no metadata": encoded(GOOD_IDS, vocabulary_digest=None, labels=None, vocabulary_size=None),
    "id negative": encoded([0, -1]),
    "id beyond the vocabulary": encoded([0, 7]),
    "id huge": encoded([0, 2**31 - 1]),
    "label negative": encoded(GOOD_IDS, label=pa.array([-1], pa.int32()), labels='["a"]'),
    "label beyond the names": encoded(GOOD_IDS, label=pa.array([1], pa.int32()), labels='["a"]'),
    "label huge": encoded(GOOD_IDS, label=pa.array([2**31 - 1], pa.int32()), labels='["a"]'),
    "label names nested": encoded(GOOD_IDS, label=LABEL, labels=NESTED_LISTS),
    "label names not json": encoded(GOOD_IDS, label=LABEL, labels="["),
    "label names that are a number": encoded(GOOD_IDS, label=LABEL, labels="7"),
    "label names that are an object": encoded(GOOD_IDS, label=LABEL, labels='{"a": 1}'),
    "label names that are numbers": encoded(GOOD_IDS, label=LABEL, labels="[7]"),
    "label names that are lists": encoded(GOOD_IDS, label=LABEL, labels="[[]]"),
    "label name with half a surrogate": encoded(GOOD_IDS, label=LABEL, labels=f'["{HALF}"]'),
    "label names not utf-8": encoded(GOOD_IDS, label=LABEL, labels=b'["\xff"]'),
    "no label names": encoded(GOOD_IDS, label=LABEL, labels=None),
    "metadata not utf-8": encoded(GOOD_IDS, **{"x": b"\xff\xfe"}),
}

# --- models and checkpoints ------------------------------------------------------------------


def rewritten(name, edit):
    """A case: a file of arrays is written again, with a valid digest, after `edit`.

    `edit` changes the header and the arrays in place.
    """

    def spoil(folder):
        content = (folder / name).read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
        arrays = dict(read_arrays(folder / name))
        edit(header, arrays)
        write_arrays(folder / name, arrays, header)

    return spoil


def without(*names):
    def edit(header, arrays):
        for name in names[:-1]:
            header = header[name]
        del header[names[-1]]

    return edit


def with_value(value, *names):
    def edit(header, arrays):
        for name in names[:-1]:
            header = header[name]
        header[names[-1]] = value

    return edit


def array_gone(name):
    return lambda header, arrays: arrays.pop(name)


def array_as(name, change):
    def edit(header, arrays):
        arrays[name] = change(arrays[name])

    return edit


MODEL = "model.safetensors"
WEIGHTS = {
    name: put(MODEL, each) for name, each in TENSORS.items() if name not in ("not a number",)
} | {
    "our header nested": put(
        MODEL, tensors({"__metadata__": {"corpus2vec": NESTED_LISTS.decode()}}, b"")
    ),
    "our header a list": put(MODEL, tensors({"__metadata__": {"corpus2vec": "[]"}}, b"")),
    "our header not json": put(MODEL, tensors({"__metadata__": {"corpus2vec": "{"}}, b"")),
    "texts that are numbers": put(MODEL, tensors({"__metadata__": {"corpus2vec": 7}}, b"")),
    "texts that are a list": put(MODEL, tensors({"__metadata__": []}, b"")),
    "no arrays": rewritten(MODEL, lambda header, arrays: arrays.clear()),
    "no embedding": rewritten(MODEL, array_gone("embedding")),
    "embedding of one dimension": rewritten(
        MODEL, array_as("embedding", lambda old: old.reshape(-1))
    ),
    "embedding of float64": rewritten(
        MODEL, array_as("embedding", lambda old: old.astype(np.float64))
    ),
    "embedding of too few rows": rewritten(MODEL, array_as("embedding", lambda old: old[:-1])),
    "embedding of too many rows": rewritten(
        MODEL, array_as("embedding", lambda old: np.concatenate([old, old]))
    ),
    "embedding without columns": rewritten(MODEL, array_as("embedding", lambda old: old[:, :0])),
    "embedding with nan": rewritten(MODEL, array_as("embedding", lambda old: old * np.nan)),
    "no kind": rewritten(MODEL, without("kind")),
    "no config": rewritten(MODEL, without("config")),
    "no objective": rewritten(MODEL, without("config", "objective")),
    "no vocabulary digest": rewritten(MODEL, without("vocabulary_digest")),
    "config that is a list": rewritten(MODEL, with_value([], "config")),
    "objective that is a list": rewritten(MODEL, with_value([], "config", "objective")),
    "vocabulary digest that is a number": rewritten(MODEL, with_value(7, "vocabulary_digest")),
    "vocabulary digest that is null": rewritten(MODEL, with_value(None, "vocabulary_digest")),
}

CHECKPOINT = checkpoint_path(HERE / STOPPED).name
POSITION = {
    "epoch": (-1, 10**30, 1.5, float("inf"), "x", None, [], 99),
    "step": (-1, 10**30, 1.5, "x", None, 10**6),
    "steps": (-1, 10**30, "x", None),
    "tokens": (-1, "x", None),
    "loss_sum": ("x", None, []),
    "loss_count": (-1, "x"),
    "best_loss": ("x", None, []),
    "best_epoch": (-1, 10**30, "x", 99),
    "scores": (None, "x", [1], [{}], [[]], {}, [{"epoch": "x"}]),
    "seconds": ("x", None),
    "reported_sum": ("x", None),
    "reported_count": (-1, 1.5, "x"),
}
CHECKPOINTS = {
    **{name: put(CHECKPOINT, each) for name, each in TENSORS.items()},
    "no position": rewritten(CHECKPOINT, without("position")),
    "no steps": rewritten(CHECKPOINT, without("steps")),
    "no fingerprint": rewritten(CHECKPOINT, without("fingerprint")),
    "no environment": rewritten(CHECKPOINT, without("environment")),
    "no kind": rewritten(CHECKPOINT, without("kind")),
    "another fingerprint and no config": rewritten(
        CHECKPOINT, lambda header, arrays: header.update(fingerprint="x") or header.pop("config")
    ),
    "another fingerprint and config of a list": rewritten(
        CHECKPOINT, lambda header, arrays: header.update(fingerprint="x", config=[])
    ),
    "environment that is a list": rewritten(CHECKPOINT, with_value([], "environment")),
    "position that is a list": rewritten(CHECKPOINT, with_value([], "position")),
    "position with a field more": rewritten(CHECKPOINT, with_value(1, "position", "more")),
    "steps that are a list": rewritten(CHECKPOINT, with_value([], "steps")),
    "steps that are text": rewritten(
        CHECKPOINT, lambda header, arrays: header.update(steps=dict.fromkeys(header["steps"], "x"))
    ),
    "steps that are negative": rewritten(
        CHECKPOINT, lambda header, arrays: header.update(steps=dict.fromkeys(header["steps"], -1))
    ),
    "no arrays": rewritten(CHECKPOINT, lambda header, arrays: arrays.clear()),
    "arrays of one number": rewritten(
        CHECKPOINT,
        lambda header, arrays: arrays.update({n: np.zeros(1, np.float32) for n in arrays}),
    ),
    "arrays of float64": rewritten(
        CHECKPOINT,
        lambda header, arrays: arrays.update({n: a.astype(np.float64) for n, a in arrays.items()}),
    ),
    **{
        f"position: {field} is {value!r}": rewritten(
            CHECKPOINT, with_value(value, "position", field)
        )
        for field, values in POSITION.items()
        for value in values
    },
    **{
        f"position: no {field}": rewritten(CHECKPOINT, without("position", field))
        for field in POSITION
    },
}


BLIND_TO_IDS = {
    "no metadata": ("show", "report"),
    "no label names": ("train", "show", "report"),  # but not to learn labels
    "metadata not utf-8": ("show", "report"),
    "id beyond the vocabulary": ("show", "report"),
    "id huge": ("show", "report"),
}
BLIND_TO_WEIGHTS = {
    "no config": ("train",),
    "no objective": ("train",),
    "config that is a list": ("train",),
    "objective that is a list": ("train",),
}
