"""The command line: what it says, where it says it, and the code it ends with."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import call, command, spawn

SAMPLES = Path(__file__).parents[2] / "sample_corpora"
STAGES = ["tokenize", "vocab", "encode", "train", "dump"]
LOOKING = ["info", "show", "lookup", "neighbors", "analogy", "similarity", "evaluate", "compare"]
COMMANDS = [*STAGES, "run", "plan", *LOOKING, "report", "plot"]
SMALL = ["--dim", "2", "--seq-len", "5", "--epochs", "1"]


@pytest.fixture
def cli(capfd, monkeypatch):
    return functools.partial(call, capfd, monkeypatch)


@pytest.fixture
def corpus(tmp_path):
    return Path(shutil.copy(SAMPLES / "phrases.txt", tmp_path / "corpus.txt"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A finished build of the two phrases, which no test changes."""
    folder = tmp_path_factory.mktemp("built")
    result = spawn("run", SAMPLES / "phrases.txt", "-o", folder, *SMALL)
    assert result.returncode == 0, result.stderr
    return folder


def verdicts(err):
    """hit or built, stage by stage, from the summaries of a run."""
    return dict(re.findall(r"^(\w+) +(hit|built) ", err, re.MULTILINE))


def reason(err, stage):
    return re.search(rf"^{stage} .*\((.*)\)$", err, re.MULTILINE)[1]


ALL_BUILT, ALL_HIT = dict.fromkeys(STAGES, "built"), dict.fromkeys(STAGES, "hit")


# --- help ------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy():
    program = (
        "import sys; sys.argv = ['corpus2vec', '--help']\n"
        "from corpus2vec.cli.app import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'spacy', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert "tokenize" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(cli, name):
    result = cli(name, "--help")
    assert result.code == 0
    assert f"Example: corpus2vec {name}" in " ".join(result.out.split())


def test_no_arguments_show_help(cli):
    result = cli()
    assert "Usage: corpus2vec" in result.out + result.err
    assert result.code == 2


def test_version(cli):
    assert re.fullmatch(r"corpus2vec \d+\.\d+\.\d+\n", cli("--version").out)


# --- the worked example ----------------------------------------------------------------------


def test_the_worked_example_to_the_letter(cli, tmp_path):
    build = tmp_path / "build"
    assert cli("run", SAMPLES / "phrases.txt", "-o", build, *SMALL).code == 0
    words = [line.split("\t") for line in (build / "vocab.tsv").read_text().splitlines()]
    assert words == [
        ["id", "token", "count"],
        ["0", "Hope", "1"],
        ["1", "to", "2"],
        ["2", "see", "2"],
        ["3", "you", "2"],
        ["4", "soon", "1"],
        ["5", "Nice", "1"],
        ["6", "again", "1"],
    ]
    assert cli("show", build / "ids.parquet").out == "[0, 1, 2, 3, 4]\n[5, 1, 2, 3, 6]\n"

    grid = (build / "embeddings.txt").read_text().splitlines()
    rows = [line.strip("|").split(" | ") for line in grid[3:-1]]
    assert [int(row[0]) for row in rows] == list(range(7))
    table = [json.loads(row[2]) for row in rows]
    assert {len(vector) for vector in table} == {2}

    found = cli("lookup", build / "embeddings.txt", "Nice to see you again").out.splitlines()
    assert [line.split()[:2] for line in found[:-1]] == [
        ["5", "Nice"], ["1", "to"], ["2", "see"], ["3", "you"], ["6", "again"]
    ]  # fmt: skip
    assert json.loads(found[-1]) == [table[row] for row in (5, 1, 2, 3, 6)]


# --- caching ---------------------------------------------------------------------------------


def test_nothing_changed_reruns_nothing(cli, corpus, tmp_path):
    first = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    second = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    assert verdicts(first.err) == ALL_BUILT
    assert verdicts(second.err) == ALL_HIT
    assert reason(second.err, "train") == "nothing changed"


def test_another_dim_reruns_train_and_dump_and_says_so(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--dim", "4")
    assert verdicts(result.err) == {**ALL_HIT, "train": "built", "dump": "built"}
    assert reason(result.err, "train") == "miss: dim 2 → 4"


def test_one_byte_of_the_corpus_reruns_all(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    corpus.write_text(corpus.read_text().replace("soon", "moon"))
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    assert verdicts(result.err) == ALL_BUILT
    assert reason(result.err, "tokenize") == f"miss: corpus {corpus} changed"


def test_a_change_that_does_not_reach_the_tokens_stops_there(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    corpus.write_text(corpus.read_text() + "\n\n")
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    assert verdicts(result.err) == {**ALL_HIT, "tokenize": "built"}


def test_a_moved_corpus_is_a_hit(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    moved = corpus.rename(tmp_path / "moved.txt")
    assert verdicts(cli("run", moved, "-o", tmp_path / "build", *SMALL).err) == ALL_HIT


def test_force_builds_anyway(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--force")
    assert verdicts(result.err) == ALL_BUILT
    assert reason(result.err, "dump") == "miss: forced"


def test_standard_input_is_read_anew_but_what_follows_may_hit(cli, corpus, tmp_path, monkeypatch):
    for expected in (ALL_BUILT, {**ALL_HIT, "tokenize": "built"}):
        with corpus.open() as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            result = cli("run", "-", "-o", tmp_path / "build", *SMALL)
        assert verdicts(result.err) == expected


def test_plan_tells_what_run_would_do_and_does_nothing(cli, corpus, tmp_path):
    def plan(*more):
        before = sorted(tmp_path.rglob("*"))
        result = cli("plan", corpus, "-o", tmp_path / "build", *SMALL, *more)
        assert sorted(tmp_path.rglob("*")) == before
        return [line.split(maxsplit=2) for line in result.out.splitlines()]

    assert plan() == [
        ["tokenize", "run", "no tokens.parquet yet"],
        ["vocab", "run", "no vocab.tsv yet; tokenize runs first"],
        ["encode", "run", "no ids.parquet yet; tokenize runs first; vocab runs first"],
        ["train", "run", "no model.safetensors yet; encode runs first; vocab runs first"],
        ["dump", "run", "no embeddings.txt yet; train runs first; vocab runs first"],
    ]
    cli("run", corpus, "-o", tmp_path / "build", *SMALL)
    assert plan() == [[stage, "hit", "nothing changed"] for stage in STAGES]
    assert plan("--dim", "4")[3:] == [
        ["train", "run", "dim 2 → 4"],
        ["dump", "run", "train runs first"],
    ]
    assert plan("--format", "glove")[4] == ["dump", "run", "no embeddings.glove yet"]


def test_plan_of_a_damaged_build_says_what_is_damaged(cli, built, tmp_path):
    folder = Path(shutil.copytree(built, tmp_path / "build"))
    (folder / "tokens.parquet").write_bytes(b"damaged")
    result = cli("plan", SAMPLES / "phrases.txt", "-o", folder, *SMALL)
    assert result.out.splitlines() == [
        "tokenize  run  tokens.parquet was damaged or edited",
        "vocab     run  tokenize runs first",
        "encode    run  tokenize runs first; vocab runs first",
        "train     run  encode runs first; vocab runs first",
        "dump      run  train runs first; vocab runs first",
    ]
    mended = cli("run", SAMPLES / "phrases.txt", "-o", folder, *SMALL)
    assert verdicts(mended.err) == {**ALL_HIT, "tokenize": "built"}


# --- where settings come from ----------------------------------------------------------------


def test_flag_goes_before_environment_before_file_before_default(cli, built, tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text("[vocab]\nunk = 'file'\nmax-size = 3\n")
    arguments = ["vocab", built / "tokens.parquet", "-o", "-", "--config", file]

    def unk(*more):
        return cli(*arguments, *more).out.splitlines()[-1].split("\t")[1]

    assert unk() == "file"
    monkeypatch.setenv("CORPUS2VEC_VOCAB_UNK", "environment")
    assert unk() == "environment"
    assert unk("--unk", "flag") == "flag"
    assert len(cli(*arguments).out.splitlines()) == 1 + 3 + 1  # max-size from the file


def test_a_config_file_fills_every_stage_of_a_run(cli, corpus, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[tokenize]\ndrop = ['punct', 'space']\n[train]\ndim = 3\nthreads = 1\n")
    cli("run", corpus, "-o", tmp_path / "build", "--config", file, "--epochs", "1")
    told = json.loads(cli("info", tmp_path / "build/embeddings.txt", "--json").out)["lineage"]
    configs = {entry["stage"]: entry["config"] for entry in told}
    assert configs["tokenize"]["drop"] == ["space", "punct"]
    assert configs["train"]["dim"] == 3


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[train]\ndimm = 3", "[train] has no setting dimm", "did you mean dim?"),
        (
            "[training]\ndim = 3",
            "has training, which is not a section",
            "its sections are [tokenize]",
        ),
        ("dim = 3", "has dim, which is not a section", "its sections are [tokenize]"),
        ("[train", "is not TOML", ""),
    ],
)
def test_a_config_file_that_is_wrong_is_not_passed_over(cli, tmp_path, text, message, hint):
    (tmp_path / "c.toml").write_text(text)
    result = cli("train", "ids", "vocab", "-o", "model", "--config", tmp_path / "c.toml")
    assert result.code == 2
    assert message in result.err
    assert hint in result.err


# --- errors ----------------------------------------------------------------------------------


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


ERRORS = {
    "no such option": (
        lambda _: ["train", "--dimm"],
        (2, "No such option: --dimm"),
    ),
    "not one of the choices": (
        lambda _: ["train", "ids", "vocab", "-o", "m", "--objective", "gpt"],
        (2, "Invalid value for '--objective'"),
    ),
    "contradictory options": (
        lambda _: ["tokenize", "a.txt", "-o", "t", "--label-field", "l", "--label-from", "file"],
        (2, "--label-field and --label-from both say where the label is"),
    ),
    "missing corpus": (
        lambda _: ["tokenize", "nowhere.txt", "-o", "t"],
        (2, "there is no corpus nowhere.txt"),
    ),
    "missing artifact": (
        lambda _: ["vocab", "nowhere.parquet", "-o", "v"],
        (2, "there is no nowhere.parquet"),
    ),
    "a run without the vectors to start from": (
        lambda tmp: ["run", write(tmp / "a.txt", "a"), "--init", "nowhere", "-o", tmp / "b"],
        (2, "there is no file nowhere"),
    ),
    "a run with patience but nothing held out": (
        lambda tmp: ["run", write(tmp / "a.txt", "a"), "--patience", "2", "-o", tmp / "b"],
        (2, "--patience needs held-out documents"),
    ),
    "unknown language": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--lang", "qq", "-o", tmp / "t"],
        (2, "spaCy cannot load the language 'qq'"),
    ),
    "missing model": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--model", "en_none", "-o", tmp / "t"],
        (2, "the spaCy pipeline en_none is not installed"),
    ),
    "no lemmas": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "a"), "--lemma", "-o", tmp / "t"],
        (2, "--lemma: the blank en has nothing that lemmatizes"),
    ),
    "empty corpus": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", "\n \n"), "-o", tmp / "t"],
        (65, "the corpus has no document that is not blank"),
    ),
    "bad bytes": (
        lambda tmp: ["tokenize", write(tmp / "a.txt", b"abc\xff"), "-o", tmp / "t"],
        (65, "a.txt is not UTF-8 at byte 3: 0xff"),
    ),
    "bad JSON": (
        lambda tmp: ["tokenize", write(tmp / "a.jsonl", '{"text": "a"}\n{'), "-o", tmp / "t"],
        (65, "a.jsonl line 2 is not JSON"),
    ),
    "unknown field": (
        lambda tmp: ["tokenize", write(tmp / "a.csv", "body\nx\n"), "-o", tmp / "t"],
        (65, "a.csv has no column text"),
    ),
    "artifact of another kind": (
        lambda tmp: ["vocab", write(tmp / "a.parquet", "no parquet"), "-o", tmp / "v"],
        (65, "a.parquet is not Parquet"),
    ),
    "output below a file": (
        lambda tmp: [
            "tokenize", write(tmp / "a.txt", "a"), "-o", write(tmp / "f", "") / "tokens.parquet"
        ],
        (74, "cannot write"),
    ),
    "binary to stdout": (
        lambda _: ["tokenize", "a.txt", "-o", "-"],
        (2, "cannot go to stdout"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_one_line_perhaps_a_hint_and_its_code(cli, tmp_path, arguments, expected):
    code, message = expected
    result = cli(*arguments(tmp_path))
    assert result.code == code
    assert message in result.err
    first, *hints = result.err.splitlines()
    assert first.startswith("error: ")
    assert all(line.startswith("hint: ") for line in hints)
    assert len(hints) <= 1
    assert result.out == ""


def test_debug_shows_the_traceback(cli):
    result = cli("tokenize", "nowhere.txt", "-o", "t", "--debug")
    assert "Traceback (most recent call last)" in result.err


def test_a_defect_is_told_as_one(cli, monkeypatch, corpus, tmp_path):
    def fail(*args, **kwargs):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("corpus2vec.pipeline.stages.tokenize.run", fail)
    result = cli("tokenize", corpus, "-o", tmp_path / "t")
    assert result.code == 70
    assert result.err.startswith("error: internal: ZeroDivisionError: oh\nhint: --debug")


# --- what is printed -------------------------------------------------------------------------


def test_quiet_says_nothing(cli, corpus, tmp_path):
    result = cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_json_is_one_summary_on_stdout(cli, corpus, tmp_path):
    stages = json.loads(cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--json").out)
    assert [stage["stage"] for stage in stages] == STAGES
    tokens = stages[0]["counts"]["tokens"]
    assert tokens == {"in": 10, "kept": 10}
    again = json.loads(
        cli("tokenize", corpus, "-o", tmp_path / "build/tokens.parquet", "--json").out
    )
    assert again["hit"] is True


def test_the_summary_tells_the_books(cli, tmp_path):
    corpus = write(tmp_path / "a.txt", "Well, well!\n\n...\n")
    arguments = ["tokenize", corpus, "-o", tmp_path / "t.parquet", "--drop", "punct,space"]
    assert (
        "3 documents, 1 document dropped (blank), 1 document dropped (no token left), "
        "5 tokens, 3 tokens dropped (punct), 1 row\n" in cli(*arguments).err
    )


def test_info_tells_the_whole_story(cli, built):
    told = cli("info", built / "embeddings.txt").out
    assert [line for line in told.splitlines() if "→" in line] == [
        "tokenize → tokens.parquet",
        "vocab → vocab.tsv",
        "encode → ids.parquet",
        "train → model.safetensors",
        "dump → embeddings.txt",
    ]
    assert "tokens          in 10, kept 10" in told


def test_info_notices_damage(cli, built, tmp_path):
    folder = shutil.copytree(built, tmp_path / "copy")
    with (folder / "ids.parquet").open("r+b") as file:
        file.seek(40)
        file.write(b"\xff")
    result = cli("info", folder / "ids.parquet")
    assert result.code == 65
    assert "is not what its manifest says" in result.err


def test_a_damaged_model_is_noticed_even_without_its_manifest(cli, built, tmp_path):
    model = Path(shutil.copy(built / "model.safetensors", tmp_path))
    arguments = ["dump", model, built / "vocab.tsv", "-o", "-"]
    assert cli(*arguments).code == 0
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    result = cli(*arguments)
    assert result.code == 65
    assert "model.safetensors is damaged" in result.err


def test_show_prints_documents_with_their_labels(cli, tmp_path):
    corpus = write(tmp_path / "a.csv", "text,label\nno more,b\nmore,a\n")
    tokens = tmp_path / "t.parquet"
    cli("tokenize", corpus, "--label-field", "label", "-o", tokens)
    assert cli("show", tokens).out == 'b\t["no", "more"]\na\t["more"]\n'
    assert (
        cli("show", tokens, "-n", "1", "--json").out == '{"tokens": ["no", "more"], "label": "b"}\n'
    )


def test_lookup_reads_lines_of_stdin(built):
    result = spawn("lookup", built / "embeddings.txt", "-", "--json", input="see you\nHope\n")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [[found["id"] for found in line] for line in lines] == [[2, 3], [0]]


def test_lookup_says_what_is_not_in_the_vocabulary(cli, built):
    out = cli("lookup", built / "embeddings.txt", "Hope dies").out
    assert re.search(r"^- +dies +not in the vocabulary$", out, re.MULTILINE)


def test_lookup_marks_what_unk_stands_for(cli, corpus, tmp_path):
    cli("run", corpus, "-o", tmp_path / "build", *SMALL, "--unk", "<unk>")
    table = tmp_path / "build/embeddings.txt"
    assert re.search(r"^7  dies \(<unk>\)  \[", cli("lookup", table, "Hope dies").out, re.MULTILINE)
    hope, dies = json.loads(cli("lookup", table, "Hope dies", "--json").out)
    assert (hope["id"], hope["unk"], dies["id"], dies["unk"]) == (0, False, 7, True)


def test_a_dump_to_stdout_is_the_file(cli, built):
    arguments = ["dump", built / "model.safetensors", built / "vocab.tsv"]
    assert cli(*arguments, "-o", "-").out == (built / "embeddings.txt").read_text()
    assert cli(*arguments, "-o", "-", "--format", "word2vec").out.startswith("7 2\nHope ")


def test_columns_of_the_grid_can_be_chosen(cli, built):
    arguments = ["dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-"]
    grid = cli(*arguments, "--columns", "index,embedding", "--precision", "1").out
    assert re.fullmatch(
        r"(\+-+\+-+\+\n)\| index \| embedding +\|\n\1(\| +\d \| \[-?\d\.\d, -?\d\.\d\] +\|\n){7}\1",
        grid,
    )


def test_a_pipe_that_closes_early_ends_quietly(built):
    dump = " ".join(command("dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-"))
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {dump} | true"], capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_full_disk_behind_standard_output_is_told(built):
    dump = command("dump", built / "model.safetensors", built / "vocab.tsv", "-o", "-")
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(dump, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 74
    assert result.stderr == "error: cannot write to standard output: No space left on device\n"


def test_terminal_escapes_in_a_corpus_are_shown_not_obeyed(cli, tmp_path):
    corpus = write(tmp_path / "a\x1b[31m.csv", "text,label\n\x1b[2Jred \u202eder,l\x1b[0m\n")
    build = tmp_path / "build"
    results = [cli("run", corpus, "--label-field", "label", "-o", build, *SMALL)]
    results += [cli("info", build / "embeddings.txt"), cli("show", build / "tokens.parquet")]
    results += [cli("lookup", build / "embeddings.txt", "\x1b[2Jred")]
    results += [cli("dump", build / "model.safetensors", build / "vocab.tsv", "-o", "-")]
    results += [cli("tokenize", f"{corpus}.none", "-o", "t")]
    for result in results:
        assert "\x1b" not in result.out + result.err
        assert "\u202e" not in result.out + result.err


def test_the_locale_does_not_matter(built):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    corpus_words = spawn("lookup", built / "embeddings.txt", "Hope größer", env=environment)
    assert corpus_words.returncode == 0
    assert "größer" in corpus_words.stdout


# --- arguments and the environment -----------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("vocab", "t.parquet", "-o", "v.tsv", "--unk", b"caf\xe9"),
        ("tokenize", "a.txt", "-o", "t.parquet", "--text-field", b"\xff"),
        ("lookup", "table.txt", b"caf\xe9"),
    ],
)
def test_text_that_is_not_utf8_is_refused_by_name(arguments, tmp_path):
    line = [os.fsencode(each) for each in command(arguments[0])] + [
        each if isinstance(each, bytes) else each.encode() for each in arguments[1:]
    ]
    result = subprocess.run(line, capture_output=True, cwd=tmp_path)
    assert result.returncode == 2
    assert b"is not UTF-8 text" in result.stderr
    assert b"internal" not in result.stderr


def test_the_environment_names_the_section_of_a_setting(cli, monkeypatch, corpus, tmp_path):
    """Both evaluate and encode have --unknown, and three commands have --seed."""
    monkeypatch.setenv("CORPUS2VEC_ENCODE_UNKNOWN", "drop")
    (tmp_path / "v.txt").write_text("sea 1 0\nship 1 1\nnight 0 1\n")
    (tmp_path / "gold.txt").write_text("sea ship 8\nsea night 1\nship night 4\n")
    assert cli("evaluate", tmp_path / "v.txt", tmp_path / "gold.txt").code == 0
    monkeypatch.setenv("CORPUS2VEC_TRAIN_SEED", "7")
    build = tmp_path / "build"
    assert cli("run", corpus, "-o", build, *SMALL).code == 0
    manifests = {each.name.split(".")[0]: each for each in build.glob("*.manifest.json")}
    assert json.loads(manifests["model"].read_text())["config"]["seed"] == 7
    assert json.loads(manifests["ids"].read_text())["config"]["unknown"] == "drop"


def test_a_switch_is_turned_off_again_by_its_no_form(cli, corpus, tmp_path):
    (tmp_path / "c.toml").write_text("[tokenize]\nlower = true\n")
    config = ("--config", tmp_path / "c.toml")
    tokens = tmp_path / "t.parquet"
    for arguments, lower in ((config, True), ((*config, "--no-lower"), False)):
        assert cli("tokenize", corpus, "-o", tokens, *arguments).code == 0
        manifest = json.loads((tmp_path / "t.parquet.manifest.json").read_text())
        assert manifest["config"]["lower"] is lower


def test_a_vocabulary_on_stdout_is_checked_like_a_file(cli, corpus, tmp_path):
    tokens = tmp_path / "t.parquet"
    assert cli("vocab", tokens, "-o", "-").code == 2  # not there
    cli("tokenize", corpus, "-o", tokens)
    printed = cli("vocab", tokens, "-o", "-")
    assert printed.out.startswith("id\ttoken\tcount\n0\t")
    damaged = bytearray(tokens.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    tokens.write_bytes(damaged)
    result = cli("vocab", tokens, "-o", "-")
    assert (result.code, result.out) == (65, "")
