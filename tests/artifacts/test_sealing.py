"""Parts become one artifact if all are there and belong together; otherwise the part is named."""

import re
import shutil

import pytest

from corpus2vec.pipeline.artifacts import digests
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.parts import is_parted, part_files
from corpus2vec.pipeline.artifacts.sealing import seal
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import DataError, UsageError


def make(folder, number, of=3, span=None, corpus="the corpus", tools=None, **config):
    """Make a part that read ten bytes of thirty, unless it is there."""
    begin = 10 * (number - 1)
    traits = {"kind": "text", "bytes": span or f"{begin}-{begin + 10}/{10 * of}"}
    recipe = Recipe(
        stage="tokenize",
        format=3,
        config={"lower": False, **config, "part": f"{number}/{of}"},
        inputs=(
            Input(role="file sizes", name="the files", digest=corpus),
            Input(role="corpus", name="a.txt", digest=str(number), traits=traits),
        ),
        tools=tools or {"spacy": "3"},
    )

    def write(target):
        target.write_text(f"part {number}")
        return {"rows": number, "tokens": {"in": 2, "kept": 1, "dropped": {"space": 1}}}

    return produce(recipe, folder / f"part-{number:05}.parquet", write)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "CLOCK_TICK_NS", 0)
    for number in (3, 1, 2):
        make(tmp_path / "tokens", number)
    return tmp_path / "tokens"


def refused(folder):
    with pytest.raises(DataError) as problem:
        seal(folder)
    assert problem.value.exit_code == 65
    assert not manifest_path(folder).exists()
    return problem.value.message.replace(f"{folder.parent}/", "")


def test_the_whole_is_an_artifact_with_the_sums_of_its_parts(folder):
    assert is_parted(folder)
    outcome = seal(folder)
    assert (outcome.hit, outcome.reason, outcome.output) == (False, "not sealed yet", folder)
    given = artifact_input("tokens", folder)
    manifest = given.manifest
    assert manifest.counts == {"rows": 6, "tokens": {"in": 6, "kept": 3, "dropped": {"space": 3}}}
    assert manifest.config == {"lower": False}
    assert [each["role"] for each in manifest.inputs] == [
        "file sizes",
        "corpus",
        "corpus",
        "corpus",
    ]
    assert [each["name"] for each in manifest.output["parts"]] == [
        path.name for path in part_files(folder)
    ]
    assert "parts" not in manifest.entry()["output"]
    assert seal(folder).hit


def test_nothing_is_read_or_written_again(folder, monkeypatch):
    seal(folder)
    before = manifest_path(folder).read_bytes()
    assert make(folder, 2).hit  # which writes its manifest again, and touches it
    with monkeypatch.context() as patched:
        patched.setattr(digests.hashlib, "file_digest", None)
        assert seal(folder).hit
        assert artifact_input("tokens", folder).digest == read_manifest(folder).output["digest"]
    assert (
        re.sub(rb'"stamp".*?}', b"", before, flags=re.DOTALL)[:400]
        == re.sub(rb'"stamp".*?}', b"", manifest_path(folder).read_bytes(), flags=re.DOTALL)[:400]
    )


def test_the_digest_is_that_of_the_parts_wherever_they_are(folder, tmp_path):
    seal(folder)
    shutil.copytree(folder, tmp_path / "copy")
    seal(tmp_path / "copy")
    one, other = (read_manifest(each) for each in (folder, tmp_path / "copy"))
    assert (one.output["digest"], one.fingerprint) == (other.output["digest"], other.fingerprint)


def test_what_is_missing_is_named(folder):
    (folder / "part-00002.parquet").unlink()
    assert refused(folder) == "tokens lacks part 2/3"
    for each in folder.iterdir():
        each.unlink()
    make(folder, 1, of=9)
    assert refused(folder) == "tokens lacks parts 2/9, 3/9, 4/9, 5/9, 6/9 and 3 more"


def test_a_damaged_part_is_named(folder):
    (folder / "part-00002.parquet").write_text("part 9")
    assert refused(folder).startswith("tokens/part-00002.parquet is not what its manifest says")
    manifest_path(folder / "part-00002.parquet").unlink()
    assert refused(folder) == "tokens/part-00002.parquet has no manifest that can be read"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"lower": True}, "lower False → True"),
        ({"tools": {"spacy": "4"}}, "spacy 3 → 4"),
        ({"corpus": "other"}, "other file sizes"),
    ],
)
def test_a_part_that_was_made_otherwise_is_named(folder, other, reason):
    make(folder, 2, **other)
    assert refused(folder) == (
        f"tokens/part-00002.parquet does not belong to part-00001.parquet: {reason}"
    )


def test_a_part_of_another_cut_is_named(folder):
    make(folder, 2, of=4)
    assert refused(folder) == (
        "tokens/part-00002.parquet is part 2/4, and part-00001.parquet is part 1/3: "
        "both do not belong here"
    )


@pytest.mark.parametrize("span", ["10-19/30", "11-20/30", "10-20/31"])
def test_parts_that_do_not_meet_are_named(folder, span):
    make(folder, 2, span=span)
    assert re.search("do not meet: the corpus changed between the two", refused(folder))


def test_all_must_have_been_read_to_its_end(folder):
    make(folder, 3, span="20-29/30")
    assert "do not meet" in refused(folder)


def test_a_folder_without_parts_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has no parts"):
        seal(tmp_path)
    assert not is_parted(tmp_path)


def test_a_part_is_not_written_among_those_it_is_made_from(folder):
    seal(folder)
    tokens = artifact_input("tokens", folder)
    recipe = Recipe(stage="encode", format=1, config={}, inputs=(tokens,), tools={})
    with pytest.raises(UsageError, match="is an input, so it cannot be the output"):
        produce(recipe, folder / "part-00001.parquet", lambda target: {})
