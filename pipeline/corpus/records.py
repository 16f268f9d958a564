"""JSON Lines: each line is an object and a document, with its text and its label in fields.

Lines of ordinary length are read by the `json` module; one of more than `limits.RECORD_CHARACTERS`
is read piece by piece, to the same documents. What cannot be read is reported by its line.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.decoding import lines, without_halves
from corpus2vec.pipeline.corpus.documents import Rows, bounded, in_batches
from corpus2vec.pipeline.corpus.fields import (
    JOINT,
    MissingFieldError,
    id_text,
    label_text,
    paths_of,
    require_field,
    skipped,
    text_fields,
)
from corpus2vec.pipeline.corpus.json_strings import NotJsonError
from corpus2vec.pipeline.corpus.long_json import LongJson, TooDeepError, TooLongError
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import Beginning, LongText
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError

Record = Mapping[str, object]


def read_jsonl(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a file with a JSON object on each line (jsonlines.org)."""
    return in_batches(_rows(opened, source, config), opened, config)


def _rows(opened: Opened, source: Source, config: CorpusConfig) -> Rows:
    errors = config.encoding_errors
    with ExitStack() as stack:
        long_fields = _LongFields(config, stack)
        for number, line in enumerate(lines(opened, source, errors), start=1):
            where = source.line(number)
            if not isinstance(line, str):
                record = long_fields.read(line, where)
            elif line and not line.isspace():
                record = _json_object(line, where)
            else:
                record = None
            if record is None:
                yield None, source.label, None
                continue
            try:
                texts = _texts(record, where, config)
                label, own_id = _beside(record, where, source, config)
            except MissingFieldError as problem:
                skipped(problem, opened, config)
                continue
            if isinstance(line, str) or not texts:
                whole = JOINT.join(map(str, texts))
                yield without_halves(whole, where, errors), label, own_id
            else:
                blocks = itertools.chain.from_iterable(_blocks(texts, where))
                for piece in bounded(blocks, opened):
                    yield piece.decode(), label, own_id


def _texts(record: Record, where: str, config: CorpusConfig) -> list[str | _LongString]:
    """Return the texts of the fields, without those that are null."""
    texts = []
    for name in text_fields(config, record):
        value = require_field(record, name, "--text-field", where)
        if isinstance(value, str | _LongString):
            texts.append(value)
        elif value is not None:
            hint = ""
            if isinstance(value, Mapping) or repr(value).startswith("{"):  # as an Unread may
                hint = f"name a field within it: --text-field {name}.FIELD"
            raise DataError(f"{where}: the field {name} is not a string", hint=hint)
    return texts


def _beside(
    record: Record, where: str, source: Source, config: CorpusConfig
) -> tuple[str, str | None]:
    """Return the label and the id."""
    label, own_id = source.label, None
    if config.label_field:
        value = require_field(record, config.label_field, "--label-field", where)
        label = label_text(_whole(value, where, "label"), where)
        label = without_halves(label, where, config.encoding_errors)
    if config.id_field:
        value = require_field(record, config.id_field, "--id-field", where)
        own_id = id_text(_whole(value, where, "id"), where)
        own_id = without_halves(own_id, where, config.encoding_errors)
    return label, own_id


# --- ordinary lines --------------------------------------------------------------------------


def _json_object(line: str, where: str) -> Record:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as problem:
        raise _not_json(where, problem.msg, problem.colno) from problem
    except RecursionError as problem:
        raise _too_deep(where) from problem
    except ValueError as problem:
        raise _too_long(where) from problem
    if not isinstance(record, dict):
        raise _no_object(where)
    return record


def _not_json(where: str, reason: str, column: int) -> DataError:
    return DataError(f"{where} is not JSON: {reason.removesuffix(' at')} at column {column}")


def _too_deep(where: str) -> DataError:
    return DataError(f"{where} is nested too deeply to be read")


def _too_long(where: str) -> DataError:
    return DataError(f"{where} has a number of too many digits to be read")


def _no_object(where: str) -> DataError:
    return DataError(f"{where} is not a JSON object", hint="one object a line is expected")


# --- long lines ------------------------------------------------------------------------------


class _LongString:
    """A string of a long line: all of it on the disk if it is a text, else its beginning."""

    def __init__(self, text: LongText | None) -> None:
        self.text = text
        self.beginning = Beginning(limits.SIGHT_CHARACTERS)

    def clear(self) -> None:
        self.beginning.clear()
        if self.text:
            self.text.clear()

    def write(self, piece: str) -> None:
        self.beginning.write(piece)
        if self.text:
            self.text.write(piece)


class _LongFields:
    """The fields of one long line after another."""

    def __init__(self, config: CorpusConfig, stack: ExitStack) -> None:
        self._strings: dict[tuple[str, ...], _LongString] = {}
        texts = {
            path for name in (config.text_field, *config.text_fields) for path in paths_of(name)
        }
        others = {
            path
            for name in (config.label_field, config.id_field)
            if name
            for path in paths_of(name)
        }
        for path in texts | others:
            text = LongText(config.encoding_errors) if path in texts else None
            self._strings[path] = _LongString(stack.enter_context(text) if text else None)

    def read(self, line: Iterator[str], where: str) -> Record | None:
        """Read a line: a wanted string is a `_LongString` in the record. None if it is blank."""
        reader = LongJson(line, self._strings)
        try:
            if reader.is_blank():
                return None
            record = reader.read()
        except NotJsonError as problem:
            raise _not_json(where, problem.reason, problem.column) from problem
        except TooDeepError as problem:
            raise _too_deep(where) from problem
        except TooLongError as problem:
            raise _too_long(where) from problem
        if record is None:
            raise _no_object(where)
        return record


def _whole(value: object, where: str, what: str) -> object:
    if not isinstance(value, _LongString):
        return value
    return whole_text(value.beginning, where, what)


def whole_text(beginning: Beginning, where: str, what: str) -> str:
    """Return a label or an id of a long record. Raise DataError if it is long itself."""
    if not beginning.whole:
        raise DataError(f"{where}: its {what} has more than {limits.SIGHT_CHARACTERS:,} characters")
    return beginning.text


def _blocks(texts: list[str | _LongString], where: str) -> Iterator[Iterable[bytes]]:
    for number, text in enumerate(texts):
        if number:
            yield [JOINT.encode()]
        if isinstance(text, _LongString) and text.text:
            yield text.text.checked(where)
