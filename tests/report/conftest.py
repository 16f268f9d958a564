"""One build by `run` for all tests of the report; those that change it take a copy."""

import pytest

from tests.support.builds import run


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return run(tmp_path_factory.mktemp("builds") / "head lines")
