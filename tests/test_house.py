"""The rules of the house: who may import whom, and what may be where.

The tables that follow are the rules. A room is a folder of `pipeline/`, or a module beside those
folders. An exception is named, with its reason. The last part of this module is a proof that each
rule bites: it is shown a small house that breaks it.
"""

import ast
import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = (
    {"errors", "pipeline", "processors", "progress"},
    {"config", "files", "strings"},
    {"engines"},
    {"artifacts", "corpus"},
    {"tokenizer", "vocabulary"},
    {"phrases", "tables"},
    {"training"},
    {"use"},
    {"ask"},
    {"judge", "stages"},
    {"report"},
    {"cli"},
    {"corpus2vec"},
)
"""The rooms, the lowest first. None imports one beside it or above it, be it inside a function."""

TORCH = "training"
"""The room that imports torch. Everything else works where torch is not installed."""

SPACY = {
    "tokenizer": "tokens are spaCy's",
    "tables.formats.spacy_vectors": "a format is what spaCy loads",
}
"""The rooms and modules that import spaCy."""

UNDERSCORED = {
    "_exit": "os's, documented",
    "_replace": "a named tuple's, documented",
    "_indices": "torch's: of a sparse tensor that is not coalesced, there is no other way",
    "_values": "torch's, likewise",
}
"""Names of other libraries with an underscore that may be used."""

HEAVY = {"numpy", "pyarrow", "spacy", "torch"}
"""What importing a room's face must not import, not even through other modules."""
LIGHT_ENOUGH = {
    ("tokenizer", "numpy"): "it is the Tokenizer; a room whose other modules only serve it",
    ("tokenizer", "pyarrow"): "likewise",
}
"""{(room, library): reason}"""
NAMES = 8
"""How many names a face hands on at most."""
MANY_NAMES = {
    "config": "the settings of every command, which is all that the room has",
}

FORBIDDEN = {
    *("assert", "print", "input", "breakpoint", "exit", "quit", "sys.exit", "os._exit", "os.abort"),
    *("sys.argv", "os.environ", "os.getenv"),
    *("csv.field_size_limit", "locale.setlocale", "os.chdir", "os.umask", "signal.signal"),
    *("random.seed", "warnings.filterwarnings", "warnings.simplefilter"),
}
"""Below cli/ nothing talks to a person, ends the program, or changes a setting of the process."""
PERMITTED = {
    ("corpus.delimited", "csv.field_size_limit"): "put back as soon as no file is being read",
    ("engines.processes", "os._exit"): "a worker process ends when its parent is gone",
    ("engines.ray_tasks", "os.chdir"): "in Ray's processes names mean what they mean here",
    ("engines.ray_tasks", "os.environ"): "so Ray keeps no statistics",
    ("engines.ray_tasks", "signal.signal"): "Ray takes the handlers; they are put back",
}

LINES = 300
LONG = "is long because"
"""What the head of a longer module says, with the reason."""

TESTED_IN = {
    "cli.questions": "cli.test_ask",
    "config.align": "stages.test_align",
    "config.effects": "config.test_train",
    "config.encode": "stages.test_encode",
    "corpus.parquet_columns": "corpus.test_parquet_files",
    "corpus.parquet_layout": "corpus.test_parquet_pages",
    "corpus.parquet_strings": "corpus.test_parquet_files",
    "corpus2vec.__main__": "test_package",
    "tables.formats.arrays": "tables.formats.test_npy",
    "tokenizer.fast": "tokenizer.test_tokenizer",
    "tokenizer.matching": "tokenizer.test_patterns",
    "training.objectives.classifier": "training.test_network",
    "training.objectives.context": "training.test_network",
    "training.objectives.language_model": "training.test_network",
}
"""{module: test module}, for a module that no test of its room is named after or imports."""


# --- the house as a value --------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One name that a module imports."""

    line: int
    module: str
    """The module that it comes from: `numpy`; of this package as `tables.table`."""
    name: str
    """The name in it; nothing where the module itself is imported."""
    ours: bool
    eager: bool
    """Whether it is imported as soon as the importing module is."""


@dataclass(frozen=True)
class Module:
    """A module by its name: `tables.table`, `tables` (the room's face), `cli.app`."""

    name: str
    source: str

    @property
    def room(self):
        return self.name.partition(".")[0]

    @cached_property
    def tree(self):
        return ast.parse(self.source)

    @cached_property
    def head(self):
        return ast.get_docstring(self.tree) or ""


class House:
    """All modules, by name."""

    def __init__(self, sources):
        self.modules = {name: Module(name, source) for name, source in sources.items()}
        self._imports = {}

    def __iter__(self):
        return iter(self.modules.values())

    @property
    def library(self):
        """The modules of `pipeline/`."""
        return [each for each in self if each.room not in ("cli", "corpus2vec")]

    @property
    def faces(self):
        """The modules that are folders, by name."""
        inner = {"pipeline", *(name.rpartition(".")[0] for name in self.modules)}
        return [each for each in self.library if each.name in inner]

    def imports(self, module):
        """All that a module imports, wherever in it."""
        if module.name not in self._imports:
            self._imports[module.name] = list(self._found_in(module))
        return self._imports[module.name]

    def _found_in(self, module):
        late = {
            id(inner)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
            for inner in ast.walk(node)
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    yield self._import(node, each.name, "", id(node) not in late)
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    source = "." * node.level + (node.module or "")
                    yield self._import(node, source, each.name, id(node) not in late)

    def _import(self, node, source, name, eager):
        top, _, rest = source.partition(".")
        if top != "corpus2vec":
            return Import(node.lineno, source, name, False, eager)
        if not rest.startswith("pipeline"):
            rest = source if not rest.startswith("cli") else rest
        rest = re.sub(r"^pipeline(\.|$)", "", rest)
        inner = f"{rest}.{name}".strip(".")
        if inner in self.modules or not rest:
            rest, name = inner, ""
        return Import(node.lineno, rest, name, True, eager)

    def brought_along(self, name):
        """The foreign modules that a module of this package imports, directly or through others."""
        foreign, seen, waiting = set(), set(), [name]
        while waiting:
            name = waiting.pop()
            parents = itertools.accumulate(name.split("."), "{}.{}".format)
            for each in {*parents, name} & self.modules.keys() - seen:
                seen.add(each)
                for found in self.imports(self.modules[each]):
                    if found.eager and found.ours:
                        waiting.append(found.module)
                    elif found.eager:
                        foreign.add(found.module.partition(".")[0])
        return foreign


def read(**folders):
    """The modules in folders of this repository; `pipeline=""` leaves `pipeline.` out of names."""
    sources = {}
    for folder, face in folders.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            name = ".".join([face, *inner]).removesuffix("__init__").strip(".")
            sources[name or folder] = path.read_text("utf-8")
    return House(sources)


@pytest.fixture(scope="module")
def house():
    return read(pipeline="", cli="cli", corpus2vec="corpus2vec")


@pytest.fixture(scope="module")
def tests():
    return read(tests="")


# --- the rules -------------------------------------------------------------------------------


def upward_imports(house):
    """Imports of a room that is not beneath, and rooms that are on no floor."""
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for module in house:
        if module.room not in floor:
            yield f"{module.name}: the room {module.room} is on no floor"
            continue
        for found in house.imports(module):
            room = found.module.partition(".")[0]
            if found.ours and room != module.room and floor.get(room, 99) >= floor[module.room]:
                yield f"{module.name}:{found.line} imports {found.module}"
            if found.module.startswith("."):
                yield f"{module.name}:{found.line} imports by a relative name"


def private_names(house):
    """Names with an underscore that come from another module."""
    for module in house:
        for found in house.imports(module):
            if found.ours and is_private(found.name):
                yield f"{module.name}:{found.line} imports {found.module}.{found.name}"
        own = set(re.findall(r"(?:def |self\.|cls\.|^ +)(_\w+)", module.source, re.MULTILINE))
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Attribute)
                and is_private(node.attr)
                and node.attr not in own | UNDERSCORED.keys()
            ):
                yield f"{module.name}:{node.lineno} uses {ast.unparse(node)}"


def is_private(name):
    return re.match("_[^_]", name) is not None


def foreign_imports(house):
    """Imports of torch and spaCy where they do not belong."""
    for module in house:
        for found in house.imports(module):
            top = found.module.partition(".")[0]
            names = {module.name, module.room}
            if (top == "torch" and module.room != TORCH) or (
                top == "spacy" and not names & SPACY.keys()
            ):
                yield f"{module.name}:{found.line} imports {top}"


def heavy_faces(house):
    """Faces that bring along what they should not, or hand on too many names."""
    for face in (each for each in house.faces if each.name == each.room):
        for each in sorted(house.brought_along(face.name) & HEAVY):
            if (face.name, each) not in LIGHT_ENOUGH:
                yield f"importing {face.name} imports {each}"
        names = public_names(face)
        if len(names) > NAMES and face.name not in MANY_NAMES:
            yield f"{face.name} hands on {len(names)} names"


def public_names(face):
    """The names that the face of a room defines or hands on."""
    for node in face.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return [node.name for node in face.tree.body if hasattr(node, "name") and node.name[0] != "_"]


def forbidden_acts(house):
    """What a library does not do."""
    for module in house.library:
        imported = {
            (each.line, f"{each.module}.{each.name}") for each in house.imports(module) if each.name
        }
        named = {
            (node.lineno, "assert" if isinstance(node, ast.Assert) else ast.unparse(node))
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Assert | ast.Attribute | ast.Name)
        }
        for line, what in sorted(imported | named):
            if what in FORBIDDEN and (module.name, what) not in PERMITTED:
                yield f"{module.name}:{line} has {what}"


def long_modules(house):
    """Modules that are long without a word about it, and modules without a head."""
    for module in house:
        count = len(module.source.splitlines())
        if count > LINES and LONG not in module.head:
            yield f"{module.name} has {count} lines; its head must say that it {LONG} ..."
        if not module.head:
            yield f"{module.name} has no head"


def untested_modules(house, tests):
    """Modules that no test of their room is named after or imports.

    `tests` are the modules of `tests/`, as a house. A module that is in no folder may be tested
    anywhere.
    """
    imported = {
        (room, name)
        for test in tests
        for found in tests.imports(test)
        for name in (found.module, f"{found.module}.{found.name}")
        for room in (test.room, "anywhere")
        if found.ours
    }
    for module in house:
        room, _, inner = module.name.partition(".")
        last = f"test_{module.name.rpartition('.')[2]}"
        named = any(test.room == room and test.name.endswith(f".{last}") for test in tests)
        reached = (room if inner else "anywhere", module.name) in imported
        elsewhere = TESTED_IN.get(module.name) in tests.modules
        if not (named or reached or elsewhere or module in house.faces):
            yield f"{module.name} has no tests in tests/{room}"


# --- the house as it is ----------------------------------------------------------------------


def test_every_room_imports_only_rooms_beneath_it(house):
    assert list(upward_imports(house)) == []


def test_no_private_name_leaves_its_module(house):
    assert list(private_names(house)) == []


def test_torch_and_spacy_are_imported_where_they_belong(house):
    assert list(foreign_imports(house)) == []


def test_faces_are_light_and_small(house):
    assert list(heavy_faces(house)) == []


def test_the_library_stays_in_its_own_business(house):
    assert list(forbidden_acts(house)) == []


def test_modules_are_read_in_one_sitting(house):
    assert list(long_modules(house)) == []


def test_every_module_has_its_tests(house, tests):
    assert list(untested_modules(house, tests)) == []


EXCEPTIONS = [
    (foreign_imports, SPACY),
    (private_names, UNDERSCORED),
    (heavy_faces, LIGHT_ENOUGH),
    (heavy_faces, MANY_NAMES),
    (forbidden_acts, PERMITTED),
    (untested_modules, TESTED_IN),
]


@pytest.mark.parametrize(
    ("rule", "table", "name"), [(rule, table, name) for rule, table in EXCEPTIONS for name in table]
)
def test_every_exception_is_still_needed(house, tests, monkeypatch, rule, table, name):
    monkeypatch.delitem(table, name)
    assert list(rule(house, tests) if rule is untested_modules else rule(house))


# --- the rules bite --------------------------------------------------------------------------

OURS = "from corpus2vec.pipeline."


@pytest.mark.parametrize(
    ("rule", "sources", "said"),
    [
        (
            upward_imports,
            {"tables.table": "import numpy\nfrom corpus2vec.cli.app import main", "cli.app": ""},
            "tables.table:2 imports cli.app",
        ),
        (
            upward_imports,
            {"tables.table": "def late():\n    from corpus2vec.pipeline import stages"},
            "tables.table:2 imports stages",
        ),
        (
            upward_imports,
            {"tables.table": "if TYPE_CHECKING:\n    import corpus2vec.pipeline.training.loop"},
            "tables.table:2 imports training.loop",
        ),
        (
            upward_imports,
            {"artifacts.store": OURS + "corpus.texts import Texts"},
            "artifacts.store:1 imports corpus.texts",
        ),
        (
            upward_imports,
            {"tables.table": "from ..training import loop"},
            "tables.table:1 imports by a relative name",
        ),
        (upward_imports, {"attic.box": ""}, "attic.box: the room attic is on no floor"),
        (
            private_names,
            {"judge.gold": OURS + "ask.words import Words, _forms"},
            "judge.gold:1 imports ask.words._forms",
        ),
        (
            private_names,
            {"judge.gold": OURS + "ask import words\nwords._forms('a')", "ask.words": ""},
            "judge.gold:2 uses words._forms",
        ),
        (
            private_names,
            {"judge.gold": "def f(self, space):\n    self._own = space._rows"},
            "judge.gold:2 uses space._rows",
        ),
        (
            foreign_imports,
            {"tables.combining": "def f():\n    import torch.nn as nn"},
            "tables.combining:2 imports torch",
        ),
        (
            foreign_imports,
            {"corpus.texts": "from spacy.tokens import Doc"},
            "corpus.texts:1 imports spacy",
        ),
        (
            heavy_faces,
            {
                "ask": OURS + "ask.words import Words",
                "ask.words": OURS + "tables.table import Table",
                "tables.table": "import numpy as np\ndef f():\n    import torch",
            },
            "importing ask imports numpy",
        ),
        (
            heavy_faces,
            {
                "ask": OURS + "tables.formats.text import write",
                "ask.words": "",
                "tables.formats": "import spacy",
                "tables.formats.text": "",
            },
            "importing ask imports spacy",
        ),
        (
            heavy_faces,
            {"ask": f"__all__ = {list('abcdefghi')}", "ask.words": ""},
            "ask hands on 9 names",
        ),
        (forbidden_acts, {"corpus.texts": "def f():\n    print(1)"}, "corpus.texts:2 has print"),
        (forbidden_acts, {"corpus.texts": "assert True"}, "corpus.texts:1 has assert"),
        (
            forbidden_acts,
            {"corpus.texts": "import os\nHOME = os.environ['HOME']"},
            "corpus.texts:2 has os.environ",
        ),
        (
            forbidden_acts,
            {"corpus.texts": "from sys import argv"},
            "corpus.texts:1 has sys.argv",
        ),
        (
            long_modules,
            {"ask.words": '"""Words.\n\nLong."""' + "\n" * 301},
            "ask.words has 303 lines; its head must say that it is long because ...",
        ),
        (long_modules, {"ask.words": "import numpy"}, "ask.words has no head"),
    ],
)
def test_a_broken_rule_is_found(rule, sources, said):
    assert list(rule(House(sources))) == [said]


def test_a_module_without_tests_is_found():
    house = House({"ask.words": "", "ask.queries": "", "ask.lookup": "", "errors": ""})
    tests = House(
        {
            "ask.test_words": "",
            "ask.test_all": OURS + "ask.queries import Space",
            "judge.test_gold": OURS
            + "ask.lookup import Lookup\n"
            + OURS
            + "errors import DataError",
        }
    )
    assert list(untested_modules(house, tests)) == ["ask.lookup has no tests in tests/ask"]


def test_what_keeps_the_rules_is_let_pass():
    house = House(
        {
            "tables": f"import re\nif TYPE_CHECKING:\n    {OURS}tables.table import Table\n",
            "tables.table": '"""A table."""\nimport numpy\nclass Table:\n    def f(self, other):\n'
            "        self._n = other._n\n",
            "ask.words": f'"""Words."""\n{OURS}tables.table import T\n{OURS}ask import queries\n',
            "ask.queries": '"""Queries. It is long because they are."""' + "\n" * 300,
            "training.loop": '"""Loop."""\nimport torch',
        }
    )
    for rule in (upward_imports, private_names, foreign_imports, heavy_faces, forbidden_acts):
        assert list(rule(house)) == []
    assert list(long_modules(house)) == ["tables has no head"]
