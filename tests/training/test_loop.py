"""Training: the same seed ends in the same bytes, wherever the run was stopped and resumed."""

import dataclasses
import itertools
import json
import math
import re
import signal

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import checkpoint_path, events_path, metrics_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, read_table
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    TokenizeConfig,
    TrainConfig,
    TrainExecution,
    VocabConfig,
)
from corpus2vec.pipeline.errors import DataError, Interrupted, PipelineError, UsageError
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.inputs import Inputs
from corpus2vec.pipeline.training.loop import Hooks, Training

TEXT = "\n".join(
    f"the {animal} {verb} the {thing} in the {place}"
    for animal, verb, thing, place in itertools.product(
        ("cat", "dog", "gull"), ("sees", "likes"), ("fish", "boat", "bread"), ("sea", "house")
    )
)
LABELLED = "text,label\n" + "\n".join(
    f"{line},{'sea' if line.endswith('sea') else 'land'}" for line in TEXT.split("\n")
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """ids and vocabulary of a small labelled corpus, for every test of this module."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "corpus.csv").write_text(LABELLED)
    config = TokenizeConfig(label_field="label")
    stages.tokenize.run([str(folder / "corpus.csv")], folder / "tokens.parquet", config)
    stages.vocab.run([folder / "tokens.parquet"], folder / "vocab.tsv", VocabConfig())
    stages.encode.run(
        [folder / "tokens.parquet", folder / "vocab.tsv"], folder / "ids.parquet", EncodeConfig()
    )
    return folder


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


VARIANTS = {
    "lm": {},
    "lm, untied": {"tie": False},
    "lm sampled, tied, dropout": {
        "softmax": "sampled",
        "negatives": 8,
        "tie": True,
        "dropout": 0.3,
    },
    "lm adagrad, two layers": {"optimizer": "adagrad", "layers": 2, "dropout": 0.2},
    "lm sgd, frozen": {"optimizer": "sgd", "freeze": True},
    "lm with patience": {"valid_fraction": 0.2, "patience": 1, "lr": 0.05, "epochs": 6},
    "context": {"objective": "context", "subsample": 0.05, "valid_fraction": 0.2},
    "context sampled, two layers, cosine": {
        "objective": "context",
        "softmax": "sampled",
        "negatives": 8,
        "layers": 2,
        "dropout": 0.2,
        "schedule": "cosine",
        "warmup": 0.2,
    },
    "context, no LSTM, float32": {"objective": "context", "layers": 0, "bfloat16": "off"},
    "context, no bag": {"objective": "context", "residual": "none", "schedule": "linear"},
    "lm in bfloat16": {"bfloat16": "on", "softmax": "sampled"},
    "lm, thawed": {"freeze_epochs": 1},
    "classify": {"objective": "classify", "valid_fraction": 0.2, "dropout": 0.1},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_the_same_seed_ends_in_the_same_bytes(corpus, tmp_path, settings):
    train(corpus, tmp_path / "a.safetensors", **settings)
    train(corpus, tmp_path / "b.safetensors", **settings)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_another_seed_ends_in_other_bytes(corpus, tmp_path):
    train(corpus, tmp_path / "a.safetensors")
    train(corpus, tmp_path / "b.safetensors", seed=2)
    assert (tmp_path / "a.safetensors").read_bytes() != (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_stopped_again_and_again_and_resumed_it_ends_in_the_same_bytes(corpus, tmp_path, settings):
    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    train(corpus, whole, **settings)
    stops = 0
    for looks in itertools.cycle((1, 4, 2, 7, 13)):
        try:
            train(corpus, parts, TrainExecution(threads=1, resume=True), StopAt(looks), **settings)
        except Interrupted:
            stops += 1
            continue
        break
    assert stops >= 4
    assert parts.read_bytes() == whole.read_bytes()
    assert not checkpoint_path(parts).exists()


def test_checkpoints_in_between_change_nothing(corpus, tmp_path):
    train(corpus, tmp_path / "a.safetensors")
    train(corpus, tmp_path / "b.safetensors", TrainExecution(threads=1, checkpoint_minutes=0))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_resumed_run_tells_every_step_of_its_metrics_once(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0), StopAt(20))
    metrics = metrics_path(model)
    metrics.write_text(metrics.read_text() + '{"step": 21, "after": "the checkpoint"}\n')
    train(corpus, model, TrainExecution(threads=1, resume=True))
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    in_training = [step for step, _ in itertools.groupby(steps)]
    assert in_training == sorted(set(steps))
    assert "after" not in metrics.read_text()


def test_a_stop_says_where_it_was_and_how_to_go_on(corpus, tmp_path):
    with pytest.raises(Interrupted) as stop:
        train(corpus, tmp_path / "model.safetensors", progress=StopAt(5))
    assert stop.value.exit_code == 143
    assert stop.value.hint == "checkpoint at step 5; --resume goes on from there"


def test_a_checkpoint_of_other_settings_is_refused_by_name(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    with pytest.raises(DataError, match="belongs to another run: dim 8 → 9"):
        train(corpus, model, TrainExecution(threads=1, resume=True), dim=9)


def test_resume_without_a_checkpoint_starts_anew_and_says_so(corpus, tmp_path):
    progress = StopAt(10**9)
    train(corpus, tmp_path / "m.safetensors", TrainExecution(threads=1, resume=True), progress)
    assert progress.notices == ["no checkpoint m.checkpoint.safetensors: training from the start"]


def test_a_damaged_checkpoint_is_refused(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    checkpoint = checkpoint_path(model)
    content = bytearray(checkpoint.read_bytes())
    content[-3] ^= 4
    checkpoint.write_bytes(content)
    with pytest.raises(DataError, match=r"model\.checkpoint\.safetensors is damaged"):
        train(corpus, model, TrainExecution(threads=1, resume=True))


def test_of_several_checkpoints_the_newest_that_is_whole_is_taken(corpus, tmp_path):
    whole, model = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    train(corpus, whole)
    every_step = TrainExecution(threads=1, checkpoint_minutes=0, keep_checkpoints=3)
    with pytest.raises(Interrupted):
        train(corpus, model, every_step, StopAt(9))
    headers = [read_header(checkpoint_path(model, age), "checkpoint") for age in range(3)]
    assert [header["position"]["steps"] for header in headers] == [9, 8, 7]
    assert not checkpoint_path(model, 3).exists()
    checkpoint_path(model).write_bytes(b"torn")
    checkpoint_path(model, 1).unlink()
    progress = StopAt(10**9)
    train(corpus, model, TrainExecution(threads=1, resume=True), progress)
    newest, older = checkpoint_path(model).name, checkpoint_path(model, 2).name
    assert re.fullmatch(f".*{newest} is .*: going on from {older}, .*", progress.notices[0])
    assert progress.notices[1] == "resumed at step 7"
    assert model.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*checkpoint*"))


def test_a_run_that_is_out_of_time_keeps_what_it_has(corpus, tmp_path):
    outcome = train(corpus, tmp_path / "m.safetensors", max_minutes=1e-9, valid_fraction=0.2)
    assert outcome.counts["time_was_up"]
    assert outcome.counts["steps"] == 1
    assert outcome.counts["valid_perplexity"] > 1
    outcome = train(corpus, tmp_path / "m.safetensors", max_minutes=1e9)
    assert not outcome.counts["time_was_up"]


def test_metrics_that_someone_shortened_are_gone_on_with(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0), StopAt(20))
    metrics_path(model).unlink()
    train(corpus, model, TrainExecution(threads=1, resume=True))
    lines = [json.loads(line) for line in metrics_path(model).read_text().splitlines()]
    assert min(line["step"] for line in lines) > 20  # and no zero bytes before


def test_tensorboard_reads_the_same_numbers_once(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    execution = TrainExecution(threads=1, checkpoint_minutes=0, tensorboard=True)
    with pytest.raises(Interrupted):
        train(corpus, model, execution, StopAt(20))
    train(corpus, model, dataclasses.replace(execution, resume=True), valid_fraction=0.0)
    events = EventAccumulator(str(events_path(model))).Reload()
    seen = [(each.step, each.value) for each in events.Scalars("loss")]
    lines = [json.loads(line) for line in metrics_path(model).read_text().splitlines()]
    told = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    assert [step for step, _ in seen] == [step for step, _ in told]
    assert np.allclose([value for _, value in seen], [value for _, value in told])


def test_a_checkpoint_that_is_not_used_is_told(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    progress = StopAt(10**9)
    train(corpus, model, progress=progress)
    told = "model.checkpoint.safetensors is not used: --resume would go on from there"
    assert progress.notices == [told]


def test_resume_elsewhere_warns(corpus, tmp_path):
    model = tmp_path / "model.safetensors"
    with pytest.raises(Interrupted):
        train(corpus, model, progress=StopAt(5))
    progress = StopAt(10**9)
    train(corpus, model, TrainExecution(threads=2, resume=True), progress)
    assert "threads 1 → 2" in progress.notices[1]


def test_every_epoch_tells_its_held_out_score(corpus, tmp_path):
    progress = StopAt(10**9)
    train(corpus, tmp_path / "m.safetensors", progress=progress, valid_fraction=0.2, epochs=2)
    assert len(progress.notices) == 2
    pattern = r"epoch 2/2  loss \d\.\d+  held-out loss \d\.\d+  held-out perplexity \d+\.\d+"
    assert re.fullmatch(pattern, progress.notices[1])


# --- failure ---------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_is_told_with_its_step_and_keeps_the_checkpoint(
    corpus, tmp_path, monkeypatch
):
    model = tmp_path / "model.safetensors"
    step = Training._step

    def poisoned(self, batch):
        loss = step(self, batch)
        return loss * math.nan if self.position.steps == 7 else loss

    monkeypatch.setattr(Training, "_step", poisoned)
    with pytest.raises(PipelineError, match="no longer a finite number, at step 8") as failure:
        train(corpus, model, TrainExecution(threads=1, checkpoint_minutes=0))
    assert failure.value.exit_code == 70
    assert "lower --lr (it is 0.002)" in failure.value.hint
    assert not model.exists()
    assert read_header(checkpoint_path(model), "checkpoint")["position"]["steps"] == 7


def test_weights_that_are_no_numbers_are_not_published(corpus, tmp_path, monkeypatch):
    model = tmp_path / "model.safetensors"
    end = Training._end_epoch

    def poisoned(self):
        with torch.no_grad():
            self.model.recurrent.embedding.weight[0, 0] = math.inf
        return end(self)

    monkeypatch.setattr(Training, "_end_epoch", poisoned)
    with pytest.raises(PipelineError, match="no longer a finite number"):
        train(corpus, model, epochs=1)
    assert not model.exists()


def test_another_vocabulary_is_refused(corpus, tmp_path):
    other = tmp_path / "vocab.tsv"
    other.write_text("id\ttoken\tcount\n0\tthe\t1\n")
    with pytest.raises(DataError, match="was encoded with another vocabulary"):
        stages.train.run([corpus / "ids.parquet", other], tmp_path / "m", TrainConfig())


def test_classify_without_labels_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    tokens, vocabulary, ids = (tmp_path / each for each in ("t.parquet", "v.tsv", "i.parquet"))
    stages.tokenize.run([str(tmp_path / "a.txt")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], vocabulary, VocabConfig())
    stages.encode.run([tokens, vocabulary], ids, EncodeConfig())
    with pytest.raises(DataError, match="has no labels"):
        stages.train.run([ids, vocabulary], tmp_path / "m", TrainConfig(objective="classify"))


def test_patience_without_held_out_documents_is_refused(corpus, tmp_path):
    with pytest.raises(UsageError, match="--patience needs held-out documents"):
        train(corpus, tmp_path / "m.safetensors", patience=2)


# --- learning --------------------------------------------------------------------------------


def test_a_language_model_learns(corpus, tmp_path):
    counts = train(
        corpus, tmp_path / "m.safetensors", epochs=30, lr=0.02, valid_fraction=0.2
    ).counts
    assert counts["valid_perplexity"] < 3  # eleven types; half of the positions have one answer


def test_a_classifier_learns(corpus, tmp_path):
    settings = {
        "objective": "classify",
        "seq_len": 9,
        "epochs": 15,
        "lr": 0.02,
        "valid_fraction": 0.2,
    }
    counts = train(corpus, tmp_path / "m.safetensors", **settings).counts
    assert counts["valid_accuracy"] == 1.0
    assert counts["labels"] == ["sea", "land"]


def test_patience_stops_early_and_keeps_the_best(corpus, tmp_path):
    settings = {"valid_fraction": 0.2, "patience": 1, "lr": 0.3, "epochs": 50}
    outcome = train(corpus, tmp_path / "m.safetensors", **settings)
    assert outcome.counts["stopped_early"]
    assert outcome.counts["epochs"] == outcome.counts["best_epoch"] + 1
    settings |= {"epochs": outcome.counts["best_epoch"], "patience": 0}
    train(corpus, tmp_path / "best.safetensors", **settings)
    best = read_arrays(tmp_path / "best.safetensors")
    kept = read_arrays(tmp_path / "m.safetensors")
    assert all(np.array_equal(best[name], kept[name]) for name in best)


def test_given_held_out_documents_count_labels_by_name(corpus, tmp_path):
    (tmp_path / "valid.csv").write_text("text,label\nthe dog likes the house,land\n")
    tokens, ids = tmp_path / "t.parquet", tmp_path / "i.parquet"
    stages.tokenize.run([str(tmp_path / "valid.csv")], tokens, TokenizeConfig(label_field="label"))
    stages.encode.run([tokens, corpus / "vocab.tsv"], ids, EncodeConfig())
    settings = {"objective": "classify", "seq_len": 9, "epochs": 15, "lr": 0.02}
    counts = train(corpus, tmp_path / "m.safetensors", valid=ids, **settings).counts
    assert counts["valid_accuracy"] == 1.0  # `land` is label 0 there, and 1 in the corpus


# --- the table -------------------------------------------------------------------------------


def words_of(corpus):
    return [line.split("\t")[1] for line in (corpus / "vocab.tsv").read_text().splitlines()[1:]]


def test_a_frozen_table_of_zeros_stays_zero(corpus, tmp_path):
    config = TrainConfig(**SMALL, init="zeros", freeze=True)
    stages.train.run(
        [corpus / "ids.parquet", corpus / "vocab.tsv"], tmp_path / "0.safetensors", config
    )
    assert not read_table(tmp_path / "0.safetensors").any()


def test_a_table_of_zeros_learns(corpus, tmp_path):
    config = TrainConfig(**{**SMALL, "seq_len": 40}, init="zeros")
    stages.train.run(
        [corpus / "ids.parquet", corpus / "vocab.tsv"], tmp_path / "0.safetensors", config
    )
    assert read_table(tmp_path / "0.safetensors").any(1).all()


def test_pretrained_rows_start_the_table_and_the_rest_is_random(corpus, tmp_path):
    words = words_of(corpus)
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("2 8\ncat " + "0.5 " * 8 + "\nsea " + "-0.25 " * 8 + "\n")
    outcome = train(corpus, tmp_path / "m.safetensors", init=vectors, freeze=True)
    table = read_table(tmp_path / "m.safetensors")
    assert outcome.counts["init_found"] == 2
    assert table[words.index("cat")].tolist() == [0.5] * 8
    assert table[words.index("sea")].tolist() == [-0.25] * 8
    assert np.abs(table[words.index("dog")]).min() > 0


def model_of(text, folder, **settings):
    """A model of another corpus, with its own vocabulary."""
    folder.mkdir()
    (folder / "corpus.txt").write_text(text)
    tokens, words, ids = (folder / each for each in ("t.parquet", "words.tsv", "i.parquet"))
    stages.tokenize.run([str(folder / "corpus.txt")], tokens, TokenizeConfig())
    stages.vocab.run([tokens], words, VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig())
    stages.train.run([ids, words], folder / "m.safetensors", TrainConfig(**{**SMALL, **settings}))
    return folder / "m.safetensors"


def test_a_model_of_another_corpus_is_gone_on_from(corpus, tmp_path):
    first = model_of("ships of the sea\nthe cat naps\n" * 9, tmp_path / "first", tie=False)
    table = read_arrays(first)["embedding"]
    outcome = train(corpus, tmp_path / "m.safetensors", init=first, tie=False, lr=1e-9)
    found = read_arrays(tmp_path / "m.safetensors")
    assert outcome.counts["init_found"] == 3  # the, cat, sea
    assert outcome.counts["init_layers"] == 4
    for old, word in ((2, "the"), (3, "sea"), (4, "cat")):
        new = words_of(corpus).index(word)
        assert np.allclose(found["embedding"][new], table[old], atol=1e-6)
        assert np.allclose(
            found["output.weight"][new], read_arrays(first)["output.weight"][old], atol=1e-6
        )
    name = "lstm.layers.0.weight_hh_l0"
    assert np.allclose(found[name], read_arrays(first)[name], atol=1e-6)


def test_a_model_gives_another_objective_what_fits(corpus, tmp_path):
    first = model_of("the cat naps\n" * 9, tmp_path / "first", objective="context")
    outcome = train(corpus, tmp_path / "m.safetensors", init=first, objective="classify", hidden=5)
    assert outcome.counts["init_found"] == 2
    assert "init_layers" not in outcome.counts


def test_a_model_whose_vocabulary_is_gone_is_refused(corpus, tmp_path):
    first = model_of("the cat naps\n" * 9, tmp_path / "first")
    first.with_name("words.tsv").write_text("id\ttoken\tcount\n0\tthe\t1\n")
    with pytest.raises(DataError, match="its rows have no tokens"):
        train(corpus, tmp_path / "m.safetensors", init=first)


def test_a_table_is_left_alone_until_it_is_thawed(corpus, tmp_path):
    tables = {}
    for epochs, freeze_epochs in ((2, 2), (3, 2), (1, 0)):
        model = tmp_path / f"{epochs}{freeze_epochs}.safetensors"
        train(corpus, model, tie=False, epochs=epochs, freeze_epochs=freeze_epochs)
        tables[epochs, freeze_epochs] = read_table(model)
    train(corpus, tmp_path / "m.safetensors", tie=False, freeze=True)
    start = read_table(tmp_path / "m.safetensors")
    assert np.array_equal(tables[2, 2], start)
    assert not np.array_equal(tables[3, 2], start)
    assert not np.array_equal(tables[1, 0], start)


def test_pretrained_vectors_of_another_size_are_refused_with_the_right_one(corpus, tmp_path):
    (tmp_path / "v.txt").write_text("1 3\ncat 1 2 3\n")
    with pytest.raises(DataError, match="vectors of 3 numbers, and --dim is 8") as refusal:
        train(corpus, tmp_path / "m.safetensors", init=tmp_path / "v.txt")
    assert refusal.value.hint == "--dim 3"


def test_pretrained_vectors_of_no_token_are_refused(corpus, tmp_path):
    (tmp_path / "v.txt").write_text("1 8\nxylophone 1 2 3 4 5 6 7 8\n")
    with pytest.raises(DataError, match="no vector for any of the 12 tokens"):
        train(corpus, tmp_path / "m.safetensors", init=tmp_path / "v.txt")


def test_the_model_has_one_row_a_token_and_its_config_in_the_header(corpus, tmp_path):
    train(corpus, tmp_path / "m.safetensors", tie=True)
    tensors, header = (
        read_arrays(tmp_path / "m.safetensors"),
        read_header(tmp_path / "m.safetensors", "model"),
    )
    assert tensors["embedding"].shape == (12, 8)
    assert "output.weight" not in tensors  # tied: it is the embedding
    assert header["config"]["dim"] == 8
    stages.dump.run(
        [tmp_path / "m.safetensors", corpus / "vocab.tsv"], tmp_path / "t", DumpConfig()
    )


def test_no_generator_of_the_caller_is_disturbed(corpus, tmp_path):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    train(corpus, tmp_path / "m.safetensors", dropout=0.5)
    assert torch.rand(1) == expected
    assert torch.get_num_threads() == threads


def test_documents_of_one_token_can_be_trained_beside_others():
    ids = np.array([0, 1, 2, 3], np.int32)
    docs = Documents(ids, np.array([0, 1, 2, 4]))
    inputs = Inputs(docs, None, torch.ones(4, dtype=torch.int64), 0)
    hooks = Hooks(Silent(), lambda checkpoint: None, lambda line: 0)
    trained = Training(
        inputs, TrainConfig(objective="lm", dim=2, seq_len=1, batch_size=1), TrainExecution(), hooks
    ).run()
    assert trained.position.steps == 20
