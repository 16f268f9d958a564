"""Every nasty file, through the commands that can meet it: exit 65, one line that names it, a hint.

Each file goes through one command, and the suite's short form takes one more of the others in turn.
With EVERY_COMMAND=1 in the environment it goes through all of them, as the campaign has it.
"""

import gzip
import os
import shutil

import pytest

from corpus2vec.pipeline.artifacts.inputs import read_manifest
from corpus2vec.pipeline.judge.gold import MOST_BYTES
from tests.nasty.kinds import GOLD, KINDS
from tests.nasty.manifests import MANIFESTS, STAMPS, at, manifest

ALL = [(kind, case) for kind, each in KINDS.items() for case in each.cases]
EVERY = bool(os.environ.get("EVERY_COMMAND"))
IN_SHORT = [(kind, case) for kind, case in ALL if "manifest of" not in kind] + [
    (kind, case)
    for kind in KINDS
    if "manifest of" in kind
    for case in ("seconds is None", "inputs is [{}]", "a stage before: config is 7")
]
"""In the short form most faults of manifests are not taken through commands: see below."""


@pytest.mark.parametrize(("kind", "case"), ALL if EVERY else IN_SHORT)
def test_a_nasty_file_is_refused_in_one_line(
    cli, tmp_path, whole_build, bare_build, request, kind, case
):
    nasty = KINDS[kind]
    folder = tmp_path / "build"
    shutil.copytree(whole_build if nasty.whole else bare_build, folder)
    nasty.cases[case](folder)
    for number, command in enumerate(nasty.commands(folder, case)):
        if not EVERY and number not in (0, 1 + len(case) % 5):
            continue
        result = cli(*command)
        said = f"{' '.join(map(str, command))}: {result.code}\n{result.err}"
        if not result.code and command[0] in nasty.blind.get(case, ()):
            continue
        assert result.code in nasty.codes, said
        lines = [line for line in result.err.splitlines() if not line.startswith("train: ")]
        assert [line.partition(":")[0] for line in lines] in (["error"], ["error", "hint"]), said
        assert nasty.named(case) in lines[0], said
        assert "Traceback" not in result.err


@pytest.mark.parametrize("artifact", ["vocab.tsv", "model.safetensors", "embeddings.txt"])
@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_of_wrong_types_is_not_read(tmp_path, whole_build, artifact, case):
    for name in (artifact, f"{artifact}.manifest.json"):
        shutil.copy(whole_build / name, tmp_path / name)
    assert read_manifest(tmp_path / artifact)
    manifest(artifact, MANIFESTS[case])(tmp_path)
    assert read_manifest(tmp_path / artifact) is None


@pytest.mark.parametrize("place", [("output", "stamp"), ("inputs", 0, "stamp")])
@pytest.mark.parametrize("case", STAMPS)
def test_a_stamp_is_only_compared(cli, tmp_path, whole_build, place, case):
    folder = shutil.copytree(whole_build, tmp_path / "build")
    manifest("vocab.tsv", at(STAMPS[case], *place))(folder)
    tokens, vocabulary = folder / "tokens.parquet", folder / "vocab.tsv"
    assert cli("info", vocabulary).code == 0
    assert cli("encode", tokens, vocabulary, "-o", folder / "new.parquet").code == 0


@pytest.mark.parametrize("start", [b"Hope\tto\t1\n" * 30, b"Hope\tto\t1\t"])
def test_a_gold_file_that_expands_without_end_is_refused(cli, bare_build, tmp_path, start):
    bomb = tmp_path / "bomb.tsv.gz"
    bomb.write_bytes(gzip.compress(start + b" " * MOST_BYTES, 1))
    result = cli("evaluate", bare_build / "embeddings.txt", bomb, bare_build / GOLD)
    assert result.code == 65
    assert str(bomb) in result.err
    assert ("is larger than 64 MB" in result.err) == (b"\n" in start)  # else it is no gold at all
