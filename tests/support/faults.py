"""A run of a stage that fails or is killed at its k-th call of the file system, for every k.

    python -m tests.support.faults FOLDER file|folder

Makes small artifacts in FOLDER, from each of the states in `BEFORE`, with each of `FAULTS` at each
call, and prints what was found after: `{"points": 500, "parted": [], "untrue": [], "litter": []}`.
The calls are Python's; those of libraries, and the kernel's own, are for `campaigns/faults.py`.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import shutil
import sys
from pathlib import Path

from corpus2vec.pipeline.artifacts import digests
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.files import replacement

NAME = "out.x"
OLD, NEW = 2, 3
"""The setting of the recipe, which is the content too."""

CALLS = (
    *((os, name) for name in ("open", "scandir", "fsync", "replace", "unlink", "rmdir", "mkdir")),
    *((os, name) for name in ("utime", "fchmod", "chmod")),
    (io, "open"),
    (fcntl, "flock"),
    (replacement, "_exchanged"),
)
KILLED = "killed"
FAULTS = {KILLED: 0, "ENOSPC": errno.ENOSPC, "EIO": errno.EIO}


def nothing(output, folder):
    """Nothing was made yet."""


def old(output, folder):
    """Another recipe's artifact is there."""
    make(output, OLD, folder)


def pending(output, folder):
    """A run was killed after its artifact took its place, before its manifest did."""
    make(output, OLD, folder)
    before = manifest_path(output).read_bytes()
    make(output, NEW, folder)
    manifest = manifest_path(output)
    manifest.rename(manifest.with_name(f".{manifest.name}.0123abcd.tmp"))
    manifest.write_bytes(before)


def new(output, folder):
    """The same recipe's artifact is there: a hit."""
    make(output, NEW, folder)


BEFORE = (nothing, old, pending, new)


def make(output, dim, folder):
    """Make the artifact whose content is its recipe's setting, unless it is there."""

    def write(target):
        for each in (target / "a", target / "b") if folder else (target,):
            each.write_text(str(dim))
        return {}

    recipe = Recipe(stage="shout", format=1, config={"dim": dim}, inputs=(), tools={})
    return produce(recipe, output, write, folder=folder)


def content(output):
    """The setting that is there, 0 if nothing is; whatever is torn is -1."""
    if not output.exists():
        return 0
    texts = {each.read_text() for each in (output.iterdir() if output.is_dir() else [output])}
    return int(texts.pop()) if texts in ({str(OLD)}, {str(NEW)}) else -1


@contextlib.contextmanager
def fault_at(step, fault):
    """Let the `step`-th call in the block fail, or kill this process; give what counts them."""
    done = []

    def faulty(original):
        def call(*arguments, **options):
            done.append(original.__name__)
            if len(done) - 1 != step:
                return original(*arguments, **options)
            if fault == KILLED:
                os._exit(137)
            raise OSError(FAULTS[fault], os.strerror(FAULTS[fault]))

        return call

    originals = [getattr(module, name) for module, name in CALLS]
    for (module, name), original in zip(CALLS, originals, strict=True):
        setattr(module, name, faulty(original))
    try:
        yield done
    finally:
        for (module, name), original in zip(CALLS, originals, strict=True):
            setattr(module, name, original)


def run_with_fault(output, folder, step, fault):
    """Make the new artifact; return the exit code, what was said, and whether it got so far."""
    if fault == KILLED:
        child = os.fork()
        if not child:
            with fault_at(step, fault):
                make(output, NEW, folder)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code, "", code != 0
    said, code = "", 0
    with fault_at(step, fault) as done:
        try:
            make(output, NEW, folder)
        except PipelineError as problem:
            said, code = f"{problem.message}; {problem.hint}", problem.exit_code
    return code, said, len(done) > step


def belongs(output):
    """Whether a reader finds a pair, or nothing at all."""
    there = content(output)
    if not there:
        return True
    with contextlib.suppress(PipelineError):
        manifest = artifact_input("shout", output).manifest
        return manifest is not None and manifest.config["dim"] == there
    return False


def is_true(code, said, before, after):
    """Whether the exit code and the message say what is the case."""
    if code == 137:
        return True
    if code == 0:
        return after == NEW
    if code != 74 or ("untouched" in said and before != after):
        return False
    return ("is new and whole, and the next run completes its manifest" in said) == (
        after == NEW != before
    )


def main():
    """Try every point, and print what was found."""
    root, folder = Path(sys.argv[1]), sys.argv[2] == "folder"
    # There is no power cut here, and nobody edits a file behind the program's back.
    os.fsync, digests.CLOCK_TICK_NS = lambda descriptor: None, 0
    found = {"points": 0, "parted": [], "untrue": [], "litter": []}
    for state in (old, pending) if folder else BEFORE:  # folders take longer
        for fault in FAULTS:
            for step in range(1000):
                name = f"{state.__name__}-{fault}-{step}"
                output = root / name / NAME
                output.parent.mkdir()
                state(output, folder)
                before = content(output)
                code, said, reached = run_with_fault(output, folder, step, fault)
                if not reached:
                    break
                found["points"] += 1
                if not belongs(output):
                    found["parted"].append(name)
                if not is_true(code, said, before, content(output)):
                    found["untrue"].append(f"{name}: {code} {said}")
                for next_run in {content(output) or NEW, NEW, OLD}:
                    again = output.parent / str(next_run) / NAME
                    shutil.copytree(output.parent, again.parent, ignore=lambda *_: ["2", "3"])
                    make(again, next_run, folder)
                    if content(again) != next_run or not belongs(again):
                        found["parted"].append(f"{name}, then {next_run}")
                    if len(os.listdir(again.parent)) != 2:
                        found["litter"].append(f"{name}, then {next_run}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
