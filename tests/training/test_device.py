"""Where training runs: as many threads as this process may use, or as many as are asked for."""

import torch

from corpus2vec.pipeline.training import device


def test_threads_are_torchs_but_no_more_than_the_process_may_use(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    monkeypatch.setattr(device, "available", lambda: 2)
    assert device.pick_threads(None) == 2
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)  # OMP_NUM_THREADS=1
    assert device.pick_threads(None) == 1
    assert device.pick_threads(3) == 3
