"""Seal a folder of parts: check that all are there, meet and agree, and write its manifest.

The parts of an artifact are made anywhere and in any order, each with a manifest of its own. So
what belongs together is known by the manifests: all are parts of the same number, made by the same
stage with the same settings, tools and other inputs; and what one read of the corpus begins where
the one before ended. The folder's manifest is that of one artifact which was made at once, with the
sums of the ledgers, and with a list of the parts.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.digests import digest, stamp
from corpus2vec.pipeline.artifacts.manifest import (
    Input,
    Manifest,
    Recipe,
    Stamp,
    canonical_json,
    changed_settings,
)
from corpus2vec.pipeline.artifacts.pairs import known_output, pair_of, read_manifest, record
from corpus2vec.pipeline.artifacts.parts import part_files
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Part, parts_of
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError
from corpus2vec.pipeline.files.temporaries import alone_in

PART = "part"
"""The setting that says which part it is. The whole has no such setting."""
SPANS = ("bytes", "row groups")
"""The traits that say which part of a file was read: `0-512/4096`."""
SPAN = re.compile(r"([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
NAMED = 5
"""How many missing parts are named."""


@dataclass(frozen=True)
class Made:
    """A part that is there, and how it was made."""

    path: Path
    part: Part
    digest: str
    stamp: Stamp
    manifest: Manifest

    @property
    def spans(self) -> Iterator[tuple[dict[str, Any], int, int, int]]:
        """What it read of the corpus: traits of a file; begin, end, and how many it has."""
        for each in self.manifest.inputs:
            if found := _span(each):
                unit, begin, end, of = found
                yield {**each["traits"], unit: of}, begin, end, of

    @property
    def others(self) -> list[dict[str, Any]]:
        """What else it was made from, and what decides of that."""
        names = ("role", "digest", "traits")
        return [
            {name: each[name] for name in names} for each in self.manifest.inputs if not _span(each)
        ]

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the whole."""
        return {name: value for name, value in self.manifest.config.items() if name != PART}


def seal(folder: Path) -> Outcome:
    """Write the manifest of a folder of parts, unless it is there and fits.

    Raises UsageError where there are no parts, and DataError, which names the part, where one is
    missing, damaged or foreign.
    """
    named, folder = folder, Path(os.path.realpath(folder))
    files = part_files(folder) if folder.is_dir() else []
    if not files:
        raise UsageError(f"{named} has no parts", hint="--part of tokenize and encode makes them")
    before = read_manifest(folder)
    if before and stamp(folder) in known_output(before):
        return _outcome(named, before, "nothing changed")
    parts = [_made(file) for file in files]
    _require_all(folder, parts)
    for other in parts[1:]:
        _require_alike(parts[0], other)
    _require_meeting(parts)
    found, taken = digest(folder, {each.stamp: each.digest for each in parts})
    sealed = _sealed(folder, parts, found, taken.size)
    is_known = before is not None and _essence(before) == _essence(sealed)
    try:
        with alone_in(folder.parent):
            record(folder, sealed, taken)
    except StorageError:
        if not is_known:  # else only the stamp is missing
            raise
    return _outcome(named, sealed, "nothing changed" if is_known else "")


# --- what is there ---------------------------------------------------------------------------


def _made(file: Path) -> Made:
    pair = pair_of(file)
    again = "make that part again"
    if pair.manifest is None:
        raise DataError(f"{file} has no manifest that can be read", hint=again)
    if not pair.fits:
        raise DataError(
            f"{file} is not what its manifest says: it was damaged or edited", hint=again
        )
    try:
        (part,) = parts_of(str(pair.manifest.config.get(PART)))
    except (UsageError, ValueError):
        raise DataError(
            f"{file} is no part of an artifact: it was made without --part", hint=again
        ) from None
    return Made(file, part, pair.digest, pair.stamp, pair.manifest)


def _require_all(folder: Path, parts: Sequence[Made]) -> None:
    of = parts[0].part.of
    for each in parts:
        if each.part.of != of or each.path.name != each.part.file:
            raise DataError(
                f"{each.path} is part {each.part}, and {parts[0].path.name} is part "
                f"{parts[0].part}: both do not belong here",
                hint="make it again, or remove what is of another cut",
            )
    there = {each.part.number for each in parts}
    missing = [str(Part(number, of)) for number in range(1, of + 1) if number not in there]
    if missing:
        few = ", ".join(missing[:NAMED]) + f" and {len(missing) - NAMED:,} more" * (
            len(missing) > NAMED
        )
        raise DataError(
            f"{folder} lacks {'part' if len(missing) == 1 else 'parts'} {few}",
            hint=f"make it with --part {missing[0]}; parts that are there are not made again",
        )


def _require_alike(first: Made, other: Made) -> None:
    """Raise DataError unless both parts are of one artifact."""
    one, two = first.manifest, other.manifest
    reasons = [
        f"{name} {before} → {after}"
        for name, before, after in (
            ("stage", one.stage, two.stage),
            ("format", one.format, two.format),
        )
        if before != after
    ]
    reasons += changed_settings(first.config, other.config)
    if first.others != other.others:
        changed = [each for each in other.others if each not in first.others] or other.others
        reasons += [f"other {role}" for role in sorted({each["role"] for each in changed})]
    reasons += changed_settings(one.tools, two.tools)
    if reasons:
        raise DataError(
            f"{other.path} does not belong to {first.path.name}: {'; '.join(reasons)}",
            hint="make the parts again that are not as you want them",
        )


def _require_meeting(parts: Sequence[Made]) -> None:
    """Raise DataError unless what each part read begins where the part before ended."""
    open_at: tuple[object, int] | None = None  # a file that is not read to its end, and how far
    last = parts[0]
    for made in parts:
        for file, begin, end, of in made.spans:
            if (open_at or (file, 0)) != (file, begin):
                raise _apart(last, made)
            open_at = (file, end) if end < of else None
            last = made
    if open_at:
        raise _apart(last, parts[-1])


def _apart(one: Made, other: Made) -> DataError:
    return DataError(
        f"{one.path} and {other.path.name} do not meet: the corpus changed between the two",
        hint="make both parts again",
    )


def has_span(given: Mapping[str, Any]) -> bool:
    """Return whether an input, as a manifest has it, is only a part of a file."""
    return _span(given) is not None


def _span(given: Mapping[str, Any]) -> tuple[str, int, int, int] | None:
    """Return the unit of a span, begin, end, and how many the file has; None without a span."""
    for unit in SPANS:
        found = SPAN.fullmatch(given["traits"].get(unit, ""))
        if found:
            begin, end, of = map(int, found.groups())
            return unit, begin, end, of
    return None


# --- what becomes of it ----------------------------------------------------------------------


def _sealed(folder: Path, parts: Sequence[Made], found: str, size: int) -> Manifest:
    first = parts[0].manifest
    inputs: dict[str, Mapping[str, Any]] = {}
    for made in parts:
        for each in made.manifest.inputs:
            inputs.setdefault(canonical_json([each["role"], each["digest"], each["traits"]]), each)
    recipe = Recipe(
        stage=first.stage,
        format=first.format,
        config=parts[0].config,
        inputs=tuple(
            Input(role=each["role"], name="", digest=each["digest"], traits=each["traits"])
            for each in inputs.values()
        ),
        tools=first.tools,
    )
    counts: dict[str, Any] = {}
    for made in parts:
        counts = _summed(counts, made.manifest.counts)
    listed = [
        {"name": made.path.name, "digest": made.digest, "counts": made.manifest.counts}
        for made in parts
    ]
    return dataclasses.replace(
        first,
        fingerprint=recipe.fingerprint,
        config=recipe.config,
        inputs=tuple(inputs.values()),
        output={"name": folder.name, "digest": found, "size": size, "parts": listed},
        counts=counts,
        seconds=round(sum(made.manifest.seconds for made in parts), 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _summed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums of what was counted, ledgers included. What is no number is left out.

    >>> _summed({"rows": 1, "tokens": {"in": 2}}, {"rows": 3, "tally": "1a2b"})
    {'rows': 4, 'tokens': {'in': 2}}
    """
    sums: dict[str, Any] = {}
    for name in dict.fromkeys([*one, *other]):
        values = [each[name] for each in (one, other) if name in each]
        if all(isinstance(each, Mapping) for each in values):
            sums[name] = _summed(values[0], values[1] if len(values) > 1 else {})
        elif all(type(each) is int for each in values):
            sums[name] = sum(values)
    return sums


def _essence(manifest: Manifest) -> str:
    """Return what a manifest says, but for when it was written and for stamps."""
    entry = {name: value for name, value in manifest.entry().items() if name != "created"}
    return canonical_json(entry)


def _outcome(folder: Path, manifest: Manifest, nothing: str) -> Outcome:
    return Outcome(
        stage=manifest.stage,
        output=folder,
        hit=bool(nothing),
        reason=nothing or "not sealed yet",
        counts=manifest.counts,
        seconds=manifest.seconds,
        fingerprint=manifest.fingerprint,
    )
