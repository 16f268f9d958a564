"""The commands that use a network or a table follow from the table of uses alone."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from corpus2vec.cli import config_files, use
from corpus2vec.cli.console import Console
from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.inputs import file_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.config import Execution, Settings, setting
from corpus2vec.pipeline.stages import USES
from tests.support.commands import spawn
from tests.support.runs import write
from tests.support.training import LABELLED


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
    monkeypatch.setattr(config_files, "SECTIONS", {"join": (JoinConfig, Execution)})
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
        assert config_files.read_config(file, "run") == {}


# --- predict ----------------------------------------------------------------------------------

NEW = "text,label\nthe cat in the sea,sea\nthe dog in the house,land\nthe gull in the sea,air\n"


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """The build of a small classifier, and a corpus to predict the labels of."""
    folder = tmp_path_factory.mktemp("classifier")
    write(folder / "corpus.csv", LABELLED)
    write(folder / "new.csv", NEW)
    settings = ["--label-field", "label", "--objective", "classify", "--dim", "8", "--epochs", "9"]
    made = spawn("run", folder / "corpus.csv", "-o", folder / "build", *settings)
    assert made.returncode == 0, made.stderr
    return folder


def score(cli, folder, *more):
    labels = ["--score", "--label-field", "label"]
    return cli("predict", folder / "build", folder / "new.csv", *labels, *more)


def test_predict_prints_a_record_a_document(cli, classifier):
    result = cli("predict", classifier / "build", classifier / "new.csv")
    assert [line.split("\t")[0] for line in result.out.splitlines()] == ["sea", "land", "sea"]
    assert (result.code, result.err) == (0, "")


def test_scores_in_a_pipe_are_records_that_begin_with_what_they_are(cli, classifier):
    result = score(cli, classifier)
    records = [line.split("\t") for line in result.out.splitlines()]
    assert records[:3] == [["documents", "3"], ["accuracy", "0.666667"], ["macro_f1", "0.555556"]]
    assert ["label", "sea", "0.5", "1", "0.666667", "1"] in records
    assert ["confusion", "air", "sea", "1"] in records
    assert result.err == "training never saw the label air (1 documents)\n"


def test_scores_for_people_are_tables(cli, classifier):
    lines = score(cli, classifier, "--format", "table").out.splitlines()
    assert lines[1].split() == ["accuracy", "0.6667"]
    assert lines[-4].split() == ["given,", "predicted:", "sea", "land", "air"]
    assert lines[-1].split() == ["air", "1", "0", "0"]


def test_scores_are_one_json_document(cli, classifier):
    for option in (["--json"], ["--format", "json"]):
        found = json.loads(score(cli, classifier, *option).out)
        assert found["unseen"] == {"air": 1}
        assert {"given": "air", "predicted": "sea", "documents": 1} in found["confusion"]


def test_of_many_labels_the_most_frequent_confusions_are_shown(cli, classifier, monkeypatch):
    monkeypatch.setattr(use, "MATRIX", 2)
    lines = score(cli, classifier, "--format", "table").out.splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["given", "predicted", "documents"],
        ["air", "sea", "1"],
    ]


def test_scores_are_written_to_no_file(cli, classifier):
    result = score(cli, classifier, "-o", "scores.tsv")
    assert (result.code, result.out) == (2, "")
    assert "--score prints, and writes no file" in result.err


def test_a_bundle_is_named_in_place_of_the_build(cli, classifier, tmp_path):
    packed = cli("dump", classifier / "build", "--bundle", "-o", tmp_path / "bundle", "--json")
    assert (packed.code, json.loads(packed.out)["counts"]["files"]) == (0, 2)
    expected = cli("predict", classifier / "build", classifier / "new.csv").out
    assert cli("predict", tmp_path / "bundle", classifier / "new.csv").out == expected
    refused = cli("dump", classifier / "build", "--bundle", "-o", "-")
    assert refused.code == 2
    assert "a bundle is several files: they cannot go to stdout" in refused.err
