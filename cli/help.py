"""Help that fits a screen: each command in a line, by group; of `run` the options most used."""

from __future__ import annotations

import shutil
from typing import Any

import typer
from typer.core import TyperGroup

from corpus2vec.cli.streams import STDOUT

GROUPS = ("Build", "Use", "Look", "Judge", "Keep")
"""The order of the groups; others come after them."""
NARROWEST = 40


class Commands(TyperGroup):
    """The program, whose help lists each command in one line under its group."""

    def format_help(self, context: Any, formatter: Any) -> None:
        """Write the help of the program."""
        width = max(shutil.get_terminal_size().columns, NARROWEST)
        first, *_, example = (self.help or "").split("\n\n")
        options = "  ".join(each.opts[0] for each in self.get_params(context))
        lines = [f"Usage: {context.command_path} COMMAND [ARGS]...", "", first, example]
        groups: dict[str, list[Any]] = {name: [] for name in GROUPS}
        for name in self.list_commands(context):
            command: Any = self.get_command(context, name)
            groups.setdefault(command.rich_help_panel or "More", []).append(command)
        named = max(len(command.name) for found in groups.values() for command in found)
        for group, found in groups.items():
            lines += [group] if found else []
            for command in found:
                summary = (command.help or "").split("\n\n")[0].replace("`", "")
                lines.append(shortened(f"  {command.name:<{named}}  {summary}", width))
        lines += [f"Options: {options}", f"{context.command_path} COMMAND --help explains each."]
        formatter.write("\n".join(lines) + "\n")


def shortened(line: str, width: int) -> str:
    """Return a line of at most `width` columns, cut between words.

    >>> shortened("Give each token an id", 16)
    'Give each token…'
    """
    line = line.removesuffix(".")
    if len(line) <= width:
        return line
    return line[:width].rsplit(" ", 1)[0].rstrip(",:;") + "…"


def show_all(context: typer.Context, wanted: bool) -> None:
    """Print the help of a command with the options that it does not show otherwise, and end."""
    if not wanted:
        return
    for each in context.command.params:
        if getattr(each, "rich_help_panel", None):  # what is always hidden is in no panel
            each.hidden = False  # type: ignore[attr-defined]
    text = context.get_help()
    if text:
        STDOUT.write(text + "\n")
    raise typer.Exit
