"""What separates the columns of a CSV or TSV file, and which are wanted, by name or by number."""

import pytest

from tests.support.corpora import corpus_of, hint, notices, refusal, rows, texts


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "separator", "shown"),
    [("a.csv", ";", ";"), ("a.csv", "|", "|"), ("a.csv", "\t", "tabs"), ("a.tsv", ",", ",")],
)
def test_what_separates_the_wanted_columns_is_found_with_a_notice(name, separator, shown):
    content = f"y{separator}text\nnews{separator}Hope\n"
    corpus = corpus_of(content, name, label_field="y")
    assert rows(corpus) == [{"text": "Hope", "label": "news"}]
    assert notices(corpus) == [f"the columns of {name} are separated by {shown}"]


def test_the_expected_character_is_kept_where_it_gives_what_is_wanted():
    corpus = corpus_of('text,"a;text;b"\nHope; to,see\n', "a.csv")
    assert (rows(corpus), notices(corpus)) == ([{"text": "Hope; to"}], [])


@pytest.mark.parametrize(
    ("spelled", "used"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|")]
)
def test_the_character_may_be_given(spelled, used):
    corpus = corpus_of(f"n{used}text\n1{used}Hope, to\n", "a.csv", delimiter=spelled)
    assert (rows(corpus), notices(corpus)) == ([{"text": "Hope, to"}], [])


def test_without_a_header_columns_are_named_by_number():
    content = "1,Hope\n2,to\n"
    settings = {"header": False, "text_field": "2", "id_field": "1"}
    corpus = corpus_of(content, "a.csv", **settings)
    [batch] = corpus.batches()
    assert (batch.decoded(), batch.ids.to_pylist()) == (["Hope", "to"], ["1", "2"])
    assert texts("1;Hope\n2;to\n", "a.csv", header=False, text_field="2") == ["Hope", "to"]
    assert texts("Hope\nto\n", "a.csv", header=False) == ["Hope", "to"]
    prose = "1;Hope, to\n2;see\n3;you, soon\n"
    assert texts(prose, "a.csv", header=False, text_field="2") == ["Hope, to", "see", "you, soon"]


@pytest.mark.parametrize("name", ["text", "0", "3", "-1", "1.5"])
def test_without_a_header_a_column_that_is_no_number_of_one_is_refused(name):
    settings = {"header": False, "text_field": name}
    expected = f"a.csv has no column {name}: with --no-header, columns have numbers"
    assert refusal("1,Hope\n2,to\n", "a.csv", **settings) == expected
    assert hint("1,Hope\n", "a.csv", **settings) == (
        "it has 2, the first row is 1, Hope; choose one with --text-field"
    )


def test_where_the_first_row_seems_to_be_data_the_hint_says_how_to_read_it():
    content = "I loved it,5\nnot me,1\n"
    assert hint(content, "a.csv").endswith("use --no-header and numbers, such as --text-field 1")
    assert "--no-header" not in hint("body,stars\nnot me,1\n", "a.csv")


def test_a_first_row_that_is_taken_for_names_is_noticed():
    corpus = corpus_of("I loved it,5\nnot me,1\n", "a.csv", text_field="I loved it")
    assert rows(corpus) == [{"text": "not me"}]
    [notice] = notices(corpus)
    assert notice.startswith("the first row of a.csv is taken for the names of its columns")


@pytest.mark.parametrize("header", [True, False])
def test_first_lines_that_cannot_be_parsed_are_refused_by_the_line(header):
    message = refusal("\rtext\n", "a.csv", header=header)
    assert message.startswith("a.csv line 1 cannot be read as CSV: ")
