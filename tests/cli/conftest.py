"""The command line as a function, a corpus, and a finished build of it."""

import shutil
import sys
from pathlib import Path

import pytest

from corpus2vec.cli.app import run
from corpus2vec.cli.console import Console
from tests.support.runs import SAMPLES, SMALL


@pytest.fixture
def corpus(tmp_path):
    return Path(shutil.copy(SAMPLES / "phrases.txt", tmp_path / "corpus.txt"))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A finished build of the two phrases, which no test changes."""
    folder = tmp_path_factory.mktemp("built")
    line = ["corpus2vec", "run", SAMPLES / "phrases.txt", "-o", folder, *SMALL]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, line)))
        assert run(Console()) == 0
    return folder
