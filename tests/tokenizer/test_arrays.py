"""What the arrays answer is what lists, sets and strings would."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.tokenizer.affixes import Split
from corpus2vec.pipeline.tokenizer.arrays import Characters, PairSet, Splits, TokenSet, replaced

numbers = st.lists(st.integers(0, 9), max_size=4)
TOKENS = [f"t{number}" for number in range(6)]
IDS = {token: number for number, token in enumerate(TOKENS)}
tokens = st.sampled_from(TOKENS)
asked = st.lists(st.integers(0, 8), max_size=8).map(lambda ids: np.array(ids, np.int32))


@given(st.lists(st.tuples(numbers, st.none() | numbers)))
def test_lists_are_replaced_in_place(pairs):
    values = np.array([each for old, _ in pairs for each in old], np.int64)
    counts = np.array([len(old) for old, _ in pairs], np.int64)
    chosen = [place for place, (_, new) in enumerate(pairs) if new is not None]
    others = [pairs[place][1] for place in chosen]
    found, lengths = replaced(
        values,
        counts,
        np.array(chosen, np.int64),
        np.array([each for new in others for each in new], np.int64),
        list(map(len, others)),
    )
    expected = [old if new is None else new for old, new in pairs]
    assert found.tolist() == [each for new in expected for each in new]
    assert lengths.tolist() == list(map(len, expected))


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


@given(st.lists(st.lists(splits, min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_splits_are_gathered_by_number(batches, data):
    known, stored = [], Splits()
    for batch in batches:
        for split in batch:
            assert stored.add(split) == len(known)
            known.append(split)
        wanted = data.draw(st.lists(st.integers(0, len(known) - 1)))
        owners, starts = stored.starts(np.array(wanted, np.int64))
        pairs = [(at, start) for at, each in enumerate(wanted) for start in known[each].starts]
        assert list(zip(owners.tolist(), starts.tolist(), strict=True)) == pairs
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
