"""The train stage."""

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.inputs import read_manifest
from corpus2vec.pipeline.artifacts.weights import read_table
from corpus2vec.pipeline.config import TrainConfig


def test_train_starts_from_a_dump_that_is_a_folder(built, tmp_path):
    init = str(built / "embeddings.npy")
    config = TrainConfig(dim=2, seq_len=5, epochs=1, init=init, freeze=True, objective="lm")
    stages.train.run(
        [built / "ids.parquet", built / "vocab.tsv"],
        tmp_path / "model.safetensors",
        config,
    )
    frozen = read_table(tmp_path / "model.safetensors")
    assert frozen.tobytes() == read_table(built / "model.safetensors").tobytes()


def test_the_manifest_records_what_decides_the_bytes(built):
    found = read_manifest(built / "model.safetensors")
    assert {each["role"] for each in found.inputs} == {"ids", "vocabulary"}
    assert all(len(each["digest"]) == 64 for each in found.inputs)
    assert {"torch", "numpy"} <= set(found.tools)
    assert found.config["seed"] == 1
    assert found.environment["threads"] == 1
    assert {"device", "machine", "instructions", "products"} <= set(found.environment)
