"""Where training runs: the device, the threads, the type of products, the machine's marks."""

from __future__ import annotations

import platform
from typing import Any

import torch

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.processors import available

NARROW_COLUMNS = 16
"""From this many columns on, products in 16 bits are worth the conversion."""


def pick_device(wanted: str) -> torch.device:
    """Return the device that --device names. Raises UsageError for CUDA where there is none."""
    has_cuda = torch.cuda.is_available()
    if wanted == "cuda" and not has_cuda:
        raise UsageError("--device cuda: torch finds no CUDA device", hint="--device cpu")
    return torch.device("cuda" if wanted != "cpu" and has_cuda else "cpu")


def pick_threads(wanted: int | None) -> int:
    """Return --threads; without it torch's number, but no more than this process may use."""
    return wanted or min(torch.get_num_threads(), available())


def pick_products(wanted: str, device: torch.device, columns: int) -> torch.dtype:
    """Return the type of the network's products: bfloat16 where it is asked for, or fast."""
    if wanted != "auto":
        return torch.bfloat16 if wanted == "on" else torch.float32
    fast = columns >= NARROW_COLUMNS and _multiplies_bfloat16(device)
    return torch.bfloat16 if fast else torch.float32


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Older versions of torch do not say; products are then in 32 bits.
    able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def machine(threads: int, products: torch.dtype, device: torch.device) -> dict[str, Any]:
    """Return what may change a result's last digits without being part of its recipe."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "machine": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "products": str(products).removeprefix("torch."),
        "threads": threads,
    }
