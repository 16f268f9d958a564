"""Cut the power after and during each stage: an ext4 file system is shut down without its journal.

The output is on ext4 in a file (a loop device). EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH
drops what has not reached the disk, as a power cut does. The file system is mounted again, and what
exit code 0 promised must be there; after a cut in the middle, the old artifact or the new one.
"""

from __future__ import annotations

import fcntl
import os
import random
import struct
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from campaigns.disks import DISK, begin, mounted
from campaigns.faults import AFTER, BEFORE, NOTHING, Trial, case_called, prepare
from campaigns.findings import Effort, Finding, NotRunError

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
IMAGE_BYTES = 64 << 20
CUTS = 10


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Cut the power after half of the runs of a case, and during the others."""
    found, chance = Finding.counting("lost", "corrupt"), random.Random(effort.seed)
    with tempfile.TemporaryDirectory() as name:
        template, image = Path(name).resolve() / "template", Path(name) / "image"
        prepare(template)
        (template / DISK).mkdir()
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        try:
            subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            raise NotRunError(f"mkfs.ext4 is missing or fails: {problem}") from problem
        case = case_called(part)
        on_disk = replace(case, output=f"{DISK}/{case.output}")
        for was in (NOTHING, BEFORE):
            trial = Trial(on_disk, template, was)
            for number in range(effort.points(CUTS)):
                cut(trial, image, found, chance.uniform(0.3, 1.5) if number % 2 else None)
        os.chdir("/")
    return {2: found}


def cut(trial: Trial, image: Path, found: Finding, after: float | None) -> None:
    """Run the stage and cut the power so many seconds later, or when it is done."""
    disk = trial.folder / DISK
    with mounted("-o", "loop", image, disk):
        begin(trial)
        os.sync()
        run = trial.spawn(trial.case.command())
        try:
            said = run.communicate(timeout=after)[1]
            code = run.returncode
        except subprocess.TimeoutExpired:
            code, said = None, ""
        shut_down(disk)
        if code is None:
            run.kill()
            run.communicate()
        elif code:
            found.report("lost", f"{trial.case.name}: exit code {code} before any cut: {said}")
    os.chdir(trial.folder)
    with mounted("-o", "loop", image, disk):
        os.chdir(trial.folder)
        found.of += 1
        state = trial.state(found.wrong)
        if state != AFTER and (code == 0 or state != trial.was):
            found.report("lost", f"{trial.case.name}, {code=}, cut after {after}: {state!r}")


def shut_down(folder: Path) -> None:
    """Let the file system forget what it has not written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    except OSError as problem:
        raise NotRunError(f"the file system cannot be shut down: {problem}") from problem
    finally:
        os.close(descriptor)
