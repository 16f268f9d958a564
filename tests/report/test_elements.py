"""The elements of the page: text becomes HTML, and stays text."""

from corpus2vec.pipeline.report.elements import Markup, code, put, table, word


def test_what_is_not_markup_is_escaped():
    assert put("<b>") == "&lt;b&gt;"
    assert put(Markup("<b>")) == "<b>"
    assert put(12345) == "12,345"
    assert code("a\x1b&") == "<code>a\\u001b&amp;</code>"
    assert word("<\u202e") == "<bdi>&lt;\\u202e</bdi>"
    assert "<td>&lt;i&gt;</td>" in table("t", ["a", "b"], [["x", "<i>"]])
