"""Which folders are installed, and under which names; all else is in pyproject.toml.

`cli/` and `pipeline/` are installed as `corpus2vec.cli` and `corpus2vec.pipeline`, since `cli` and
`pipeline` as top-level names would collide with other people's. In a checkout two links in
`corpus2vec/` have the same effect without installing. A build does not follow them: a ZIP archive
of the repository, as GitHub offers it, has text files in their place.
"""

from setuptools import find_packages, setup

folders = {"corpus2vec.cli": "cli", "corpus2vec.pipeline": "pipeline"}
inner = [f"{name}.{each}" for name, folder in folders.items() for each in find_packages(folder)]
setup(
    packages=["corpus2vec", *folders, *inner],
    package_dir=folders,
    data_files=[("share/man/man1", ["docs/corpus2vec.1"])],
)
