"""embed: a vector of each document, from a model or from a dump of its table."""

import io
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.weights import read_table
from corpus2vec.pipeline.config import (
    DumpConfig,
    EmbedConfig,
    Execution,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
)
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import SILENT
from corpus2vec.pipeline.stages import embed
from corpus2vec.pipeline.stages.build import Build
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.training import TEXT

NEW = "id,text\na,the cat sees the fish\nb,\nc,unheard of\nd,the gull\n"
ONE = Execution(threads=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of the context objective, whose dump has the model's input table."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "corpus.txt").write_text(TEXT + "\n")
    build = Build(
        corpora=[str(folder / "corpus.txt")],
        folder=folder / "build",
        configs={
            "tokenize": TokenizeConfig(lower=True),
            "train": TrainConfig(dim=8, epochs=2),
            "dump": DumpConfig(table="input"),
        },
        executions={"tokenize": TokenizeExecution(workers=1), "train": TrainExecution(threads=1)},
    )
    for _ in build.run():
        pass
    return folder / "build"


@pytest.fixture
def new(tmp_path):
    (tmp_path / "new.csv").write_text(NEW)
    return str(tmp_path / "new.csv")


def run(table, corpus, output="v.parquet", **settings):
    return embed.run([Path(table), corpus], Path(output), EmbedConfig(**settings), ONE)


def vectors_of(table, corpus, output="v.npy", **settings):
    run(table, corpus, output, **settings)
    return np.load(output)


def words(built):
    return [line.split("\t")[1] for line in (built / "vocab.tsv").read_text().splitlines()[1:]]


def test_the_mean_is_that_of_the_dumped_rows(built, new):
    rows = dict(zip(words(built), read_table(built / "model.safetensors"), strict=True))
    found = vectors_of(built / "embeddings.txt", new)
    assert found.shape == (4, 8)
    expected = np.mean([rows[each] for each in ["the", "cat", "sees", "the", "fish"]], 0)
    assert np.allclose(found[0], expected, atol=1e-6)
    assert np.allclose(found[3], (rows["the"] + rows["gull"]) / 2, atol=1e-6)
    assert not found[1:3].any()


def test_a_model_gives_what_its_usual_dump_gives(built, new, tmp_path):
    inputs = [built / "model.safetensors", built / "vocab.tsv"]
    stages.dump.run(inputs, tmp_path / "d.txt", DumpConfig())
    of_dump = vectors_of(tmp_path / "d.txt", new, "d.npy")
    assert np.allclose(vectors_of(built, new), of_dump, atol=1e-6)
    assert not np.allclose(of_dump, vectors_of(built / "embeddings.txt", new, "i.npy"))


def test_a_dump_in_another_order_and_without_some_rows_will_do(built, new, tmp_path):
    inputs = [built / "model.safetensors", built / "vocab.tsv"]
    config = DumpConfig(format="parquet", order="frequency", top=12)
    stages.dump.run(inputs, tmp_path / "d.parquet", config)
    table = read_vectors(tmp_path / "d.parquet")
    rows = dict(zip(table.tokens.to_pylist(), table.vectors_VD, strict=True))
    found = vectors_of(tmp_path / "d.parquet", new)
    there = [rows[each] for each in ["the", "cat", "sees", "the", "fish"] if each in rows]
    assert np.allclose(found[0], np.mean(there, 0), atol=1e-6)


def test_sif_is_the_weighted_mean_without_the_first_component(built, new):
    words_of_build = [
        line.split("\t") for line in (built / "vocab.tsv").read_text().splitlines()[1:]
    ]
    counts = {word: int(count) for _, word, count in words_of_build}
    rows = dict(zip(words(built), read_table(built / "model.safetensors"), strict=True))
    total = sum(counts.values())
    means = np.array(
        [
            np.mean([rows[w] * 1e-3 / (1e-3 + counts[w] / total) for w in text.split()], 0)
            for text in ("the cat sees the fish", "the gull")
        ]
    )
    first = np.linalg.svd(means.astype(np.float64))[2][0]
    expected = means - means @ np.outer(first, first)
    found = vectors_of(built / "embeddings.txt", new, pooling="sif")
    assert np.allclose(found[[0, 3]], expected, atol=1e-6)
    assert np.allclose(found[1:3], 0)


def test_the_state_is_the_networks_own(built, new):
    found = vectors_of(built, new, pooling="state")
    assert found.shape == (4, 8)
    assert found[[0, 3]].any(1).all()
    assert not found[1:3].any()
    with pytest.raises(UsageError, match=r"asks a network, and .*embeddings\.txt is a table"):
        run(built / "embeddings.txt", new, pooling="state")


def test_ids_travel_and_everything_is_counted(built, new):
    outcome = run(built, new, id_field="id")
    assert pq.read_table("v.parquet").column("id").to_pylist() == ["a", "b", "c", "d"]
    assert (outcome.counts["rows"], outcome.counts["columns"]) == (4, 8)
    assert outcome.counts["documents"]["dropped"] == {"blank": 1, "no known token": 1}
    assert run(built, new, id_field="id").hit
    assert run(built, new, id_field="id", pooling="sif").reason == "pooling mean → sif"


def test_a_stream_is_text(built, new):
    sink = io.BytesIO()
    embed.stream(sink, [built, new], EmbedConfig(id_field="id"), ONE, SILENT)
    lines = sink.getvalue().decode().splitlines()
    assert lines[0] == "4 8"
    assert [line.split()[0] for line in lines[1:]] == ["a", "b", "c", "d"]
    assert list(Path.cwd().glob("*")) == [Path.cwd() / "new.csv"]


def test_a_table_of_another_tool_is_refused(built, new, tmp_path):
    shutil.copy(built / "embeddings.txt", tmp_path / "other.txt")
    with pytest.raises(DataError, match=r"other\.txt has no manifest, so how its corpus"):
        run(tmp_path / "other.txt", new)
    shutil.copy(manifest_path(built / "embeddings.txt"), manifest_path(tmp_path / "other.txt"))
    assert run(tmp_path / "other.txt", new).counts["rows"] == 4
