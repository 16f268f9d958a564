"""A stage is one module, and one more name in the table of stages. Nothing else knows of it.

A process of its own adds a toy stage to the table before it imports the command line, and runs
commands. Everything that is asserted here follows from the module and the table alone.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.commands import Result
from tests.support.runs import ALL_HIT, SMALL, STAGES, verdicts, write

MODULE = '''"""Count the tokens of each document: lengths.tsv.

Example: corpus2vec lengths build/ids.parquet -o build/lengths.tsv
"""

from dataclasses import dataclass

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.config import Execution, Settings, setting


@dataclass(frozen=True, kw_only=True)
class LengthsConfig(Settings):
    """How documents are counted."""

    longest: int = setting(1000, "Count more tokens than this as this many.", least=1)


NAME = "lengths"
NEEDS = ("encode",)
SEVERAL = False
FILE = "lengths.tsv"
FORMAT = 1
CONFIG = LengthsConfig
EXECUTION = Execution
stream = None


def recipe(inputs, output, config):
    ids = artifact_input("ids", inputs[0])
    return Recipe(stage=NAME, format=FORMAT, config=config.deciding(), inputs=(ids,), tools={})


def run(inputs, output, config, execution=None, *, force=False, progress=None):
    from corpus2vec.pipeline.artifacts.parquet import documents

    def write(target):
        lengths = [min(len(row["ids"]), config.longest) for row in documents(inputs[0])]
        target.write_text("".join(f"{length}\\n" for length in lengths))
        return {"rows": len(lengths)}

    return store.produce(recipe(inputs, output, config), output, write, force=force)
'''

PROGRAM = """
import io, json, os, sys
from corpus2vec.pipeline import stages
import lengths

stages.STAGES = (*stages.STAGES, lengths)

import corpus2vec
from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console

results = []
for variables, arguments in json.load(sys.stdin):
    os.environ |= variables
    sys.argv = ["corpus2vec", *arguments]
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in "oe")
    code = run(Console())
    printed = [stream.buffer.getvalue().decode() for stream in (sys.stdout, sys.stderr)]
    results.append([code, *printed])
sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
table = corpus2vec.build("corpus.txt", "build", dim=2, seq_len=5, epochs=1, longest=9)
json.dump([results, table.tokens], sys.stdout)
"""


@pytest.fixture(scope="module")
def results(built, tmp_path_factory):
    """Each command's exit code and output, and the tokens of a build from Python, by name."""
    folder = tmp_path_factory.mktemp("sixth")
    shutil.copytree(built, folder / "build")
    shutil.copy(built / "corpus.txt", folder)
    write(folder / "lengths.py", MODULE)
    write(folder / "right.toml", "[lengths]\nlongest = 3\n")
    write(folder / "wrong.toml", "[lengths]\nlongst = 3\n")
    corpus = ["corpus.txt", "-o", "build", *SMALL, "--table", "input"]
    one = ["lengths", "build/ids.parquet", "-o", "lengths.tsv", "--json"]
    commands = {
        "help": ({}, ["lengths", "--help"]),
        "help of run": ({}, ["run", "--help-all"]),
        "plan": ({}, ["plan", *corpus]),
        "run": ({}, ["run", *corpus]),
        "run again": ({}, ["run", *corpus]),
        "plan with another setting": ({}, ["plan", *corpus, "--longest", "4"]),
        "option": ({}, [*one, "--longest", "2"]),
        "config file": ({}, [*one, "--config", "right.toml"]),
        "unknown setting": ({}, [*one, "--config", "wrong.toml"]),
        "out of range": ({}, [*one, "--longest", "0"]),
        "stdout": ({}, ["lengths", "build/ids.parquet", "-o", "-"]),
        "info": ({}, ["info", "build/lengths.tsv", "--format", "table"]),
        "report": ({}, ["report", "build", "-o", "report.html"]),
        "environment": ({"CORPUS2VEC_LENGTHS_LONGEST": "4"}, one),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(list(commands.values())),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
    )
    assert done.returncode == 0, done.stderr
    printed, tokens = json.loads(done.stdout)
    return {
        **{name: Result(*each) for name, each in zip(commands, printed, strict=True)},
        "tokens": tokens,
    }


def test_its_command_has_arguments_options_and_help(results):
    text = results["help"].out
    assert "Usage: corpus2vec lengths [OPTIONS] {IDS}" in text
    assert "Count the tokens of each document: lengths.tsv." in text
    assert "Example: corpus2vec lengths build/ids.parquet -o build/lengths.tsv" in text
    for option in ("--longest", "--threads", "--force", "--config"):
        assert option in text
    assert "--longest" in results["help of run"].out
    assert "lengths: settings" in results["help of run"].out


def test_run_makes_its_artifact_once(results):
    assert results["plan"].out.splitlines()[-1] == "lengths\trun\tno lengths.tsv yet"
    assert verdicts(results["run"].err) == {**ALL_HIT, "lengths": "built"}
    assert verdicts(results["run again"].err) == {**ALL_HIT, "lengths": "hit"}
    plan = results["plan with another setting"].out.splitlines()
    assert plan == [f"{stage}\thit\tnothing changed" for stage in STAGES] + [
        "lengths\trun\tlongest 1000 → 4"
    ]


def test_its_setting_comes_from_an_option_a_config_file_or_the_environment(results):
    reasons = [json.loads(results[name].out)["reason"] for name in ("option", "config file")]
    assert reasons == ["no lengths.tsv yet", "longest 2 → 3"]
    assert json.loads(results["environment"].out)["reason"] == "longest 3 → 4"


def test_an_unknown_setting_or_a_value_out_of_range_is_refused(results):
    assert results["unknown setting"].code == results["out of range"].code == 2
    assert "[lengths] has no setting longst\nhint: did you mean longest?" in (
        results["unknown setting"].err
    )
    assert "Invalid value for '--longest'" in results["out of range"].err


def test_without_a_stream_it_cannot_go_to_stdout(results):
    assert results["stdout"].code == 2
    assert results["stdout"].err.endswith("hint: name a file, such as -o lengths.tsv\n")


def test_info_and_report_know_it(results):
    assert (results["info"].code, results["report"].code) == (0, 0)
    stages = [line for line in results["info"].out.splitlines() if "→" in line]
    assert stages[-1] == "lengths → lengths.tsv"


def test_a_build_from_python_still_loads_the_table(results):
    assert results["tokens"] == ["Hope", "to", "see", "you", "soon", "Nice", "again"]
