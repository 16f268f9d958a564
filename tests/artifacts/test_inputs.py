"""An artifact is checked before it is read, and an input that changes is refused."""

import contextlib
import hashlib
import random
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.inputs import (
    artifact_input,
    file_input,
    folder_inputs,
    folder_of,
    known_digests,
)
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publication
from tests.support.artifacts import (
    DAMAGE,
    NAME,
    edit_quietly,
    fill,
    make,
    names,
    never,
    recipe,
    writing,
)


@pytest.fixture
def out(tmp_path):
    """An artifact that has been made."""
    make(tmp_path / NAME)
    return tmp_path / NAME


# --- artifacts -------------------------------------------------------------------------------


def test_an_artifact_comes_with_its_manifest(out):
    given = artifact_input("words", out)
    assert (given.role, given.name) == ("words", str(out))
    assert given.manifest.stage == "shout"


def test_a_file_from_elsewhere_needs_no_manifest(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"mine")
    given = artifact_input("words", tmp_path / "mine.txt")
    assert given.manifest is None
    assert given.digest == hashlib.sha256(b"mine").hexdigest()


def test_a_missing_artifact_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"^there is no .*out\.txt$"):
        artifact_input("words", tmp_path / NAME)


@pytest.mark.parametrize("harm", ["artifact edited", "artifact emptied", "artifact cut"])
def test_a_damaged_artifact_is_refused_by_name(out, harm):
    DAMAGE[harm][0](out.parent)
    with pytest.raises(DataError, match=r"out\.txt is not what its manifest says"):
        artifact_input("words", out)


@pytest.mark.parametrize(
    "harm", [harm for harm in DAMAGE if harm.startswith("manifest") and harm != "manifest gone"]
)
def test_an_artifact_that_cannot_be_checked_is_refused_by_name(out, harm):
    DAMAGE[harm][0](out.parent)
    with pytest.raises(DataError, match=r"manifest\.json cannot be read, so .*out\.txt"):
        artifact_input("words", out)


def test_every_flipped_bit_of_an_artifact_is_refused(tmp_path):
    out, dice = tmp_path / NAME, random.Random(3)
    content = dice.randbytes(512)
    make(out, content)
    silent = 0
    for _ in range(50):
        edit_quietly(out, content, dice)
        with contextlib.suppress(DataError):
            silent += bool(artifact_input("words", out))
    assert silent == 0


# --- digests that are known ------------------------------------------------------------------


def test_no_digests_are_known_where_no_manifest_is(tmp_path):
    assert known_digests(tmp_path / NAME) == {}


def test_the_digest_of_a_stream_is_known_for_no_file(tmp_path):
    stream = Input(role="corpus", name="-", digest="", seal=lambda: "cc")
    produce(recipe(stream), tmp_path / NAME, writing(b"hello"))
    assert read_manifest(tmp_path / NAME).inputs[0]["digest"] == "cc"
    assert known_digests(tmp_path / NAME) == {}


def test_two_hundred_edits_of_an_input_that_keep_size_and_mtime_are_noticed(tmp_path):
    source, dice = tmp_path / "in.txt", random.Random(2)
    content = dice.randbytes(4096)
    source.write_bytes(content)
    first = file_input("corpus", source)
    stale = 0
    for _ in range(200):
        edit_quietly(source, content, dice)
        stale += file_input("corpus", source, known={first.stamp: first.digest}) == first
    assert stale == 0


# --- inputs that change ----------------------------------------------------------------------


def run_while(tmp_path, change):
    """Produce from an input that `change` gets hold of during the run."""
    source = tmp_path / "in.txt"
    source.write_bytes(b"corpus")

    def write(target):
        change(source)
        return writing(b"hello")(target)

    return produce(recipe(file_input("corpus", source)), tmp_path / NAME, write)


@pytest.mark.parametrize(
    "change",
    [lambda source: source.write_bytes(b"CORPUS"), lambda source: source.unlink()],
    ids=["edited", "removed"],
)
def test_an_input_that_changes_during_the_run_is_refused(tmp_path, change):
    with pytest.raises(DataError, match=r"in\.txt changed during the run$") as caught:
        run_while(tmp_path, change)
    assert caught.value.exit_code == 65
    assert set(names(tmp_path)) <= {"in.txt"}


def rewrite(source):
    """What another run does that makes the same artifact at the same time."""
    with publication(source) as temporary:
        temporary.write_bytes(source.read_bytes())


@pytest.mark.parametrize("change", [Path.touch, rewrite], ids=["touched", "made again"])
def test_an_input_that_stays_the_same_is_not_refused(tmp_path, change):
    assert not run_while(tmp_path, change).hit


# --- folders ---------------------------------------------------------------------------------

MODEL = {"meta.json": b"{}", "vocab/strings.json": b"[]", "vocab/vectors": b"1 2 3"}


def fingerprint_of(folder):
    return recipe(*folder_inputs("pipeline", folder)).fingerprint


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A folder of files, below the working folder."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "model", MODEL)
    return Path("model")


def test_a_folder_is_its_files_by_their_paths_within_it(model):
    inputs = folder_inputs("pipeline", model)
    assert [each.traits for each in inputs] == [{"path": path} for path in sorted(MODEL)]
    assert [Path(each.name).read_bytes() for each in inputs] == list(MODEL.values())
    assert {each.role for each in inputs} == {"pipeline"}


def test_the_fingerprint_does_not_depend_on_where_a_folder_is_or_how_it_is_named(model, tmp_path):
    fill(tmp_path / "a copy" / "below", MODEL)
    (tmp_path / "link").symlink_to("model")
    wanted = fingerprint_of(model)
    for other in (model.absolute(), Path("a copy/below"), Path("link"), Path("model/../model")):
        assert fingerprint_of(other) == wanted


CHANGES = {
    "a file renamed": lambda folder: (folder / "meta.json").rename(folder / "META.json"),
    "a file moved down": lambda folder: (folder / "meta.json").rename(folder / "vocab/meta.json"),
    "two files that changed places": lambda folder: [
        (folder / "meta.json").write_bytes(MODEL["vocab/strings.json"]),
        (folder / "vocab/strings.json").write_bytes(MODEL["meta.json"]),
    ],
    "a file edited": lambda folder: (folder / "vocab/vectors").write_bytes(b"1 2 4"),
    "a file more": lambda folder: (folder / "extra").write_bytes(b""),
    "a file less": lambda folder: (folder / "vocab/vectors").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_fingerprint_changes_with_whatever_changes_in_a_folder(model, change):
    before = fingerprint_of(model)
    change(model)
    assert fingerprint_of(model) != before


def test_files_behind_links_belong_to_a_folder(model, tmp_path):
    fill(tmp_path / "elsewhere", {"weights": b"1"})
    (model / "linked").symlink_to(tmp_path / "elsewhere")
    before = fingerprint_of(model)
    (tmp_path / "elsewhere" / "weights").write_bytes(b"2")
    assert fingerprint_of(model) != before


def test_a_folder_that_contains_itself_comes_to_an_end(model):
    (model / "again").symlink_to(".")
    assert {"path": "meta.json"} in [each.traits for each in folder_inputs("pipeline", model)]


def test_the_files_of_a_folder_that_are_known_are_not_read_again(model, tmp_path, monkeypatch):
    produce(recipe(*folder_inputs("pipeline", model)), tmp_path / NAME, writing(b"hello"))
    monkeypatch.setattr(hashlib, "file_digest", never)
    known = known_digests(tmp_path / NAME)
    assert len(folder_inputs("pipeline", model.absolute(), known)) == 3


@pytest.mark.parametrize("folder", ["model", ".", "..", "model/vocab"])
def test_the_folder_can_be_told_from_a_manifest(model, tmp_path, monkeypatch, folder):
    monkeypatch.chdir({".": "model", "..": "model/vocab"}.get(folder, "."))
    made = recipe(
        file_input("corpus", tmp_path / "model" / "meta.json"),
        *folder_inputs("pipeline", Path(folder)),
    )
    produce(made, tmp_path / "out" / NAME, writing(b"hello"))
    manifest = read_manifest(tmp_path / "out" / NAME)
    assert folder_of("pipeline", manifest.inputs) == Path(folder).resolve()
    assert folder_of("corpus", manifest.inputs) is None
