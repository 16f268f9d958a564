"""A corpus to train on, a training run in a line, and a run that is stopped."""

import itertools
import signal

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.config import TrainConfig, TrainExecution
from corpus2vec.pipeline.progress import Silent

TEXT = "\n".join(
    f"the {animal} {verb} the {thing} in the {place}"
    for animal, verb, thing, place in itertools.product(
        ("cat", "dog", "gull"), ("sees", "likes"), ("fish", "boat", "bread"), ("sea", "house")
    )
)
LABELLED = "text,label\n" + "\n".join(
    f"{line},{'sea' if line.endswith('sea') else 'land'}" for line in TEXT.split("\n")
)
SMALL = {"objective": "lm", "dim": 8, "seq_len": 4, "batch_size": 4, "epochs": 3}


def train(corpus, output, execution=None, progress=None, init="random", **settings):
    config = TrainConfig(**{**SMALL, "init": str(init), **settings})
    execution = execution or TrainExecution(threads=1)
    progress = progress or Silent()
    return stages.train.run(
        [corpus / "ids.parquet", corpus / "vocab.tsv"],
        output,
        config,
        execution,
        progress=progress,
    )


class StopAt(Silent):
    """Asks for an orderly stop at the n-th time that training looks."""

    def __init__(self, looks):
        self.left = looks
        self.notices = []

    def notice(self, text):
        self.notices.append(text)

    @property
    def stop_signal(self):
        self.left -= 1
        return signal.SIGTERM if self.left == 0 else None


def scalars(folder, name):
    """What TensorBoard reads in a folder of events."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder)).Reload().Scalars(name)
