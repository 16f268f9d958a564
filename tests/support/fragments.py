"""Texts that are hard to tokenize, and tokenizers that are hard to follow, as strategies.

A text is a row of fragments: special cases of a tokenizer, whole, in parts and spaced out, and what
tokenizers' expressions look for: punctuation, units, clitics, links, emoji, every white space.
"""

import functools
import re
import sys
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from corpus2vec.pipeline.tokenizer import import_spacy

spacy = import_spacy(with_torch=False)
CHARACTERS = "".join(map(chr, range(sys.maxunicode + 1)))
WHITE_SPACE = [each for each in CHARACTERS if each.isspace()]
PUNCTUATION = list("()[]{}<>.,;:!?'\"‘’“”«»„…-–—~/\\|*#&%$€£°^_+=@`´§©¿¡،؛؟।॥։׃״׳、。・（）")
DOTS = ["..", "...", "((", "))", "--", "---", "''", "``", "::", "!!", "?!", ",,", "//", "**"]
DIGITS = ["0", "7", "12", "3.14", "1,000", "10", "٣", "१२", "²", "½", "Ⅷ"]
UNITS = ["km", "km²", "m/s", "kg", "GB", "mm", "км", "кг", "C", "°C", "K", "F", "hPa"]
CLITICS = ["'s", "’s", "n't", "n’t", "'ll", "l'", "L’", "qu'", "d’", "dell'", "-t-il", "-ci", "s'"]
LETTERS = list("aAbBzZxXDoOpPsSiIßéÉñçøIıİſKµŒцЦяЯіλΩأبمهקשךनमका中あ한ǅﬁ")
WORDS = ["see", "Hope", "YOU", "don", "rue", "Straße", "год", "Москва", "السلام", "שלום", "नमस्ते"]
WORDS += ["hyvä", "değil", "Übung", "aujourd", "usted", "ΑΒΓ", "日本", "x1y", "e.g", "U.S", "α-β"]
MARKS = ["\u0301", "\u200d", "\ufe0f", "\u0654", "\u05b0", "\u093c", "\u20e3", "\U0001f3fd"]
EMOJI = ["😀", "👍🏽", "❤️", "👨‍👩‍👧", "🇩🇪", "☃", "🧿", "1️⃣", "♥", "→"]
EMOTICONS = [":)", ":-)", ";)", ":(", "<3", "xD", ":'(", "(:", "8)", "^_^", "¯\\(ツ)/¯", ">.<"]
EMOTICONS += [":-D", ":P", "=)", "(-:", ":]", "</3", ":o)", "._.", "-_-", "(ಠ_ಠ)", "0:)", "O.o"]
LINKS = ["http://", "https://a.de/b?c=d#e", "www.", ".com", "a@b.co", "ftp://x.y", "/x?y=z"]
LINKS += ["#tag", "mailto:me@x.org", "192.168.0.1", "C++", "a.b.c", "x.co.uk", "@you", "t.co/"]
RARE = ["\0", "\u200b", "\ufeff", "\u180e", "\ufffd", "\u00ad", "\U0010ffff", "\u007f", "\u0378"]

COMMON = PUNCTUATION + DOTS + DIGITS + UNITS + CLITICS + LETTERS + WORDS
SELDOM = MARKS + EMOJI + EMOTICONS + LINKS + RARE


@functools.cache
def blank(lang):
    """The blank pipeline of a language, which no test may change."""
    return spacy.blank(lang)


@functools.cache
def special_fragments(tokenizer):
    """A tokenizer's special cases, what they are made of, and the short ones spaced out."""
    cases = sorted(filter(None, getattr(tokenizer, "rules", ())))
    parts = {token.text for case in cases for token in tokenizer(case)}
    parts.update(part for case in cases for part in case.split())
    apart = {" ".join(case) for case in cases if 1 < len(case) < 6}
    return cases, sorted(parts), sorted(apart)


def matched(source):
    """The set of all characters that an expression of one character matches."""
    taken = np.zeros(len(CHARACTERS) + 1, np.int8)
    taken[[ord(each) for each in re.findall(source, CHARACTERS)]] = 1
    bounds = np.flatnonzero(np.diff(taken, prepend=0)).tolist()
    return tuple(zip(bounds[::2], bounds[1::2], strict=True))


def is_chunk(text):
    """Whether there is no white space in it."""
    return text.split() == [text]


def chunks(tokenizer, most=8):
    """A strategy for texts without white space."""
    special = [list(filter(is_chunk, group)) for group in special_fragments(tokenizer)]
    fragments = [COMMON, COMMON, SELDOM, *filter(None, special)]
    one = st.one_of(*map(st.sampled_from, fragments), st.characters(codec="utf-8"))
    return st.lists(one, min_size=1, max_size=most).map("".join).filter(is_chunk)


def texts(tokenizer, *others, most=12):
    """A strategy for texts, which may have others in them."""
    special = special_fragments(tokenizer)
    fragments = filter(None, [[" "], COMMON, SELDOM, WHITE_SPACE, *special, others])
    one = st.one_of(*map(st.sampled_from, fragments), st.text(max_size=2))
    return st.lists(one, max_size=most).map("".join)


# --- expressions and special cases over a few letters --------------------------------------------

FEW = "aAbBc.(-':1sSſKkİéЯ"
SPACES = [" "] * 6 + ["  ", "\n", " \n", "\u2003"]

PIECES = [re.escape(each) for each in FEW] + [r"\d", r"\w", r"\s", r"\S", r"\W", ".", " ", "\n"]
PIECES += ["[abc]", "[^abc]", "[sk]", r"[\d.]", r"[^\w]", "[A-Zé]", "[^(']", r"[\W\d]"]
PIECES += ["a?", "b*", r"\w+", r"[.(]{2}", "a{1,2}", r"\W{2,}", "b??", ".*?", "a++", "c{0}", r"\d?"]
PIECES += ["(a|b.)", "(a.|b)+", r"(?:ab|\(|)", "(?:(?:a|b)c)*", "(?i:k)", "(?-i:s)", "(?s:.)"]
PIECES += ["(?=a)", "(?!b)", r"(?=[.(])", "(?<=a)", "(?<!b)", r"(?<=[a-c]-)", r"(?<![.a])"]
PIECES += ["(?>a|ab)", "(?!)", r"\b", r"\B", "^", "$", r"\A", r"\Z", ""]


def expressions(form="{}", most=4):
    """A strategy for regular expressions; each alternative is put into `form`."""
    alternative = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
    flags = st.sampled_from(["", "", "", "", "(?i)", "(?s)"])
    source = st.lists(alternative.map(form.format), min_size=1, max_size=most).map("|".join)
    return st.builds(str.__add__, flags, source).map(re.compile)


ANCHORED, ENDING = expressions("^{}"), expressions("{}$")

few_words = st.text(FEW, min_size=1, max_size=4)
two_words = st.lists(few_words, min_size=2, max_size=3)
spaced_words = st.builds(str.join, st.sampled_from(SPACES), two_words)


@st.composite
def special_cases(draw):
    """A strategy for (special case, its tokens)."""
    case = draw(few_words | few_words | spaced_words)
    cuts = draw(st.sets(st.integers(1, len(case) - 1), max_size=2)) if len(case) > 1 else ()
    places = [0, *sorted(cuts), len(case)]
    pieces = [case[begin:end] for begin, end in pairwise(places)]
    return case, [{"ORTH": piece} for piece in pieces]


@st.composite
def tokenizer_settings(draw):
    """A strategy for keywords of spaCy's Tokenizer, and special cases that are added later."""
    methods = st.sampled_from(["search", "search", "search", "match", "fullmatch"])
    given = {
        "prefix_search": st.none() | ANCHORED | ANCHORED | expressions(),
        "suffix_search": st.none() | ENDING | ENDING | expressions(),
        "infix_finditer": st.none() | expressions(),
        "token_match": st.none() | expressions(most=1),
        "url_match": st.none() | expressions(most=1),
    }
    settings = {}
    for name, strategy in given.items():
        expression = draw(strategy)
        method = "finditer" if name == "infix_finditer" else draw(methods)
        settings[name] = expression and getattr(expression, method)
    settings["faster_heuristics"] = draw(st.booleans())
    cases = draw(st.lists(special_cases(), max_size=8))
    early = draw(st.integers(0, len(cases)))
    settings["rules"] = dict(cases[:early])
    return settings, cases[early:]


def few_texts(cases):
    """A strategy for texts over a few letters, in which these special cases are."""
    apart = [" ".join(case) for case in cases]
    known = [st.sampled_from(each) for each in (cases, apart) if each]
    return st.lists(st.one_of(st.sampled_from(SPACES), few_words, *known)).map("".join)


def changed_by(patterns, tokens):
    """Whether a pattern may change these tokens of one chunk."""
    pairs = pairwise(tokens)
    return not (patterns.singles.isdisjoint(tokens) and patterns.effective.isdisjoint(pairs))
