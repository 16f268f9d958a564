"""The table of stages, and what the stages share."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.config.settings import Settings, setting
from corpus2vec.pipeline.errors import PipelineError, UsageError
from corpus2vec.pipeline.stages import STAGES
from corpus2vec.pipeline.stages.stage import balanced, existing, side_inputs
from tests.support.runs import write

# --- the table -------------------------------------------------------------------------------


def test_names_and_files_are_unique():
    assert len({stage.NAME for stage in STAGES}) == len(STAGES)
    assert len({stage.FILE for stage in STAGES}) == len(STAGES)


def test_a_stage_needs_only_stages_before_it():
    before = []
    for stage in STAGES:
        assert set(stage.NEEDS) <= set(before)
        before.append(stage.NAME)


def test_no_two_stages_have_a_setting_of_the_same_name():
    """`run` has the options of all stages: two of one name would be one option for both."""
    names = Counter(
        field.name
        for stage in STAGES
        for kind in (stage.CONFIG, stage.EXECUTION)
        for field in dataclasses.fields(kind)
        if not field.metadata.get("shared") and not field.metadata.get("alone")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_a_shared_setting_is_the_same_in_all_stages():
    shared = {}
    for stage in STAGES:
        for field in dataclasses.fields(stage.EXECUTION):
            if field.metadata.get("shared"):
                first = shared.setdefault(field.name, field)
                assert (field.default, field.metadata) == (first.default, first.metadata)
    assert list(shared) == ["threads", "memory"]


# --- what they share -------------------------------------------------------------------------


def test_a_missing_file_is_a_usage_error():
    assert existing(write(Path("a"), "")) == Path("a")
    with pytest.raises(UsageError, match=r"^there is no file b$"):
        existing(Path("b"))


@dataclass(frozen=True, kw_only=True)
class WithFile(Settings):
    keep: Path | None = setting(None, "", file=True)


def test_a_file_that_a_setting_names_is_an_input_by_its_content():
    assert side_inputs(WithFile()) == ()
    [one] = side_inputs(WithFile(keep=write(Path("a"), "same")))
    [other] = side_inputs(WithFile(keep=write(Path("b"), "same")))
    assert (one.role, one.digest) == ("keep", other.digest)
    with pytest.raises(UsageError, match="there is no file c"):
        side_inputs(WithFile(keep=Path("c")))


def test_ledgers_are_stored_by_unit_if_they_balance():
    documents, tokens = Ledger("documents", 3, 2), Ledger("tokens", 5, 5)
    documents.drop("blank", 1)
    assert balanced(documents, tokens) == {
        "documents": {"in": 3, "kept": 2, "dropped": {"blank": 1}},
        "tokens": {"in": 5, "kept": 5},
    }
    with pytest.raises(PipelineError):
        balanced(Ledger("tokens", 5, 4))
