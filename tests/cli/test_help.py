"""The help of the program and of a build; what each command's help has is in test_app."""

from corpus2vec.cli.help import shortened


def test_a_line_is_cut_between_words():
    assert shortened("  vocab  Give each token an id.", 40) == "  vocab  Give each token an id"
    assert (
        shortened("  vocab  Give each token an id, by order", 32)
        == "  vocab  Give each token an id…"
    )


def test_the_groups_are_in_order(cli):
    lines = cli("--help").out.splitlines()
    assert [each for each in lines if each in ("Build", "Use", "Look", "Judge", "Keep")] == [
        "Build", "Use", "Look", "Judge", "Keep"
    ]  # fmt: skip
