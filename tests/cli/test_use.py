"""The commands that use a network or a table follow from the table of uses alone."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from corpus2vec.cli import options, use
from corpus2vec.cli.console import Console
from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.inputs import file_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.config import Execution, Settings, setting
from corpus2vec.pipeline.stages import USES
from tests.support.runs import write


@dataclass(frozen=True, kw_only=True)
class JoinConfig(Settings):
    """How files are joined."""

    between: str = setting("+", "What is put between two files.")


def recipe(inputs, output, config):
    files = tuple(file_input("file", Path(each)) for each in inputs)
    return Recipe(stage="join", format=1, config=config.deciding(), inputs=files, tools={})


def joined(inputs, config):
    return config.between.join(Path(each).read_text() for each in inputs)


def run(inputs, output, config, execution=None, *, force=False, progress=None):
    def fill(target):
        target.write_text(joined(inputs, config))
        return {"files": len(inputs)}

    return store.produce(recipe(inputs, output, config), output, fill, force=force)


def stream(sink, inputs, config, execution, progress):
    sink.write(joined(inputs, config))


TOY = SimpleNamespace(
    **{"NAME": "join", "FILE": "joined.txt", "FORMAT": 1, "CONFIG": JoinConfig},
    **{"EXECUTION": Execution, "recipe": recipe, "run": run, "stream": stream},
    TAKES={"FIRST": "The first file.", "OTHERS...": "The other files."},
    __doc__="Join files.\n\nExample: corpus2vec join a b c",
)


@pytest.fixture
def joins(monkeypatch, tmp_path):
    """A function that runs the toy's command on three files, with more arguments."""
    monkeypatch.setattr(use, "USES", (TOY,))
    monkeypatch.setattr(options, "SECTIONS", {"join": (JoinConfig, Execution)})
    app = typer.Typer()
    app.callback()(lambda: None)
    use.register(app)
    files = [str(write(tmp_path / each, each)) for each in "abc"]
    return lambda *more: app(["join", *files, *more], obj=Console(), standalone_mode=False)


def test_its_output_is_stdout_unless_a_file_is_named(joins, tmp_path, capfdbinary):
    joins("--between", "-")
    assert capfdbinary.readouterr().out == b"a-b-c"
    for verdict in ("built", "hit"):
        joins("-o", str(tmp_path / "out.txt"))
        assert verdict in capfdbinary.readouterr().err.decode()
    assert (tmp_path / "out.txt").read_text() == "a+b+c"


def test_its_settings_come_from_a_section_of_a_config_file(joins, tmp_path, capfdbinary):
    joins("--config", str(write(tmp_path / "c.toml", "[join]\nbetween = '/'\n")))
    assert capfdbinary.readouterr().out == b"a/b/c"


def test_without_a_stream_it_needs_a_file(joins, monkeypatch):
    monkeypatch.setattr(TOY, "stream", None)
    app = typer.Typer()
    app.callback()(lambda: None)
    use.register(app)
    with pytest.raises(typer.exceptions.TyperException, match="output"):
        app(["join", "a", "b"], obj=Console(), standalone_mode=False)


def test_a_build_takes_no_section_of_a_use(tmp_path):
    for each in USES:
        file = write(tmp_path / "c.toml", f"[{each.NAME}]\nthreads = 1\n")
        assert options.read_config(file, "run") == {}
