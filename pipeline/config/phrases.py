"""The settings of phrases: which words that often stand together become one token."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus2vec.pipeline.config.settings import Settings, option_name, require, setting

ENGLISH = (
    *("a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by"),
    *("and", "or"),
)
"""The connector words of English: those of gensim's ENGLISH_CONNECTOR_WORDS."""
THRESHOLDS = {"word2phrase": 10.0, "npmi": 0.5}


@dataclass(frozen=True, kw_only=True)
class PhrasesConfig(Settings):
    """Which words become phrases."""

    phrases: int | None = setting(
        None,
        "Join words that often stand together (new_york) before the vocabulary is made, in N "
        "passes; each can join what the one before joined. By default a build joins none.",
        least=0,
        most=8,
        metavar="N",
        own="--passes",
    )
    scoring: Literal["word2phrase", "npmi"] = setting(
        "word2phrase",
        "Score of two words: word2vec's own (from 0 up) or normalized pointwise mutual "
        "information (from -1 to 1).",
    )
    threshold: float | None = setting(
        None,
        "Join what scores more than this. By default 10 for word2phrase, 0.5 for npmi.",
    )
    phrase_min_count: int = setting(
        5, "Join what occurs at least this often.", least=1, own="--min-count"
    )
    join_with: str = setting("_", "What is put between the words of a phrase.")
    connectors: str = setting(
        "none",
        "Words that a phrase may have inside (bank_of_england), but not at its ends: none, english "
        "(a, an, the, of, in, …), or a FILE with one a line.",
        file=True,
        metavar="none|english|FILE",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.join_with != "", "--join-with needs a text, not an empty string")
        least, most = (-1.0, 1.0) if self.scoring == "npmi" else (0.0, float("inf"))
        require(
            least <= self.least_score <= most,
            f"--threshold must be {'between -1 and 1' if most == 1 else '0 or more'} "
            f"with --scoring {self.scoring}",
        )

    def wanted(self) -> bool:
        """Return whether a build has phrases; raise UsageError for settings without effect."""
        if self.phrases is None:
            for each in dataclasses.fields(self):
                require(
                    getattr(self, each.name) == each.default,
                    f"{option_name(each.name)} has no effect without --phrases",
                    "give --phrases 1",
                )
        return bool(self.phrases)

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide bytes; what is given as it is anyway is not given."""
        connectors = "file" if "connectors" in self.files() else self.connectors
        return {
            **super().deciding(),
            "phrases": self.passes,
            "threshold": self.least_score,
            "connectors": connectors,
        }

    def files(self) -> dict[str, Path]:
        """Return the file that --connectors names, if it names one."""
        return {} if self.connectors in ("none", "english") else super().files()

    @property
    def passes(self) -> int:
        """How often words are joined; the command itself does it once if nothing else is said."""
        return 1 if self.phrases is None else self.phrases

    @property
    def least_score(self) -> float:
        """The score above which words are joined."""
        return THRESHOLDS[self.scoring] if self.threshold is None else self.threshold
