"""Where training takes place: the device, the type of its products, the machine's own marks."""

from __future__ import annotations

import ctypes
import math
import platform
import sys
import time
from typing import Any

import torch

from corpus2vec.pipeline.errors import UsageError

NARROW_COLUMNS = 16
"""Rows from which on products in 16 bits are worth the conversion."""
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # as malloc.h has them


def pick_device(wanted: str) -> torch.device:
    """The device that --device names. Raises UsageError for CUDA where there is none."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise UsageError("--device cuda: torch finds no CUDA device", hint="--device cpu")
    return torch.device("cuda" if wanted != "cpu" and available else "cpu")


def pick_products(wanted: str, device: torch.device, columns: int) -> torch.dtype:
    """The type of the network's products: bfloat16 where it is wanted, or where it is fast."""
    if wanted != "auto":
        return torch.bfloat16 if wanted == "on" else torch.float32
    fast = columns >= NARROW_COLUMNS and _multiplies_bfloat16(device)
    return torch.bfloat16 if fast else torch.float32


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Older versions of torch do not tell, and then products are in 32 bits.
    able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def peak(device: torch.device, products: torch.dtype) -> float:
    """Floating-point operations a second of large matrix products here, measured in a moment."""
    side = 4096 if device.type == "cuda" else 1024
    one, other = (torch.rand(side, side, device=device, dtype=products) for _ in range(2))
    best = math.inf
    for _ in range(8):
        began = time.perf_counter()
        product = one @ other
        product[0, 0].item()  # waits for a GPU
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def keep_freed_memory() -> None:
    """Have this process keep for its next step the memory that a step gives back.

    Otherwise glibc returns each large tensor to the system as soon as it is freed, and the system
    clears every page of it anew when it is asked again: a third to a half of the time of a full
    softmax.
    """
    if not sys.platform.startswith("linux"):
        return
    allow = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if allow:
        allow(M_TRIM_THRESHOLD, 2**31 - 1)
        allow(M_TOP_PAD, 1 << 26)
        # Older versions allow no more than half of an arena's heap.
        allow(M_MMAP_THRESHOLD, 1 << 30) or allow(M_MMAP_THRESHOLD, 1 << 25)


def machine(threads: int, products: torch.dtype, device: torch.device) -> dict[str, Any]:
    """What may change a result's last digits without being part of its recipe."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "machine": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "products": str(products).removeprefix("torch."),
        "threads": threads,
    }
