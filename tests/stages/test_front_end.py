"""The front end as a whole: its ledgers balance, and how it is carried out decides no byte."""

import contextlib
import json
import re
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts import parquet_writer
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.config import VocabConfig, VocabExecution
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from corpus2vec.pipeline.vocabulary.vocabulary import parse_vocabulary
from tests.support.front_end import front_end, make_tokenizer, tokenize
from tests.support.runs import write

# --- what decides no byte --------------------------------------------------------------------


LABELLED = {"label_from": "file"}


@pytest.fixture(scope="module")
def many_kinds(tmp_path_factory):
    """A corpus of several files, large enough for many batches and row groups."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = [f"Nice to see you, nr. {number % 97}! It's\u3000 fine.\n" for number in range(900)]
    rows = "".join(json.dumps({"text": line}) + "\n" for line in lines[:300])
    return [
        str(write(folder / "a.txt", "".join(lines) + "\n \n" + "x" * 5000 + "\n")),
        str(write(folder / "b.jsonl", rows)),
        str(write(folder / "c.csv", 'text\n"Hope ""to"" see"\n""\nyou\n')),
    ]


@pytest.fixture(scope="module")
def expected(many_kinds, tmp_path_factory):
    """Counts and bytes by one worker, with the usual sizes; and the encoded documents."""
    with contextlib.chdir(tmp_path_factory.mktemp("expected")):
        counts, contents = front_end(*many_kinds, settings=LABELLED)
        return counts, contents, list(documents(Path("i.parquet")))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_decides_no_byte(many_kinds, expected, workers, monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_BYTES", 3000)
    monkeypatch.setattr(limits, "BATCH_BYTES", 3000)
    assert front_end(*many_kinds, settings=LABELLED, workers=workers) == expected[:2]


@pytest.mark.parametrize(
    ("block_bytes", "batch_bytes"), [(1, 1), (7, 1 << 20), (100, 100), (5000, 1)]
)
def test_the_size_of_batches_decides_no_byte(
    many_kinds, expected, block_bytes, batch_bytes, monkeypatch
):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    monkeypatch.setattr(limits, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(limits, "BATCH_BYTES", batch_bytes)
    assert front_end(*many_kinds, settings=LABELLED) == expected[:2]


@pytest.mark.parametrize(("items", "rows"), [(100, 1 << 17), (1 << 20, 7), (1, 1)])
def test_the_size_of_row_groups_decides_nothing_but_row_groups(
    many_kinds, expected, items, rows, monkeypatch
):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ITEMS", items)
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", rows)
    counts, [_, vocabulary, _] = front_end(*many_kinds, settings=LABELLED)
    assert (counts, vocabulary) == (expected[0], expected[1][1])
    assert list(documents(Path("i.parquet"))) == expected[2]


def test_workers_and_memory_are_not_in_the_recipe(many_kinds):
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


# --- ledgers ---------------------------------------------------------------------------------


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
def test_the_ledgers_balance_from_the_corpus_to_the_ids(files, config, vocab, sizes):
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
