"""The kinds of nasty files: the cases of each, and the commands that can meet one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from corpus2vec.pipeline.artifacts.beside import manifest_path
from tests.nasty import artifacts, manifests, others, tables
from tests.nasty.artifacts import STOPPED
from tests.nasty.spoiling import put

GOLD = "gold.tsv"
FORMATS = {
    "npy": "npy",
    "spacy": "spacy",
    "key2row": "spacy",
    "strings.json": "spacy",
    "safetensors": "safetensors",
    "tokenizer.json": "safetensors",
    "config.json": "safetensors",
    "tsv": "tsv",
}
"""The extension of the folder that a case spoils, by how the case's name begins."""


@dataclass(frozen=True)
class Kind:
    """Nasty files of one kind."""

    cases: Mapping[str, Callable]
    """By the fault's name: spoils a file in the folder of a build."""
    commands: Callable
    """From that folder and the case's name to the command lines. The first one is always tried."""
    named: Callable = lambda case: ""
    """From the case's name to what the error must name."""
    codes: tuple = (65,)
    whole: bool = False
    """Whether the files of the build have their manifests."""
    blind: Mapping[str, tuple] = field(default_factory=dict)
    """By the case's name: commands that need not look at what is wrong, and then end well."""


def train(folder, *more, output="new.safetensors"):
    small = ("--dim", "2", "--seq-len", "5", "--epochs", "1", "--threads", "1")
    files = folder / "ids.parquet", folder / "vocab.tsv"
    return ("train", *files, *small, "-o", folder / output, *more)


def report(folder):
    return "report", folder, "-o", folder / "report.html"


def dump(folder):
    return "dump", folder / "model.safetensors", folder / "vocab.tsv", "-o", folder / "new.w2v"


def report_on(folder, table):
    """A report, which takes one dump of several: here there is only one."""
    for other in folder.glob("embeddings.*"):
        if not other.name.startswith(table.name):
            other.rename(folder / f"other.{other.suffix}")
    yield report(folder)


def of_table(folder, table):
    yield "neighbors", table, "Hope"
    yield "similarity", table, "Hope", "to"
    yield "analogy", table, "Hope", "to", "see"
    yield "evaluate", table, folder / GOLD
    yield "compare", folder / "embeddings.txt", table
    yield train(folder, "--init", table)
    yield "lookup", table, "Hope"


def of_dump(folder, case):
    table = folder / f"embeddings.{FORMATS[case.partition(':')[0]]}"
    yield from of_table(folder, table)
    yield from report_on(folder, table)


def of_vocabulary(folder, case):
    tokens, vocabulary = folder / "tokens.parquet", folder / "vocab.tsv"
    yield "encode", tokens, vocabulary, "-o", folder / "new.parquet"
    yield train(folder)
    yield dump(folder)
    yield report(folder)


def of_npy_vocabulary(folder, case):
    yield "neighbors", folder / "embeddings.npy", "Hope"


def of_phrases(folder, case):
    tokens = folder / "tokens.parquet"
    yield "join", tokens, folder / "phrases.tsv", "-o", folder / "new.parquet"


def of_tokens(folder, case):
    tokens = folder / "tokens.parquet"
    (folder / "ids.parquet").unlink()  # or a report would show those
    yield "vocab", tokens, "-o", folder / "new.tsv"
    yield "encode", tokens, folder / "vocab.tsv", "-o", folder / "new.parquet"
    yield "show", tokens
    yield report(folder)


def of_ids(folder, case):
    yield train(folder, "--objective", "classify")
    yield train(folder)
    yield "show", folder / "ids.parquet"
    yield report(folder)


def of_model(folder, case):
    yield dump(folder)
    yield train(folder, "--init", folder / "model.safetensors")


def of_checkpoint(folder, case):
    yield train(folder, "--resume", "--optimizer", "adam", output=STOPPED)


def of_gold(folder, case):
    name = "spoilt.tsv.gz" if case in others.PACKED else "spoilt.tsv"
    yield "evaluate", folder / "embeddings.txt", folder / name
    yield "evaluate", folder / "embeddings.txt", folder / name, folder / GOLD


def of_metrics(folder, case):
    yield report(folder)
    yield "plot", "loss", folder, "-o", folder / "loss.svg"


def of_kept(folder, case):
    kept = folder / "keep.txt"
    yield "vocab", folder / "tokens.parquet", "--keep", kept, "-o", folder / "new.tsv"


def of_corpus(folder, case):
    yield "tokenize", folder / case, "-o", folder / "new.parquet"
    yield "run", folder / case, "-o", folder / "new"


def of_labels(folder, case):
    yield "tokenize", folder / case, "--label-field", "label", "-o", folder / "new.parquet"


def of_toml(folder, case):
    corpus, config = folder / "corpus.txt", folder / "settings.toml"
    yield "plan", corpus, "--config", config, "-o", folder
    yield "run", corpus, "--config", config, "-o", folder / "new"


def of_manifest(artifact):
    def commands(folder, case):
        yield "info", folder / artifact
        if artifact == "vocab.tsv":
            yield from of_vocabulary(folder, case)
        elif artifact == "model.safetensors":
            yield from of_model(folder, case)
        else:
            yield from of_table(folder, folder / artifact)
            yield from report_on(folder, folder / artifact)

    return commands


def of_lookup(folder, case):
    yield "lookup", folder / "embeddings.txt", "Hope"


def spoilt(name, contents):
    return {case: put(name, content) for case, content in contents.items()}


def spoilt_manifest(artifact, edits):
    return {case: manifests.manifest(artifact, edit) for case, edit in edits.items()}


def always(name):
    return lambda case: name


KINDS = {
    "table": Kind(
        spoilt("table.bin", tables.TABLES),
        lambda folder, case: of_table(folder, folder / "table.bin"),
        always("table.bin"),
    ),
    "dump": Kind(
        tables.FOLDERS, of_dump, lambda case: f"embeddings.{FORMATS[case.partition(':')[0]]}"
    ),
    "vocabulary": Kind(
        spoilt("vocab.tsv", artifacts.VOCABULARIES), of_vocabulary, always("vocab.tsv")
    ),
    "vocabulary of npy": Kind(
        spoilt("embeddings.npy/vocab.tsv", artifacts.VOCABULARIES),
        of_npy_vocabulary,
        always("embeddings.npy"),
    ),
    "phrases": Kind(spoilt("phrases.tsv", artifacts.PHRASES), of_phrases, always("phrases.tsv")),
    "tokens": Kind(spoilt("tokens.parquet", artifacts.TOKENS), of_tokens, always("tokens.parquet")),
    "ids": Kind(artifacts.IDS, of_ids, always("ids.parquet"), blind=artifacts.BLIND_TO_IDS),
    "model": Kind(
        artifacts.WEIGHTS, of_model, always("model.safetensors"), blind=artifacts.BLIND_TO_WEIGHTS
    ),
    "checkpoint": Kind(artifacts.CHECKPOINTS, of_checkpoint, always(artifacts.CHECKPOINT)),
    # What is no gold file is taken for a table, and then there is none.
    "gold": Kind(
        spoilt("spoilt.tsv", others.GOLD) | spoilt("spoilt.tsv.gz", others.PACKED),
        of_gold,
        codes=(65, 2),
    ),
    "metrics": Kind(
        spoilt("model.metrics.jsonl", others.METRICS), of_metrics, always("model.metrics.jsonl")
    ),
    "tokens to keep": Kind(spoilt("keep.txt", others.KEEP), of_kept, always("keep.txt")),
    "corpus": Kind(
        {name: put(name, content) for name, content in others.CORPORA.items()},
        of_corpus,
        lambda case: case,
    ),
    "labels": Kind(
        {name: put(name, content) for name, content in others.LABELS.items()},
        of_labels,
        lambda case: case,
    ),
    "settings": Kind(
        spoilt("settings.toml", others.TOML), of_toml, codes=(2, 74), blind=others.BLIND_TO_TOML
    ),
    **{
        f"manifest of {artifact}": Kind(
            spoilt_manifest(artifact, manifests.MANIFESTS),
            of_manifest(artifact),
            always(manifest_path(artifacts.HERE / artifact).name),
            whole=True,
        )
        for artifact in ("vocab.tsv", "model.safetensors", "embeddings.txt")
    },
    "manifest that lookup reads": Kind(
        spoilt_manifest("embeddings.txt", manifests.LOOKED_UP),
        of_lookup,
        codes=(65, 2),  # a language that spaCy does not have
        whole=True,
    ),
}
