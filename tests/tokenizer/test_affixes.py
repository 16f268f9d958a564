"""One chunk is split as spaCy splits it, and every look-up of a special case is recorded."""

import functools
import re
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.tokenizer import import_spacy
from corpus2vec.pipeline.tokenizer.affixes import NO_SPECIAL_CASES, Affixes
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.patterns import Patterns
from tests.support import fragments

spacy = import_spacy(with_torch=False)
VOCABULARY = spacy.blank("xx").vocab
LANGUAGES = ["en", "de", "fr", "es", "ru", "tr", "ar", "he", "hi", "fi", "hu", "bn"]


def custom(**settings):
    """A spaCy tokenizer of these expressions and special cases."""
    return spacy.tokenizer.Tokenizer(VOCABULARY, **settings)


def without_special_cases(tokenizer):
    names = ["prefix_search", "suffix_search", "infix_finditer", "token_match", "url_match"]
    return custom(**{name: getattr(tokenizer, name) for name in names})


@functools.cache
def language(lang):
    """A spaCy tokenizer, one without its special cases, and what is read off it."""
    tokenizer = fragments.blank(lang).tokenizer
    affixes = Affixes(tokenizer)
    return tokenizer, without_special_cases(tokenizer), affixes, Patterns(tokenizer, affixes)


def tokens(tokenizer, text):
    return [token.text for token in tokenizer(text)]


def pieces(text, split):
    ends = [*split.starts[1:], len(text)]
    return [text[begin:end] for begin, end in zip(split.starts, ends, strict=True)]


def assert_split_as_spacy_does(chunk, tokenizer, bare, affixes, patterns):
    plain = affixes.split(chunk, NO_SPECIAL_CASES)
    assert pieces(chunk, plain) == tokens(bare, chunk)
    split = affixes.split(chunk, affixes.special_cases)
    if not fragments.changed_by(patterns, pieces(chunk, split)):
        assert pieces(chunk, split) == tokens(tokenizer, chunk)
    looked_up = {chunk[begin:end] for begin, end in plain.looked_up}
    if looked_up.isdisjoint(affixes.special_cases):
        assert split == plain


@pytest.mark.parametrize("lang", LANGUAGES)
def test_chunks_are_split_as_spacy_does(lang):
    @given(fragments.chunks(language(lang)[0]))
    def property_holds(chunk):
        assert_split_as_spacy_does(chunk, *language(lang))

    property_holds()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_special_cases_are_split_as_spacy_does(lang):
    for case in language(lang)[0].rules:
        for chunk in (case, f"({case}", f"{case}),", f"'{case}'", f"a-{case}", f"{case.upper()}."):
            if chunk.split() == [chunk]:
                assert_split_as_spacy_does(chunk, *language(lang))


@settings(max_examples=150)
@given(fragments.tokenizer_settings(), st.data())
def test_any_tokenizer_s_chunks_are_split_as_spacy_does(given_settings, data):
    settings, added = given_settings
    tokenizer = custom(**{**settings, "rules": {**settings["rules"], **dict(added)}})
    affixes = Affixes(tokenizer)
    try:
        patterns = Patterns(tokenizer, affixes)
    except Unreadable:
        assume(False)
    bare = without_special_cases(tokenizer)
    words = [fragments.few_words, *filter(None, [[*map(st.just, settings["rules"])]])]
    word = st.one_of(words[0], *(words[1] if len(words) > 1 else ()))
    for chunk in data.draw(st.lists(st.lists(word, max_size=5).map("".join), max_size=6)):
        if chunk.split() == [chunk]:
            assert_split_as_spacy_does(chunk, tokenizer, bare, affixes, patterns)


# --- by hand ---------------------------------------------------------------------------------


def split(chunk, **settings):
    tokenizer = custom(**settings)
    found = pieces(chunk, Affixes(tokenizer).split(chunk, Affixes(tokenizer).special_cases))
    assert found == tokens(tokenizer, chunk)
    return found


def search(source):
    return re.compile(source).search


def finditer(source):
    return re.compile(source).finditer


def orths(*pieces):
    return [{"ORTH": piece} for piece in pieces]


def test_without_expressions_a_chunk_is_a_token():
    assert split("(a-b)") == ["(a-b)"]


def test_one_prefix_and_one_suffix_come_off_a_turn():
    found = split("((a))", prefix_search=search(r"^\("), suffix_search=search(r"\)$"))
    assert found == ["(", "(", "a", ")", ")"]


def test_a_suffix_is_looked_for_after_the_prefix():
    assert split("--", prefix_search=search("^-"), suffix_search=search("--$|-$")) == ["-", "-"]


@pytest.mark.parametrize(
    ("chunk", "found"), [("a-b-c", ["a", "-", "b", "-", "c"]), ("-a-", ["-a", "-"]), ("-", ["-"])]
)
def test_infixes_part_what_is_left_but_not_at_its_start(chunk, found):
    assert split(chunk, infix_finditer=finditer("-")) == found


@pytest.mark.parametrize(("chunk", "found"), [("bab", ["ba", "b"]), ("ba", ["ba"]), ("a", ["a"])])
def test_an_empty_infix_only_parts(chunk, found):
    assert split(chunk, infix_finditer=finditer("(?<=a)")) == found


def test_empty_and_other_infixes_may_touch():
    found = split("ab.c.d", infix_finditer=finditer(r"(?<=b)|\.|(?=d)"))
    assert found == ["ab", ".", "c", ".", "d"]


def test_an_unanchored_prefix_has_the_length_of_its_match_and_the_place_of_a_prefix():
    assert split("abc--", prefix_search=search("-+")) == ["ab", "c-", "-"]


def test_an_unanchored_suffix_has_the_length_of_its_match_and_the_place_of_a_suffix():
    assert split("--abc", suffix_search=search("-+")) == ["-", "-a", "bc"]


@pytest.mark.parametrize("method", ["search", "match", "fullmatch"])
@pytest.mark.parametrize("source", ["^a", "a$", "^a+b?$", "a"])
@pytest.mark.parametrize("place", ["prefix_search", "suffix_search", "token_match", "url_match"])
def test_each_method_is_followed(method, source, place):
    for chunk in ("a", "aa", "ab", "ba", "aab", "bab"):
        infix = finditer("(?<=a)b")
        split(chunk, **{place: getattr(re.compile(source), method), "infix_finditer": infix})


@pytest.mark.parametrize(
    "source", ["(?s).+$", "(?s).$", "(?s:a.)$", "[^a]*$", r"\n$", "a$", r"a\Z", "$", "(?:a|)$"]
)
@pytest.mark.parametrize("chunk", ["\n\n\n", "a\n", "a\n\n", "\na", "a", "\n", "a\na\n"])
def test_a_suffix_may_be_a_newline_or_stand_before_one(source, chunk):
    tokenizer = custom(suffix_search=search(source))
    text = f"x {chunk}"  # where white space is a token of its own, but for letters
    for piece in text.split(" ")[1:]:
        if piece.isspace() or piece.split() == [piece]:
            assert pieces(piece, Affixes(tokenizer).split(piece, {})) == tokens(tokenizer, piece)


def test_a_suffix_may_look_behind_and_have_no_longest_match():
    for chunk in ("a123", "123", "b123", "1a1", "a", "aa12b34"):
        split(chunk, suffix_search=search("(?<=a)[0-9]+$|(?<=^b)[0-9]+$|34$"))


def test_what_is_to_be_kept_is_neither_stripped_nor_split():
    settings = {"prefix_search": search("^#"), "infix_finditer": finditer("-")}
    keep, url = re.compile("#a-b$").match, re.compile("c-d$").match
    assert split("##a-b", **settings, token_match=keep) == ["#", "#a-b"]
    assert split("#c-d", **settings, url_match=url) == ["#", "c-d"]


def test_special_cases_are_looked_up_after_a_prefix_and_before_a_suffix():
    rules = {"b.": orths("b."), ".b": orths(".", "b"), "(c": orths("(c")}
    settings = {"prefix_search": search(r"^[(.]"), "suffix_search": search(r"[).]$")}
    affixes = Affixes(custom(**settings, rules=rules))
    assert pieces("(b.", affixes.split("(b.", affixes.special_cases)) == ["(", "b."]
    assert pieces(".b)", affixes.split(".b)", affixes.special_cases)) == [".", "b", ")"]
    assert pieces("(c)", affixes.split("(c)", affixes.special_cases)) == ["(c", ")"]
    assert set(affixes.split("(c)", {}).looked_up) == {(0, 2), (1, 3), (1, 2)}


def test_strings_longer_than_any_special_case_are_not_looked_up():
    affixes = Affixes(custom(suffix_search=search(r"\.$"), rules={"ab": orths("a", "b")}))
    assert affixes.split("aaaa....", {}).looked_up == ()
    assert set(affixes.split("ab..", {}).looked_up) == {(0, 2)}


# --- what it costs ---------------------------------------------------------------------------


def searches(affixes, chunk):
    """How often splitting this chunk asks a regular expression."""
    asked = 0

    def count(frame, event, called):
        nonlocal asked
        asked += event == "c_call" and isinstance(getattr(called, "__self__", None), re.Pattern)

    affixes.split(chunk, NO_SPECIAL_CASES)  # what one character decides is then remembered
    sys.setprofile(count)
    try:
        affixes.split(chunk, affixes.special_cases)
    finally:
        sys.setprofile(None)
    return asked


@pytest.mark.parametrize("piece", ["(", "!?", "([{", "“”", ",;:", "🙂", "<*>", '("'])
def test_marks_come_off_without_a_search(piece):
    affixes = language("en")[2]
    assert searches(affixes, piece * 100) <= 1
    assert searches(affixes, f"{piece * 100}x{piece * 100}") < 10


def test_what_other_characters_decide_is_searched_for():
    affixes = language("en")[2]
    assert pieces("+a", affixes.split("+a", {})) == ["+", "a"]
    assert pieces("+1", affixes.split("+1", {})) == ["+1"]
    assert searches(affixes, "+" * 20) >= 20


# --- what cannot be read ---------------------------------------------------------------------


def as_function(text):
    return re.compile("^a").search(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"prefix_search": as_function},
        {"suffix_search": functools.partial(re.search, "a$")},
        {"infix_finditer": lambda text: iter(())},
        {"token_match": str.isalpha},
        {"url_match": re.compile("a").findall},
        {"infix_finditer": re.compile("a").search},
        {"prefix_search": search(r"^(a)\1")},
        {"url_match": re.compile("a", re.ASCII).match},
    ],
)
def test_what_is_no_readable_expression_is_refused(settings):
    with pytest.raises(Unreadable):
        Affixes(custom(**settings))


def test_special_cases_are_read_however_they_are_written():
    tokenizer = custom(rules={"ab": [{"ORTH": "a"}, {"orth": "b", "NORM": "c"}]})
    tokenizer.add_special_case("cd", [{spacy.attrs.ORTH: "cd"}])
    assert Affixes(tokenizer).special_cases == {"ab": ["a", "b"], "cd": ["cd"]}
    assert tokens(tokenizer, "ab cd") == ["a", "b", "cd"]


def test_a_special_case_written_in_another_way_is_refused():
    tokenizer = custom(rules={"ab": [{"Orth": "ab"}]})
    assert tokens(tokenizer, "ab") == ["ab"]
    with pytest.raises(Unreadable, match=r"^a special case has a token without ORTH$"):
        Affixes(tokenizer)
