"""Batches: every token is read once, every next token predicted once, and no row is invented."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.training.batches.labelled import LabelledDocuments
from corpus2vec.pipeline.training.batches.streams import Streams
from corpus2vec.pipeline.training.batches.windows import Windows
from tests.support.documents import documents

PHRASES = documents([0, 1, 2, 3, 4], [5, 1, 2, 3, 6])

many_documents = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1).map(
    lambda lists: documents(*lists)
)


def test_two_phrases_of_five_make_one_window_of_two_streams():
    [window] = list(Streams(PHRASES, batch_size=32, length=5))
    assert window.ids_BT.tolist() == [[0, 1, 2, 3, 4], [5, 1, 2, 3, 6]]
    assert window.predicts_BT.tolist() == [[True] * 4 + [False]] * 2
    assert window.targets_N.tolist() == [1, 2, 3, 4, 1, 2, 3, 6]


@given(many_documents, st.integers(1, 6), st.integers(1, 6))
def test_streams_read_every_token_once_and_predict_all_but_the_first_of_each(docs, batch, length):
    read, predicted = [], []
    for window in Streams(docs, batch, length):
        read += window.ids_BT.flatten().tolist()
        predicted += window.targets_N.tolist()
    firsts = docs.ids_n[docs.offsets[:-1]].tolist()
    assert sorted(read) == sorted(docs.ids_n.tolist())
    assert sorted(predicted + firsts) == sorted(docs.ids_n.tolist())


@given(many_documents, st.integers(1, 6), st.integers(1, 6))
def test_a_stream_goes_on_where_its_last_window_ended(docs, batch, length):
    windows = [window.ids_BT for window in Streams(docs, batch, length)]
    rows = [
        torch.cat([window[row] for window in windows if row < len(window)]).tolist()
        for row in range(len(windows[0]))
    ]
    assert [each for row in rows for each in row] == docs.ids_n.tolist()


def test_a_window_depends_on_nothing_but_its_number():
    docs = documents(range(50), range(50, 73))
    streams = Streams(docs, 3, 4)
    again = Streams(docs, 3, 4)
    list(streams)
    assert torch.equal(streams[2].ids_BT, again[2].ids_BT)


LABELLED = documents([1, 2, 3], [4], [5, 6], [7, 8, 9, 10], [11], labels=[0, 1, 0, 1, 0])


def test_documents_are_packed_position_by_position_by_falling_length():
    [batch] = list(LabelledDocuments(LABELLED, batch_size=9, longest=99, shuffle=None))
    assert batch.sizes_T.tolist() == [5, 3, 2, 1]
    assert batch.ids_n.tolist() == [7, 1, 5, 4, 11, 8, 2, 6, 9, 3, 10]
    assert batch.labels_B.tolist() == [1, 0, 0, 1, 0]


def test_longer_documents_are_cut():
    batches = LabelledDocuments(LABELLED, batch_size=9, longest=2, shuffle=None)
    assert len(batches[0].ids_n) == 8


@given(st.integers(1, 7), st.integers(0, 5))
def test_an_epoch_has_every_document_once_with_its_label(batch_size, epoch):
    batches = list(LabelledDocuments(LABELLED, batch_size, 99, (1, epoch)))
    assert sorted(torch.cat([each.ids_n for each in batches]).tolist()) == list(range(1, 12))
    assert sorted(torch.cat([each.labels_B for each in batches]).tolist()) == [0, 0, 0, 1, 1]


def test_epochs_differ_and_repeat_by_seed():
    many = documents(*([each] for each in range(100)), labels=[0] * 100)
    first, second, again = (
        LabelledDocuments(many, 8, 9, (1, epoch))[0].ids_n for epoch in (0, 1, 0)
    )
    assert not torch.equal(first, second)
    assert torch.equal(first, again)


# --- windows with both sides -----------------------------------------------------------------


def middle(batch, reach):
    return batch.ids_BS[:, reach : batch.ids_BS.shape[1] - reach]


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=8),
    st.integers(1, 4),
    st.integers(1, 7),
    st.integers(0, 4),
    st.booleans(),
)
def test_every_token_with_another_in_its_document_is_predicted_once(
    lengths, size, length, reach, shuffled
):
    ends = np.cumsum(lengths).tolist()
    texts = [list(range(end - n, end)) for end, n in zip(ends, lengths, strict=True)]
    draw = (7, 1, 0) if shuffled else None
    predicted = []
    for batch in Windows(documents(*texts), size, length, reach, draw):
        inner = middle(batch, reach)
        assert torch.equal(inner[batch.predicts_BT], batch.targets_N)
        predicted += batch.targets_N.tolist()
        for ids, kept in zip(batch.ids_BS.tolist(), batch.documents_BS.tolist(), strict=True):
            for place in range(len(ids) - 1):
                follows = ids[place + 1] == ids[place] + 1
                together = kept[place] == kept[place + 1]
                same = any({ids[place], ids[place + 1]} <= set(text) for text in texts)
                assert together == (follows and same)
    assert sorted(predicted) == [each for text in texts if len(text) > 1 for each in text]


def test_windows_are_drawn_again_every_epoch_and_repeat_by_seed():
    text = documents(list(range(1000)))
    first, second, again = (Windows(text, 8, 9, 2, (1, epoch))[0] for epoch in (0, 1, 0))
    assert not torch.equal(first.ids_BS, second.ids_BS)
    assert torch.equal(first.ids_BS, again.ids_BS)
