"""What is shown of a table: the words on its map, their labels, and nearest neighbours."""

from tests.support.builds import LABELS, PLAIN, gather, hand_made, write_dump
from tests.support.commands import spawn


def test_neighbours_of_chosen_words_come_first_then_those_of_frequent_ones(built):
    facts = gather(built, ["You", "you", "nowhere"])
    assert facts.neighbours[0].word == "You"
    assert [each.chosen for each in facts.neighbours].count(True) == 1
    assert [each.word for each in facts.neighbours].count("You") == 1
    assert "<unk>" not in {each.word for each in facts.neighbours}
    assert "<unk>" not in {near for each in facts.neighbours for near, _ in each.nearest}
    assert "<unk>" not in facts.map.words
    assert facts.not_found == ("you", "nowhere")


def test_a_lower_cased_corpus_knows_a_word_by_its_lower_case(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("The Sea and the Boat\n")
    tokens, vocab = tmp_path / "tokens.parquet", tmp_path / "vocab.tsv"
    for words in (["tokenize", corpus, "--lower", "-o", tokens], ["vocab", tokens, "-o", vocab]):
        assert spawn(*words).returncode == 0
    write_dump(tmp_path, ["the", "sea", "and", "boat"])
    assert [each.word for each in gather(tmp_path, ["Sea"]).neighbours if each.chosen] == ["sea"]


def test_as_many_words_are_mapped_as_asked_for(built):
    assert len(gather(built, map_words=7).map.words) == 7


def test_labels_and_counts_of_words(tmp_path):
    facts = gather(hand_made(tmp_path / "b"))
    assert facts.map.words[:3] == tuple(PLAIN[:3])
    assert [LABELS[each] for each in facts.map.labels[:4]] == [LABELS[0], LABELS[1]] * 2
