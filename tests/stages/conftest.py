"""A finished build with a table in every format; and an empty folder to work in."""

import pytest

from tests.support.runs import the_build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A build of the two phrases, with a table in every format; no test changes it."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "corpus.txt").write_text("Hope to see you soon\nNice to see you again\n")
    list(the_build(folder).run())
    return folder


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
