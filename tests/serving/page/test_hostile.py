"""A hundred texts that would run a script, as titles and in the chat: none does, and each is shown as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from history.records import Event, Item
from prompts.segment import clean

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from agent.recommender import Recommender

pytestmark = pytest.mark.browser
PAYLOADS = Path(__file__).with_name("payloads.txt").read_text(encoding="utf-8").splitlines()
# Nothing of the page is one of these, has a handler, leads out of it, or was put there by a text.
FOREIGN = """() => [...document.querySelectorAll('main *, #toast *')].filter(one =>
  ['SCRIPT', 'STYLE', 'IMG', 'IMAGE', 'IFRAME', 'OBJECT', 'EMBED', 'VIDEO', 'AUDIO', 'BASE', 'META', 'LINK', 'MATH']
    .includes(one.tagName.toUpperCase())
  || [...one.attributes].some(at => at.name.startsWith('on') || at.name.startsWith('hx-on') || at.name === 'style')
  || ['href', 'action', 'src', 'data', 'formaction'].some(name =>
    one.hasAttribute(name) && !/^[/#]/.test(one.getAttribute(name)))
).map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def recommender(recommender: Recommender) -> Recommender:
    """The same, of a catalogue whose every item bears one of the texts as its title and as a category."""
    from agent.knowledge import Knowledge
    from agent.recommender import Recommender

    store = recommender.knowledge.store
    store.add(Item(f"i{n:02}", text, categories=("Drama", text), year=1980) for n, text in enumerate(PAYLOADS))
    liked = [Event("evil", f"i{n:02}", 2e6 + n, "like", text=PAYLOADS[n]) for n in range(0, 40, 5)]
    store.add(events=[*liked, Event(PAYLOADS[15], "i01", 2e6, "like")])
    return Recommender(Knowledge(recommender.knowledge.resources))


def harmless(tab: Page) -> None:
    """The page holds nothing that a text put there; the fixture sees to it that nothing ran, or was stopped from it."""
    tab.wait_for_timeout(100)
    assert tab.evaluate(FOREIGN) == []


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(PAYLOADS)) == 100


def test_titles_are_text(tab: Page) -> None:
    tab.goto("/list?user=evil")
    tab.locator("#card-10").wait_for()
    tab.evaluate("htmx.ajax('GET', '/list/cards?user=evil&k=100', '#list')")
    tab.locator("#card-60").wait_for()
    tab.locator(".writing").first.wait_for(state="detached")
    tab.locator("#card-1 summary").click()
    tab.locator("#card-1 .why dl").wait_for()
    shown = "\n".join(tab.locator(".card h2").all_inner_texts())
    assert sum(clean(text) in shown for text in PAYLOADS) >= 60
    harmless(tab)
    tab.locator("#card-1").get_by_role("button").first.click()
    tab.locator(".toast").wait_for()
    harmless(tab)


@pytest.mark.parametrize(
    "path", ["/interests?user=evil", "/compare?user=evil", "/", "/list?user=<img src=x onerror=alert(1)>"]
)
def test_other_pages_show_text(tab: Page, path: str) -> None:
    tab.goto(path)
    tab.locator("[aria-busy]").first.wait_for(state="detached")
    assert not tab.get_by_text("does not answer as it should").is_visible()
    harmless(tab)


def test_what_is_said_is_text(tab: Page) -> None:
    tab.goto("/chat?user=evil")
    for number, text in enumerate(PAYLOADS):
        tab.get_by_label("What would you like?").fill(text)
        tab.keyboard.press("Enter")
        tab.locator(".mine").nth(number).wait_for()
        tab.locator("[data-stop]").wait_for(state="detached")
    assert tab.locator(".mine p").all_inner_texts() == [clean(text) for text in PAYLOADS]
    harmless(tab)
    tab.goto("/chat?user=evil")
    assert tab.locator(".mine").count() >= 15
    harmless(tab)


def test_filters_and_profiles_are_text(tab: Page) -> None:
    tab.goto("/interests?user=u03")
    tab.locator("#view .panel").first.wait_for()
    for text in PAYLOADS[::5]:
        tab.get_by_label("What should change?").fill(f"no {text}")
        with tab.expect_response("**/interests/say*"):
            tab.keyboard.press("Enter")
        harmless(tab)
    tab.goto("/list?user=u03")
    for text in PAYLOADS[::5]:
        tab.get_by_label("Filter", exact=True).fill(text)
        with tab.expect_response("**/list/cards*where*"):
            tab.keyboard.press("Enter")
        harmless(tab)
