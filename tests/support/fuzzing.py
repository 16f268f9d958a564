"""What the fuzzer and its short form in the suite share: the readers, good files, and mutations.

A target is a reader and the file in a build that it reads. Whatever is in that file, the reader
either reads it or raises a DataError or UsageError; anything else is a fault of the reader.
"""

import contextlib
import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus2vec.cli.options import read_config
from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import checkpoint_path, metrics_path
from corpus2vec.pipeline.artifacts.manifest import Manifest, canonical_json
from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.artifacts.stored import settings_of
from corpus2vec.pipeline.artifacts.weights import (
    DIGEST,
    METADATA,
    OUTPUT,
    read_arrays,
    read_header,
    read_table,
    verify,
)
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import DataError, Interrupted, UsageError
from corpus2vec.pipeline.judge.gold import is_gold, read_gold
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.report.facts import read_curves
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.training.checkpoints import Checkpoints
from corpus2vec.pipeline.vocabulary.vocabulary import parse_vocabulary
from tests.support.runs import SAMPLES, the_build

STOPPED = "stopped.safetensors"
REFUSED = (DataError, UsageError)


class Stopping(Silent):
    """Stops a training at its first step."""

    stop_signal = 15


def build(folder: Path) -> Path:
    """Make a build with a file for every target."""
    shutil.copy(SAMPLES / "phrases.txt", folder / "corpus.txt")
    made = the_build(folder)
    for _ in made.run():
        pass
    config = TrainConfig(dim=2, seq_len=5, epochs=1, optimizer="adam", objective="lm")
    with contextlib.suppress(Interrupted):
        needs = [folder / "ids.parquet", folder / "vocab.tsv"]
        stages.train.run(needs, folder / STOPPED, config, progress=Stopping())
    return with_texts(folder)


def with_texts(folder: Path) -> Path:
    """Put the files of other people beside a build: gold and settings."""
    (folder / "pairs.tsv").write_text("# words\nHope\tto\tv\t1.5\nsee\tyou\tv\t2\nsoon\tto\tv\t3\n")
    (folder / "pairs.csv").write_text('word1,word2,score\n"Hope",to,1\nsee,you,2\n')
    (folder / "analogies.txt").write_text(": gram\nHope to see you\n: more\nsoon to see again\n")
    (folder / "settings.toml").write_text(
        "[tokenize]\nlower = true\ndrop = ['punct', 'num']\nmax-doc-tokens = 9\n"
        "[vocab]\nmin-count = 1\nunk = '<unk>'\n[train]\ndim = 2\nlr = 0.1\n"
    )
    return folder


# --- the readers -----------------------------------------------------------------------------


def read_manifest_file(path: Path) -> None:
    """Read a manifest, and all that is taken from one without a check of its own."""
    found = Manifest.from_json(path.read_bytes().decode("utf-8", "replace"))
    if found is None:
        return
    kinds = {stage.NAME: stage.CONFIG for stage in stages.STAGES}
    found.to_json()
    found.upstream("vocab")
    for entry in found.story():
        if entry["stage"] in kinds:
            settings_of(kinds[entry["stage"]], entry["config"], path)


def read_model(path: Path) -> None:
    """Read a model as dump and train --init do."""
    header = read_header(path, "model", {"config": {"objective": str, ...: Any}})
    for name in ("embedding", OUTPUT):
        read_table(path, name, header["rows"] if isinstance(header.get("rows"), int) else None)
    read_arrays(path)
    verify(path)


def read_checkpoint(path: Path) -> None:
    """Read a checkpoint."""
    Checkpoints(path.with_name(STOPPED), "").read(Silent())


def read_gold_file(path: Path) -> None:
    """Read a gold file as evaluate does."""
    is_gold(path)
    read_gold(path)


def read_documents(path: Path) -> None:
    """Read tokens.parquet or ids.parquet to its end."""
    for _ in documents(path):
        pass


def read_folder(path: Path) -> None:
    """Read the dump of several files that this is one of."""
    read_vectors(path.parent.parent if path.parent.name == "vocab" else path.parent)


# --- what a mutation must not be refused for -------------------------------------------------


def signed_manifest(content: bytes) -> bytes:
    """Give a manifest its checksum, if it is JSON still."""
    try:
        fields = json.loads(content)
        fields.pop("checksum", None)
        layout = fields.pop("manifest", 1)
        checksum = hashlib.sha256(canonical_json(fields).encode()).hexdigest()
        return json.dumps({"manifest": layout, **fields, "checksum": checksum}).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return content


def signed_arrays(content: bytes) -> bytes:
    """Give a file of arrays its digest, if its header is JSON still; and the header's length."""
    begin, end = content.find(b"{"), content.rfind(b"}}}") + 3
    try:
        table = json.loads(content[begin:end])
        table[METADATA].pop(DIGEST, None)
        digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode())
        data = content[end:].lstrip(b" ")
        digest.update(data)
        table[METADATA][DIGEST] = digest.hexdigest()
        text = json.dumps(table, separators=(",", ":")).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return content
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def as_it_is(content: bytes) -> bytes:
    """Leave it as it is."""
    return content


@dataclass(frozen=True)
class Target:
    """A reader, and the file in a build that is mutated for it."""

    file: str
    read: Callable[[Path], object]
    signed: Callable[[bytes], bytes] = as_it_is

    def try_out(self, folder: Path, content: bytes) -> None:
        """Read the content; raise what the reader raises and should not."""
        path = folder / self.file
        path.write_bytes(self.signed(content))
        with contextlib.suppress(REFUSED):
            self.read(path)


TARGETS = {
    "vocabulary": Target("vocab.tsv", lambda path: parse_vocabulary(path.read_bytes(), "v.tsv")),
    "manifest": Target("vocab.tsv.manifest.json", read_manifest_file, signed_manifest),
    "manifest of a dump": Target(
        "embeddings.txt.manifest.json", read_manifest_file, signed_manifest
    ),
    "grid": Target("embeddings.txt", read_vectors),
    "word2vec text": Target("embeddings.w2v", read_vectors),
    "word2vec binary": Target("embeddings.bin", read_vectors),
    "GloVe": Target("embeddings.glove", read_vectors),
    "Parquet table": Target("embeddings.parquet", read_vectors),
    "projector vectors": Target("embeddings.tsv/vectors.tsv", read_folder),
    "projector metadata": Target("embeddings.tsv/metadata.tsv", read_folder),
    "npy": Target("embeddings.npy/vectors.npy", read_folder),
    "safetensors": Target("embeddings.safetensors/model.safetensors", read_folder),
    "tokenizer.json": Target("embeddings.safetensors/tokenizer.json", read_folder),
    "config.json": Target("embeddings.safetensors/config.json", read_folder),
    "spaCy vectors": Target("embeddings.spacy/vocab/vectors", read_folder),
    "spaCy key2row": Target("embeddings.spacy/vocab/key2row", read_folder),
    "spaCy strings": Target("embeddings.spacy/vocab/strings.json", read_folder),
    "gold pairs": Target("pairs.tsv", read_gold_file),
    "gold CSV": Target("pairs.csv", read_gold_file),
    "gold analogies": Target("analogies.txt", read_gold_file),
    "settings": Target("settings.toml", lambda path: read_config(path, "run")),
    "model": Target("model.safetensors", read_model, signed_arrays),
    "checkpoint": Target(checkpoint_path(Path(STOPPED)).name, read_checkpoint, signed_arrays),
    "metrics": Target(
        metrics_path(Path("model.safetensors")).name, lambda path: read_curves(path.parent)
    ),
    "tokens": Target("tokens.parquet", read_documents),
    "ids": Target("ids.parquet", read_documents),
}


# --- mutations -------------------------------------------------------------------------------

PIECES = [
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc0\x80", b"\xe2\x80\xa8", b"\x85"),
    *(rb"\ud800", rb"\u0000", b'"', b"'", b"\\", b"\t", b"\n", b"\r", b"\r\n", b" ", b",", b";"),
    *(b"{", b"}", b"[", b"]", b"{}", b"[]", b"null", b"true", b"NaN", b"-Infinity", b"-", b"#"),
    *(b"[" * 3000, b'{"a":' * 3000, b"a" * 200_000, b"+-+", b" | ", b": ", b"//"),
]
NUMBERS = [
    *(b"0", b"-1", b"1", b"1.5", b"nan", b"inf", b"1e999", b"-0", b"1_0", b"0x1", b"9" * 5000),
    *(b"2147483647", b"2147483648", b"4294967296", b"9223372036854775807", b"9223372036854775808"),
    *(b"18446744073709551616", b"999999999999", b"1e-999", b'"1"', b"null", b"[1]"),
]
TEXTS = [b'""', b"7", b"null", b"[]", b"{}", b"true", rb'"\ud800"', b'"x"']
VALUES = [
    *(None, True, False, 0, -1, 1, 2, 1.5, 1e300, 10**30, 2**63, float("inf"), float("nan"), ""),
    *("x", "\ud800", "\0", "../..", "a" * 999, [], {}, [[]], [None], ["x"], {"": ""}, {"x": []}),
]


def mutated(chance: random.Random, good: bytes, others: list[bytes]) -> bytes:
    """Return the content after one mutation or a few; `others` are for splicing."""
    content = bytearray(good)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 5])):
        if chance.random() < 0.1:
            other = chance.choice(others)
            content = content[: _place(chance, content)] + other[_place(chance, other) :]
        else:
            content = chance.choice(MUTATIONS)(chance, content)
    return bytes(content)


def _place(chance: random.Random, content: bytes | bytearray) -> int:
    return chance.randrange(len(content) + 1)


def _flip(chance: random.Random, content: bytearray) -> bytearray:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def _byte(chance: random.Random, content: bytearray) -> bytearray:
    if content:
        content[chance.randrange(len(content))] = chance.choice(b"\0\1\x7f\x80\xff 0")
    return content


def _cut(chance: random.Random, content: bytearray) -> bytearray:
    return content[: _place(chance, content)]


def _leave_out(chance: random.Random, content: bytearray) -> bytearray:
    begin = _place(chance, content)
    return content[:begin] + content[begin + chance.choice([1, 1, 2, 4, 8, 50]) :]


def _repeat(chance: random.Random, content: bytearray) -> bytearray:
    begin = _place(chance, content)
    piece = content[begin : begin + chance.choice([1, 4, 8, 50])]
    return content[:begin] + piece * chance.choice([2, 2, 3, 1000]) + content[begin:]


def _insert(chance: random.Random, content: bytearray) -> bytearray:
    place = _place(chance, content)
    return content[:place] + chance.choice(PIECES) + content[place:]


def _number(chance: random.Random, content: bytearray) -> bytearray:
    return _replaced(chance, content, rb"-?[0-9]+(\.[0-9]+)?", NUMBERS)


def _text(chance: random.Random, content: bytearray) -> bytearray:
    return _replaced(chance, content, rb'"[^"\\]{0,80}"', TEXTS)


def _replaced(
    chance: random.Random, content: bytearray, pattern: bytes, by: list[bytes]
) -> bytearray:
    found = list(re.finditer(pattern, content))
    if found:
        one = chance.choice(found)
        content[one.start() : one.end()] = chance.choice(by)
    return content


def _value(chance: random.Random, content: bytearray) -> bytearray:
    """Replace any value in the JSON that the content is, or has in it."""
    begin, end = content.find(b"{"), content.rfind(b"}") + 1
    try:
        changed = json.dumps(_with_another(chance, json.loads(content[begin:end])))
    except (ValueError, RecursionError):
        return content
    return content[:begin] + changed.encode() + content[end:]


def _with_another(chance: random.Random, value: object) -> object:
    """Return JSON's value with another one in place of it or of something in it."""
    if isinstance(value, str) and value[:1] == "{":  # JSON in JSON, as files of arrays have it
        return json.dumps(_with_another(chance, json.loads(value)))
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(VALUES)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        return [*value[:place], _with_another(chance, value[place]), *value[place + 1 :]]
    name = chance.choice(list(value))
    if chance.random() < 0.1:
        return {key: each for key, each in value.items() if key != name}
    return {**value, name: _with_another(chance, value[name])}


MUTATIONS = [
    *(_flip, _flip, _byte, _cut, _leave_out, _repeat, _insert, _insert),
    *(_number, _number, _text, _text, _value, _value, _value),
]
