"""What --part takes, and what is made for it."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig
from corpus2vec.pipeline.config.parts import Part, parts_of
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize("config", [TokenizeConfig, EncodeConfig])
def test_several_parts_are_several_files(config):
    outputs = config(part="2-3/7").outputs(Path("tokens"))
    assert [(path.as_posix(), each.part) for path, each in outputs] == [
        ("tokens/part-00002.parquet", "2/7"),
        ("tokens/part-00003.parquet", "3/7"),
    ]
    assert config().outputs(Path("t.parquet")) == [(Path("t.parquet"), config())]
    assert config(part="2/7").own_part == Part(2, 7)
    assert config().own_part is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "--part cannot be '3'"),
        ("a/b", "--part cannot be 'a/b'"),
        ("0/7", "--part 0/7: parts go from 1/7 to 7/7"),
        ("8/7", "--part 8/7: parts go from 1/7 to 7/7"),
        ("3-2/7", "--part 3-2/7: parts go from 1/7 to 7/7"),
        ("1/0", "--part 1/0: parts go from 1/0 to 0/0"),
        ("1/100000", "--part 1/100000: there are at most 99,999 parts"),
    ],
)
def test_what_is_no_part_is_refused(text, message):
    with pytest.raises(UsageError) as refused:
        TokenizeConfig(part=text)
    assert refused.value.message == message


def test_a_stage_makes_one_part_at_a_time():
    with pytest.raises(UsageError, match="--part 1-2/7 is several parts"):
        _ = TokenizeConfig(part="1-2/7").own_part
    assert len(parts_of("1-7/7")) == 7


def test_without_a_part_the_recipe_is_as_it_was():
    for config in (TokenizeConfig(), EncodeConfig()):
        assert "part" not in config.deciding()
    assert TokenizeConfig(part="1/2").deciding()["part"] == "1/2"
