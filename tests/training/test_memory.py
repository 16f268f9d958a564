"""Memory that a step frees stays with the process; where it runs short, sizes are named."""

import os
import platform
import subprocess
import sys

import pytest

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.memory import enough_memory

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


SHORT = """
import resource, sys
import numpy as np, torch
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.training.memory import enough_memory
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 28), resource.RLIM_INFINITY))
for allocate in (torch.zeros, np.zeros, lambda size: bytearray(size)):
    try:
        with enough_memory(100_000, TrainConfig(dim=2_500, layers=2)):
            allocate(10**9)
    except PipelineError as problem:
        print(problem.exit_code, problem.message)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it limits memory as Linux does")
def test_memory_that_runs_short_is_reported_with_the_sizes_that_settings_decide():
    told = subprocess.run([sys.executable, "-c", SHORT], capture_output=True, text=True, check=True)
    message = (
        "70 there is not enough memory: a table takes 100,000 rows × 2,500 columns × 4 bytes = "
        "1.0 GB, the LSTM 300.0 MB"
    )
    assert told.stdout.splitlines() == [message] * 3


def test_another_error_of_torch_passes():
    with pytest.raises(RuntimeError, match="shape"), enough_memory(1, TrainConfig()):
        raise RuntimeError("the shape is wrong")
