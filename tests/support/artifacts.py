"""Small artifacts for the tests of artifacts and of their publication, and ways to damage them."""

import os
import subprocess
import sys
import textwrap

import pytest

from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.store import produce

NAME = "out.txt"
MANIFEST = "out.txt.manifest.json"


def recipe(*inputs, stage="shout", dim=2, tools=None):
    return Recipe(stage=stage, format=1, config={"dim": dim}, inputs=inputs, tools=tools or {})


def writing(content):
    def write(target):
        target.write_bytes(content)
        return {"bytes": len(content)}

    return write


def make(output, content=b"hello", **settings):
    return produce(recipe(**settings), output, writing(content))


def never(target):
    pytest.fail("it was made again")


def names(folder):
    return sorted(each.name for each in folder.iterdir())


# --- folders ---------------------------------------------------------------------------------


def fill(folder, contents):
    """Write files by their names within the folder."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content)


def contents(folder):
    """The files of a folder by their names within it."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


# --- damage ----------------------------------------------------------------------------------


def put(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def remove(name):
    return lambda folder: (folder / name).unlink()


def cut_in_half(name):
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 2)


DAMAGE = {
    "artifact gone": (remove(NAME), "no out.txt yet"),
    "artifact edited": (put(NAME, b"jello"), "out.txt was damaged or edited"),
    "artifact emptied": (put(NAME, b""), "out.txt was damaged or edited"),
    "artifact cut": (cut_in_half(NAME), "out.txt was damaged or edited"),
    "manifest gone": (remove(MANIFEST), "no readable manifest"),
    "manifest empty": (put(MANIFEST, b""), "no readable manifest"),
    "manifest half-written": (cut_in_half(MANIFEST), "no readable manifest"),
    "manifest binary": (put(MANIFEST, bytes(range(256))), "no readable manifest"),
    "manifest of something else": (put(MANIFEST, b'{"name": "npm"}'), "no readable manifest"),
}
"""What can happen to the artifact in a folder, and the reason that a miss then has."""


def edit_quietly(path, content, dice):
    """Flip one bit of `content` in the file, and set its mtime back."""
    before = path.stat()
    edited = bytearray(content)
    edited[dice.randrange(len(edited))] ^= 1 << dice.randrange(8)
    path.write_bytes(edited)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# --- other processes -------------------------------------------------------------------------


def run_python(script, *arguments, **options):
    """A Python process that runs `script`, with the same libraries."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
