"""How numbers, progress and outcomes are worded, for people and for programs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus2vec.pipeline.artifacts.store import Outcome


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return the summary of a stage for programs."""
    return {
        "stage": outcome.stage,
        "output": str(outcome.output),
        "hit": outcome.hit,
        "reason": outcome.reason,
        "seconds": round(outcome.seconds, 3),
        "fingerprint": outcome.fingerprint,
        "counts": outcome.counts,
    }


def progress_line(
    done: int,
    total: int | None,
    unit: str,
    rate: float,
    facts: Mapping[str, float | str],
    width: int | None = None,
) -> str:
    """Return how far a stage is, how fast (`rate` in units a second) and how long it will take.

    In a narrow `width` the share, the time left and the loss stay longest.

    >>> progress_line(50_000_000, 100_000_000, "bytes", 2_500_000.0, {"documents": 1200})
    '50%  50.0 MB of 100.0 MB  2.5 MB/s  0:20 left  1,200 documents'
    >>> progress_line(50_000_000, 100_000_000, "bytes", 2_500_000.0, {"documents": 1200}, 30)
    '50%  2.5 MB/s  0:20 left'
    """
    if total and done > total:  # a file that grows while it is read: nobody knows how far it will
        total = None
    parts = {"amount": amount(done, unit)}
    if total:
        parts = {"share": f"{done / total:.0%}"}
        parts["amount"] = f"{amount(done, unit)} of {amount(total, unit)}"
    if rate:
        parts["rate"] = f"{amount(rate, unit)}/s"
    if total and rate:
        parts["left"] = f"{clock((total - done) / rate)} left"
    for name, value in facts.items():
        if name == "loss" and isinstance(value, float):
            parts[name] = f"loss {value:.3f}"
        elif name.endswith("_per_second") and isinstance(value, float):
            parts[name] = f"{value:,.0f} {name.removesuffix('_per_second')}/s"
        elif isinstance(value, str):
            parts[name] = f"{name} {value}"
        else:
            parts[name] = f"{value:,} {name}"
    for name in ("amount", "documents", "rate", *facts):
        if width is None or len("  ".join(parts.values())) <= width:
            break
        if name not in ("loss", "share") and len(parts) > 1:
            parts.pop(name, None)
    return "  ".join(parts.values())


def amount(count: float, unit: str) -> str:
    """Return a count and its unit: `61.2 MB`, `1,200 steps`."""
    if unit == "bytes":
        return f"{count / 1e6:.1f} MB"
    return f"{count:,.0f} {unit}" if count >= 10 or count == int(count) else f"{count:.1f} {unit}"


def counted(count: int, words: str) -> str:
    """Return a count and what it counts: `2 rows`, `1 row`."""
    one = re.sub("^([a-z]+)s", r"\1", words)
    return f"{count:,} {one if count == 1 else words}"


def size(count: int) -> str:
    """Return bytes in a unit that fits: `812 B`, `61.2 MB`.

    >>> size(812), size(61_200_000), size(3_000_000_000_000)
    ('812 B', '61.2 MB', '3.0 TB')
    """
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def age(changed: float, now: float | None = None) -> str:
    """Return how long ago that was, in the largest unit that has a whole number: `3 days`.

    >>> age(0, 30), age(0, 7200), age(0, 90_000)
    ('now', '2 hours', '1 day')
    """
    seconds = (time.time() if now is None else now) - changed
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return counted(int(seconds / length), unit)
    return "now"


def clock(seconds: float) -> str:
    """Return seconds as a clock shows them: `0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def advice_on(outcome: Outcome) -> str:
    """Return one line of advice on a stage that ran, or nothing.

    >>> from types import SimpleNamespace
    >>> counts = {"types": 5000, "types_left_out": 0, "seen_once": 2450}
    >>> advice_on(SimpleNamespace(stage="vocab", counts=counts))
    '49 % of the types were seen once: --min-count 2 drops them'
    """
    counts = outcome.counts
    types, once = counts.get("types", 0), counts.get("seen_once", 0)
    if types >= ADVISED_TYPES and once > 0.3 * types:
        return f"{once / types:.0%} of the types were seen once: --min-count 2 drops them".replace(
            "%", " %", 1
        )
    tokens = counts.get("tokens")
    if outcome.stage == "encode" and isinstance(tokens, Mapping):
        share = tokens.get("unk", 0) / max(tokens["in"], 1)
        if share > 0.1:
            return f"{100 * share:.0f} % of the tokens are <unk>: a smaller --min-count keeps more"
    epochs, best = counts.get("epochs"), counts.get("best_epoch")
    if epochs and best == epochs and not counts.get("stopped_early"):
        return "the held-out loss still fell in the last epoch: more --epochs may help"
    return ""


def facts_of(outcome: Outcome) -> list[str]:
    """Return what a person wants to know of a stage that ran, in one or two lines."""
    counts, seconds = outcome.counts, max(outcome.seconds, 1e-9)
    lines = [", ".join([*_accounts(counts), *_plain_facts(counts)])]
    speed = ""
    if "bytes" in counts:
        speed = f", {counts['bytes'] / 1e6 / seconds:.1f} MB/s"
    tokens = counts.get("tokens")
    if isinstance(tokens, Mapping):
        speed += f", {tokens['in'] / seconds:,.0f} tokens/s"
    elif counts.get("training_seconds"):
        speed = f", {counts['tokens_read'] / counts['training_seconds']:,.0f} tokens/s"
    lines.append(f"{outcome.seconds:.1f} s{speed}")
    return [line for line in lines if line]


def _accounts(counts: Mapping[str, Any]) -> list[str]:
    """Return the ledger in words: `10 tokens`, and the reasons of those that were not kept."""
    parts = []
    for unit in ("documents", "tokens"):
        account = counts.get(unit)
        if isinstance(account, Mapping):
            parts.append(counted(account["in"], unit))
            if account.get("unk"):
                parts.append(f"{account['unk']:,} of them <unk>")
            parts += [
                f"{counted(count, unit)} dropped ({reason})"
                for reason, count in account.get("dropped", {}).items()
            ]
    return parts


ADVISED_TYPES = 1000
"""Of a smaller vocabulary nothing is to be dropped."""
FACTS = {
    "rows": "rows",
    "cuts": "cuts",
    "documents_cut": "cuts in documents that were too long",
    "chunks_cut": "cuts in chunks that were too long",
    "types": "types",
    "candidates": "candidates",
    "phrases": "phrases",
    "types_left_out": "types left out",
    "keep_not_in_corpus": "tokens of --keep not in the corpus",
    "documents": "documents",
    "tokens": "tokens",
    "columns": "columns",
    "valid_documents": "documents held out",
    "cut_tokens": "tokens cut from long documents",
    "init_found": "rows from --init",
    "init_layers": "weights of layers from --init",
    "escaped": "tokens escaped",
    "skipped": "tokens skipped",
    "documents_compared": "documents compared with those of its tokenizer",
    "documents_equal": "of them have the same ids",
    "missing": "words of --words not in the table",
    "epochs": "epochs",
    "steps": "steps",
}
SCORES = ("train_loss", "valid_loss", "valid_perplexity", "valid_accuracy")


def _plain_facts(counts: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, words in FACTS.items():
        value = counts.get(name)
        if isinstance(value, int) and (value or name in ("rows", "types", "phrases")):
            parts.append(counted(value, words))
    for name in SCORES:
        if isinstance(counts.get(name), float):
            label = name.replace("train_loss", "loss").replace("valid_", "held-out ")
            parts.append(f"{label} {counts[name]:.4g}")
    return parts
