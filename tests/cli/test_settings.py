"""All settings at once, as values."""

import re

from corpus2vec.cli.config_files import SECTIONS, read_config
from corpus2vec.cli.settings import makefile, schema, template


def test_the_template_is_all_comments_and_holds_every_default(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(template())
    assert read_config(file, "run") == {}
    taken_out = re.sub(r"^# ([a-z0-9-]+ = .+)$", r"\1", template(), flags=re.MULTILINE)
    file.write_text(taken_out)
    for section, configs in SECTIONS.items():
        settings = read_config(file, section)
        for config in configs:
            for name, value in vars(config()).items():
                if value is not None and value != ():
                    given = settings[name]
                    assert (tuple(given.split(",")) if isinstance(value, tuple) else given) == value


def test_a_schema_has_a_type_or_choices_for_each_setting():
    for section in schema()["properties"].values():
        for each in section["properties"].values():
            assert "type" in each or each["enum"]


def test_the_makefile_has_a_rule_for_each_stage_of_a_build():
    assert re.findall(r"^build/(\S+):", makefile(), re.MULTILINE)[::-1] == [
        "tokens.parquet", "vocab.tsv", "ids.parquet", "model.safetensors", "embeddings.txt"
    ]  # fmt: skip
