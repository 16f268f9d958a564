"""What would stop a late stage of a run is refused before the first one works."""

import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from corpus2vec.pipeline.config import TrainExecution
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages import train
from corpus2vec.pipeline.stages.before import require_trainable
from tests.support.runs import SMALL, write

VECTORS = "2 3\nHope 1 0 0\nto 0 1 0\n"


@pytest.fixture(autouse=True)
def _without_cuda(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


REFUSED = {
    "no such device": (["--device", "cuda"], 2, "--device cuda: torch finds no CUDA device"),
    "vectors of another dimension": (
        ["--init", "three.vec"],
        65,
        "three.vec has vectors of 3 numbers, and --dim is 2",
    ),
    "a model of another dimension": (
        ["--init", "{built}/model.safetensors", "--dim", "5"],
        65,
        "model.safetensors has vectors of 2 numbers, and --dim is 5",
    ),
    "a build of another dimension": (
        ["--init", "{built}", "--dim", "5"],
        65,
        "model.safetensors has vectors of 2 numbers, and --dim is 5",
    ),
    "no labels": (["--objective", "classify"], 2, "and the documents get none"),
    "more components than columns": (["--pca", "3"], 2, "--pca 3 is more than the table's 2"),
    "a table that no such model has": (
        ["--objective", "lm", "--table", "sum"],
        2,
        "--table sum needs an output table",
    ),
    "a table of two widths": (
        ["--objective", "lm", "--no-tie", "--table", "sum", "--hidden", "7"],
        2,
        "--table sum needs tables of one width, and these have 2 and 7 columns",
    ),
}


@pytest.mark.parametrize(("options", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_before_a_token_is_made(cli, built, tmp_path, options, code, message):
    corpus = write(tmp_path / "a.txt", "Hope to see you soon\n")
    write("three.vec", VECTORS)
    given = [each.format(built=built) for each in options]
    result = cli("run", corpus, "-o", "build", *SMALL, *given)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 2
    assert not Path("build").exists()


def test_an_output_that_cannot_be_written_is_refused_first(cli, tmp_path):
    corpus = write(tmp_path / "a.txt", "Hope to see you soon\n")
    Path("build/embeddings.txt").mkdir(parents=True)
    result = cli("run", corpus, "-o", "build", *SMALL)
    assert result.err.startswith("error: build/embeddings.txt is not a regular file")
    assert result.code == 2
    assert os.listdir("build") == ["embeddings.txt"]
    write("file", "")
    below = cli("run", corpus, "-o", "file/build", *SMALL)
    assert below.err.startswith("error: cannot write file/build/tokens.parquet: Not a directory")
    assert below.code == 74


def test_train_refuses_before_it_reads(cli, built, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.training.inputs.load_inputs", None)
    result = cli("train", built, "-o", "m", "--dim", 4, "--device", "cuda")
    assert result.err.startswith("error: --device cuda: torch finds no CUDA device")


def test_a_model_that_is_there_needs_no_device(cli, built, tmp_path):
    shutil.copytree(built, tmp_path / "build")
    again = ["--dim", 2, "--seq-len", 5, "--epochs", 1, "--device", "cuda"]
    result = cli("train", "build", "-o", "build/model.safetensors", *again)
    assert (result.code, " hit " in result.err) == (0, True)


def test_without_torch_nothing_is_trained(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(UsageError, match="train needs torch"):
        require_trainable(TrainExecution())
    assert train.NO_TORCH
