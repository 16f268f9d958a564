"""What the tests of whole runs share: the corpus, small settings, and how to read a summary."""

import re
from pathlib import Path

from corpus2vec.pipeline.config import (
    DumpConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
)
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.stages.build import Build

SAMPLES = Path(__file__).parents[2] / "sample_corpora"
STAGES = ["tokenize", "vocab", "encode", "train", "dump"]
SMALL = ["--dim", "2", "--seq-len", "5", "--epochs", "1"]
ALL_BUILT, ALL_HIT = dict.fromkeys(STAGES, "built"), dict.fromkeys(STAGES, "hit")
ALL_FORMATS = ",".join(FORMATS)


def verdicts(err):
    """Return hit or built for each stage, from the summaries of a run."""
    return dict(re.findall(r"^(\w+) +(hit|built) ", err, re.MULTILINE))


def reason(err, stage):
    """Return why a stage was a hit or a miss, from the summaries of a run."""
    return re.search(rf"^{stage} .*\((.*)\)$", err, re.MULTILINE)[1]


def write(path, content):
    """Write text or bytes, and return the path as it was given."""
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def the_build(folder, format=ALL_FORMATS, **settings):
    """Return the build of corpus.txt in `folder`, with these settings of dump."""
    return Build(
        corpora=[str(folder / "corpus.txt")],
        folder=folder,
        configs={
            "train": TrainConfig(dim=2, seq_len=5, epochs=1),
            "dump": DumpConfig(format=format, table="input", **settings),
        },
        executions={
            "tokenize": TokenizeExecution(workers=1),
            "train": TrainExecution(threads=1),
        },
    )
