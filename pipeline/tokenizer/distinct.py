"""Chunks → tokens, found once per distinct chunk, for all chunks of a batch together.

A chunk's tokens do not depend on its place in the text, except where a pattern of `patterns.py`
matches. So chunks are interned, and only new ones are tokenized, in this order:

1. One chunk of each new shape (`shapes.py`) is split, all of them together (`peeling.py`), without
   special cases. All chunks of that shape are split at the same places: `cat,` like `dog,` after
   three characters.
2. A chunk that has a special case among the strings that splitting looks up is split by itself:
   `won't` has the shape of `dog't`, but is a special case.
3. A chunk whose tokens a pattern may change is searched for patterns: `x:)`, with `:)`. Its tokens
   before that, the *plain* ones, are kept as well.
4. Chunks whose tokens a pattern across white space may change are searched together: `x:) )`.

Steps 1 to 3 depend on the chunk alone and are remembered. Step 4 is remembered by the run's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from corpus2vec.pipeline.strings.interner import Growing, Interner, KeySet
from corpus2vec.pipeline.strings.slices import WORD, Slices, first_places, ranges, replaced
from corpus2vec.pipeline.tokenizer.affixes import Affixes
from corpus2vec.pipeline.tokenizer.arrays import Characters, Splits
from corpus2vec.pipeline.tokenizer.char_sets import CODE_POINTS
from corpus2vec.pipeline.tokenizer.chunks import Chunks
from corpus2vec.pipeline.tokenizer.matching import Matching
from corpus2vec.pipeline.tokenizer.patterns import Patterns
from corpus2vec.pipeline.tokenizer.peeling import Peeling

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

CACHE_BYTES = 192 << 20
"""Everything remembered about chunks is dropped when it takes more than this."""

MEMO_TOKENS = 1 << 16
"""Tokens whose ids are remembered for chunks and runs that are tokenized by themselves."""

# Bits of a chunk: its last token is the left one of a pair in a pattern; its first token is the
# right one; a pattern changed its tokens.
LEFT, RIGHT, CHANGED = 1, 2, 4


class DistinctChunks:
    """Tokenizes chunks as `tokenizer` does. Raises Unreadable if its rules cannot be read.

    >>> from corpus2vec.pipeline.corpus.texts import Texts
    >>> from corpus2vec.pipeline.tokenizer.chunks import split_into_chunks
    >>> from corpus2vec.pipeline.tokenizer.spacy_pipeline import import_spacy
    >>> distinct = DistinctChunks(import_spacy(with_torch=False).blank("en").tokenizer)
    >>> ids, counts = distinct.tokenize(split_into_chunks(Texts.of(["I don't : ) I"])))
    >>> distinct.tokens.slices(ids).decoded(), counts.tolist()
    (['I', 'do', "n't", ':', ')', 'I'], [1, 2, 1, 1, 1])
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._affixes = Affixes(tokenizer)
        self._peeling = Peeling(self._affixes)
        patterns = Patterns(tokenizer, self._affixes)
        self._pattern_tokens = Slices.of_texts(patterns.tokens)
        self._special_ends = np.zeros((2, CODE_POINTS), bool)
        """By code point: whether a special case begins with it, and whether one ends with it."""
        for case in filter(None, self._affixes.special_cases):
            self._special_ends[0, ord(case[0])] = self._special_ends[1, ord(case[-1])] = True
        self._special_keys = KeySet(Slices.of_texts(self._affixes.special_cases))
        self._matching = Matching(patterns, self._intern)
        self._forget()

    def _forget(self) -> None:
        self.tokens = Interner()
        """The distinct tokens; a token is known by its id here."""
        self.tokens.intern(self._pattern_tokens)
        self._matching.forget()
        self._token_of: dict[str, int] = {}
        self._chunks = Interner()
        self._token_ids = Growing(np.int32)
        self._begins, self._counts = Growing(np.int64), Growing(np.int32)
        self._plain_begins, self._plain_counts = Growing(np.int64), Growing(np.int32)
        self._reach = Growing(np.uint8)
        self._runs: dict[bytes, tuple[int, int]] = {}
        self._shapes: dict[int, tuple[Interner, Growing]] = {}
        """By traits: the shapes, and the number of each one's split."""
        self._splits = Splits()

    def forget_if_large(self) -> bool:
        """Drop everything remembered if it takes too much memory; return whether it did.

        Token ids that were returned before are invalid then.
        """
        size = (
            self._chunks.bytes
            + self.tokens.bytes
            + 4 * len(self._token_ids)
            + 25 * len(self._begins)
            + self._splits.bytes
            + sum(shapes.bytes for shapes, _ in self._shapes.values())
        )
        if size > CACHE_BYTES:
            self._forget()
            return True
        return False

    def tokenize(self, chunks: Chunks) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of all tokens, and how many tokens each chunk has.

        Where a pattern joins chunks, the first of them has the tokens of all, the others none.
        """
        known = len(self._chunks)
        ids = self._chunks.intern(chunks.slices)
        if len(self._chunks) > known:
            self._tokenize_new(self._chunks.slices(slice(known, None)), known)
        begins, counts = self._begins.values[ids], self._counts.values[ids]
        reach = self._reach.values[ids]
        linked = np.flatnonzero((reach[:-1] & LEFT != 0) & (reach[1:] & RIGHT != 0))
        if len(linked):
            self._join_runs(chunks, ids, linked, begins, counts)
        return self._token_ids.values[ranges(begins, counts)], counts

    # --- new chunks --------------------------------------------------------------------------

    def _tokenize_new(self, chunks: Slices, first_id: int) -> None:
        text = Characters.of(chunks)
        shapes = self._shapes_of(text, chunks)
        owners, slices = self._pieces(text, shapes)
        ids = self.tokens.intern(slices)
        counts = np.bincount(owners, minlength=len(chunks))
        special = np.flatnonzero(self._holds_special_case(text, shapes))
        if len(special):
            cases, split = self._affixes.special_cases, self._affixes.split
            found = [_cut(each, split(each, cases).starts) for each in chunks[special].decoded()]
            theirs = self._intern([token for tokens in found for token in tokens])
            ids, counts = replaced(ids, counts, special, np.array(theirs), list(map(len, found)))

        begins = len(self._token_ids) + np.cumsum(counts) - counts
        self._token_ids.extend(ids)
        self._plain_begins.extend(begins)
        self._plain_counts.extend(counts)
        changed = self._matching.may_change(ids, counts)
        chosen = np.flatnonzero(changed)
        if len(chosen):
            plain = self._token_ids.values[ranges(begins[chosen], counts[chosen])]
            ids, counts[chosen] = self._matching.applied(plain, counts[chosen])
            begins[chosen] = len(self._token_ids) + np.cumsum(counts[chosen]) - counts[chosen]
            self._token_ids.extend(ids)
        self._begins.extend(begins)
        self._counts.extend(counts)
        new = np.arange(first_id, first_id + len(chunks))
        reach = self._matching.pairs.lefts.holds(self._last_token(new)) * LEFT
        reach |= self._matching.pairs.rights.holds(self._first_token(new)) * RIGHT
        self._reach.extend(reach | changed * CHANGED)

    def _shapes_of(self, text: Characters, chunks: Slices) -> np.ndarray:
        """Return the number of each chunk's split: (n,) int64. New shapes are split here."""
        rules = self._affixes.shapes
        traits = np.bitwise_or.reduceat(rules.traits[text.codes], text.begins)
        shapes = np.empty(len(chunks), np.int64)
        for kind in np.unique(traits).tolist():
            chosen = np.flatnonzero(traits == kind)
            lengths = text.lengths[chosen]
            atoms = rules.atoms(kind)[text.codes[ranges(text.begins[chosen], lengths)]]
            data = np.append(atoms.view(np.uint8), np.zeros(WORD, np.uint8))
            ends, sizes = np.cumsum(lengths) * atoms.itemsize, lengths * atoms.itemsize
            known, numbers = self._shapes.setdefault(kind, (Interner(), Growing(np.int64)))
            ids = known.intern(Slices(data, ends - sizes, sizes))
            new = np.flatnonzero(ids >= len(numbers))
            if len(new):
                places = ids[new] - len(numbers)
                examples = chosen[new[first_places(places, len(known) - len(numbers))]]
                first = self._splits.add(
                    self._peeling.split(
                        text.codes,
                        text.begins[examples],
                        text.lengths[examples],
                        chunks[examples].decoded(),
                    )
                )
                numbers.extend(np.arange(first, first + len(examples)))
            shapes[chosen] = numbers.values[ids]
        return shapes

    def _holds_special_case(self, text: Characters, shapes: np.ndarray) -> np.ndarray:
        """Return which chunks have a special case among the strings they look up: (n,) bool."""
        owners, begins, ends = self._splits.looked_up(shapes)
        offsets = text.begins[owners]
        # Most strings do not begin and end as a special case does, which is seen at once.
        likely = self._special_ends[0][text.codes[begins + offsets]]
        likely &= self._special_ends[1][text.codes[ends + offsets - 1]]
        owners, begins, ends, offsets = (each[likely] for each in (owners, begins, ends, offsets))
        begins, ends = text.bytes_before[begins + offsets], text.bytes_before[ends + offsets]
        found = self._special_keys.holds(Slices(text.data, begins, ends - begins))
        holds = np.zeros(len(shapes), bool)
        holds[owners[found]] = True
        return holds

    def _pieces(self, text: Characters, shapes: np.ndarray) -> tuple[np.ndarray, Slices]:
        """Return all tokens, as (which of the n chunks, token)."""
        owners, starts = self._splits.starts(shapes)
        begins = text.bytes_before[starts + text.begins[owners]]
        # The chunks are contiguous, and their tokens leave nothing out.
        ends = np.append(begins[1:], text.bytes_before[-1])
        return owners, Slices(text.data, begins, ends - begins)

    def _intern(self, tokens: list[str]) -> list[int]:
        # An interner is made for many strings at once. Here few come, often the same ones.
        known = self._token_of
        new = [token for token in dict.fromkeys(tokens) if token not in known]
        if new:
            ids = self.tokens.intern(Slices.of_texts(new)).tolist()
            known.update(zip(new, ids, strict=True))
        found = [known[token] for token in tokens]
        if len(known) > MEMO_TOKENS:
            known.clear()
        return found

    # --- patterns across chunks --------------------------------------------------------------

    def _join_runs(
        self,
        chunks: Chunks,
        ids: np.ndarray,
        linked: np.ndarray,
        begins: np.ndarray,
        counts: np.ndarray,
    ) -> None:
        """Tokenize chunks that a pattern may join together; update `begins` and `counts`.

        `linked`: the chunks that a pair of pattern tokens may connect with the next one.
        """
        apart = np.zeros(len(ids) + 1, bool)
        apart[chunks.documents] = apart[chunks.cuts] = True
        linked = linked[~apart[linked + 1]]
        last, first = self._last_token(ids[linked]), self._first_token(ids[linked + 1])
        real = self._matching.pairs.holds(last, first)
        linked, last, first = linked[real], last[real], first[real]
        if not len(linked):
            return
        # A pattern makes a difference if its special case has white space at this gap, or if it
        # displaces a shorter match that makes a difference.
        changed = self._reach.values[ids] & CHANGED != 0
        matters = self._matching.spaced.holds(last, first) | changed[linked] | changed[linked + 1]
        opens = np.append(True, np.diff(linked) != 1)
        heads = np.flatnonzero(opens)
        matters = np.logical_or.reduceat(matters, heads)
        tails = np.append(heads[1:], len(linked)) - 1
        slices = chunks.slices
        heads, tails = linked[heads[matters]].tolist(), (linked[tails[matters]] + 1).tolist()
        ends = (slices.begins + slices.lengths)[tails]
        texts = [
            slices.data[begin:end].tobytes()
            for begin, end in zip(slices.begins[heads], ends, strict=True)
        ]
        new = {text: place for place, text in enumerate(texts) if text not in self._runs}
        if new:
            chosen = list(new.values())
            firsts, lasts = np.array(heads)[chosen], np.array(tails)[chosen]
            found, sizes = self._matching.applied(*self._plain_runs(slices, ids, firsts, lasts))
            run_begins = len(self._token_ids) + np.cumsum(sizes) - sizes
            self._token_ids.extend(found)
            places = zip(run_begins.tolist(), sizes.tolist(), strict=True)
            self._runs.update(zip(new, places, strict=True))
        for head, tail, text in zip(heads, tails, texts, strict=True):
            begins[head], counts[head] = self._runs[text]
            counts[head + 1 : tail + 1] = 0

    def _plain_runs(
        self, slices: Slices, ids: np.ndarray, firsts: np.ndarray, lasts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the plain tokens of n runs of chunks, how many each has, and where gaps are."""
        sizes = lasts + 1 - firsts
        places = ranges(firsts, sizes)
        counts = self._plain_counts.values[ids[places]]
        tokens = self._token_ids.values[ranges(self._plain_begins.values[ids[places]], counts)]
        after = np.minimum(places + 1, len(slices) - 1)
        gaps = np.zeros(len(tokens), bool)
        ends = slices.begins[places] + slices.lengths[places]
        gaps[np.cumsum(counts) - 1] = slices.begins[after] > ends
        return tokens, np.add.reduceat(counts, np.cumsum(sizes) - sizes), gaps

    def _first_token(self, ids: np.ndarray) -> np.ndarray:
        """Return the first plain token of each chunk."""
        first: np.ndarray = self._token_ids.values[self._plain_begins.values[ids]]
        return first

    def _last_token(self, ids: np.ndarray) -> np.ndarray:
        ends = self._plain_begins.values[ids] + self._plain_counts.values[ids]
        last: np.ndarray = self._token_ids.values[ends - 1]
        return last


def _cut(chunk: str, starts: Sequence[int]) -> list[str]:
    ends = [*starts[1:], len(chunk)]
    return [chunk[begin:end] for begin, end in zip(starts, ends, strict=True)]
