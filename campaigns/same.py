"""Build the same corpus again and again, elsewhere: every artifact has the same bytes.

What must not decide: the folder, the locale, the time zone, Python's hash seed, its optimization,
the umask. The manifests' fingerprints are the same too.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from campaigns.findings import ROOT, Effort, Finding
from corpus2vec.pipeline.artifacts.inputs import read_manifest
from tests.support.commands import command
from tests.support.runs import ALL_FORMATS

EVERYTHING = "all of it"
"""Another locale, time zone, hash seed, umask and folder at once."""
SURROUNDINGS: dict[str, dict[str, str]] = {
    EVERYTHING: {"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
    "again": {},
    "LC_ALL=C": {"LC_ALL": "C"},
    "LC_ALL=tr_TR.UTF-8": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "LC_ALL=POSIX, no UTF-8 mode": {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    "TZ=Asia/Kathmandu": {"TZ": "Asia/Kathmandu"},
    "TZ=America/St_Johns": {"TZ": "America/St_Johns"},
    "PYTHONHASHSEED=0": {"PYTHONHASHSEED": "0"},
    "PYTHONHASHSEED=4294967295": {"PYTHONHASHSEED": "4294967295"},
    "umask 077": {},
    "umask 000": {},
    "another folder": {},
    "PYTHONOPTIMIZE=2": {"PYTHONOPTIMIZE": "2"},
}
OBJECTIVES = ("context", "lm", "classify")
SETTINGS = (
    *("--label-from", "file", "--dim", "4", "--epochs", "1", "--threads", "2", "--quiet"),
    *("--format", ALL_FORMATS),
)


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Build in every surroundings with every objective."""
    found = Finding.counting("different")
    text = (ROOT / "sample_corpora/english.txt").read_text("utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [(one, each) for one in OBJECTIVES for each in SURROUNDINGS]
        chosen = pairs[:: max(1, round(1 / effort.share))]
        first = {one: build(folder, "first", text, one, {}) for one in {pair[0] for pair in chosen}}
        for objective, name in chosen:
            made = build(folder, name, text, objective, SURROUNDINGS[name])
            found.of += 1
            if made != first[objective]:
                names = [each for each in made if made[each] != first[objective].get(each)]
                found.report("different", f"{objective}, {name}: {names}")
    return {22: found}


def build(
    folder: Path, name: str, text: str, objective: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Build the text; return the digests of all artifacts by name."""
    elsewhere = name in ("another folder", EVERYTHING)
    place = folder / ("another földer" if elsewhere else "build")
    subprocess.run(["rm", "-rf", place], check=True)
    place.mkdir()
    half = len(text) // 2
    corpus = [place / "a.txt", place / "b.txt"]
    for path, part in zip(corpus, (text[:half], text[half:]), strict=True):
        path.write_text(part, "utf-8")
    umask = {"umask 000": 0, "umask 077": 0o077, EVERYTHING: 0o077}.get(name, 0o022)
    subprocess.run(
        command("run", *corpus, "-o", place, "--objective", objective, *SETTINGS),
        check=True,
        env={**os.environ, **environment},
        umask=umask,
        stdin=subprocess.DEVNULL,
    )
    made = {}
    for each in sorted({*place.rglob("*")} - {*corpus}):
        # Manifests and metrics have seconds in them; a manifest's fingerprint has not.
        if manifest := read_manifest(each):
            made[f"the recipe of {each.name}"] = manifest.fingerprint
        if each.is_file() and not each.name.endswith((".manifest.json", ".metrics.jsonl")):
            digest = hashlib.sha256(each.read_bytes()).hexdigest()
            made[str(each.relative_to(place))] = digest
    return made
