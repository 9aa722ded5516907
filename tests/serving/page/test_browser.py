"""The page as people use it: a real browser, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from history.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from agent.recommender import Recommender

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "assets" / "axe.min.js"
PAGES = ["/", "/list?user=u03", "/interests?user=u03", "/chat?user=u03", "/compare?user=u03", "/list?user=nobody"]
NARROW = 360  # pixels


@pytest.fixture
def store(recommender: Recommender) -> Store:
    return recommender.knowledge.store


def cards(tab: Page) -> Locator:
    return tab.locator("#list .card h2")


def opened(tab: Page, path: str) -> None:
    """Go there, and wait until nothing is waited for any more."""
    tab.goto(path)
    tab.wait_for_selector("main h1")
    tab.locator("[aria-busy]").first.wait_for(state="detached")
    tab.locator(".writing").first.wait_for(state="detached")


def test_find_yourself_and_see_a_list_whose_reasons_come(tab: Page) -> None:
    tab.goto("/")
    tab.get_by_label("Your id").press_sequentially("u03")
    tab.get_by_role("link", name="u03", exact=True).click()
    tab.wait_for_selector("#list .card h2")
    assert cards(tab).count() == 10
    tab.wait_for_selector("#card-10 .reason p")
    assert "you liked" in tab.locator("#list").inner_text()
    assert tab.locator(".writing:visible").count() == 0


def test_like_and_see_the_list_change_then_undo(tab: Page, store: Store) -> None:
    opened(tab, "/list?user=u03")
    first = cards(tab).first.inner_text()
    tab.locator("#card-1").get_by_role("button", name="Like").click()
    tab.wait_for_function(
        "first => !document.querySelector('#card-1 h2').innerText.includes(first)", arg=first[1:].strip()
    )
    assert store.timeline("u03").events[-1].type == "like"
    undo = tab.get_by_role("button", name="Undo")
    assert undo.evaluate("one => one === document.activeElement")
    tab.keyboard.press("Enter")
    tab.get_by_text("Taken back").wait_for()
    tab.wait_for_function(
        "first => document.querySelector('#card-1 h2').innerText.includes(first)", arg=first[1:].strip()
    )
    assert len(store.timeline("u03")) == 8


def test_why_opens_and_closes(tab: Page) -> None:
    opened(tab, "/list?user=u03")
    why = tab.locator("#card-2 summary")
    why.press("Enter")
    told = tab.locator("#card-2 .why dl")
    told.wait_for()
    assert "at 2" in told.inner_text()
    why.press("Enter")
    told.wait_for(state="hidden")


def test_a_filter_and_its_error(tab: Page) -> None:
    opened(tab, "/list?user=u03")
    tab.get_by_label("Filter", exact=True).fill("yeer>1990")
    tab.keyboard.press("Enter")
    tab.get_by_role("alert").wait_for()
    assert "nearest: year" in tab.get_by_role("alert").inner_text()
    tab.get_by_label("Filter", exact=True).fill("year>=2000")
    tab.keyboard.press("Enter")
    tab.get_by_role("alert").wait_for(state="detached")
    assert all(int(year) >= 2000 for year in tab.locator("#list .year").all_inner_texts())


def test_chat_streams_and_is_kept(tab: Page, store: Store) -> None:
    opened(tab, "/chat?user=u03")
    tab.keyboard.type("a comedy please")  # the composer has the focus
    tab.keyboard.press("Enter")
    tab.locator(".theirs .card").nth(4).wait_for()
    tab.locator(".theirs .card .reason p").first.wait_for()
    assert tab.get_by_label("What would you like?").input_value() == ""
    tab.locator("[data-stop]").wait_for(state="detached")
    tab.locator(".theirs .card").first.get_by_role("button", name="Seen").click()
    tab.get_by_text("You know").wait_for()
    assert store.timeline("u03").events[-1].type == "view"
    opened(tab, "/chat?user=u03")
    assert "a comedy please" in tab.locator(".mine").inner_text()


def test_an_answer_can_be_stopped(tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving.service.chats import Turn

    parts = Turn.parts

    async def slow(turn: Turn):  # type: ignore[no-untyped-def]
        import asyncio

        async for part in parts(turn):
            yield part
            await asyncio.sleep(0.5)

    monkeypatch.setattr(Turn, "parts", slow)
    opened(tab, "/chat?user=u03")
    tab.get_by_role("button", name="Surprise me").click()
    tab.locator(".theirs .card").first.wait_for()
    tab.get_by_role("button", name="Stop").click()
    tab.get_by_text("Stopped.").wait_for()
    count = tab.locator(".theirs .card").count()
    tab.wait_for_timeout(1_200)
    assert tab.locator(".theirs .card").count() == count < 5


def test_the_interests_are_drawn_and_the_profile_edited(tab: Page) -> None:
    opened(tab, "/interests?user=u03")
    path = tab.locator(".course path").first
    box = path.bounding_box()
    assert box
    assert box["width"] > 100
    assert box["height"] > 5
    tab.get_by_label("What should change?").fill("no horror, always some drama")
    tab.keyboard.press("Enter")
    chip = tab.get_by_role("button", name="no Horror")
    chip.wait_for()
    assert tab.get_by_role("button", name="always some Drama").is_visible()
    chip.click()
    chip.wait_for(state="detached")
    tab.get_by_label("What should change?").fill("no cooking shows")
    tab.keyboard.press("Enter")
    tab.get_by_role("alert").wait_for()
    assert "names no topic" in tab.get_by_role("alert").inner_text()


def test_three_lists_are_compared(tab: Page) -> None:
    opened(tab, "/compare?user=u03")
    assert tab.locator(".ranks").count() == 2
    assert tab.get_by_text("foretaste tune").is_visible()


def test_an_unknown_user_is_led_on(tab: Page) -> None:
    tab.goto("/list?user=u3")
    tab.get_by_role("alert").get_by_role("link", name="u03").click()
    tab.wait_for_selector("#list .card h2")


def test_a_new_user_begins_with_words(tab: Page) -> None:
    tab.goto("/")
    tab.get_by_label("Choose a name").fill("Ann")
    tab.get_by_label("What do you like?").fill("castles and horror")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#list .card h2")
    assert "user=Ann" in tab.url


def test_a_server_that_is_gone_is_told_of(tab: Page) -> None:
    opened(tab, "/list?user=u03")
    tab.route("**/acts*", lambda route: route.abort())
    tab.locator("#card-1").get_by_role("button", name="Seen").click()
    tab.get_by_text("The server does not answer").wait_for()


def test_the_keyboard_goes_in_order_and_can_skip(tab: Page) -> None:
    opened(tab, "/list?user=u03")
    names = []
    for _ in range(9):
        tab.keyboard.press("Tab")
        names.append(tab.evaluate("document.activeElement.innerText || document.activeElement.id"))
        ring = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid"
    assert names[:6] == ["Skip to the content", "Foretaste", "List", "Interests", "Chat", "Compare"]
    assert names[7:] == ["where", "Apply"]
    tab.goto("/list?user=u03")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scroll(tab: Page, path: str) -> None:
    tab.set_viewport_size({"width": NARROW, "height": 740})
    opened(tab, path)
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW
    outside = (
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
    )
    assert tab.evaluate(f"{outside}.map(one => one.outerHTML.slice(0, 80))") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(tab: Page, path: str, scheme: str) -> None:
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    opened(tab, path)
    if path.startswith("/list?user=u03"):
        tab.locator("#card-1 summary").click()
        tab.locator("#card-1 .why dl").wait_for()
        tab.locator("#card-3").get_by_role("button", name="Seen").click()
        tab.locator(".toast").wait_for()
        tab.locator(".writing").first.wait_for(state="detached")
    tab.wait_for_function(
        "() => document.getAnimations().every((one) => one.playState === 'finished')"
    )  # nothing fades
    tab.evaluate(AXE.read_text())
    found = tab.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    told = [(one["id"], one["impact"], [node["html"][:100] for node in one["nodes"]]) for one in found["violations"]]
    assert [one for one in told if one[1] in ("serious", "critical")] == []
    assert found["passes"]
