"""The record beside every artifact: how it was made, from what, and what came out.

Artifact `X` has a manifest, `X.manifest.json`. Its core is the *recipe*: stage, format version,
config, the digests of the inputs, and the versions of the tools that decide bytes. The fingerprint
is the SHA-256 of the recipe's canonical JSON, so it depends on content only, never on a path or a
time. Only values and their JSON are here; `inputs` and `store` read and write the files.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.json_text import COUNT, parse_json, require_shape

LAYOUT = 1  # the version of the manifest file itself

INPUT_SHAPE = {"role": str, "digest": str, "traits": {...: str}, "name": str, ...: Any}
ENTRY_SHAPE: Mapping[Any, Any] = {
    "stage": str,
    "format": int,
    "fingerprint": str,
    "config": {...: Any},
    "inputs": [INPUT_SHAPE],
    "tools": {...: str},
    "output": {"name": str, "digest": str, "size": COUNT, ...: Any},
    "counts": {"unk": (None, str), ...: Any},
    "environment": {...: Any},
    "seconds": float,
    "created": str,
}
"""The shape of a stage in a manifest (see `json_text`). A stamp is only compared: it may be any."""
SHAPE = {**ENTRY_SHAPE, "lineage": [ENTRY_SHAPE]}


@dataclass(frozen=True)
class Stamp:
    """What the file system says of a file. While it is the same, so is the content."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of a stage.

    `traits` are what the stage takes from the file's name and not from its bytes (its kind, its
    label), so they are part of the fingerprint; `name` and `stamp` are not. The digest of a stream
    is known only after it has been read: until then it is empty, and `seal` will return it.
    """

    role: str
    name: str
    digest: str
    traits: Mapping[str, str] = field(default_factory=dict)
    stamp: Stamp | None = None
    manifest: Manifest | None = None
    seal: Callable[[], str] | None = None
    version: str = ""
    """What an object store calls its content. While it is the same, so is the digest."""

    @property
    def identity(self) -> dict[str, Any]:
        """The part of an input that goes into the fingerprint."""
        return {"role": self.role, "digest": self.digest, "traits": dict(self.traits)}

    def as_json(self) -> dict[str, Any]:
        """Return the input as the manifest stores it."""
        stamp = dataclasses.asdict(self.stamp) if self.stamp else None
        version = {"version": self.version} if self.version else {}
        return {**self.identity, "name": self.name, "stamp": stamp, **version}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides an artifact's bytes, and nothing else."""

    stage: str
    format: int
    config: Mapping[str, Any]
    inputs: tuple[Input, ...]
    tools: Mapping[str, str]

    def input(self, role: str) -> Input:
        """Return the input of that role. Raises LookupError unless there is exactly one."""
        found = [each for each in self.inputs if each.role == role]
        if len(found) != 1:
            raise LookupError(f"{self.stage} has {len(found)} inputs with the role {role}, not 1")
        return found[0]

    def paths(self, role: str) -> list[Path]:
        """Return the files of all inputs of that role, in order."""
        return [Path(each.name) for each in self.inputs if each.role == role]

    def sealed(self) -> Recipe:
        """Return the recipe with the digests of its streams, which must have been read."""
        inputs = tuple(
            dataclasses.replace(each, digest=each.seal()) if each.seal else each
            for each in self.inputs
        )
        return dataclasses.replace(self, inputs=inputs)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the recipe's canonical JSON, in hexadecimal."""
        return _sha256(
            {
                "stage": self.stage,
                "format": self.format,
                "config": self.config,
                "inputs": [each.identity for each in self.inputs],
                "tools": self.tools,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A recipe and its result."""

    stage: str
    format: int
    fingerprint: str
    config: Mapping[str, Any]
    inputs: tuple[Mapping[str, Any], ...]
    tools: Mapping[str, str]
    output: Mapping[str, Any]
    """`name`, `digest`, `size` in bytes, and `stamp`; and `parts`, if it is a folder of them."""
    counts: Mapping[str, Any]
    """The ledgers, and whatever else the stage counted."""
    environment: Mapping[str, Any]
    """What is not in the fingerprint but may interest a reader: threads, device."""
    seconds: float
    created: str
    """UTC, ISO 8601."""
    lineage: tuple[Mapping[str, Any], ...]
    """The entries of all stages upstream, first to last."""

    def entry(self) -> dict[str, Any]:
        """Return this stage alone, as the lineage of later stages stores it.

        That is without stamps, and without the list of parts.
        """
        entry = {
            each.name: getattr(self, each.name)
            for each in dataclasses.fields(self)
            if each.name != "lineage"
        }
        entry["output"] = {
            key: value for key, value in self.output.items() if key not in ("stamp", "parts")
        }
        entry["inputs"] = [
            {key: value for key, value in each.items() if key != "stamp"} for each in self.inputs
        ]
        return entry

    def story(self) -> tuple[Mapping[str, Any], ...]:
        """Return the lineage and this stage, first to last."""
        return (*self.lineage, self.entry())

    def upstream(self, stage: str) -> Mapping[str, Any] | None:
        """Return the last entry of `stage` in the story, or None."""
        return next((each for each in reversed(self.story()) if each["stage"] == stage), None)

    def to_json(self) -> str:
        """Return the text of the manifest file."""
        fields = {each.name: plain(getattr(self, each.name)) for each in dataclasses.fields(self)}
        whole = {"manifest": LAYOUT, **fields, "checksum": _sha256(fields)}
        text = json.dumps(whole, indent=1, ensure_ascii=False)
        # A path with bytes that are not UTF-8 has lone surrogates, which only JSON can escape.
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_json(cls, text: str) -> Manifest | None:
        """Return the manifest in `text`, or None if it is not a whole one of this layout."""
        try:
            fields = parse_json(text, "it")
            # Disks and editors damage files, so the checksum is verified before anything is used.
            if fields.pop("manifest") != LAYOUT or fields.pop("checksum") != _sha256(fields):
                return None
            require_shape(fields, SHAPE, "it")
            fields["inputs"] = tuple(fields["inputs"])
            fields["lineage"] = tuple(fields["lineage"])
            return cls(**fields)
        except (DataError, TypeError, KeyError, AttributeError):
            return None


def joined_lineage(inputs: tuple[Input, ...]) -> tuple[Mapping[str, Any], ...]:
    """Return the lineage of what is made from `inputs`: their stories, each stage run once."""
    entries: dict[str, Mapping[str, Any]] = {}
    for each in inputs:
        if each.manifest:
            for entry in each.manifest.story():
                entries.setdefault(str(entry["fingerprint"]), entry)
    return tuple(entries.values())


def differences(recipe: Recipe, manifest: Manifest) -> list[str]:
    """Return how the recipe differs from the one that made the artifact, in words.

    Each difference is one reason: `dim 128 → 256`, `corpus english.txt changed`.
    """
    if recipe.stage != manifest.stage:
        return [f"made by {manifest.stage}, not by {recipe.stage}"]
    reasons = []
    if recipe.format != manifest.format:
        reasons.append(f"format {manifest.format} → {recipe.format}")
    reasons += changed_settings(manifest.config, plain(recipe.config))
    reasons += _input_changes(recipe, manifest)
    reasons += changed_settings(manifest.tools, recipe.tools)
    return reasons


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return each setting that differs, in words: `dim 128 → 256`."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        f"{name.replace('_', '-')} {_shown(before, name)} → {_shown(after, name)}"
        for name in names
        if name not in before
        or name not in after
        or canonical_json(before[name]) != canonical_json(after[name])  # 1 is not 1.0
    ]


def _shown(settings: Mapping[str, Any], name: str) -> str:
    if name not in settings:
        return "(absent)"
    value = settings[name]
    if value is None:
        return "unset"
    return ",".join(map(str, value)) or "''" if isinstance(value, list) else str(value)


def _input_changes(recipe: Recipe, manifest: Manifest) -> list[str]:
    before, after = manifest.inputs, recipe.inputs
    unread = next((each for each in after if not each.digest), None)
    if unread:
        if unread.version:
            return [f"{unread.role} {unread.name} changed"]
        return [f"{'standard input' if unread.name == '-' else unread.name} is read again"]
    if len(before) != len(after):
        return [f"inputs {len(before)} → {len(after)}"]
    return [
        f"{now.role} {now.name} changed" if then["role"] == now.role else f"{now.role} is new"
        for then, now in zip(before, after, strict=True)
        if {key: then[key] for key in now.identity} != now.identity
    ]


def plain(value: Any) -> Any:
    """Return `value` as JSON would give it back: tuples as lists, dataclasses as dictionaries."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """Return the one JSON text for `value`: sorted keys, no spaces, ASCII."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _sha256(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
