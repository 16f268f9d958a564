"""The front end as a whole: its books balance, and how it is carried out decides no byte."""

import functools
import json
import re
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts import parquet
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.config import (
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    VocabConfig,
    VocabExecution,
)
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from corpus2vec.pipeline.vocabulary.vocabulary import parse_vocabulary
from tests.support.commands import call

# A tokenizer for each config, made once: what it knows of other corpora must change nothing.
make_tokenizer = functools.cache(tokenize_stage._make_tokenizer)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli(capfd, monkeypatch):
    return functools.partial(call, capfd, monkeypatch)


def tokenize(*names, workers=1, force=True, **settings):
    execution = TokenizeExecution(workers=workers)
    config = TokenizeConfig(**settings)
    return stages.tokenize.run(names, Path("t.parquet"), config, execution, force=force)


def front_end(*names, settings=None, vocab=None, encode=None, workers=1):
    """Counts of the three stages, and the bytes of what they made."""
    paths = tokens, words, ids = Path("t.parquet"), Path("v.tsv"), Path("i.parquet")
    outcomes = [
        tokenize(*names, workers=workers, **(settings or {})),
        stages.vocab.run([tokens], words, vocab or VocabConfig(), force=True),
        stages.encode.run([tokens, words], ids, encode or EncodeConfig(), force=True),
    ]
    return [outcome.counts for outcome in outcomes], [path.read_bytes() for path in paths]


def write(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


# --- what decides no byte --------------------------------------------------------------------


@pytest.fixture
def many_kinds():
    """A corpus of several files, in words that come to many batches and row groups."""
    lines = [f"Nice to see you, nr. {number % 97}! It's\u3000 fine.\n" for number in range(900)]
    write("a.txt", "".join(lines) + "\n \n" + "x" * 5000 + "\n")
    write("b.jsonl", "".join(json.dumps({"text": line}) + "\n" for line in lines[:300]))
    write("c.csv", 'text\n"Hope ""to"" see"\n""\nyou\n')
    return ["a.txt", "b.jsonl", "c.csv"]


def test_the_number_of_workers_decides_no_byte(many_kinds, monkeypatch):
    expected = front_end(*many_kinds, settings={"label_from": "file"})
    monkeypatch.setattr(limits, "BLOCK_BYTES", 3000)
    monkeypatch.setattr(limits, "BATCH_BYTES", 3000)
    for workers in (1, 2, 3):
        found = front_end(*many_kinds, settings={"label_from": "file"}, workers=workers)
        assert found == expected


@pytest.mark.parametrize(
    ("block_bytes", "batch_bytes"), [(1, 1), (7, 1 << 20), (100, 100), (5000, 1)]
)
def test_how_the_corpus_is_cut_into_batches_decides_no_byte(
    many_kinds, block_bytes, batch_bytes, monkeypatch
):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    expected = front_end(*many_kinds)
    monkeypatch.setattr(limits, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(limits, "BATCH_BYTES", batch_bytes)
    assert front_end(*many_kinds) == expected


@pytest.mark.parametrize(("items", "rows"), [(100, 1 << 17), (1 << 20, 7), (1, 1)])
def test_how_large_row_groups_are_decides_nothing_but_row_groups(
    many_kinds, items, rows, monkeypatch
):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    [counts, [_, vocabulary, _]] = front_end(*many_kinds, settings={"label_from": "file"})
    ids = list(documents(Path("i.parquet")))
    monkeypatch.setattr(parquet, "ROW_GROUP_ITEMS", items)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", rows)
    [found, [_, words, _]] = front_end(*many_kinds, settings={"label_from": "file"})
    assert (found, words) == (counts, vocabulary)
    assert list(documents(Path("i.parquet"))) == ids


def test_workers_and_memory_are_no_part_of_the_recipe(many_kinds):
    first = tokenize(*many_kinds)
    assert not first.hit
    again = tokenize(*many_kinds, workers=2, force=False)
    assert (again.hit, again.fingerprint) == (True, first.fingerprint)
    outcomes = [
        stages.vocab.run(
            [Path("t.parquet")], Path("v.tsv"), VocabConfig(), VocabExecution(memory=size)
        )
        for size in ("2G", "500M")
    ]
    assert [outcome.hit for outcome in outcomes] == [False, True]


# --- the books -------------------------------------------------------------------------------


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
@pytest.mark.parametrize("content", ["", "\n", " \n\r\n\t", "\ufeff", "\u3000\u2028"], ids=repr)
def test_a_corpus_of_blanks_is_refused(content, doc_per, monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    with pytest.raises(DataError) as refused:
        tokenize(write("a.txt", content), doc_per=doc_per)
    assert refused.value.message == "the corpus has no document that is not blank: a.txt"
    assert refused.value.hint == "is it the right file, and the right --text-field?"
    assert refused.value.exit_code == 65
    assert not Path("t.parquet").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "text,n\n"), ("a.csv", 'text,n\n"",1\n" ",2\n'), ("a.jsonl", '\n{"text": null}\n')],
)
def test_a_table_of_blanks_is_refused(name, content, monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    with pytest.raises(DataError, match=rf"^the corpus has no document that .* blank: {name}$"):
        tokenize(write(name, content))


def test_blank_documents_and_those_of_which_no_token_is_left_are_told_apart(monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    name = write("a.txt", "\n \t\nHope\n\u3000\u2028\n\r\n...\nto\n")
    counts = tokenize(name, drop=("space", "punct")).counts
    dropped = {"blank": 4, "no token left": 1}
    assert counts["documents"] == {"in": 7, "kept": 2, "dropped": dropped}
    assert counts["tokens"] == {"in": 3, "kept": 2, "dropped": {"punct": 1}}


def test_cuts_in_what_is_too_long_are_told_if_there_are_any(monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    name = write("a.txt", "Hope to see you\n" + "x" * 3000 + "\n")
    assert tokenize(name).counts["chunks_cut"] == 2
    assert "documents_cut" not in tokenize(name).counts
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 8)
    counts = tokenize(write("b.txt", "Hope to see you\nsoon\n")).counts
    assert counts["documents_cut"] == 1
    assert "chunks_cut" not in counts
    assert counts["documents"] == {"in": 3, "kept": 3}
    assert [row["tokens"] for row in documents(Path("t.parquet"))] == [
        ["Hope", "to"], ["see", "you"], ["soon"]
    ]  # fmt: skip
    assert json.loads(manifest_path(Path("t.parquet")).read_text())["counts"] == counts


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "drop": st.sampled_from([(), ("space", "punct"), ("space", "punct", "num", "stop")]),
        "lower": st.just(True),
        "sentences": st.just(True),
        "max_doc_tokens": st.integers(1, 3),
        "doc_per": st.sampled_from(["line", "paragraph", "file"]),
    },
)
PIECES = ["Hope", "hope", " ", "  ", "\n", "\n\n", "\r\n", "...", "!", "7", "the", "it's", "\u3000"]
a_file = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
NOTHING = "the corpus has no document that is not blank|there is no token in|no token is left"
a_vocabulary = st.builds(
    VocabConfig, min_count=st.integers(1, 2), max_size=st.none() | st.integers(1, 3)
)


@settings(max_examples=40)
@given(
    files=st.lists(a_file, min_size=1, max_size=3),
    config=SETTINGS,
    vocab=a_vocabulary,
    sizes=st.tuples(st.integers(1, 30), st.integers(1, 30)),
)
def test_the_books_balance_from_the_corpus_to_the_ids(files, config, vocab, sizes):
    names = [write(f"{number}.txt", content) for number, content in enumerate(files)]
    with (
        mock.patch.object(tokenize_stage, "_make_tokenizer", make_tokenizer),
        mock.patch.multiple(limits, BLOCK_BYTES=sizes[0], DOCUMENT_BYTES=sizes[1] + 3),
        mock.patch.object(limits, "BATCH_BYTES", sizes[1]),
        mock.patch("os.fsync"),
    ):
        try:
            counts, _ = front_end(*names, settings=config, vocab=vocab)
        except DataError as refused:
            counts, message = None, refused.message
    if counts is None:
        assert re.match(NOTHING, message)
        return
    tokenized, counted, encoded = counts
    for account in (
        tokenized["documents"],
        tokenized["tokens"],
        counted["tokens"],
        encoded["documents"],
        encoded["tokens"],
    ):
        ledger = Ledger("", account["in"], account["kept"], account.get("unk", 0))
        ledger.dropped.update(account.get("dropped", {}))
        ledger.balance()

    rows = [row["tokens"] for row in documents(Path("t.parquet"))]
    ids = [row["ids"] for row in documents(Path("i.parquet"))]
    lengths = list(map(len, rows))
    assert tokenized["rows"] == encoded["documents"]["in"] == len(rows)
    assert tokenized["tokens"]["kept"] == sum(lengths)
    assert counted["tokens"]["in"] == encoded["tokens"]["in"] == sum(lengths)
    assert list(map(len, ids)) == lengths
    if config.get("doc_per", "line") == "line":
        lines = sum(content.count("\n") + (not content.endswith("\n")) for content in files)
        empty = files.count("")
        expected = lines - empty + tokenized.get("documents_cut", 0)
        assert tokenized["documents"]["in"] == expected
    words = parse_vocabulary(Path("v.tsv").read_bytes(), "v.tsv").tokens.to_pylist()
    for row, numbers in zip(rows, ids, strict=True):
        for token, number in zip(row, numbers, strict=True):
            assert words[number] in (token, counted.get("unk"))


# --- the options -----------------------------------------------------------------------------


def test_a_negative_number_of_workers_is_refused(cli):
    result = cli("tokenize", write("a.txt", "Hope"), "-o", "t.parquet", "--workers", "-1")
    assert result.code == 2
    assert "--workers" in result.err
    with pytest.raises(UsageError, match="--workers must be 1 or more"):
        TokenizeExecution(workers=-1)


@pytest.mark.parametrize("size", ["", "M", "0", "0G", "-1", "1.5G", "2X", "2 G", "2GB", "²", "٢"])
def test_a_memory_that_is_no_number_of_bytes_is_refused(cli, size):
    result = cli("vocab", "t.parquet", "-o", "v.tsv", "--memory", size)
    assert result.code == 2
    assert result.err == (
        f"error: --memory cannot be {size!r}\n"
        "hint: it takes a number of bytes, optionally followed by K, M, G or T\n"
    )


@pytest.mark.parametrize(
    ("spelled", "size"),
    [("1", 1), ("4096", 4096), ("3k", 3 << 10), ("500M", 500 << 20), ("2G", 2 << 30)],
)
def test_memory_is_spelled_as_people_do(spelled, size):
    assert VocabExecution(memory=spelled).memory_bytes == size


def test_workers_and_memory_may_stand_in_a_config_file(cli, monkeypatch):
    seen = {}

    def stage(name):
        def run(*arguments, **options):
            seen[name] = arguments[3]
            raise DataError("that is enough")

        return run

    for name in ("tokenize", "vocab"):
        monkeypatch.setattr(getattr(stages, name), "run", stage(name))
    config = write("c.toml", "[tokenize]\nworkers = 3\n[vocab]\nmemory = '700M'\n")
    corpus = write("a.txt", "Hope")
    cli("tokenize", corpus, "-o", "t.parquet", "--config", config)
    cli("vocab", "t.parquet", "-o", "v.tsv", "--config", config)
    assert seen["tokenize"] == TokenizeExecution(workers=3)
    assert seen["vocab"] == VocabExecution(memory="700M")
    cli("tokenize", corpus, "-o", "t.parquet", "--config", config, "--workers", "2")
    assert seen["tokenize"].workers == 2
    write("c.toml", "[tokenize]\nmemory = '700M'\n")
    result = cli("tokenize", corpus, "-o", "t.parquet", "--config", config)
    assert (result.code, "has no setting memory" in result.err) == (2, True)
