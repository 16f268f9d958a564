"""Parts, made in any order, are the artifact that is made at once: tokens, vocabulary, ids."""

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pandas
import pyarrow.dataset
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts import parquet_writer
from corpus2vec.pipeline.artifacts.beside import manifest_path, tally_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.parquet import RowGroupReader, documents
from corpus2vec.pipeline.artifacts.sealing import seal
from corpus2vec.pipeline.config import EncodeConfig, TokenizeConfig, TokenizeExecution, VocabConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from corpus2vec.pipeline.stages.keeping import contents
from tests.support.commands import command, spawn
from tests.support.front_end import make_tokenizer
from tests.support.runs import write

TEXT = "".join(f"Nice to see you, nr. {number % 41}! Hope so.\n" for number in range(400))


@pytest.fixture(autouse=True)
def _one_tokenizer(monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)


@pytest.fixture
def corpus():
    """A folder of files of three kinds, with labels; most are cut."""
    rows = [{"text": line, "label": f"l{n * 7 % 23}"} for n, line in enumerate(TEXT.split("\n"))]
    Path("corpus").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    write("corpus/a.jsonl", lines)
    write("corpus/b.csv", "text,label\n" + "".join(f'"{r["text"]}\n",{r["label"]}\n' for r in rows))
    write("corpus/c.jsonl", '{"text": "again", "label": "last"}\n' * 9)
    return "corpus"


def tokenize(corpus, of, workers=1, **settings):
    """Make the parts of tokens in random order."""
    config = TokenizeConfig(part=f"1-{of}/{of}", label_field="label", **settings)
    execution = TokenizeExecution(workers=workers)
    outputs = config.outputs(Path("parts/tokens"))
    random.Random(of).shuffle(outputs)
    return [stages.tokenize.run([corpus], path, own, execution) for path, own in outputs]


def encode(of, folder="parts/ids", vocab=None, **settings):
    """Make the vocabulary and the parts of ids in random order; return what is made of tokens."""
    tokens, words, ids = Path("parts/tokens"), Path("parts/vocab.tsv"), Path(folder)
    stages.vocab.run([tokens], words, vocab or VocabConfig())
    outputs = EncodeConfig(part=f"1-{of}/{of}", **settings).outputs(ids)
    random.Random(of).shuffle(outputs)
    for path, own in outputs:
        stages.encode.run([tokens, words], path, own)
    seal(ids)
    return found(tokens, words, ids)


def at_once(corpus, vocab=None, **settings):
    """Make the same in one piece."""
    tokens, words, ids = Path("t.parquet"), Path("v.tsv"), Path("i.parquet")
    stages.tokenize.run([corpus], tokens, TokenizeConfig(label_field="label"))
    stages.vocab.run([tokens], words, vocab or VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig(**settings))
    return found(tokens, words, ids)


def found(tokens, words, ids):
    """Documents and ledgers of the three artifacts."""
    reader = RowGroupReader(ids, "ids")
    counts = [read_manifest(each).counts for each in (tokens, words, ids)]
    counts[2] = {name: value for name, value in counts[2].items() if name != "labels"}
    return {
        "tokens": list(documents(tokens)),
        "vocabulary": words.read_bytes(),
        "ids": [row for batch in reader.row_groups() for row in batch.to_pylist()],
        "labels": reader.label_names,
        "counts": counts,
    }


@pytest.mark.parametrize(("of", "workers"), [(1, 1), (2, 2), (7, 1)])
def test_any_number_of_parts_makes_the_same(corpus, of, workers):
    expected = at_once(corpus)
    outcomes = tokenize(corpus, of, workers)
    assert not any(outcome.hit for outcome in outcomes)
    assert encode(of) == expected
    assert encode(3, "parts/others") == expected  # another number of parts than of tokens
    assert all(outcome.hit for outcome in tokenize(corpus, of))


def test_labels_have_the_ids_that_they_have_at_once_where_documents_are_left_out(
    corpus, monkeypatch
):
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 40)
    words = write("few.tsv", "id\ttoken\tcount\n0\tagain\t9\n1\t13\t3\n2\t40\t3\n")
    tokenize(corpus, 4)
    ids = Path("i.parquet"), *(Path(f"ids{of}") for of in (1, 5))
    for path, part in zip(ids, (None, "1-1/1", "1-5/5"), strict=True):
        for output, own in EncodeConfig(unknown="drop", part=part).outputs(path):
            stages.encode.run([Path("parts/tokens"), Path(words)], output, own)
    for path in ids[1:]:
        seal(path)
    once, one, five = (list(documents(path)) for path in ids)
    assert once == one == five
    assert once[0]["label"] != "l0"
    assert len({row["label"] for row in once}) > 2
    lists = [RowGroupReader(path, "ids").label_names for path in ids]
    assert lists[0] == lists[1] == lists[2]


def test_text_without_labels_and_parts_without_documents():
    write("corpus.txt", "Hope to see you soon\nNice to see you again\n")
    for path, own in TokenizeConfig(part="1-9/9").outputs(Path("tokens")):
        stages.tokenize.run(["corpus.txt"], path, own)
    stages.vocab.run([Path("tokens")], Path("v.tsv"), VocabConfig())
    for path, own in EncodeConfig(part="1-3/3").outputs(Path("ids")):
        stages.encode.run([Path("tokens"), Path("v.tsv")], path, own)
    stages.encode.run([Path("tokens"), Path("v.tsv")], Path("i.parquet"), EncodeConfig())
    seal(Path("ids"))
    expected = [{"ids": [0, 1, 2, 3, 4]}, {"ids": [5, 1, 2, 3, 6]}]
    assert list(documents(Path("ids"))) == list(documents(Path("i.parquet"))) == expected
    assert pandas.read_parquet("ids").ids.map(list).tolist() == [each["ids"] for each in expected]
    assert pyarrow.dataset.dataset("tokens").to_table().num_rows == 2


def test_the_vocabulary_is_made_of_tallies_and_where_one_is_gone_of_tokens(corpus, monkeypatch):
    tokenize(corpus, 5)
    seal(Path("parts/tokens"))
    one, two = (tally_path(Path(f"parts/tokens/part-0000{number}.parquet")) for number in (2, 4))
    expected = {}
    for name, few in (("all.tsv", {}), ("few.tsv", {"min_count": 20, "max_size": 9})):
        expected[name] = few
        stages.tokenize.run([corpus], Path("t.parquet"), TokenizeConfig(label_field="label"))
        stages.vocab.run([Path("t.parquet")], Path(name), VocabConfig(**few))
    with monkeypatch.context() as patched:
        patched.setattr(RowGroupReader, "row_groups", None)  # no token is read
        for name, few in expected.items():
            stages.vocab.run([Path("parts/tokens")], Path("v.tsv"), VocabConfig(**few), force=True)
            assert Path("v.tsv").read_bytes() == Path(name).read_bytes()
    one.unlink()
    two.write_bytes(two.read_bytes()[:-9])
    progress = Noted()
    tokens = [Path("parts/tokens")]
    stages.vocab.run(tokens, Path("v.tsv"), VocabConfig(), force=True, progress=progress)
    assert Path("v.tsv").read_bytes() == Path("all.tsv").read_bytes()
    assert progress.notices == [
        f"{path} is gone or damaged, so the tokens of {path.name[1:-6]} are counted again"
        for path in (one, two)
    ]


class Noted(Progress):
    """Keeps the notices."""

    def __init__(self):
        self.notices = []

    def notice(self, text):
        self.notices.append(text)


def test_a_corpus_of_blanks_has_parts_but_no_vocabulary():
    write("corpus.txt", "\n \n")
    for path, own in TokenizeConfig(part="1-2/2").outputs(Path("tokens")):
        stages.tokenize.run(["corpus.txt"], path, own)
    with pytest.raises(DataError, match="there is no token in tokens"):
        stages.vocab.run([Path("tokens")], Path("v.tsv"), VocabConfig())


def test_each_part_reads_only_its_own_and_knows_it_again_by_content(corpus):
    tokenize(corpus, 7)
    manifests = [read_manifest(path) for path in sorted(Path("parts/tokens").glob("part-*"))]
    size = sum(path.stat().st_size for path in Path(corpus).iterdir())
    assert sum(manifest.counts["bytes"] for manifest in manifests) == size
    for path in Path(corpus).iterdir():
        path.write_bytes(path.read_bytes())  # another stamp
    assert all(outcome.hit for outcome in tokenize(corpus, 7))
    content = Path(corpus, "a.jsonl").read_bytes()
    write(Path(corpus, "a.jsonl"), content.replace(b"nr. 3!", b"nr. 4!", 1))
    outcomes = tokenize(corpus, 7)
    missed = [outcome for outcome in outcomes if not outcome.hit]
    assert [outcome.output.name for outcome in missed] == ["part-00001.parquet"]
    assert missed[0].reason == "corpus corpus/a.jsonl changed"


def test_a_process_keeps_its_tokenizer_for_its_next_part_unless_one_failed(corpus, monkeypatch):
    made = []

    def make(config):
        made.append(config.part)
        return make_tokenizer(config)

    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make)
    monkeypatch.setattr(tokenize_stage, "KEPT", {})
    tokenize(corpus, 3)
    assert len(made) == 1
    tokenize(corpus, 3, lower=True)
    assert len(made) == 2
    write("corpus/c.jsonl", '{"text": "again", "label": "last"}\n{"text": 3, "label": "last"}\n')
    with pytest.raises(DataError):
        tokenize(corpus, 3, lower=True)
    write("corpus/c.jsonl", '{"text": "once again", "label": "last"}\n')
    tokenize(corpus, 3, lower=True)
    assert len(made) == 3


def test_a_part_says_why_it_is_made_again(corpus):
    tokenize(corpus, 2)
    reasons = {outcome.reason for outcome in tokenize(corpus, 2, lower=True)}
    assert reasons == {"lower False → True"}
    (outcome,) = {outcome.reason for outcome in tokenize(corpus, 3)[:1]}
    assert "part 2/2 → 2/3" in outcome or "part 1/2 → 1/3" in outcome or "no part" in outcome


def test_the_whole_is_sealed_again_after_a_part_was_made_again(corpus):
    tokenize(corpus, 2)
    seal(Path("parts/tokens"))
    config = TokenizeConfig(part="1/2", label_field="label", lower=True)
    stages.tokenize.run([corpus], Path("parts/tokens/part-00001.parquet"), config)
    with pytest.raises(DataError, match=r"does not belong to part-00001.parquet: lower True"):
        stages.vocab.run([Path("parts/tokens")], Path("v.tsv"), VocabConfig())
    tokenize(corpus, 2)
    assert not stages.vocab.run([Path("parts/tokens")], Path("v.tsv"), VocabConfig()).hit


def test_parts_are_artifacts_of_a_build(corpus):
    for path, own in TokenizeConfig(part="1-2/2", label_field="label").outputs(Path("b/tokens")):
        stages.tokenize.run([corpus], path, own)
    stages.vocab.run([Path("b")], Path("b/vocab.tsv"), VocabConfig())
    for path, own in EncodeConfig(part="1-3/3").outputs(Path("b/ids")):
        stages.encode.run([Path("b"), Path("b")], path, own)
    assert door.artifact("ids", Path("b"), "encode").name == "b/ids"
    states = {each.path.name: each.state for each in contents(Path("b"))}
    assert states == {"tokens": "current", "vocab.tsv": "current", "ids": "current"}
    Path(corpus, "a.jsonl").touch()
    states = {each.path.name: each.state for each in contents(Path("b"))}
    assert states["tokens"] == "a.jsonl has changed"


def test_parts_in_the_corpus_folder_are_no_corpus():
    write("a.txt", "Hope to see you soon\n")
    for _ in range(2):
        config = TokenizeConfig(part="1/1")
        outcome = stages.tokenize.run(["."], Path("tokens/part-00001.parquet"), config)
        seal(Path("tokens"))
    assert outcome.hit


def test_standard_input_has_no_parts():
    with pytest.raises(UsageError, match="standard input cannot be read in parts"):
        stages.tokenize.run(["-"], Path("t/part-00001.parquet"), TokenizeConfig(part="1/2"))


def test_a_killed_process_leaves_finished_parts_and_the_next_one_makes_the_rest():
    write("corpus.txt", TEXT * 100)
    arguments = ("tokenize", "corpus.txt", "--part", "1-3/3", "--workers", "1", "-o", "tokens")
    first = Path("tokens/part-00001.parquet")
    running = subprocess.Popen(command(*arguments), stderr=subprocess.DEVNULL)
    while not manifest_path(first).exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not manifest_path(Path("tokens/part-00003.parquet")).exists()
    made = first.read_bytes()
    again = spawn(*arguments)
    assert again.returncode == 0, again.stderr
    assert f"hit   {first}" in again.stderr
    assert "built tokens/part-00003.parquet" in again.stderr
    assert first.read_bytes() == made
    config = TokenizeConfig()
    stages.tokenize.run(["corpus.txt"], Path("t.parquet"), config)
    assert list(documents(Path("tokens"))) == list(documents(Path("t.parquet")))
    assert not [path for path in Path("tokens").iterdir() if path.name.startswith(".")]
