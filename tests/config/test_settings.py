"""What every setting has: its bounds, its help, and whether it decides bytes."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus2vec.pipeline.config import (
    CompareConfig,
    EvaluateConfig,
    MapConfig,
    Settings,
    option_name,
    require,
)
from corpus2vec.pipeline.config.settings import check_ranges, setting
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages import STAGES, USES

OF_STAGES = [config for stage in (*STAGES, *USES) for config in (stage.CONFIG, stage.EXECUTION)]
CONFIGS = list(dict.fromkeys([*OF_STAGES, EvaluateConfig, CompareConfig, MapConfig]))


@dataclass(frozen=True, kw_only=True)
class Toy(Settings):
    at_least: int | None = setting(None, "", least=1)
    between: float = setting(0.5, "", least=0, most=1)
    below: float = setting(0.5, "", least=0, below=1)
    most: int = setting(1, "", most=9)
    free: float = setting(0.5, "")
    word: str = setting("any", "")
    keep: Path | None = setting(None, "", file=True)


# --- bounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"at_least": 0}, "--at-least must be 1 or more"),
        ({"between": -0.1}, "--between must be between 0 and 1"),
        ({"between": 1.1}, "--between must be between 0 and 1"),
        ({"between": math.nan}, "--between must be between 0 and 1"),
        ({"below": 1.0}, "--below must be at least 0 and less than 1"),
        ({"below": math.nan}, "--below must be at least 0 and less than 1"),
        ({"below": math.inf}, "--below must be finite"),
        ({"free": -math.inf}, "--free must be finite"),
        ({"most": 10}, "--most must be at most 9"),
    ],
)
def test_a_number_out_of_its_range_is_refused(values, message):
    with pytest.raises(UsageError) as refused:
        Toy(**values)
    assert (refused.value.message, refused.value.exit_code) == (message, 2)


@pytest.mark.parametrize(
    "values",
    [
        {"at_least": 1},
        {"at_least": None},
        {"between": 0},
        {"between": 1},
        {"below": 0},
        {"most": 9},
    ],
)
def test_the_bounds_themselves_are_within_the_range(values):
    assert dataclasses.asdict(Toy(**values)) == {**dataclasses.asdict(Toy()), **values}


def test_none_is_allowed_where_it_is_the_default():
    assert Toy(at_least=None).at_least is None


def test_every_default_is_within_its_range():
    for config in CONFIGS:
        check_ranges(config())


def test_a_config_cannot_be_changed_and_takes_only_keywords():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Toy().word = "other"
    with pytest.raises(TypeError):
        Toy(1)


def test_require_raises_a_usage_error_with_its_hint():
    require(True, "never")
    with pytest.raises(UsageError) as refused:
        require(False, "no", "try yes")
    assert (refused.value.message, refused.value.hint) == ("no", "try yes")


# --- what decides bytes ----------------------------------------------------------------------


def test_all_settings_decide_but_the_names_of_files():
    config = Toy(keep=Path("a.txt"), word="other")
    assert config.deciding() == {
        "at_least": None, "between": 0.5, "below": 0.5, "most": 1, "free": 0.5, "word": "other"
    }  # fmt: skip
    assert config.files() == {"keep": Path("a.txt")}
    assert Toy().files() == {}


def test_one_output_is_made_with_the_whole_config():
    config = Toy(word="other")
    assert config.outputs(Path("a")) == [(Path("a"), config)]
    assert config.outputs_in(Path("b"), "a") == [(Path("b/a"), config)]


# --- what --help shows -----------------------------------------------------------------------


@pytest.mark.parametrize("config", CONFIGS)
def test_every_setting_has_a_help_text_that_is_a_sentence(config):
    for field in dataclasses.fields(config):
        text = field.metadata["help"]
        assert text.endswith("."), f"{field.name}: {text}"
        assert text == " ".join(text.split())


def test_the_option_of_a_setting():
    assert option_name("max_doc_tokens") == "--max-doc-tokens"
