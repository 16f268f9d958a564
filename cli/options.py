"""Command-line options made from the config dataclasses, and config files.

A setting's name, type, default and help are written once, in `pipeline/config`; here they
become options. Precedence: flag > environment (`CORPUS2VEC_MIN_COUNT`) > --config FILE > default.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from corpus2vec.cli.console import Console
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
    VocabConfig,
    VocabExecution,
    option_name,
)
from corpus2vec.pipeline.errors import UsageError

Config = TypeVar("Config")

# Which dataclasses a section of a config file may fill.
SECTIONS: dict[str, tuple[type, ...]] = {
    "tokenize": (TokenizeConfig, TokenizeExecution),
    "vocab": (VocabConfig, VocabExecution),
    "encode": (EncodeConfig,),
    "train": (TrainConfig, TrainExecution),
    "dump": (DumpConfig,),
}


@dataclasses.dataclass(frozen=True)
class Request:
    """What every command is given beside its own arguments."""

    console: Console
    settings: Mapping[str, Any]
    """The values of the options that were made from config fields."""
    force: bool
    json: bool

    def config(self, kind: type[Config], **more: Any) -> Config:
        """The config of that type. Raises UsageError where its settings clash."""
        return build(kind, self.settings, **more)


def add_command(
    app: typer.Typer,
    function: Callable[..., None],
    *configs: type,
    panel: str,
    common: Callable[..., None],
) -> None:
    """Make `function(request, its own arguments)` a command.

    Its options are its own, one for each field of `configs`, and those of `common`.
    """
    own = [each for each in _parameters(function) if each.name != "request"]
    made = [option for config in configs for option in _options(config)]
    shared = _parameters(common)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def invoke(context: typer.Context, **values: Any) -> None:
        console: Console = context.obj
        console.quiet, console.debug = values.get("quiet", False), values["debug"]
        request = Request(
            console=console,
            settings={each.name: values[each.name] for each in made},
            force=values.get("force", False),
            json=values["json_summary"],
        )
        function(request, **{each.name: values[each.name] for each in own})

    ordered = [context, *own, *made, *shared]
    invoke.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    invoke.__annotations__ = {each.name: each.annotation for each in ordered}
    invoke.__doc__ = function.__doc__
    app.command(name=function.__name__, rich_help_panel=panel)(invoke)


def _parameters(function: Callable[..., None]) -> list[inspect.Parameter]:
    signature = inspect.signature(function, eval_str=True)
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    return [each.replace(kind=keyword_only) for each in signature.parameters.values()]


# --- the options that commands have in common ------------------------------------------------


def _load_config(context: typer.Context, path: Path | None) -> Path | None:
    """The eager callback of --config: the file's settings become this command's defaults."""
    if path:
        context.default_map = read_config(path, str(context.info_name))
    return path


ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="TOML file of settings, with a section a stage.",
        metavar="FILE.toml",
        is_eager=True,
        callback=_load_config,
        envvar="CORPUS2VEC_CONFIG",
        show_envvar=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Build even if nothing changed.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON summary on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")]


def building(
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What a command that builds has: only the signature counts."""


def planning(
    config_file: ConfigFile = None, json_summary: Json = False, debug: Debug = False
) -> None:
    """What a command has that only tells what would be built."""


def looking(json_summary: Json = False, debug: Debug = False) -> None:
    """What a command that looks at artifacts has."""


# --- config fields → options → configs -------------------------------------------------------


def _options(config: type) -> Iterable[inspect.Parameter]:
    hints = get_type_hints(config)
    panel = "Execution" if config.__name__.endswith("Execution") else "Settings"
    for field in dataclasses.fields(config):
        if field.metadata.get("hidden"):
            continue
        kind, default = hints[field.name], field.default
        if isinstance(default, tuple):  # on the command line: names parted by commas
            kind, default = str, ",".join(default)
        option = typer.Option(
            *_spellings(field.name, kind, default),
            help=field.metadata["help"],
            envvar=f"CORPUS2VEC_{field.name.upper()}",
            show_envvar=False,
            show_default=default not in (None, 0, 0.0, False),
            rich_help_panel=panel,
        )
        yield inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, option],
        )


def _spellings(name: str, kind: Any, default: Any) -> list[str]:
    option = option_name(name)
    if kind is not bool:
        return [option]
    return [f"{option}/--no-{option[2:]}"]


def build(config: type[Config], settings: Mapping[str, Any], **more: Any) -> Config:
    """The config of that type from a command's settings. Raises UsageError where they clash."""
    values = dict(more)
    for field in dataclasses.fields(config):  # type: ignore[arg-type]
        if field.name in settings and field.name not in values:
            value = settings[field.name]
            if isinstance(field.default, tuple):
                value = tuple(each.strip() for each in value.split(",") if each.strip())
            values[field.name] = value
    return config(**values)


def read_config(path: Path, command: str) -> dict[str, Any]:
    """The settings of a TOML file that concern `command`; `run` and `plan` take all sections.

    Raises UsageError for a file that cannot be read or that has a section or setting which no
    command knows: a misspelt setting must not be passed over.
    """
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"cannot read --config {path}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(f"--config {path} is not TOML: {problem}") from problem
    settings: dict[str, Any] = {}
    for section, values in sections.items():
        if section not in SECTIONS or not isinstance(values, dict):
            raise UsageError(
                f"--config {path} has {section}, which is no section",
                hint=f"its sections are {', '.join(f'[{each}]' for each in SECTIONS)}",
            )
        known = {field.name for config in SECTIONS[section] for field in dataclasses.fields(config)}
        for name, value in values.items():
            field_name = name.replace("-", "_")
            if field_name not in known:
                close = difflib.get_close_matches(field_name, known, 1)
                raise UsageError(
                    f"--config {path}: [{section}] has no setting {name}",
                    hint=f"did you mean {close[0]}?" if close else "see --help",
                )
            if command in (section, "run", "plan"):
                is_list = isinstance(value, list)
                settings[field_name] = ",".join(map(str, value)) if is_list else value
    return settings
