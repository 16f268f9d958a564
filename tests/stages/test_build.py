"""A build as library calls: its artifacts, running them, and the plan."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import (
    DumpConfig,
    Execution,
    Settings,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
    setting,
)
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.stages import build as building
from corpus2vec.pipeline.stages.build import Build, Step
from tests.support.artifacts import names
from tests.support.runs import the_build, write


@pytest.fixture
def folder(built, tmp_path):
    """A copy of the build, to change."""
    return Path(shutil.copytree(built, tmp_path / "build"))


def steps(build):
    return {step.output.name: (step.hit, step.reason) for step in build.plan()}


# --- what is to be made ----------------------------------------------------------------------


def test_each_stage_reads_the_corpus_or_what_the_stages_it_needs_made():
    works = Build(corpora=["a.txt"], folder=Path("b")).works()
    assert [(work.stage, work.output.name) for work in works] == [
        (stage, stage.FILE) for stage in stages.stages_with({})
    ]
    inputs = {work.stage.NAME: work.inputs for work in works}
    assert inputs["tokenize"] == ["a.txt"]
    assert inputs["encode"] == [Path("b/tokens.parquet"), Path("b/vocab.tsv")]
    assert inputs["dump"] == [Path("b/model.safetensors"), Path("b/vocab.tsv")]


def toy(name, *needs, on):
    @dataclass(frozen=True, kw_only=True)
    class ToyConfig(Settings):
        make: bool = setting(on, "")

        def wanted(self):
            return self.make

    return SimpleNamespace(
        NAME=name, NEEDS=needs, FILE=f"{name}.toy", CONFIG=ToyConfig, EXECUTION=Execution
    )


def test_a_build_leaves_out_what_is_not_wanted_and_what_needs_it(monkeypatch):
    given, used = toy("given", "tokenize", on=False), toy("used", "given", on=True)
    monkeypatch.setattr(stages, "STAGES", (stages.tokenize, given, used, stages.vocab))
    assert stages.stages_with({}) == [stages.tokenize, stages.vocab]
    assert stages.stages_with({"given": given.CONFIG(make=True)}) == list(stages.STAGES)


def test_later_stages_read_what_is_made_in_place_of_another_artifact(monkeypatch):
    cleaned = toy("cleaned", "tokenize", on=True)
    monkeypatch.setattr(stages, "STAGES", (stages.tokenize, cleaned, stages.vocab))
    for module in (stages, building):
        monkeypatch.setattr(module, "IN_PLACE_OF", {"cleaned": "tokenize"})
    assert stages.makers_of("tokenize") == ("tokenize", "cleaned")
    works = Build(corpora=["a.txt"], folder=Path("b")).works()
    assert [work.inputs for work in works[1:]] == [[Path("b/tokens.parquet")], [works[1].output]]


def test_each_format_of_the_dump_is_an_artifact():
    configs = {"dump": DumpConfig(format="word2vec,npy")}
    works = Build(corpora=["a.txt"], folder=Path("b"), configs=configs).works()
    assert [work.output.name for work in works[4:]] == ["embeddings.w2v", "embeddings.npy"]
    assert [work.config.format for work in works[4:]] == ["word2vec", "npy"]


def test_a_stage_without_a_config_has_its_defaults():
    works = Build(corpora=["a.txt"], folder=Path("b"), configs={"vocab": VocabConfig(unk="x")})
    configs = {work.stage.NAME: work.config for work in works.works()}
    assert configs["vocab"].unk == "x"
    assert configs["tokenize"] == TokenizeConfig()


@pytest.mark.parametrize(
    "configs",
    [{"vocab": VocabConfig(keep=Path("nowhere"))}, {"train": TrainConfig(init="nowhere")}],
)
def test_a_file_that_a_setting_names_must_exist_before_anything_runs(configs):
    with pytest.raises(UsageError, match=r"^there is no file nowhere$"):
        Build(corpora=["a.txt"], folder=Path("b"), configs=configs)


# --- run -------------------------------------------------------------------------------------


def test_each_stage_is_announced_before_it_runs(folder):
    seen = []
    for outcome in the_build(folder).run(announce=seen.append):
        assert outcome.hit
        seen.append(outcome.output.name)
    assert seen[:4] == ["tokenize", "tokens.parquet", "vocab", "vocab.tsv"]


def test_force_builds_what_would_be_a_hit(folder):
    build = the_build(folder, format="npy")
    outcomes = build.run(force=True)
    first = next(outcomes)
    assert (first.hit, first.reason) == (False, "forced")
    outcomes.close()
    assert [step.hit for step in build.plan()] == [True] * 5


def test_stages_report_progress(folder):
    class Counting(Silent):
        units = ()

        def advance(self, done, total, unit, **facts):
            self.units += (unit,)

    progress = Counting()
    (folder / "vocab.tsv").unlink()
    list(the_build(folder, format="npy").run(progress=progress))
    assert set(progress.units) == {"documents"}


# --- plan ------------------------------------------------------------------------------------


def test_a_plan_of_nothing_runs_every_stage_and_writes_nothing(tmp_path):
    write(tmp_path / "corpus.txt", "Hope to see you soon\n")
    folder = tmp_path / "build"
    plan = Build(corpora=[str(tmp_path / "corpus.txt")], folder=folder).plan()
    assert plan[0] == Step("tokenize", folder / "tokens.parquet", False, "no tokens.parquet yet")
    assert plan[2].reason == "no ids.parquet yet; tokenize runs first; vocab runs first"
    assert not folder.exists()


def test_a_plan_of_a_finished_build_is_all_hits(folder):
    assert set(steps(the_build(folder)).values()) == {(True, "nothing changed")}


def test_what_follows_a_stage_that_runs_is_planned_to_run(folder):
    (folder / "vocab.tsv").unlink()
    planned = steps(the_build(folder, format="npy"))
    assert planned == {
        "tokens.parquet": (True, "nothing changed"),
        "vocab.tsv": (False, "no vocab.tsv yet"),
        "ids.parquet": (False, "vocab runs first"),
        "model.safetensors": (False, "encode runs first; vocab runs first"),
        "embeddings.npy": (False, "train runs first; vocab runs first"),
    }


def test_a_damaged_input_does_not_stop_a_plan(folder):
    write(folder / "ids.parquet", "damaged")
    planned = steps(the_build(folder, format="npy"))
    assert planned["ids.parquet"] == (False, "ids.parquet was damaged or edited")
    assert planned["model.safetensors"] == (False, "encode runs first")
    assert planned["vocab.tsv"][0]


def test_a_plan_mentions_a_checkpoint_that_can_be_resumed(folder):
    (folder / "model.safetensors").unlink()
    write(folder / "model.checkpoint.safetensors", "")
    assert steps(the_build(folder, format="npy"))["model.safetensors"] == (
        False,
        "no model.safetensors yet; a checkpoint is there for --resume",
    )


# --- another build's tokens, vocabulary and ids ----------------------------------------------


def test_a_build_reads_what_another_has_made(folder, cli):
    small = ["--dim", 3, "--seq-len", 5, "--epochs", 1, "--table", "input"]
    result = cli("run", "--from", folder, "-o", "other", *small)
    assert result.code == 0, result.err
    assert set(names(Path("other"))) >= {"model.safetensors", "embeddings.txt"}
    assert not {"tokens.parquet", "vocab.tsv", "ids.parquet"} & set(names(Path("other")))
    # The other build stands for all of it, wherever one is asked for.
    assert cli("dump", "other", "-o", "other/x.vec").code == 0
    assert cli("report", "other", "-o", "r.html").err.startswith("r.html  (")
    assert cli("plan", "--from", folder, "-o", "other", *small, "--check").code == 0
    dry = cli("run", "--from", folder, "-o", "other", *small, "--lr", "0.1", "--dry-run")
    assert dry.out.splitlines() == ["train\trun\tlr unset → 0.1", "dump\trun\ttrain runs first"]
    check = cli("plan", "--from", folder, "-o", "other", *small, "--lr", "0.1", "--check")
    assert (check.code, check.out) == (1, dry.out)


def test_the_model_is_the_one_that_a_whole_build_has(folder, cli, tmp_path):
    small = ["--dim", 2, "--seq-len", 5, "--epochs", 1, "--threads", 1]
    assert cli("run", "--from", folder, "-o", "other", *small).code == 0
    assert (tmp_path / "other/model.safetensors").read_bytes() == (
        folder / "model.safetensors"
    ).read_bytes()


def test_a_setting_of_what_is_shared_is_refused_unless_it_is_the_same(folder, cli):
    result = cli("run", "--from", folder, "-o", "other", "--min-count", 2)
    assert result.code == 2
    assert result.err.startswith("error: --min-count is 2, and the build that is shared has 1\n")
    both = cli("run", "a.txt", "--from", folder, "-o", "other")
    neither = cli("run", "-o", "other")
    assert both.err == neither.err
    assert "a corpus or from another build" in both.err
    nowhere = cli("run", "--from", "nowhere", "-o", "other")
    assert "nowhere is not the folder of a build" in nowhere.err
