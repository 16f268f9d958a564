"""Memory that a step frees stays with the process."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from corpus2vec.pipeline.training.memory import keep_freed_memory
if {keep}:
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for step in range(50):
    # The first ones are cut from the heap's end until what was freed lies in one piece.
    if step == 40:
        before = faults()
    torch.ones(1 << 23)
print(faults() - before)
"""


def faults(keep):
    """Page faults of the last 10 of 50 times that a process makes and forgets 32 MB."""
    settings = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    command = [sys.executable, "-c", FAULTS.format(keep=keep)]
    return int(subprocess.run(command, env=settings, capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator is changed")
def test_memory_that_a_step_frees_is_kept_for_the_next():
    assert faults(keep=True) < faults(keep=False) / 4


def test_the_room_and_what_a_program_calls_first_import_no_torch():
    code = (
        "import sys, corpus2vec.pipeline.training, corpus2vec.pipeline.training.memory;"
        "assert not {'torch', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
