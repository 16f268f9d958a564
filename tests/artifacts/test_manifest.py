"""Manifests and fingerprints: what they depend on, what they say, and what they refuse."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.artifacts.manifest import (
    Input,
    Manifest,
    Recipe,
    Stamp,
    canonical_json,
    differences,
    joined_lineage,
)

STAMP = Stamp(size=9, mtime_ns=8, ctime_ns=7, inode=6)
CORPUS = Input(role="corpus", name="a.txt", digest="aa", traits={"kind": "text"}, stamp=STAMP)
WORDS = Input(role="keep", name="words.txt", digest="bb")
STREAM = Input(role="corpus", name="-", digest="", seal=lambda: "cc")
RECIPE = Recipe(
    stage="train",
    format=1,
    config={"dim": 128, "batch_size": 32, "drop": ("space", "punct"), "unk": None},
    inputs=(CORPUS, WORDS),
    tools={"torch": "2.13.0"},
)


def with_config(**settings):
    return replace(RECIPE, config={**RECIPE.config, **settings})


def with_corpus(**changes):
    return replace(RECIPE, inputs=(replace(CORPUS, **changes), WORDS))


def manifest_of(recipe, **changes):
    fields = {
        "stage": recipe.stage,
        "format": recipe.format,
        "fingerprint": recipe.fingerprint,
        "config": {"dim": 128, "batch_size": 32, "drop": ["space", "punct"], "unk": None},
        "inputs": tuple(each.as_json() for each in recipe.inputs),
        "tools": recipe.tools,
        "output": {"name": "model", "digest": "dd", "size": 5, "stamp": vars(STAMP)},
        "counts": {"tokens": {"read": 10, "kept": 10}, "loss": 1.5},
        "environment": {"threads": 2},
        "seconds": 0.25,
        "created": "2026-11-20T18:03:00+00:00",
        "lineage": joined_lineage(recipe.inputs),
    }
    return Manifest(**{**fields, **changes})


# --- the fingerprint -------------------------------------------------------------------------

OTHER_CONTENT = {
    "stage": replace(RECIPE, stage="dump"),
    "format": replace(RECIPE, format=2),
    "setting": with_config(dim=256),
    "type of a setting": with_config(dim=128.0),
    "new setting": with_config(layers=1),
    "order of a list": with_config(drop=("punct", "space")),
    "digest of an input": with_corpus(digest="ab"),
    "role of an input": with_corpus(role="valid"),
    "traits of an input": with_corpus(traits={"kind": "csv"}),
    "added input": replace(RECIPE, inputs=(*RECIPE.inputs, WORDS)),
    "removed input": replace(RECIPE, inputs=(CORPUS,)),
    "order of inputs": replace(RECIPE, inputs=(WORDS, CORPUS)),
    "version of a tool": replace(RECIPE, tools={"torch": "2.14.0"}),
    "new tool": replace(RECIPE, tools={"torch": "2.13.0", "numpy": "2.4.6"}),
}

SAME_CONTENT = {
    "name": with_corpus(name="/elsewhere/b.txt"),
    "stamp": with_corpus(stamp=replace(STAMP, mtime_ns=99)),
    "no stamp": with_corpus(stamp=None),
    "manifest": with_corpus(manifest=manifest_of(RECIPE)),
    "order of settings": replace(RECIPE, config=dict(reversed(RECIPE.config.items()))),
    "list for a tuple": with_config(drop=["space", "punct"]),
}


@pytest.mark.parametrize("recipe", OTHER_CONTENT.values(), ids=OTHER_CONTENT)
def test_fingerprint_changes_with(recipe):
    assert recipe.fingerprint != RECIPE.fingerprint


@pytest.mark.parametrize("recipe", SAME_CONTENT.values(), ids=SAME_CONTENT)
def test_fingerprint_does_not_change_with(recipe):
    assert recipe.fingerprint == RECIPE.fingerprint


def test_fingerprint_is_the_same_in_every_version_of_the_program():
    # Another figure here means that every artifact in the world is made again.
    assert RECIPE.fingerprint == (
        "54f96c0f20f340e42f29a3dfcf0ef5854734e0eb2f7d8fe2c663f6b67874499a"
    )


def test_digest_of_a_stream_is_known_when_it_was_read():
    recipe = replace(RECIPE, inputs=(STREAM,))
    assert recipe.inputs[0].digest == ""
    assert recipe.sealed().inputs[0].digest == "cc"


def test_an_input_is_found_by_its_role():
    assert RECIPE.input("corpus") == CORPUS
    assert RECIPE.input("keep") == WORDS


@pytest.mark.parametrize(
    ("recipe", "count"), [(RECIPE, 0), (replace(RECIPE, inputs=(WORDS, CORPUS, WORDS)), 2)]
)
def test_an_input_of_no_role_or_of_several_is_an_error(recipe, count):
    role = "keep" if count else "valid"
    with pytest.raises(
        LookupError, match=f"^train has {count} inputs with the role {role}, not 1$"
    ):
        recipe.input(role)


# --- differences in words --------------------------------------------------------------------

IN_WORDS = [
    (RECIPE, []),
    (with_corpus(name="b.txt", stamp=None), []),
    (with_config(dim=256), ["dim 128 → 256"]),
    (with_config(dim=128.0), ["dim 128 → 128.0"]),
    (with_config(batch_size=64), ["batch-size 32 → 64"]),
    (with_config(drop=()), ["drop space,punct → ''"]),
    (with_config(unk="<unk>"), ["unk unset → <unk>"]),
    (with_config(layers=2), ["layers (absent) → 2"]),
    (replace(RECIPE, config={"dim": 128, "batch_size": 32, "unk": None}),
     ["drop space,punct → (absent)"]),
    (with_corpus(digest="ab"), ["corpus a.txt changed"]),
    (with_corpus(traits={"kind": "csv"}), ["corpus a.txt changed"]),
    (with_corpus(role="valid"), ["valid is new"]),
    (replace(RECIPE, inputs=(*RECIPE.inputs, WORDS)), ["inputs 2 → 3"]),
    (replace(RECIPE, inputs=(STREAM, WORDS)), ["standard input is read again"]),
    (replace(RECIPE, tools={"torch": "2.14.0"}), ["torch 2.13.0 → 2.14.0"]),
    (replace(RECIPE, tools={}), ["torch 2.13.0 → (absent)"]),
    (replace(RECIPE, format=2), ["format 1 → 2"]),
    (replace(with_config(dim=256), stage="dump"), ["made by train, not by dump"]),
    (replace(with_config(dim=256, seed=1), tools={"torch": "3"}),
     ["dim 128 → 256", "seed (absent) → 1", "torch 2.13.0 → 3"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("recipe", "words"), IN_WORDS, ids=["; ".join(words) or "none" for _, words in IN_WORDS]
)
def test_differences_in_words(recipe, words):
    assert differences(recipe, manifest_of(RECIPE)) == words


settings = st.dictionaries(
    st.sampled_from(["dim", "lr", "unk", "drop"]),
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0]) | st.just(("a",)),
)


@given(settings, settings)
def test_there_are_words_exactly_where_fingerprints_differ(before, after):
    made, asked = replace(RECIPE, config=before), replace(RECIPE, config=after)
    manifest = manifest_of(made, config=before)
    assert bool(differences(asked, manifest)) == (asked.fingerprint != made.fingerprint)


# --- the file --------------------------------------------------------------------------------

MANIFEST = manifest_of(RECIPE)
TEXT = MANIFEST.to_json()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_what_was_written_is_read():
    assert Manifest.from_json(TEXT) == MANIFEST


@pytest.mark.parametrize(
    "name", ["日本語.txt", "a\nb", "\x1b[31m", 'a"b\\c', "not-utf8-\udcff\udc80.txt"]
)
def test_any_file_name_is_written_and_read(name):
    manifest = manifest_of(with_corpus(name=name))
    written = manifest.to_json().encode("utf-8")
    read = Manifest.from_json(written.decode("utf-8"))
    assert read.inputs[0]["name"] == name


def test_a_manifest_is_for_people_too():
    assert TEXT.startswith('{\n "manifest": 1,\n "stage": "train",\n')


def test_another_layout_is_not_read():
    assert Manifest.from_json(TEXT.replace('"manifest": 1', '"manifest": 2')) is None


@given(st.text())
def test_text_is_no_manifest(text):
    assert Manifest.from_json(text) is None


@given(json_values)
def test_json_is_no_manifest(value):
    assert Manifest.from_json(canonical_json(value)) is None


@given(st.integers(0, len(TEXT) - 1))
def test_a_truncated_manifest_is_no_manifest(end):
    assert Manifest.from_json(TEXT[:end]) is None


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_a_changed_character_is_noticed(place, character):
    changed = TEXT[:place] + character + TEXT[place + 1 :]
    assert Manifest.from_json(changed) in (None, MANIFEST)  # white space may say the same


@given(st.sampled_from(list(json.loads(TEXT))), json_values)
def test_a_changed_value_is_noticed(name, value):
    changed = json.dumps({**json.loads(TEXT), name: value})
    assert Manifest.from_json(changed) in (None, MANIFEST)


@given(st.sampled_from(list(json.loads(TEXT))))
def test_a_missing_value_is_noticed(name):
    fields = json.loads(TEXT)
    del fields[name]
    assert Manifest.from_json(json.dumps(fields)) is None


def test_deep_nesting_is_no_manifest():
    assert Manifest.from_json("[" * 100_000) is None


# --- the lineage -----------------------------------------------------------------------------


def stage_run(stage, *upstream):
    """The manifest of a run of `stage` over what other runs made."""
    inputs = tuple(
        Input(role=each.stage, name=each.stage, digest=each.fingerprint, manifest=each)
        for each in upstream
    )
    return manifest_of(replace(RECIPE, stage=stage, inputs=inputs))


def stages_of(entries):
    return [each["stage"] for each in entries]


def test_lineage_has_each_stage_once_first_to_last():
    tokenize = stage_run("tokenize")
    vocab = stage_run("vocab", tokenize)
    encode = stage_run("encode", tokenize, vocab)
    train = stage_run("train", encode, vocab)
    assert stages_of(train.lineage) == ["tokenize", "vocab", "encode"]
    assert stages_of(train.story()) == ["tokenize", "vocab", "encode", "train"]


def test_lineage_keeps_two_runs_of_one_stage_apart():
    one = stage_run("tokenize")
    other = stage_run("tokenize", stage_run("vocab"))
    assert stages_of(stage_run("train", one, other).lineage) == ["tokenize", "vocab", "tokenize"]


def test_what_has_no_manifest_has_no_lineage():
    assert joined_lineage(RECIPE.inputs) == ()


def test_upstream_finds_the_last_run_of_a_stage():
    train = stage_run("train", stage_run("vocab", stage_run("tokenize")))
    assert train.upstream("vocab")["stage"] == "vocab"
    assert train.upstream("train")["fingerprint"] == train.fingerprint
    assert train.upstream("encode") is None


def test_an_entry_speaks_of_content_and_not_of_stamps_or_lineage():
    entry = manifest_of(RECIPE).entry()
    assert entry["output"] == {"name": "model", "digest": "dd", "size": 5}
    assert [set(each) for each in entry["inputs"]] == [{"role", "name", "digest", "traits"}] * 2
    assert "lineage" not in entry
