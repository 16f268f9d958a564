"""Dumps as files and folders, and files of any content."""

import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.verify import verify_dump
from corpus2vec.pipeline.tables.writing import prepare, write_dump
from tests.support.tables import TABLE, rows_of


@pytest.fixture
def dump(tmp_path):
    """Writes a table in a format, verifies it, and returns its path."""

    def write(format, table=TABLE, **settings):
        config = DumpConfig(format=format, **settings)
        path = tmp_path / f"vectors{FORMATS[format].extension}"
        ready, _ = prepare(table, config)
        if FORMATS[format].layout is Layout.FOLDER:
            path.mkdir()
        write_dump(path, ready, config)
        verify_dump(path, ready, config)
        return path

    return write


@pytest.fixture
def file(tmp_path):
    """Makes a file of bytes, or of text."""

    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def read(file):
    """Reads vectors from such a file, as a dictionary of lists."""

    def read_content(content, wanted=None, name="vectors.txt"):
        return rows_of(read_vectors(file(content, name), wanted))

    return read_content
