"""Config files as values; what commands do with them is in test_options."""

import pytest

from corpus2vec.cli.config_files import ALL_STAGES, as_option, read_config


@pytest.mark.parametrize("command", ["vocab", *ALL_STAGES])
def test_a_command_gets_its_section_and_a_build_all_of_its_stages(tmp_path, command):
    file = tmp_path / "c.toml"
    file.write_text("[vocab]\nmin-count = 3\n[tokenize]\ndrop = ['space', 'punct']\n")
    settings = {"min_count": 3} if command == "vocab" else {"min_count": 3, "drop": "space,punct"}
    assert read_config(file, command) == settings


def test_lists_are_given_to_options_as_names_separated_by_commas():
    assert [as_option(each) for each in (["a", "b"], ("a",), [], "a", 2, None)] == [
        "a,b", "a", "", "a", 2, None
    ]  # fmt: skip
