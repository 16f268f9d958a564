"""Vectors from spelling: n-grams, the regression against an exact one, and what it foretells."""

import numpy as np
import pytest

from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.use import form as module
from corpus2vec.pipeline.use.form import fit_form, grams_of


@pytest.fixture(scope="module")
def language():
    """Words of a stem and an ending, whose rows are the sum of both and some noise."""
    random = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnoprstuvw"))
    stems = sorted({"".join(random.choice(letters, 5)) for _ in range(150)})
    endings = ["", "ing", "ness", "ed", "able"]
    of_stem, of_ending = (
        random.standard_normal((len(each), 20)).astype(np.float32) for each in (stems, endings)
    )
    words = [stem + ending for stem in stems for ending in endings]
    rows = np.repeat(of_stem, len(endings), 0) + np.tile(of_ending, (len(stems), 1))
    rows += 0.1 * random.standard_normal(rows.shape).astype(np.float32)
    return words, rows


def plain_grams(word):
    marked = f"<{word}>"
    sizes = range(module.SHORTEST, module.LONGEST + 1)
    return {marked[at : at + size] for size in sizes for at in range(len(marked) - size + 1)}


def test_a_word_has_the_n_grams_of_its_characters_each_once():
    words = ["aaaa", "", "é€𝄞x", "as", "has"]
    hashes, owners = grams_of(words)
    assert np.bincount(owners, minlength=5).tolist() == [len(plain_grams(word)) for word in words]
    names = {}
    for word, at in zip(words, range(5), strict=True):
        names[word] = set(hashes[owners == at].tolist())
    assert len(names["as"] & names["has"]) == len(plain_grams("as") & plain_grams("has"))
    assert len(set(hashes.tolist())) == len(set().union(*map(plain_grams, words)))


def test_words_that_were_left_out_are_foretold(language):
    words, rows = language
    left_out = np.random.default_rng(2).choice(len(words), 75, replace=False)
    form = fit_form(words, rows, left_out=left_out)
    found, known = form.vectors([words[each] for each in left_out])
    cosines = (unit_rows(found) * unit_rows(rows[left_out])).sum(1)
    assert known.all()
    assert cosines.mean() > 0.9


def test_the_vectors_solve_the_normal_equations(language, monkeypatch):
    words, rows = language
    words, rows, counts = words[:300], rows[:300], np.arange(1, 301)
    monkeypatch.setattr(module, "STEPS", 200)
    monkeypatch.setattr(module, "CLOSE", 1e-6)
    form = fit_form(words, rows, counts)

    places = {each: at for at, each in enumerate(form.grams_G.tolist())}
    spelt_VG = np.zeros((len(words), len(places)))
    for gram, owner in zip(*(each.tolist() for each in grams_of(words)), strict=True):
        if gram in places:
            spelt_VG[owner, places[gram]] = 1
    assert (spelt_VG.sum(0) > 1).all()
    weight = counts / (counts + module.HALF)
    weight /= weight.mean()
    unit_VD = unit_rows(rows) - np.average(unit_rows(rows), axis=0, weights=weight)
    left = spelt_VG.T @ (weight[:, None] * spelt_VG) + form.ridge * np.eye(len(places))
    exact_GD = np.linalg.solve(left, spelt_VG.T @ (weight[:, None] * unit_VD))
    np.testing.assert_allclose(form.vectors_GD, exact_GD, atol=1e-4)


def test_the_same_table_gives_the_same_vectors(language):
    one, other = (fit_form(*language) for _ in range(2))
    assert one.vectors_GD.tobytes() == other.vectors_GD.tobytes()
    assert one.ridge == other.ridge


def test_vectors_are_as_long_as_the_rows(language):
    words, rows = language
    found, _ = fit_form(words, 5 * rows).vectors(["whooping"])
    assert np.linalg.norm(found[0]) == pytest.approx(5 * np.median(np.linalg.norm(rows, axis=1)))


@pytest.mark.parametrize("words", [[], ["a"], ["abc", "xyz"]])
def test_tables_from_which_nothing_can_be_learned(words):
    form = fit_form(words, np.ones((len(words), 3), np.float32))
    found, known = form.vectors(["abcd", ""])
    assert found.tolist() == [[0, 0, 0]] * 2
    assert not known.any()
    assert form.vectors([])[0].shape == (0, 3)
