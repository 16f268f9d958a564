"""Ids come back as they were added, from memory or from a file that has no name."""

import errno
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.training import flat_ids
from corpus2vec.pipeline.training.flat_ids import FlatIds
from tests.support.runs import SMALL, write

some_ids = st.lists(st.lists(st.integers(0, 2**31 - 1)))


@pytest.fixture
def on_disk(monkeypatch):
    monkeypatch.setattr(flat_ids, "IN_MEMORY", 0)


@given(some_ids, st.sampled_from([0, 1 << 20]))
def test_ids_come_back_as_they_were_added(parts, in_memory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flat_ids, "IN_MEMORY", in_memory)
        ids = FlatIds(sum(map(len, parts)) + 3)
        for part in parts:
            ids.add(np.array(part, np.int32))
    whole = ids.whole()
    assert whole.tolist() == [each for part in parts for each in part]
    assert (len(ids), whole.dtype, type(whole)) == (len(whole), np.int32, np.ndarray)


@pytest.mark.usefixtures("on_disk")
def test_the_file_is_in_the_folder_and_has_no_name(tmp_path, monkeypatch):
    seen, make = [], flat_ids.tempfile.TemporaryFile
    monkeypatch.setattr(
        flat_ids.tempfile, "TemporaryFile", lambda **to: seen.append(to) or make(**to)
    )
    ids = FlatIds(2, tmp_path)
    ids.add(np.array([7, 8], np.int32))
    whole = ids.whole()
    del ids
    assert (seen, list(tmp_path.iterdir())) == ([{"dir": tmp_path}], [])
    assert whole.tolist() == [7, 8]


class Full(io.BytesIO):
    def write(self, content):
        raise OSError(errno.ENOSPC, "full")


@pytest.mark.usefixtures("on_disk")
def test_a_full_disk_is_one_line_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(flat_ids.tempfile, "TemporaryFile", lambda **to: Full())
    with pytest.raises(StorageError, match=f"a temporary file in {tmp_path}: No space left"):
        FlatIds(1, tmp_path).add(np.array([1]))


@pytest.mark.parametrize("objective", ["context", "lm", "classify"])
def test_a_model_does_not_depend_on_where_its_ids_are(cli, tmp_path, monkeypatch, objective):
    lines = "".join(f"{'see to hope ' * (n % 3)}you see {n % 5},{n % 2}\n" for n in range(60))
    corpus = write(tmp_path / "a.csv", f"text,label\n{lines}")
    options = ["--label-field", "label", "--objective", objective, "--valid-fraction", "0.2"]
    models = []
    for in_memory in (1 << 20, 0):
        monkeypatch.setattr(flat_ids, "IN_MEMORY", in_memory)
        folder = tmp_path / str(in_memory)
        assert cli("run", corpus, "-o", folder, *SMALL, *options, "--threads", "1").code == 0
        models.append(json.loads((folder / "model.safetensors.manifest.json").read_text()))
    assert models[0]["output"]["digest"] == models[1]["output"]["digest"]
