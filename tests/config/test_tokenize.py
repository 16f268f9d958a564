"""The settings of tokenize."""

import pytest

from corpus2vec.pipeline.config import TokenizeConfig, TokenizeExecution
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize("label_from", ["file", "folder"])
def test_the_label_is_in_one_place(label_from):
    with pytest.raises(UsageError) as refused:
        TokenizeConfig(label_field="label", label_from=label_from)
    assert refused.value.message == "--label-field and --label-from both say where the label is"
    assert refused.value.hint == "give one of them"


def test_an_unknown_class_of_tokens_is_refused():
    with pytest.raises(UsageError) as refused:
        TokenizeConfig(drop=("space", "emoji", "verbs"))
    assert refused.value.message == "--drop does not know emoji, verbs"
    assert refused.value.hint == "it takes any of space,punct,num,stop"


def test_the_classes_to_drop_have_one_order():
    assert TokenizeConfig(drop=("stop", "punct", "space")).drop == ("space", "punct", "stop")
    assert TokenizeConfig(drop=()).drop == ()


def test_an_empty_piece_of_a_document_is_refused():
    with pytest.raises(UsageError, match="--max-doc-tokens must be 1 or more"):
        TokenizeConfig(max_doc_tokens=0)


def test_a_negative_number_of_workers_is_refused():
    with pytest.raises(UsageError, match="--workers must be between 1 and 1024"):
        TokenizeExecution(workers=-1)
