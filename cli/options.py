"""Options made from the fields of configs, and config files.

A setting's name, type, default, bounds and help are written once, in `pipeline/config`; here they
become options. Precedence: flag > environment (`CORPUS2VEC_VOCAB_MIN_COUNT`) > --config FILE >
default. The environment names the section too, since two commands may have settings of one name.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import typer

from corpus2vec.cli.config_files import ALL_STAGES, as_option, read_config
from corpus2vec.cli.console import Console
from corpus2vec.cli.help import show_all
from corpus2vec.cli.records import Format, chosen_format
from corpus2vec.cli.schedulers import scheduled_part
from corpus2vec.cli.settings import CONFIG, unknown_variables, variable
from corpus2vec.cli.texts import as_defaults, is_several, text_or_none, texts
from corpus2vec.pipeline.config import Settings, option_name

Config = TypeVar("Config", bound=Settings)
Section = tuple[str, type[Settings]]
"""A section of a config file, and a config that has settings in it."""

VARIABLES = {CONFIG}
"""The environment variables that commands know."""
MOST_USED = (
    *("text_field", "label_field", "lang", "lower", "min_count"),
    *("objective", "dim", "epochs", "init", "format"),
)
"""The settings that the help of a whole build shows; --help-all shows the others."""
NEGATED = "not_"
"""How the parameter of a hidden `--no-…` begins."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What every command is given beside its own arguments."""

    console: Console
    settings: Mapping[str, Any]
    """The values of the options that were made from config fields."""
    force: bool
    json: bool
    format: Format = "tsv"
    """How a command that prints records prints them."""

    def config(self, kind: type[Config]) -> Config:
        """Return the config of that type. Raises UsageError where its settings clash."""
        values = {}
        for field in dataclasses.fields(kind):
            if field.name in self.settings:
                value = self.settings[field.name]
                if is_several(field):
                    value = ",".join(value)
                if value and field.metadata.get("scheduled"):
                    value = scheduled_part(value, os.environ)
                if isinstance(field.default, tuple):
                    value = tuple(each.strip() for each in value.split(",") if each.strip())
                values[field.name] = value
        return kind(**values)


def add_command(
    app: typer.Typer,
    function: Callable[..., None],
    *sections: Section,
    panel: str,
    common: Callable[..., None],
    name: str = "",
) -> None:
    """Make `function(request, its own arguments)` a command.

    Its options are its own, one for each field of the configs in `sections`, and those of `common`.
    """
    own = [each for each in _parameters(function) if each.name != "request"]
    made = _options(sections, name or function.__name__)
    shared = _parameters(common)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def invoke(context: typer.Context, **values: Any) -> None:
        console: Console = context.obj
        console.quiet, console.debug = values.get("quiet", False), values["debug"]
        for line in unknown_variables(os.environ, VARIABLES):
            console.say(line)
        for each in made:  # --no-lower, where a config file says lower = true
            if each.startswith(NEGATED) and values[each]:
                values[each.removeprefix(NEGATED)] = False
        request = Request(
            console=console,
            settings={each: values[each] for each in made if not each.startswith(NEGATED)},
            force=values.get("force", False),
            json=values["json_summary"],
            format=chosen_format(values.get("record_format", "auto"), values["json_summary"]),
        )
        function(request, **{each.name: values[each.name] for each in own})

    ordered = [context, *own, *made.values(), *shared]
    invoke.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    invoke.__annotations__ = {each.name: each.annotation for each in ordered}
    invoke.__doc__ = _reflowed(function.__doc__ or "")
    app.command(name=name or function.__name__, rich_help_panel=panel)(invoke)


def _parameters(function: Callable[..., None]) -> list[inspect.Parameter]:
    signature = inspect.signature(function, eval_str=True)
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    return [each.replace(kind=keyword_only) for each in signature.parameters.values()]


def _reflowed(doc: str) -> str:
    """Return a docstring with each paragraph on one line: a terminal breaks it where it must."""
    paragraphs = inspect.cleandoc(doc).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


# --- the options that commands have in common ------------------------------------------------


def _load_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the settings in the file of --config this command's defaults."""
    if path:
        context.default_map = {
            **as_defaults(context, read_config(path, str(context.info_name))),
            **(context.default_map or {}),
        }
    return path


def _load_like(context: typer.Context, path: Path | None) -> Path | None:
    """Make the settings with which these tokens were made this command's defaults."""
    if path:
        from corpus2vec.pipeline.stages.tokenize import settings_like

        settings = {name: as_option(value) for name, value in settings_like(path).items()}
        context.default_map = {**(context.default_map or {}), **as_defaults(context, settings)}
    return path


HelpAll = Annotated[
    bool,
    typer.Option(
        "--help-all", help="Show all options, by stage.", is_eager=True, callback=show_all
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="TOML file of settings, with a section for each command.",
        metavar="FILE.toml",
        is_eager=True,
        callback=_load_config,
        envvar=CONFIG,
        show_envvar=False,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Build even if nothing changed, and over a file that something else made."
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")
]
RecordFormat = Annotated[
    Literal["auto", "table", "tsv", "json", "jsonl"],
    typer.Option(
        "--format",
        help="table for people; tsv, one record a line; json, one document, as --json; jsonl, one "
        "JSON value a line. auto: table on a terminal, else tsv.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Print a traceback with an error.")]


def building(
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Have the options of commands that build; only the signature is used."""


Like = Annotated[
    Path | None,
    typer.Option(
        "--like",
        help="Tokens, or a build: make tokens as those were made, but for the options given here.",
        metavar="TOKENS",
        is_eager=True,
        callback=_load_like,
    ),
]


def building_like(
    like: Like = None,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Have the options of a command that builds, and one to do it as it was done before."""


def planning(
    config_file: ConfigFile = None, json_summary: Json = False, debug: Debug = False
) -> None:
    """Have the options of a command that only reports what would be built."""


def looking(json_summary: Json = False, debug: Debug = False) -> None:
    """Have the options of commands that look at artifacts."""


def answering(
    record_format: RecordFormat = "auto", json_summary: Json = False, debug: Debug = False
) -> None:
    """Have the options of commands that print records."""


# --- config fields → options -----------------------------------------------------------------


def _options(sections: Sequence[Section], command: str) -> dict[str, inspect.Parameter]:
    """Return the options of a command by name; settings that are shared come once."""
    options = {}
    for section, config in sections:
        hints = get_type_hints(config)
        for field in dataclasses.fields(config):
            marks = field.metadata
            if field.name not in options and not (marks.get("alone") and command in ALL_STAGES):
                panel = marks["heading"]
                if command in ALL_STAGES and not marks.get("shared"):
                    panel = f"{section}: {panel.lower()}"
                option = option_name(field.name)
                if command not in ALL_STAGES:
                    option = marks.get("own", option)
                is_shown = command not in ALL_STAGES or field.name in MOST_USED
                if command in ALL_STAGES and is_shown:
                    panel = "Most used"
                options[field.name] = _option(field, hints[field.name], option, section, panel)
                if not is_shown:
                    options[field.name].annotation.__metadata__[0].hidden = True
                if field.default is False:
                    options[NEGATED + field.name] = _negated(field.name)
    return options


def _option(
    field: dataclasses.Field[Any], kind: Any, option: str, section: str, panel: str
) -> inspect.Parameter:
    marks, default = field.metadata, field.default
    if isinstance(default, tuple):  # on the command line: names separated by commas
        kind, default = str, ",".join(default)
    VARIABLES.add(variable(section, field))
    if is_several(field):
        kind, default = list[str], [default] if default else []
    is_text = kind in (str, str | None) and not marks.get("file")
    made = typer.Option(
        f"{option}/--no-{option[2:]}" if default is True else option,
        help=marks["help"],
        metavar=marks.get("metavar"),
        min=marks.get("least"),
        max=marks.get("most"),
        envvar=variable(section, field),
        show_envvar=False,
        show_default=default is not None and default is not False,
        rich_help_panel=panel,
        callback=texts if is_several(field) else text_or_none if is_text else None,
    )
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    annotation = Annotated[kind, made]
    return inspect.Parameter(field.name, keyword_only, default=default, annotation=annotation)


def _negated(name: str) -> inspect.Parameter:
    """Return the `--no-lower` of a switch that is off by default; --help does not list it."""
    made = typer.Option("--no-" + option_name(name)[2:], hidden=True)
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    annotation = Annotated[bool, made]
    return inspect.Parameter(NEGATED + name, keyword_only, default=False, annotation=annotation)
