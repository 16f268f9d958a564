"""Compare the tokenizer with spaCy's, token for token: on corpora, and on random text.

    python -m campaigns.exactness CORPUS... [--lang en] [--seconds 10] [--languages en de …]

Tokenizes every line of every corpus with `spacy.blank(lang).tokenizer` and with corpus2vec's
tokenizer; then, for each language and so many seconds, random text made of the characters and
special cases that its rules look at. Prints how much was compared, and stops with exit code 1 at
the first difference, which it shows. The suite has a short form of this; here it can run for hours.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.findings import ROOT, Effort, Finding
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer, import_spacy
from tests.support import fragments

if TYPE_CHECKING:
    from spacy.language import Language

LANGUAGES = ["en", "de", "fr", "es", "ru", "tr", "ar", "he", "hi", "fi"]
LINES = 5_000
TEXTS = 200


def main() -> None:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpora", nargs="*", type=Path)
    parser.add_argument("--lang", default="en", help="the language of the corpora")
    parser.add_argument("--languages", nargs="*", default=LANGUAGES, help="of the random text")
    parser.add_argument("--seconds", type=float, default=10, help="of random text, a language")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    campaign(options.corpora, options.lang, options.languages, options.seconds, options.seed)


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Compare the tokens of the sample corpora, and of random text in each language."""
    found = Finding.counting("different")
    corpora = [ROOT / "sample_corpora/english.txt"]
    found.of = campaign(corpora, "en", LANGUAGES, 10 * effort.share, effort.seed)
    return {23: found}


def campaign(
    corpora: list[Path], lang: str, languages: list[str], seconds: float, seed: int
) -> int:
    """Compare corpora, and random text for so long a language; return the number of tokens."""
    spacy, tokens = import_spacy(with_torch=False), 0
    for corpus in corpora:
        lines = corpus.read_text("utf-8").split("\n")
        batches = (lines[begin : begin + LINES] for begin in range(0, len(lines), LINES))
        tokens += compare(corpus.name, spacy.blank(lang), batches)
    for language in languages:
        nlp = spacy.blank(language)
        tokens += compare(f"random {language}", nlp, random_texts(nlp, seconds, seed))
    return tokens


def compare(name: str, nlp: Language, batches: Iterator[list[str]]) -> int:
    """Tokenize every batch both ways; exit where they differ. Return the number of tokens."""
    ours = Tokenizer(TokenizeConfig(lang=str(nlp.lang), drop=()))
    if not ours.is_fast:
        sys.exit(f"{name}: the tokenizer's rules cannot be read")
    documents = tokens = 0
    for batch in batches:
        texts = [text for text in batch if text and not text.isspace()]
        expected = [[token.text for token in nlp.tokenizer(text)] for text in texts]
        found = ours.tokenize(Texts.of(texts)).batch.column("tokens").to_pylist()
        for text, theirs, mine in itertools.zip_longest(texts, expected, found):
            if theirs != mine:
                sys.exit(f"{name}: a difference in {text!r}\n  spaCy {theirs}\n  ours  {mine}")
        documents += len(texts)
        tokens += sum(map(len, expected))
    print(f"{name}: 0 differences in {tokens:,} tokens of {documents:,} documents", flush=True)
    return tokens


def random_texts(nlp: Language, seconds: float, seed: int) -> Iterator[list[str]]:
    """Yield batches of text made of fragments, for so long."""
    generator = random.Random(seed)
    special = [each for each in fragments.special_fragments(nlp.tokenizer) if each]
    kinds = [[" "], fragments.COMMON, fragments.SELDOM, fragments.WHITE_SPACE, *special]
    weights = [3, 4, 1, 1, *[2] * len(special)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield [
            "".join(
                generator.choice(kind)
                for kind in generator.choices(kinds, weights, k=generator.randrange(1, 20))
            )
            for _ in range(TEXTS)
        ]


if __name__ == "__main__":
    main()
