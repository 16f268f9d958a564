"""Manifests with a valid checksum and a fault, each named for it."""

import hashlib
import json

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.manifest import LAYOUT, canonical_json


def signed(fields):
    """A manifest's text, with a valid checksum."""
    checksum = hashlib.sha256(canonical_json(fields).encode()).hexdigest()
    return json.dumps({"manifest": LAYOUT, **fields, "checksum": checksum})


def manifest(artifact, edit):
    """A case: the artifact's manifest is edited, and signed again."""

    def spoil(folder):
        path = manifest_path(folder / artifact)
        fields = json.loads(path.read_text())
        del fields["manifest"], fields["checksum"]
        edit(fields)
        path.write_text(signed(fields))

    return spoil


def at(value, *names):
    """An edit: the value at that place."""

    def edit(fields):
        for name in names[:-1]:
            fields = fields[name]
        fields[names[-1]] = value

    return edit


def gone(*names):
    def edit(fields):
        for name in names[:-1]:
            fields = fields[name]
        del fields[names[-1]]

    return edit


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


KINDS = {
    "stage": (None, 7, [], {}),
    "format": (None, "x", [], 1.5, True, {}),
    "fingerprint": (None, 7, [], {}),
    "config": (None, 7, "x", [], ["x"]),
    "inputs": (None, 7, "x", ["x"], [7], [None], [{}], {"a": 1}),
    "tools": (None, 7, "x", [], {"numpy": 7}, {"numpy": []}),
    "output": (None, 7, "x", [], {}),
    "counts": (None, 7, "x", []),
    "environment": (None, 7, "x", []),
    "seconds": (None, "x", [], {}, True),
    "created": (None, 7, [], {}),
    "lineage": (None, 7, "x", ["x"], [7], [{}], {"a": 1}),
}
FIRST_INPUT = ("inputs", 0)
LAST = ("lineage", -1)
MANIFESTS = {
    **{
        f"{field} is {value!r}": at(value, field)
        for field, values in KINDS.items()
        for value in values
    },
    **{f"no {field}": gone(field) for field in KINDS},
    **{
        f"a stage before: {field} is {value!r}": at(value, *LAST, field)
        for field, values in KINDS.items()
        if field != "lineage"
        for value in values
    },
    **{f"a stage before: no {field}": gone(*LAST, field) for field in KINDS if field != "lineage"},
    **{
        f"an input: {field} is {value!r}": at(value, *FIRST_INPUT, field)
        for field in ("role", "digest", "name", "traits")
        for value in (None, 7, [], ["x"])
    },
    **{
        f"an input: no {field}": gone(*FIRST_INPUT, field)
        for field in ("role", "digest", "name", "traits")
    },
    "an input: trait that is a list": at({"path": []}, *FIRST_INPUT, "traits"),
    **{
        f"output: {field} is {value!r}": at(value, "output", field)
        for field in ("name", "digest", "size")
        for value in (None, [], {}, "x" if field == "size" else 7)
    },
    **{f"output: no {field}": gone("output", field) for field in ("name", "digest", "size")},
    "output: size infinite": at(float("inf"), "output", "size"),
    "seconds not a number": at(float("nan"), "seconds"),
    "a field more": at(1, "more"),
    "counts nested": at(nested(65), "counts"),
    "unk that is a number": at({"unk": 7}, "counts"),
    "a stage before: unk that is a list": at({"unk": []}, *LAST, "counts"),
}

CONFIGS = {
    "format": (None, 7, [], "x", {}),
    "order": (7, [], {}),
    "top": ("x", []),
}
"""Settings of a dump, with values that they cannot have."""
TOKENIZE = {
    "lang": (7, [], {}, "../../x"),
    "lower": ("x", [], 7),
    "lemma": ("x", []),
    "drop": (None, 7, "space", [7], [[]], ["words"]),
    "model": (7, [], {}),
}
LOOKED_UP = {
    **{
        f"dump: {field} is {value!r}": at(value, "config", field)
        for field, values in CONFIGS.items()
        for value in values
    },
    "dump: no format": gone("config", "format"),
    **{
        f"tokenize: {field} is {value!r}": at(value, "lineage", 0, "config", field)
        for field, values in TOKENIZE.items()
        for value in values
    },
    **{f"tokenize: no {field}": gone("lineage", 0, "config", field) for field in ("drop",)},
    **{
        f"vocab: unk is {value!r}": at(value, "lineage", 1, "counts", "unk")
        for value in (7, [], {}, True)
    },
    "no tokenize": at([], "lineage"),
}
"""What lookup takes from the manifest of a dump."""

STAMP = dict.fromkeys(["size", "mtime_ns", "ctime_ns", "inode"])
STAMPS = {
    "text": "x",
    "of text": dict.fromkeys(STAMP, "x"),
    "of lists": {name: [] for name in STAMP},
    "of another name": {**dict.fromkeys(STAMP, 1), "more": 1},
    "huge": dict.fromkeys(STAMP, 10**99),
}
"""A stamp is only compared, so none of these is a fault: the artifact is read to be checked."""
