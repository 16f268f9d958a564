"""The ledger of a stage: what went in, what came out, and where the rest went.

Nothing may be lost silently. So a stage counts what it read and what it wrote at two different
places, and the two must agree: `in = kept + unk + dropped (by reason)`. A stage whose ledger does
not balance fails. The ledgers are stored in the manifest, and `info` shows them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from corpus2vec.pipeline.errors import PipelineError


@dataclass
class Ledger:
    """One account, of documents or of tokens.

    >>> ledger = Ledger("tokens", read=5, kept=3)
    >>> ledger.drop("space", 2)
    >>> ledger.balance()
    >>> ledger.as_json()
    {'in': 5, 'kept': 3, 'dropped': {'space': 2}}
    """

    unit: str
    read: int = 0
    kept: int = 0
    unk: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def drop(self, reason: str, count: int = 1) -> None:
        """Account for `count` units that were left out for `reason`."""
        if count:
            self.dropped[reason] += count

    def balance(self) -> None:
        """Raise PipelineError unless everything that came in is accounted for."""
        accounted = self.kept + self.unk + self.dropped.total()
        if self.read != accounted:
            raise PipelineError(
                f"the ledger does not balance: {self.read} {self.unit} in, "
                f"{accounted} accounted for",
                hint="this is a bug in corpus2vec, not in the corpus; please report it",
            )

    def as_json(self) -> dict[str, Any]:
        """Return the account as the manifest stores it, without `unk` or `dropped` if zero."""
        account: dict[str, Any] = {"in": self.read, "kept": self.kept}
        if self.unk:
            account["unk"] = self.unk
        if self.dropped:
            account["dropped"] = dict(sorted(self.dropped.items()))
        return account
