"""A trained model or its table, with all that is needed to read another corpus as its own was.

The vocabulary is found and known by its digest; how to tokenize is in the lineage. So a model, its
manifest and its vocabulary, wherever they are, are enough: a build, or a copy of these files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.inputs import file_input, folder_inputs
from corpus2vec.pipeline.artifacts.manifest import Input, Manifest
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.read_ahead import read_ahead
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.corpora import corpus_inputs, without_idle

if TYPE_CHECKING:
    import numpy as np

    from corpus2vec.pipeline.corpus.corpus import Corpus
    from corpus2vec.pipeline.corpus.sources import Source
    from corpus2vec.pipeline.phrases.joining import Joining
    from corpus2vec.pipeline.use.documents import Encoded, Reader
    from corpus2vec.pipeline.vocabulary.vocabulary import Vocabulary

PHRASES, ROLE = "phrases", "vocabulary"
LAST_READ_SECONDS = 1.0
"""How long to wait at the end for a batch that is being read; standard input may never give one."""


@dataclass(frozen=True)
class Trained:
    """A model or a table, and how its corpus became ids."""

    given: Input
    vocabulary: Input
    tokens: TokenizeConfig
    joinings: Sequence[Joining]
    lists: Sequence[Input]
    """The lists of phrases that were joined."""

    @property
    def path(self) -> Path:
        """The model or the table."""
        return Path(self.given.name)

    @property
    def is_model(self) -> bool:
        """Whether it is a model, and not a table that was dumped from one."""
        from corpus2vec.pipeline.artifacts.weights import is_model

        return self.path.is_file() and is_model(self.path)

    def vectors(self, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the vector of each id, and which ids have one: None if all have.

        Of a model it is the table that `dump` writes if nothing else is asked for.
        """
        return _of_model(self.path, vocabulary) if self.is_model else _of_dump(self, vocabulary)

    def inputs(self, sources: Sequence[Source], output: Path) -> tuple[Input, ...]:
        """Return all that decides what is made of a corpus."""
        inputs = [self.given, self.vocabulary, *self.lists, *corpus_inputs(sources, output)]
        if self.pipeline:
            inputs += folder_inputs("pipeline", self.pipeline)
        return tuple(inputs)

    @property
    def pipeline(self) -> Path | None:
        """The folder of the spaCy pipeline that tokenizes, if it is one."""
        from corpus2vec.pipeline.tokenizer.spacy_pipeline import is_model_folder

        named = self.tokens.model
        return Path(named) if named and is_model_folder(named) else None

    def settings(self, settings: Mapping[str, Any], sources: Sequence[Source]) -> dict[str, Any]:
        """Return the settings of a command, and those with which the corpus is tokenized."""
        from corpus2vec.pipeline.tokenizer.lineage import TOKEN_SETTINGS
        from corpus2vec.pipeline.tokenizer.spacy_pipeline import deciding

        tokens = deciding(self.tokens)
        own = {name: tokens[name] for name in TOKEN_SETTINGS if name in tokens}
        return {**without_idle(settings, sources), **own}

    def tools(self) -> dict[str, str]:
        """Return the versions of the tools that decide the tokens."""
        from corpus2vec.pipeline.tokenizer.spacy_pipeline import versions

        return versions(self.tokens)

    def reader(self) -> Reader:
        """Return what turns texts into documents of ids."""
        from corpus2vec.pipeline.use.documents import Reader
        from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

        return Reader(self.tokens, self.joinings, read_vocabulary(self.vocabulary))


def model(path: Path, vocabulary: Path | None = None) -> Trained:
    """Return a model, with its vocabulary and how its corpus was tokenized.

    The vocabulary is looked for, unless it is named. Raises DataError if one of them is not found,
    or is another one.
    """
    from corpus2vec.pipeline.artifacts.weights import read_header, verify

    given = door.model("model", path)
    path = Path(given.name)
    manifest = _manifest_of(given)
    verify(path)
    wanted = read_header(path, "model", {"vocabulary_digest": str})["vocabulary_digest"]
    if vocabulary is None:
        return _trained(given, manifest, wanted)
    words = door.artifact(ROLE, vocabulary, "vocab")
    door.require_vocabulary(given, wanted, words)
    return _trained(given, manifest, wanted, words)


def table_or_model(path: Path) -> Trained:
    """Return a model or a dump, with its vocabulary and how its corpus was tokenized.

    Of a build it is the model, or else the dump. Raises DataError as `model` does.
    """
    from corpus2vec.pipeline.artifacts.weights import is_model

    path = door.model_or_table(path)
    if path.is_file() and is_model(path):
        return model(path)
    given = door.artifact("table", path, door.DUMP)
    manifest = _manifest_of(given)
    wanted = next((each["digest"] for each in manifest.inputs if each["role"] == ROLE), "")
    return _trained(given, manifest, wanted)


def _of_model(path: Path, vocabulary: Vocabulary) -> tuple[np.ndarray, None]:
    from corpus2vec.pipeline.artifacts.weights import OUTPUT, read_header, read_names, read_table
    from corpus2vec.pipeline.tables.combining import joined, resolved

    needs = {"config": {"objective": str, "freeze": (None, bool), ...: Any}}
    config = read_header(path, "model", needs)["config"]
    has_output = OUTPUT in read_names(path)
    how = resolved("auto", config["objective"], has_output, bool(config.get("freeze")))
    rows = len(vocabulary)
    output_VE = read_table(path, OUTPUT, rows) if has_output and how != "input" else None
    return joined(read_table(path, rows=rows), output_VE, how), None


def _of_dump(trained: Trained, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of a dump by ids, whatever the order of its rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from corpus2vec.pipeline.artifacts.stored import dump_settings
    from corpus2vec.pipeline.tables.reading import read_vectors
    from corpus2vec.pipeline.tables.tokens import as_written

    stored = _manifest_of(trained.given).config
    written = dump_settings(stored, f"the manifest of {trained.path}").format
    table = read_vectors(trained.path)
    spelt = pa.array([as_written(each, written) for each in vocabulary.tokens.to_pylist()])
    found = pc.index_in(spelt, value_set=table.tokens.cast(spelt.type))
    row_V = found.fill_null(-1).to_numpy()
    vectors_VD = np.zeros((len(row_V), table.dim), np.float32)
    vectors_VD[row_V >= 0] = table.vectors_VD[row_V[row_V >= 0]]
    return vectors_VD, row_V >= 0


def _trained(
    given: Input, manifest: Manifest, wanted: str, vocabulary: Input | None = None
) -> Trained:
    from corpus2vec.pipeline.phrases.retracing import joinings, lists
    from corpus2vec.pipeline.tokenizer.lineage import tokenize_config
    from corpus2vec.pipeline.vocabulary.finding import find_vocabulary

    path = Path(given.name)
    vocabulary = vocabulary or find_vocabulary(path, manifest, wanted)
    return Trained(
        given,
        vocabulary,
        tokenize_config(manifest, path),
        joinings(manifest, path),
        [file_input(PHRASES, each) for each in lists(manifest, path)],
    )


def _manifest_of(given: Input) -> Manifest:
    if given.manifest is None:
        raise DataError(
            f"{given.name} has no manifest, so how its corpus was tokenized is not known",
            hint=f"put its {manifest_path(Path(given.name)).name} beside it",
        )
    return given.manifest


def torch_version(command: str) -> dict[str, str]:
    """Return torch's version. Raises UsageError where there is none."""
    try:
        return {"torch": metadata.version("torch")}
    except metadata.PackageNotFoundError as problem:
        raise UsageError(
            f"{command} needs torch, which is not installed", hint="pip install torch"
        ) from problem


def encoded(reader: Reader, corpus: Corpus, progress: Progress) -> Iterator[Encoded]:
    """Yield the documents of a corpus, batch by batch; reading runs beside the work."""
    with read_ahead(corpus.batches(), last_read_seconds=LAST_READ_SECONDS) as ahead:
        for texts in ahead:
            yield reader.read(texts)
            corpus.report(progress, reader.documents.read)
    reader.documents.read += corpus.missing
    reader.documents.drop("missing field", corpus.missing)


def report_unknown(reader: Reader, progress: Progress) -> None:
    """Report the tokens that the vocabulary does not know, where no manifest will."""
    if reader.unknown:
        read, kept = reader.tokens.read, reader.documents
        left = kept.read - kept.kept
        progress.notice(
            f"{reader.unknown:,} of {read:,} tokens are not in the vocabulary"
            + (f"; {left:,} of {kept.read:,} documents have no known token" if left else "")
        )
