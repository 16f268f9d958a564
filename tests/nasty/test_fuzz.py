"""The short form of the fuzzing campaign: some mutations for each reader, the same every time."""

import random
import shutil

import pytest

from tests.support.fuzzing import TARGETS, mutated, with_texts

INPUTS = 80


@pytest.fixture(scope="module")
def folder(whole_build, tmp_path_factory):
    return with_texts(shutil.copytree(whole_build, tmp_path_factory.mktemp("fuzz") / "build"))


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_in_a_file_is_read_or_refused(folder, name):
    target, chance = TARGETS[name], random.Random(name)
    good = (folder / target.file).read_bytes()
    others = [(folder / each.file).read_bytes() for each in TARGETS.values()]
    try:
        for _ in range(INPUTS):
            target.try_out(folder, mutated(chance, good, others))
    finally:
        (folder / target.file).write_bytes(good)


@pytest.mark.parametrize("name", TARGETS)
def test_a_good_file_is_not_refused(folder, name):
    target = TARGETS[name]
    content = (folder / target.file).read_bytes()
    (folder / target.file).write_bytes(target.signed(content))
    target.read(folder / target.file)
    (folder / target.file).write_bytes(content)
