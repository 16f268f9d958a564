"""The face of the package: what it hands on, and what importing it costs."""

import subprocess
import sys

import pytest

import corpus2vec


def test_importing_it_imports_nothing_heavy():
    program = (
        "import sys, time; began = time.perf_counter(); import corpus2vec\n"
        "print(time.perf_counter() - began, *sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE)
    seconds, *modules = printed.stdout.decode().split()
    print(f"import corpus2vec: {1000 * float(seconds):.1f} ms, {len(modules)} modules")
    assert not {"numpy", "pyarrow", "spacy", "torch", "typer"} & set(modules)
    assert [each for each in modules if each.startswith("corpus2vec")] == ["corpus2vec"]


def test_every_name_can_be_imported_and_has_a_docstring():
    assert 5 <= len(corpus2vec.__all__) <= 10
    assert dir(corpus2vec) == corpus2vec.__all__
    assert {*corpus2vec.HOMES, "__version__"} == set(corpus2vec.__all__)
    for name in corpus2vec.HOMES:
        assert getattr(corpus2vec, name).__doc__, name
    with pytest.raises(AttributeError, match="'corpus2vec' has no attribute 'Loda'"):
        corpus2vec.Loda  # noqa: B018
