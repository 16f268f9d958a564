"""A small artifact for the tests of artifacts and of their publication."""

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


def run_python(script, *arguments, **options):
    """A Python process that runs `script`, with the same libraries."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
