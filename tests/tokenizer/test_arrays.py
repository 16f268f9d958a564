"""What the arrays answer is what lists, sets and strings would."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.tokenizer.affixes import Split
from corpus2vec.pipeline.tokenizer.arrays import Characters, PairSet, Splits, TokenSet
from corpus2vec.pipeline.tokenizer.peeling import SplitMany

numbers = st.lists(st.integers(0, 9), max_size=4)
TOKENS = [f"t{number}" for number in range(6)]
IDS = {token: number for number, token in enumerate(TOKENS)}
tokens = st.sampled_from(TOKENS)
asked = st.lists(st.integers(0, 8), max_size=8).map(lambda ids: np.array(ids, np.int32))


@given(st.lists(st.text(min_size=1, max_size=5, alphabet="aé中😀\0"), min_size=1), st.booleans())
def test_characters_of_chunks(chunks, first_is_left_out):
    slices = Slices.of_texts(["begin", *chunks])[1 if first_is_left_out else 0 :]
    chunks = chunks if first_is_left_out else ["begin", *chunks]
    text = Characters.of(slices)
    assert "".join(map(chr, text.codes)) == "".join(chunks)
    assert text.lengths.tolist() == list(map(len, chunks))
    assert text.begins.tolist() == [len("".join(chunks[:at])) for at in range(len(chunks))]
    ends = text.bytes_before.tolist()
    for number, character in enumerate("".join(chunks)):
        piece = text.data[ends[number] : ends[number + 1]]
        assert piece.tobytes().decode() == character


splits = st.builds(
    Split,
    starts=numbers.map(lambda more: (0, *more)),
    looked_up=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))).map(tuple),
)


def together(batch):
    """Splits as arrays."""
    looked_up = [place for split in batch for place in split.looked_up]
    return SplitMany(
        np.array([start for split in batch for start in split.starts], np.int64),
        np.array([len(split.starts) for split in batch], np.int64),
        np.array(looked_up, np.int64).reshape(-1, 2),
        np.array([len(split.looked_up) for split in batch], np.int64),
    )


@given(st.lists(st.lists(splits, min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_splits_are_gathered_by_number(batches, data):
    known, stored = [], Splits()
    for batch in batches:
        assert stored.add(together(batch)) == len(known)
        known += batch
        wanted = data.draw(st.lists(st.integers(0, len(known) - 1)))
        owners, starts = stored.starts(np.array(wanted, np.int64))
        pairs = [(at, start) for at, each in enumerate(wanted) for start in known[each].starts]
        assert list(zip(owners.tolist(), starts.tolist(), strict=True)) == pairs
        assert stored.lists(np.array(wanted, np.int64)) == [
            [*known[each].starts] for each in wanted
        ]
        found = stored.looked_up(np.array(wanted, np.int64))
        places = [(at, *place) for at, each in enumerate(wanted) for place in known[each].looked_up]
        assert list(zip(*(each.tolist() for each in found), strict=True)) == places


@given(st.sets(tokens), asked)
def test_a_set_of_tokens_is_asked_by_their_ids(chosen, ids):
    found = TokenSet(IDS, chosen).holds(ids).tolist()
    assert found == [each < len(TOKENS) and TOKENS[each] in chosen for each in ids.tolist()]


@given(st.sets(st.tuples(tokens, tokens)), asked)
def test_a_set_of_pairs_is_asked_by_their_ids(pairs, ids):
    found = PairSet(IDS, pairs).holds(ids[:-1], ids[1:]).tolist()
    names = [TOKENS[each] if each < len(TOKENS) else "" for each in ids.tolist()]
    assert found == [pair in pairs for pair in itertools.pairwise(names)]
