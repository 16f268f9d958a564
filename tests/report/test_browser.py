"""The page in a real browser: it is drawn, it answers, it asks nobody, and tokens stay text.

Needs Chromium (`make browser`). Where CI is set its absence fails these tests; elsewhere they are
skipped, and pytest says so.
"""

import datetime
import functools
import http.server
import os
import shutil
import threading

import pytest
from playwright.sync_api import sync_playwright

from corpus2vec.pipeline.report.page import render
from tests.support.builds import HOSTILE, LABELS, PLAIN, gather, hand_made

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
PICTURE = "document.getElementById('canvas').toDataURL()"
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and "CI" not in os.environ:
        pytest.skip("NO CHROMIUM: the report was not tested in a browser (make browser)")
    assert found, "no Chromium: apt-get install chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "report.html"
    page.write_text(
        render(gather(hand_made(folder / "build"), ["sea"], layout="neighbours")), encoding="utf-8"
    )
    return page


@pytest.fixture
def visit(browser, file):
    """Open the page with the context's options; at the end, nothing was asked or complained."""
    contexts, heard = [], []

    def visit(size="desktop", address=None, **options):
        width, height = SIZES[size]
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(f"asked {request.url}"))
        page.goto(address or file.as_uri())
        assert heard.pop(0) == f"asked {page.url}"  # the page itself
        return page

    yield visit
    for context in contexts:
        context.close()
    assert heard == []


def middle(page):
    box = page.locator("#canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def picture(page):
    page.evaluate(FRAMES)
    return page.evaluate(PICTURE)


def find(page, text):
    page.fill("#find", text)
    page.keyboard.press("Enter")
    page.evaluate(FRAMES)


# --- it is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_is_drawn_and_no_wider_than_the_screen(visit, size, scheme):
    page = visit(size, color_scheme=scheme)
    assert page.locator("#canvas").is_visible()
    assert not page.locator("#still").is_visible()
    blank = "(c => { const e = document.createElement('canvas'); e.width = c.width; "
    blank += "e.height = c.height; return e.toDataURL() })(document.getElementById('canvas'))"
    assert picture(page) != page.evaluate(blank)
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    for section in ("map", "neighbours", "corpus", "training"):
        assert page.locator(f"section#{section} h2").is_visible()


def test_it_is_whole_without_a_script(visit):
    page = visit("phone", java_script_enabled=False)
    for seen in ("#still svg", "svg[aria-labelledby~=zipf-title]", "#neighbours table"):
        assert page.locator(seen).first.is_visible()
    for hidden in ("#canvas", "#controls", "#chosen", "#keys"):
        assert not page.locator(hidden).is_visible()


def test_a_server_is_asked_for_the_page_and_nothing_else(visit, file):
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(file.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page = visit(address=f"http://127.0.0.1:{server.server_port}/report.html")
            find(page, "sea")
            page.wait_for_load_state("networkidle")
        finally:
            server.shutdown()
            thread.join()
    assert asked == ["/report.html"]


def test_a_change_of_the_theme_is_followed(visit):
    page = visit(color_scheme="light")
    light = picture(page)
    page.emulate_media(color_scheme="dark")
    assert picture(page) != light


# --- it answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_search_finds_and_hover_shows(visit, size):
    page = visit(size)
    page.fill("#find", "ri")
    assert page.locator("#matches li").first.inner_text().split() == ["river", "47"]
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen-word") == "river"
    assert page.locator("#chosen-near button").count() == 8
    assert "river: seen 47 times, rank 4" in page.text_content("#status")
    page.locator("#canvas").scroll_into_view_if_needed()
    page.evaluate(FRAMES)
    page.mouse.move(*middle(page))  # where the word now is
    assert page.inner_text("#tip").startswith("river\nseen 47 times, rank 4")


def test_search_ignores_case_prefers_beginnings_and_is_done_by_keys(visit):
    page = visit()
    page.focus("#find")
    page.keyboard.type("NIGHT")
    assert page.locator("#matches li bdi").first.inner_text() == "Night"
    page.fill("#find", "a")
    words = page.locator("#matches li bdi").all_inner_texts()
    assert "harbour" in words
    assert len(words) <= 8
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#find", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen-word") == words[1]
    page.fill("#find", "no such word")
    assert page.inner_text("#matches") == "No word on the map contains no such word"
    assert page.inner_text("#matches") == page.text_content("#status")
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen-word") == words[1]


def test_a_click_chooses_and_a_neighbour_leads_on(visit):
    page = visit()
    find(page, "boat")
    page.mouse.click(*middle(page))
    assert page.inner_text("#chosen-word") == "boat"
    neighbour = page.locator("#chosen-near bdi").first.inner_text()
    page.locator("#chosen-near button").first.click()
    assert page.inner_text("#chosen-word") == neighbour


def test_a_tap_chooses_and_the_page_still_scrolls_past_the_map(visit):
    page = visit("phone", has_touch=True, is_mobile=True)
    touch = "getComputedStyle(document.getElementById('canvas')).touchAction"
    assert page.evaluate(touch) == "pan-y"
    find(page, "cat")
    page.locator("#chosen").evaluate("element => element.hidden = true")
    page.locator("#canvas").scroll_into_view_if_needed()
    page.evaluate(FRAMES)
    page.touchscreen.tap(*middle(page))
    assert page.inner_text("#chosen-word") == "cat"
    assert page.inner_text("#tip").startswith("cat")
    assert page.evaluate(touch) == "none"


def test_the_map_is_worked_by_keys_alone(visit):
    page = visit()
    page.focus("#canvas")
    page.keyboard.press("n")
    assert page.inner_text("#chosen-word") == PLAIN[0]
    page.keyboard.press("n")
    page.keyboard.press("p")
    assert page.inner_text("#chosen-word") == PLAIN[0]
    page.keyboard.press("Escape")
    assert not page.locator("#chosen").is_visible()
    page.keyboard.press("0")
    start = picture(page)
    for key, back in (("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"), ("+", "-")):
        page.keyboard.press(key)
        assert picture(page) != start
        page.keyboard.press(back)
    page.keyboard.press("0")
    assert picture(page) == start


def test_three_dimensions_turn(visit):
    page = visit()
    neighbours = picture(page)
    page.get_by_text("2-D", exact=True).click()
    flat = picture(page)
    assert flat != neighbours
    page.get_by_text("3-D", exact=True).click()
    solid = picture(page)
    assert solid != flat
    page.focus("#canvas")
    page.keyboard.press("ArrowLeft")
    assert picture(page) != solid
    page.get_by_text("2-D", exact=True).click()
    assert picture(page) == flat
    page.locator("#controls").get_by_text("Neighbours").click()
    assert picture(page) == neighbours


def test_three_dimensions_turn_about_the_chosen_word(visit):
    page = visit()
    page.get_by_text("3-D", exact=True).click()
    find(page, "boat")
    page.locator("#canvas").scroll_into_view_if_needed()
    page.focus("#canvas")
    for key in ("ArrowLeft", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    page.evaluate(FRAMES)
    page.mouse.move(*middle(page))  # where the word was centred
    assert page.inner_text("#tip").startswith("boat")


def test_the_theme_is_switched_by_hand(visit):
    page = visit(color_scheme="light")
    light, background = picture(page), "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.select_option("#theme", "dark")
    assert picture(page) != light
    assert page.evaluate(background) != before
    page.select_option("#theme", "light")
    assert (picture(page), page.evaluate(background)) == (light, before)


def test_dragging_moves_and_the_wheel_zooms_only_a_map_that_was_clicked(visit):
    page = visit()
    page.locator("#canvas").scroll_into_view_if_needed()
    x, y = middle(page)
    still = picture(page)
    page.mouse.move(x, y)
    page.mouse.wheel(0, 40)
    page.wait_for_function("scrollY > 0")
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(2, 2)
    assert picture(page) == still
    page.locator("#canvas").scroll_into_view_if_needed()
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=4)
    page.mouse.up()
    moved = picture(page)
    assert moved != still
    scrolled = page.evaluate("scrollY")
    page.mouse.wheel(0, -200)
    page.wait_for_function(f"{PICTURE} !== {moved!r}")
    assert page.evaluate("scrollY") == scrolled


def test_words_are_coloured_by_label(visit):
    page = visit()
    by_label = picture(page)
    assert LABELS[0] in page.inner_text("#by-label")
    assert not page.locator("#by-frequency").is_visible()
    page.select_option("#colour", "frequency")
    assert picture(page) != by_label
    assert page.locator("#by-frequency").is_visible()
    assert not page.locator("#by-label").is_visible()
    find(page, PLAIN[1])
    assert page.inner_text("#chosen-facts").endswith(f"label {LABELS[1]}")


def test_a_flight_takes_its_time_unless_motion_is_not_wanted(visit):
    page = visit(reduced_motion="no-preference")
    page.clock.install()
    page.clock.pause_at(datetime.datetime.now() + datetime.timedelta(hours=1))
    page.fill("#find", PLAIN[2])
    page.keyboard.press("Enter")
    page.clock.run_for(150)
    halfway = page.evaluate(PICTURE)
    page.clock.run_for(450)
    assert page.evaluate(PICTURE) != halfway

    page = visit(reduced_motion="reduce")
    find(page, PLAIN[2])
    there = picture(page)
    page.wait_for_timeout(100)
    assert picture(page) == there


# --- tokens stay text ------------------------------------------------------------------------


@pytest.mark.parametrize("token", HOSTILE[:4])
def test_markup_in_a_token_is_shown_and_not_obeyed(visit, token):
    page = visit()
    find(page, token)
    assert page.inner_text("#chosen-word") == token
    page.locator("#canvas").scroll_into_view_if_needed()
    page.mouse.move(*middle(page))
    assert page.inner_text("#tip").startswith(token)
    page.select_option("#colour", "frequency")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.scripts.length") == 3  # data, theme, map
    assert page.evaluate("document.images.length") == 0


def test_the_policy_stops_a_script_that_slipped_in(browser, file, tmp_path):
    slipped = tmp_path / "slipped.html"
    text = file.read_text(encoding="utf-8")
    slipped.write_text(text.replace("<main", "<script>window.hacked=9</script><main"), "utf-8")
    context = browser.new_context()
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(slipped.as_uri())
    assert page.evaluate("window.hacked") is None
    assert "Content Security Policy" in complaints[0]
    context.close()
