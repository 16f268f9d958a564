"""Gold files: every usual layout is read, tables are not, and a wrong line is reported."""

import bz2
import gzip

import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.judge.gold import Analogies, Pairs, is_gold, read_gold

PAIRS = [("love", "sex", 6.77), ("tiger", "cat", 7.35), ("tiger", "tiger", 10.0)]
LAYOUTS = {
    "tabs": "love\tsex\t6.77\ntiger\tcat\t7.35\ntiger\ttiger\t10.00\n",
    "spaces": "love sex 6.77\ntiger cat  7.35\ntiger tiger 10.00\n",
    "no last line feed": "love\tsex\t6.77\ntiger\tcat\t7.35\ntiger\ttiger\t10",
    "CRLF": "love\tsex\t6.77\r\ntiger\tcat\t7.35\r\ntiger\ttiger\t10\r\n",
    "byte order mark": "\ufefflove\tsex\t6.77\ntiger\tcat\t7.35\ntiger\ttiger\t10\n",
    "WordSim": "# by hand\n# Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\n\ntiger\tcat\t7.35\n"
    "tiger\ttiger\t10.00\n",
    "WordSim CSV": "Word 1,Word 2,Human (mean)\nlove,sex,6.77\ntiger,cat,7.35\ntiger,tiger,10\n",
    "quoted CSV": '"Word 1","Word 2",mean\n"love","sex","6.77"\ntiger,cat,7.35\ntiger,tiger,10\n',
    "semicolons": "love;sex;6.77\ntiger;cat;7.35\ntiger;tiger;10\n",
    "SimLex": "word1\tword2\tPOS\tSimLex999\tconc(w1)\nlove\tsex\tN\t6.77\t1.5\n"
    "tiger\tcat\tN\t7.35\t4.9\ntiger\ttiger\tN\t10\t5\n",
    "SimVerb": "love\tsex\tV\t6.77\tNONE\ntiger\tcat\tV\t7.35\tANT\ntiger\ttiger\tV\t10\tX\n",
    "RW": "love\tsex\t6.77\t5\t9\t\t8\ntiger\tcat\t7.35\t7\t7\ntiger\ttiger\t10\t10\t10\t10\n",
}


def write(path, text):
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_the_usual_layouts_of_pairs(tmp_path, text):
    path = write(tmp_path / "pairs.txt", text)
    assert is_gold(path)
    gold = read_gold(path)
    assert isinstance(gold, Pairs)
    assert gold.name == "pairs.txt"
    assert [(*two, score) for two, score in zip(gold.words, gold.scores, strict=True)] == PAIRS


def test_words_of_several_parts_where_tabs_part_the_fields(tmp_path):
    path = write(tmp_path / "a", "ice cream\tNew York\t3.5\n3,000\tmoney\t2\n")
    assert read_gold(path).words == [("ice cream", "New York"), ("3,000", "money")]


def test_a_number_may_be_a_word_of_a_pair(tmp_path):
    path = write(tmp_path / "a", "love\tsex\t6\nseven\t7\t9.5\ncat\tdog\t7\n")
    assert read_gold(path).words[1] == ("seven", "7")
    assert read_gold(path).scores == [6, 9.5, 7]


def test_analogies_with_sections(tmp_path):
    text = "//Copyright\n: family\nboy girl brother sister\n\n: gram1-adverb\nbad badly good well\n"
    gold = read_gold(write(tmp_path / "questions", text))
    assert isinstance(gold, Analogies)
    assert gold.words == [("boy", "girl", "brother", "sister"), ("bad", "badly", "good", "well")]
    assert gold.sections == ["family", "gram1-adverb"]


def test_analogies_without_sections(tmp_path):
    path = write(tmp_path / "msr", "good better rough rougher\nbad worse\tbig bigger\n")
    assert is_gold(path)
    assert read_gold(path).sections == ["", ""]


@pytest.mark.parametrize("packed", [(gzip.compress, "gz"), (bz2.compress, "bz2")])
def test_compressed_files(tmp_path, packed):
    compress, suffix = packed
    path = tmp_path / f"pairs.txt.{suffix}"
    path.write_bytes(compress(LAYOUTS["tabs"].encode()))
    assert is_gold(path)
    assert len(read_gold(path)) == 3


def test_a_long_file_is_known_by_its_beginning(tmp_path):
    path = write(tmp_path / "a", "größe\tweite\t1.5\n" * 20_000)
    assert is_gold(path)
    assert len(read_gold(path)) == 20_000


TABLES = {
    "word2vec": "2 3\nlove 0.1 0.2 0.3\nsex 1 2 3\n",
    "word2vec of two columns": "2 2\nlove 0.1 0.2\nsex 1 2\n",
    "GloVe of two columns": "love 0.1 0.2\nsex 1 2\n",
    "GloVe with spaces in a token": "love 0.1 0.2 0.3\n. . 1 2 3\nsex 0.1 0.2 0.3\n",
    "grid": "+-------+-----------+\n| token | embedding |\n+-------+-----------+\n"
    "| love  | [0.1, 2]  |\n| sex   | [0.3, 4]  |\n+-------+-----------+\n",
    "grid with index": "+-------+-------+-----------+\n| index | token | embedding |\n"
    "+-------+-------+-----------+\n|     0 | love  | [0.1, 2]  |\n",
    "numbers": "0.1\t0.2\t0.3\n1\t2\t3\n",
    "vocabulary": "id\ttoken\tcount\n0\tlove\t3\n1\tsex\t3\n",
    "prose": "to be or not to be\nthat is the question\n",
    "empty": "",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_is_no_gold_file(tmp_path, text):
    path = write(tmp_path / "vectors", text)
    assert not is_gold(path)
    with pytest.raises(DataError, match="vectors is no gold file"):
        read_gold(path)


def test_bytes_a_folder_and_nothing_are_no_gold_files(tmp_path):
    (tmp_path / "bytes").write_bytes(b"PAR1\x15\xff\xfe\x80")
    assert not is_gold(tmp_path / "bytes")
    assert not is_gold(tmp_path)
    assert not is_gold(tmp_path / "nothing")


WRONG = {
    "no score": ("a b 1\nc d 2\ne f\n", "line 3 is not two words and a score"),
    "no number": ("a b 1\nc d 2\n\ne f x\n", "line 4 is not two words and a score"),
    "not finite": ("a b 1\nc d nan\ne f 3\n", "line 2 is not two words and a score"),
    "five words": (": s\na b c d\na b c d e\n", "line 3 has 5 words instead of 4"),
    "sections alone": (": s\n: t\n", "has sections but no question"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_line_that_does_not_fit_is_reported_by_its_number(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_gold(write(tmp_path / "gold", text))


def test_a_line_that_is_not_utf_8_is_reported_by_its_number(tmp_path):
    (tmp_path / "gold").write_bytes(b"a b 1\nc d 2\ncaf\xe9 bar 1\n")
    with pytest.raises(DataError, match=r"gold line 3 is not UTF-8$"):
        read_gold(tmp_path / "gold")
