"""Let each call of the system that a stage makes fail, or kill it there; and kill it at random.

    python -m campaigns.faults [--stages vocab dump] [--every 1] [--reads] [--kills 20] [--seed 1]

For each stage, the command is traced by strace once, which lists its calls that concern the build's
folder. Then it is run again for each of them that changes something (with --reads, for each one)
and each fault: strace lets just that call fail with ENOSPC or EIO, or kills the process with
SIGKILL. With --kills it is also killed at so many random moments. After each, what was there before
or what was asked for must be there, whole and with its manifest; the exit code and the message must
be true; and the next run, hit or miss, must end well and leave nothing behind. Prints a line for
each stage, and what was wrong at each point.

Only calls of the main thread are injected: strace counts those of each thread by itself.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.findings import Effort, Finding, NotRunError
from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import manifest_path, metrics_path
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    PhrasesConfig,
    Settings,
    TokenizeConfig,
    TrainConfig,
    TrainExecution,
    VocabConfig,
)
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.stages import Stage, door

CALLS = (
    "openat,write,pwrite64,writev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,"
    "unlink,unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,utimensat,flock,link,linkat,symlink"
)
FAULTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO")
KILLED = (-9, 137)
UNTOUCHED = "what was there before is untouched"
WHOLE = "is new and whole, and the next run completes its manifest"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
"""So that every run of a command imports the same files in the same order."""
NOTHING, BEFORE, AFTER = "", "before", "after"
"""What is there: nothing, what was made before, what is asked for."""
ONE_THREAD = TrainExecution(threads=1)
CORPUS = "Hope to see you soon\nNice to see you again\n" * 50


@dataclass(frozen=True)
class Case:
    """A stage that is to make `output`, where it has made another one before."""

    name: str
    stage: Stage
    inputs: tuple[str, ...]
    output: str
    before: Settings
    options: tuple[str, ...]
    """What asks for `after` on the command line."""
    after: Settings
    inputs_before: tuple[str, ...] = ()
    """If they are others than `inputs`."""
    every: int = 1
    """Try every so many calls only, since a run takes long."""

    def run(self, state: str) -> None:
        """Make the artifact of before or after here, in this process."""
        inputs = (self.inputs_before if state == BEFORE else ()) or self.inputs
        config = self.before if state == BEFORE else self.after
        self.stage.run(
            [Path(each) for each in inputs] if self.stage.NEEDS else inputs,
            Path(self.output),
            config,
            **({"execution": ONE_THREAD} if self.stage is stages.train else {}),
        )

    def command(self) -> list[str]:
        """Return the command line that asks for `after`."""
        python = [sys.executable, "-P", "-m", "corpus2vec", self.stage.NAME]
        return [*python, *self.inputs, *self.options, "-o", self.output]


PHRASES = PhrasesConfig(threshold=0.01)
FEW_PHRASES = PhrasesConfig(threshold=0.01, phrase_min_count=60)

CASES = (
    Case(
        "tokenize",
        stages.tokenize,
        ("corpus.txt",),
        "out.parquet",
        TokenizeConfig(),
        ("--lower", "--workers", "1"),
        TokenizeConfig(lower=True),
        every=2,
    ),
    Case(
        "vocab",
        stages.vocab,
        ("tokens.parquet",),
        "out.tsv",
        VocabConfig(),
        ("--min-count", "60"),
        VocabConfig(min_count=60),
    ),
    Case(
        "phrases",
        stages.phrases,
        ("tokens.parquet",),
        "out.tsv",
        PHRASES,
        ("--threshold", "0.01", "--min-count", "60"),
        FEW_PHRASES,
    ),
    Case(
        "join",
        stages.join,
        ("tokens.parquet", "few-phrases.tsv"),
        "out.parquet",
        Settings(),
        (),
        Settings(),
        ("tokens.parquet", "phrases.tsv"),
    ),
    Case(
        "encode",
        stages.encode,
        ("tokens.parquet", "few.tsv"),
        "out.parquet",
        EncodeConfig(),
        (),
        EncodeConfig(),
        ("tokens.parquet", "vocab.tsv"),
    ),
    Case(
        "dump",
        stages.dump,
        ("model.safetensors", "vocab.tsv"),
        "out.vec",
        DumpConfig(format="word2vec"),
        ("--format", "word2vec", "--normalize"),
        DumpConfig(format="word2vec", normalize=True),
    ),
    Case(
        "dump of a folder",
        stages.dump,
        ("model.safetensors", "vocab.tsv"),
        "out",
        DumpConfig(format="npy"),
        ("--format", "npy", "--normalize"),
        DumpConfig(format="npy", normalize=True),
    ),
    Case(
        "train",
        stages.train,
        ("ids.parquet", "vocab.tsv"),
        "out.safetensors",
        TrainConfig(dim=2, seq_len=5, epochs=1),
        (*("--dim", "3", "--seq-len", "5", "--epochs", "1"), *("--threads", "1")),
        TrainConfig(dim=3, seq_len=5, epochs=1),
        every=4,
    ),
)
FOUND = ("parted", "corrupt", "untrue", "litter")


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stages", nargs="*", help="only these")
    parser.add_argument("--every", type=int, default=1, help="try every N-th call only")
    parser.add_argument("--reads", action="store_true", help="let reading fail too")
    parser.add_argument("--kills", type=int, default=20, help="at random moments, for each stage")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = collections.Counter[str]()
    for case in CASES:
        if not options.stages or case.stage.NAME in options.stages:
            every = options.every * case.every
            found = campaign(case, every, options.reads, options.kills, options.seed)
            print(f"{case.name}: {summary(found)}", flush=True)
            total += found
    print(summary(total))
    sys.exit(total.total() > total["points"] + total["missed"])


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Try the calls and the moments of the case that is called `part`."""
    case = case_called(part)
    every = max(1, round(case.every / effort.share))
    if effort.full:
        every = 1
    found = campaign(case, every, False, effort.points(100, full=200), effort.seed)
    whole, true = Finding(found["points"]), Finding(found["points"])
    for name in FOUND:
        (whole if name in ("corrupt", "litter") else true).wrong[name] += found[name]
    return {1: whole, 20: true}


def case_called(name: str) -> Case:
    """Return the case of that name."""
    return next(each for each in CASES if each.name == name)


def campaign(
    case: Case, every: int, reads: bool, kills: int, seed: int
) -> collections.Counter[str]:
    """Try every so many calls of a case with each fault, and kill it so often."""
    if not shutil.which("strace"):
        raise NotRunError("strace is not installed (Debian, Ubuntu: apt-get install strace)")
    chance, found = random.Random(seed), collections.Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        template = Path(name).resolve() / "template"
        prepare(template)
        for number, was in enumerate((NOTHING, BEFORE)):
            trial = Trial(case, template, was)
            for point in trial.points(every, reads):
                found += trial.inject(*point)
            for _ in range((kills + number) // 2):
                found += trial.kill(chance)
        os.chdir("/")
    return found


def summary(found: collections.Counter[str]) -> str:
    """Return `parted 0, corrupt 0, untrue 0, litter 0 of 300`."""
    missed = f" ({found['missed']} not hit)" if found["missed"] else ""
    return ", ".join(f"{name} {found[name]}" for name in FOUND) + f" of {found['points']}{missed}"


def prepare(folder: Path) -> None:
    """Make what the stages read."""
    folder.mkdir()
    os.chdir(folder)
    Path("corpus.txt").write_text(CORPUS)
    tokens, words, few, ids, model = map(
        Path, ("tokens.parquet", "vocab.tsv", "few.tsv", "ids.parquet", "model.safetensors")
    )
    stages.tokenize.run(["corpus.txt"], tokens, TokenizeConfig())
    stages.vocab.run([tokens], words, VocabConfig())
    stages.vocab.run([tokens], few, VocabConfig(min_count=60))
    stages.phrases.run([tokens], Path("phrases.tsv"), PHRASES)
    stages.phrases.run([tokens], Path("few-phrases.tsv"), FEW_PHRASES)
    stages.encode.run([tokens, words], ids, EncodeConfig())
    stages.train.run([ids, words], model, TrainConfig(dim=2, seq_len=5, epochs=1))
    for each in folder.glob("model.metrics*"):
        each.unlink()


class Trial:
    """One stage, run with faults where nothing was, or what was made before."""

    def __init__(self, case: Case, template: Path, was: str) -> None:
        self.case = case
        self.template = template
        self.folder = template.with_name("trial")
        self.was = was
        self.digests: dict[str, str] = {}
        for state in (BEFORE, AFTER):
            self.begin_with(state)
            self.digests[door.artifact("", Path(case.output)).digest] = state
        assert len(self.digests) == 2

    def begin_with(self, state: str) -> None:
        """Make a new folder with the inputs, and with the artifact of that state."""
        os.chdir(self.template)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder)
        os.chdir(self.folder)
        if state != NOTHING:
            self.case.run(state)

    def begin(self) -> None:
        """Make a new folder as it is before the run with a fault."""
        self.begin_with(self.was)

    def points(self, every: int, reads: bool) -> Iterator[tuple[str, int, str]]:
        """Yield call, number and fault for each call that concerns the folder."""
        self.begin()
        began = time.monotonic()
        log = self.trace(f"--trace={CALLS}")[1]
        self.seconds = time.monotonic() - began
        number = collections.Counter[str]()
        main = log[0].split()[0]
        chosen = []
        for line in log:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match and match[1] == main:
                number[match[2]] += 1
                named = line.replace(f"AT_FDCWD<{self.folder}>", "")
                changes = match[2] != "openat" or "O_CREAT" in line
                if (changes or reads) and (
                    str(self.folder) in named or f'"{self.case.inputs[0]}' in named
                ):
                    chosen.append((match[2], number[match[2]]))
        for fault in FAULTS:
            for call, count in chosen[::every]:
                yield call, count, fault

    def trace(self, *what: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Run the command under strace; return its end, and the log."""
        log = self.folder.with_name("log")
        strace = ["strace", "-f", "-y", "-o", str(log), *what]
        result = self.spawn([*strace, *self.case.command()]).communicate()
        end = subprocess.CompletedProcess(strace, self.process.returncode, *result)
        return end, log.read_text(errors="replace").splitlines()

    def spawn(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a command in the trial's folder."""
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        return self.process

    def inject(self, call: str, count: int, fault: str) -> collections.Counter[str]:
        """Run with one fault; return what was found."""
        self.begin()
        end, log = self.trace(f"--trace={call}", f"--inject={call}:{fault}:when={count}")
        hit = [line for line in log if "INJECTED" in line or "killed by SIGKILL" in line]
        if not hit:
            return collections.Counter(missed=1)
        return self.judge(f"{call} {count} {fault}", end.returncode, end.stderr)

    def kill(self, chance: random.Random) -> collections.Counter[str]:
        """Kill the run at a random moment; return what was found."""
        self.begin()
        after = chance.uniform(0.3, 1) * self.seconds
        process = self.spawn(self.case.command())
        try:
            said = process.communicate(timeout=after)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
        return self.judge(f"killed after {after:.3f} s", process.returncode, said)

    def judge(self, point: str, code: int, said: str) -> collections.Counter[str]:
        """Return what is wrong after a run, and after the next one."""
        case, found = self.case, collections.Counter(points=1)
        state = self.state(found)
        if code not in KILLED and not is_true(code, said, self.was, state):
            found["untrue"] += 1
        left = self.folder.with_name("left")
        shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self.folder, left)
        for then in {AFTER, state if state == BEFORE else AFTER}:
            os.chdir(self.template)
            shutil.rmtree(self.folder)
            shutil.copytree(left, self.folder)
            os.chdir(self.folder)
            try:
                case.run(then)
            except PipelineError:
                found["corrupt"] += 1
            if self.state(found) != then:
                found["corrupt"] += 1
            found["litter"] += bool(litter(case, set(os.listdir(self.template))))
        if found.total() > 1:
            print(f"{case.name}, {point}: {summary(found)}\n  exit code {code}: {said}")
        return +found

    def state(self, found: collections.Counter[str]) -> str:
        """Return which artifact is there, and count it where it is torn or without its manifest."""
        output = Path(self.case.output)
        if not output.exists():
            return NOTHING
        try:
            given = door.artifact("", output)
        except PipelineError:
            found["parted"] += 1
            return "?"
        found["parted"] += given.manifest is None
        found["corrupt"] += given.digest not in self.digests
        return self.digests.get(given.digest, "?")


def litter(case: Case, inputs: set[str]) -> set[str]:
    """Return the files here that are neither inputs nor what the stage makes."""
    output = Path(case.output)
    beside = {output.name, manifest_path(output).name, metrics_path(output).name}
    return set(os.listdir()) - inputs - beside


def is_true(code: int, said: str, was: str, state: str) -> bool:
    """Return whether the exit code and the message say what is the case."""
    if code == 0:
        return state == AFTER
    replaced = state == AFTER != was
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    return (
        code == 74
        and len(errors) == 1
        and (WHOLE in said) == replaced
        and (not (UNTOUCHED in said and replaced))
    )


if __name__ == "__main__":
    main()
