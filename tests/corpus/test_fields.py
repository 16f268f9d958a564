"""Fields of records are found by their names, also within others."""

import pytest

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus.fields import (
    ABSENT,
    MissingFieldError,
    found,
    id_text,
    require_field,
    skipped,
)
from corpus2vec.pipeline.corpus.sources import Opened
from corpus2vec.pipeline.errors import DataError


def test_a_name_is_taken_as_it_is_before_it_is_a_path():
    record = {"a.b": 1, "a": {"b": 2, "c": {"d": 3}}}
    assert [found(record, name) for name in ("a.b", "a.c.d", "a.c.e", "a.b.c", "")] == [
        1, 3, ABSENT, ABSENT, ABSENT
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b", "line 1 has no field b"),
        ("a.c", "line 1: a has no field c"),
        ("b.c", "line 1 has no field b.c"),
    ],
)
def test_what_is_not_there_is_reported_where_it_should_be(name, message):
    with pytest.raises(MissingFieldError) as refused:
        require_field({"a": {"b": 1}}, name, "--text-field", "line 1")
    assert refused.value.message == message


def test_a_record_without_a_field_is_counted_only_on_request():
    opened = Opened(None, None)
    problem = MissingFieldError("line 1 has no field a")
    with pytest.raises(MissingFieldError):
        skipped(problem, opened, CorpusConfig())
    skipped(problem, opened, CorpusConfig(on_missing="skip"))
    assert opened.missing == 1


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (7, "7"), (True, "true"), (0, "0")])
def test_an_id_is_a_string_or_a_number(value, text):
    assert id_text(value, "line 1") == text


@pytest.mark.parametrize("value", [None, "", [], {}, "x" * 1001])
def test_what_is_no_id_is_refused(value):
    with pytest.raises(DataError, match=r"^line 1"):
        id_text(value, "line 1")
