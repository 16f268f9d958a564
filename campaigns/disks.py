"""Let each stage run into a full disk, a limit on file sizes, and a disk that is read-only.

The output is on a small file system in memory (tmpfs), which is given 20 sizes between what it
holds already and more than the stage needs. Exit code 0 must mean the new artifact, whole; 74 must
come with one line that names the output, or the folder where a temporary file beside it had no
room; what was there before is as it was, and there is no other file.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from campaigns.faults import BEFORE, ENVIRONMENT, NOTHING, Trial, case_called, is_true, prepare
from campaigns.findings import Effort, Finding, NotRunError
from corpus2vec.pipeline.artifacts.beside import metrics_path

SIZES = 20
ROOMY = 64 << 20
DISK = "disk"
TMPFS = ("-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs")


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Try every size with the stage whose case is called `part`."""
    found, sizes = Finding.counting("corrupt", "untrue", "litter"), effort.points(SIZES)
    with tempfile.TemporaryDirectory() as name:
        template = Path(name).resolve() / "template"
        prepare(template)
        (template / DISK).mkdir()
        case = case_called(part)
        on_disk = replace(case, output=f"{DISK}/{case.output}")
        for was in (NOTHING, BEFORE):
            # To know both artifacts, the trial makes them: in a folder, not on a disk.
            trial = Trial(on_disk, template, was)
            with mounted(*TMPFS, trial.folder / DISK):
                for limit in limits(trial, sizes):
                    attempt(trial, found, **limit)
        os.chdir("/")
    return {3: found}


def limits(trial: Trial, sizes: int) -> Iterator[dict[str, int | bool]]:
    """Yield what is to be tried: sizes of the disk, sizes of a file, and no writing."""
    begin(trial)
    before = used(trial)
    trial.spawn(trial.case.command()).communicate()
    # What was there is replaced last, so both have to fit.
    need = used(trial) - before + (used(trial) if trial.was else 0)
    largest = max(each.stat().st_size for each in Path(DISK).rglob("*") if each.is_file())
    for step in range(sizes):
        yield {"disk": before + int(need * 1.1 * step / max(1, sizes - 1))}
        yield {"file": int(largest * 1.1 * step / max(1, sizes - 1))}
    yield {"read_only": True}


def attempt(
    trial: Trial,
    found: Finding,
    disk: int | None = None,
    file: int | None = None,
    read_only: bool = False,
) -> None:
    """Run the stage once with one limit, and judge what it says and what is there."""
    begin(trial)
    files = {each for each in Path(DISK).rglob("*") if each.is_file()}
    if disk is not None:
        remount(f"size={max(disk, 1)}")  # 0 would be without a limit
    if read_only:
        remount("ro")
    process = subprocess.run(
        trial.case.command(),
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        preexec_fn=None if file is None else limit_files(file),
    )
    remount(f"rw,size={ROOMY}")
    point = f"{trial.case.name}, disk {disk}, file {file}, read-only {read_only}"
    found.of += 1
    state = trial.state(found.wrong)
    code, said = process.returncode, process.stderr
    output = Path(trial.case.output)
    names = (
        output.name,
        metrics_path(output).name,
        f"a temporary file in {output.parent.resolve()}:",
    )
    names_it = code == 0 or any(each in said for each in names)
    if not is_true(code, said, trial.was, state) or not names_it or "Traceback" in said:
        found.report("untrue", f"{point}: exit code {code}: {said}")
    # The metrics of a training that failed can be read, as those of one that goes on.
    left = {each for each in Path(DISK).rglob("*") if each.is_file()} - files
    left -= {metrics_path(output)}
    if code and left:
        found.report("litter", f"{point}: {sorted(map(str, left))}")


def begin(trial: Trial) -> None:
    """Empty the disk, and put there what was made before."""
    os.chdir(trial.folder)
    for each in [*Path(DISK).rglob("*")][::-1]:
        each.rmdir() if each.is_dir() else each.unlink()
    if trial.was != NOTHING:
        trial.case.run(trial.was)


def used(trial: Trial) -> int:
    """Return the bytes that are used on the disk."""
    status = os.statvfs(trial.folder / DISK)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


@contextmanager
def mounted(*arguments: str | Path) -> Iterator[None]:
    """Mount a file system; the last argument is where."""
    mount(*arguments)
    try:
        yield
    finally:
        os.chdir("/")
        subprocess.run(["umount", arguments[-1]], check=True)


def mount(*arguments: str | Path) -> None:
    """Run mount."""
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        reason = getattr(problem, "stderr", "") or str(problem)
        raise NotRunError(f"nothing can be mounted here: {reason.strip()}") from problem


def remount(options: str) -> None:
    """Change the disk."""
    mount("-o", f"remount,{options}", Path(DISK).resolve())


def limit_files(size: int) -> Callable[[], None]:
    """Return what sets the limit in the process that is to run the stage."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
