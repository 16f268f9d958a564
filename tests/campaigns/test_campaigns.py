"""The campaigns in short: the same code with few points. And the page of promises lists them all.

Those with a short form elsewhere are not here: flips in `stages/test_door`, the fuzzer in `nasty`,
resuming in `cli/test_signals`, bounds of memory in `corpus`, spaCy's tokens in `tokenizer`.
"""

import re
from pathlib import Path

import pytest

from campaigns import (
    chains,
    disks,
    faults,
    hostile,
    power,
    proofs,
    same,
    strangers,
    stress,
)
from campaigns.__main__ import PROMISES, techniques
from campaigns.findings import Effort, Finding, NotRunError
from corpus2vec.pipeline.stages import STAGES

PAGE = Path(__file__).parents[2] / "docs/promises.md"
SHORT = {
    "faults": (faults, "vocab", 0.02),
    "power cuts": (power, "vocab", 0.1),
    "small disks": (disks, "vocab", 0.05),
    "signals": (stress, "4", 0.01),
    "two at once": (stress, "5", 0.01),
    "short runs": (stress, "18", 0.004),
    "wrong chains": (chains, "", 0.05),
    "terminals": (hostile, "", 0.05),
    "surroundings": (same, "", 0.02),
    "look-alikes": (strangers, "", 0.2),
}
"""{what: (module, part, share of the points)}"""


@pytest.mark.parametrize("name", SHORT)
def test_the_promise_is_kept_at_a_few_points(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    module, part, share = SHORT[name]
    try:
        found = module.measure(Effort(share), part)
    except NotRunError as reason:
        pytest.skip(str(reason))
    for one in found.values():
        assert one.verdict == "pass", one.figure


def test_every_promise_has_a_technique_and_a_row_of_the_page():
    tested = {number for each in techniques() for number in each.promises}
    assert tested == PROMISES.keys()
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {int(number): says for number, says in rows} == PROMISES


def test_the_tests_that_prove_a_promise_are_there():
    for path, only in (each for tests in proofs.TESTS.values() for each in tests):
        files = [PAGE.parents[1] / path]
        if files[0].is_dir():
            files = [*files[0].rglob("test_*.py")]
        names = re.findall(r"^def test_(\w+)", "".join(each.read_text() for each in files), re.M)
        assert any(not only or re.search("|".join(only.split(" or ")), each) for each in names)


def test_every_stage_of_a_build_is_made_to_fail():
    assert {case.stage for case in faults.CASES} == {*STAGES}


def test_findings_add_up():
    found = Finding.counting("lost")
    assert found.verdict == "NOT RUN"
    found.add(Finding(3))
    assert (found.verdict, found.figure) == ("pass", "lost 0 of 3")
    other = Finding.from_json(Finding(2, not_run="no disk").as_json())
    found.add(other)
    assert (found.verdict, found.figure) == ("NOT RUN", "lost 0 of 5; not run: no disk")
    found.report("lost", "one")
    assert (found.verdict, found.figure) == ("FAIL", "lost 1 of 5; not run: no disk")
