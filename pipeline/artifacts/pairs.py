"""An artifact and its manifest: two files, put in place so that they never part.

No file system renames two files in one step. So the manifest is written first, whole and synced,
under its temporary name; then the artifact takes its place, then the manifest. Between the two, and
for good if the run is killed there, the artifact is not the one that `X.manifest.json` describes.
What belongs together is known by the digest, so whoever finds this looks for the artifact's
manifest among the temporary ones. The next run of the stage, hit or miss, sweeps them once a
manifest that fits is in its place.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import ATTEMPTS, digest, raw_stamp, stamp
from corpus2vec.pipeline.artifacts.manifest import Manifest, Stamp, plain
from corpus2vec.pipeline.artifacts.parts import part_files
from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.replacement import Replacement, replacement, sync
from corpus2vec.pipeline.files.temporaries import alone_in, sweep, temporaries

# --- reading ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """An artifact as it is now, and its manifest."""

    digest: str
    stamp: Stamp
    manifest: Manifest | None
    """The one that fits, or else the one that is there; None if there is none that can be read."""

    @property
    def fits(self) -> bool:
        """Whether the artifact is the one that the manifest describes."""
        return self.manifest is not None and self.manifest.output["digest"] == self.digest


def has_manifest(artifact: Path) -> bool:
    """Return whether there is a manifest for `artifact`, be it one that cannot be read."""
    return manifest_path(artifact).exists() or bool(_pending(artifact))


def read_manifest(artifact: Path) -> Manifest | None:
    """Return the manifest beside `artifact`, or None if it has none that can be read."""
    return _read(manifest_path(artifact))


def pending_manifests(artifact: Path) -> Iterator[Manifest]:
    """Yield the manifests that are written but not in their place; the run may be dead."""
    for path in _pending(artifact):
        if manifest := _read(path):
            yield manifest


def pair_of(artifact: Path) -> Pair:
    """Return the artifact's digest, and the manifest that belongs to it.

    Raises DataError if it keeps changing, and UsageError if it is not a file or a folder of files.
    """
    beside = read_manifest(artifact)
    for _ in range(ATTEMPTS):
        found, taken = digest(artifact, _known(artifact, beside))
        pair = Pair(found, taken, beside)
        if pair.fits:
            break
        for pending in pending_manifests(artifact):
            if pending.output["digest"] == found:
                return Pair(found, taken, pending)
        before, beside = beside, read_manifest(artifact)
        if beside == before:
            break
        # Meanwhile another run has put a manifest in place: perhaps that of this artifact.
    return pair


def known_output(manifest: Manifest | None) -> dict[Stamp, str]:
    """Return the digest of the artifact itself that its manifest recorded, by stamp."""
    if manifest is None:
        return {}
    try:
        return {Stamp(**(manifest.output.get("stamp") or {})): manifest.output["digest"]}
    except TypeError:
        return {}


def _known(artifact: Path, beside: Manifest | None) -> dict[Stamp, str]:
    """Return what is known of an artifact by stamp, and of its parts if that does not do."""
    known = known_output(beside)
    if artifact.is_dir():
        with reading(artifact):
            is_known = raw_stamp(artifact) in known
        for part in () if is_known else part_files(artifact):
            known.update(known_output(read_manifest(part)))
    return known


def _pending(artifact: Path) -> list[Path]:
    path = manifest_path(artifact)
    with reading(path.parent):
        return temporaries(path)


def _read(path: Path) -> Manifest | None:
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


# --- writing ---------------------------------------------------------------------------------


def publish(new: Replacement, manifest: Manifest, written: Stamp) -> None:
    """Put an artifact, which was stamped `written`, and its manifest in place.

    Raises StorageError: as long as the old artifact is there, its manifest is too, and the message
    says so; when the new one is there, the message says that.
    """
    output = new.path
    done = f"{output.name} is new and whole, and the next run completes its manifest"
    with replacement(manifest_path(output), keep_if=lambda: new.is_in_place) as coming:
        _fill(coming, manifest)
        with writing(coming.path):
            sync(output.parent)
        with alone_in(output.parent):
            new.take_place()
            with writing(output, left=done):
                sync(output.parent)
            if new.is_in_place:  # another run may have published meanwhile, where there is no lock
                coming.take_place(left=done)
                # All is done but for the stamp; without it, the digest has to be taken again.
                with contextlib.suppress(StorageError):
                    record(output, manifest, written)
                sweep(coming.path)


def renew(output: Path, manifest: Manifest, examined: Stamp) -> None:
    """Set the artifact's mtime to now, and write its manifest with the present stamp.

    Nothing is done if the artifact is no longer the one that was `examined`: then another run has
    published, and looks after what is there now.
    """
    with alone_in(output.parent):
        with writing(output, "renew the mtime of"), _held(output) as file:
            if raw_stamp(file) != examined:
                return
            os.utime(file)
            renewed = raw_stamp(file)
        record(output, manifest, renewed)


def record(output: Path, manifest: Manifest, taken: Stamp) -> None:
    """Write the manifest of what was stamped `taken`, if that is still what is at `output`.

    The caller holds the folder's lock.
    """
    with reading(output):
        now = stamp(output)
        if replace(now, ctime_ns=taken.ctime_ns) != taken:  # renaming moves the ctime only
            found, now = digest(output)
            if found != manifest.output["digest"]:
                return
    stamped = replace(manifest, output={**manifest.output, "stamp": plain(now)})
    with replacement(manifest_path(output)) as new:
        _fill(new, stamped)
        if raw_stamp(output) != now:
            return
        new.take_place()
        with writing(new.path, untouched=False):
            sync(output.parent)
        sweep(new.path)


def _fill(new: Replacement, manifest: Manifest) -> None:
    with writing(new.path, through=new.temporary):
        new.temporary.write_text(manifest.to_json() + "\n", encoding="utf-8")
    new.sync()


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    """Open what is there now, whatever takes its place meanwhile."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
