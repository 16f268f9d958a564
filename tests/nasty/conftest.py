"""A build to be spoiled, with manifests and without."""

import shutil
import signal

import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import Interrupted
from corpus2vec.pipeline.progress import Silent
from tests.nasty.artifacts import STOPPED
from tests.nasty.kinds import GOLD
from tests.support.runs import SAMPLES, the_build


class Stopping(Silent):
    """Stops a training after its first step."""

    stop_signal = signal.SIGTERM


@pytest.fixture(scope="session")
def whole_build(tmp_path_factory):
    """A build with a dump in every format, a gold file, and a stopped training's checkpoint."""
    folder = tmp_path_factory.mktemp("whole") / "build"
    folder.mkdir()
    shutil.copy(SAMPLES / "phrases.txt", folder / "corpus.txt")
    build = the_build(folder)
    for _ in build.run():
        pass
    (folder / GOLD).write_text("Hope\tto\t1\nsee\tyou\t2\nsoon\tagain\t3\n")
    with pytest.raises(Interrupted):
        stages.train.run(
            [folder / "ids.parquet", folder / "vocab.tsv"],
            folder / STOPPED,
            TrainConfig(dim=2, seq_len=5, epochs=1, optimizer="adam"),
            build.executions["train"],
            progress=Stopping(),
        )
    return folder


@pytest.fixture(scope="session")
def bare_build(whole_build, tmp_path_factory):
    """The same without a manifest, so that readers see for themselves."""
    folder = tmp_path_factory.mktemp("bare") / "build"
    shutil.copytree(whole_build, folder)
    for path in folder.rglob(manifest_path(folder / "*").name):
        path.unlink()
    return folder
