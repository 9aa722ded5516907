"""Snapshots: a changed prompt is seen in review. And: what is missing is an error with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from history.catalogue import Catalogue
from history.domain import load_domain
from history.records import Event, Item
from history.timeline import Timeline
from prompts.budget import window_start
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from workspace.settings import Rendering, Settings

if TYPE_CHECKING:
    from prompts.segment import Wording

ALIEN = Item("1", "Alien", categories=("Horror", "Sci-Fi"), year=1979)
AMELIE = Item("2", "Amélie", year=2001)
CATALOGUE = Catalogue([ALIEN, AMELIE])
TIMELINE = Timeline(
    "u",
    (
        Event("u", "1", 1.0, "rating", 5.0),
        Event("u", "2", 2.0, "rating", 1.0),
        Event("u", "", 3.0, "search", None, "space  films\n<|im_start|>"),
        Event("u", "gone", 4.0, "view"),
    ),
)


@pytest.fixture
def wording() -> Wording:
    class Brackets:
        def chat(self, turns: list[tuple[str, str]]) -> str:
            return "".join(f"<{role}>{text}</{role}>\n" for role, text in turns) + "<assistant>\n"

        def cut(self, text: str, tokens: int) -> str:
            return " ".join(text.split()[:tokens])

    return Brackets()  # type: ignore[return-value]


def renderer(wording: Wording, rendering: Rendering = "title-year", over: int = 40, keep: int = 20) -> Renderer:
    settings = Settings(rendering=rendering, history_over=over, history_keep=keep)
    domain = load_domain("video")
    return Renderer(Phrases(domain, rendering), wording, domain, settings, 5.0)


def test_the_stable_segment(wording: Wording) -> None:
    assert renderer(wording).stable(TIMELINE, CATALOGUE).text == (
        "<system>You know films and people's taste. You read what a viewer did and judge what comes next.</system>\n"
        "<user>What a viewer did, oldest first:\n"
        "liked Alien (1979)\n"
        "disliked Amélie (2001)\n"
        "searched for: space films <|im_start|>\n"
        "watched gone\n"
    )


def test_the_stable_segment_only_grows_at_its_end(wording: Wording) -> None:
    whole = renderer(wording).stable(TIMELINE, CATALOGUE).text
    assert whole.startswith(renderer(wording).stable(TIMELINE.before(3), CATALOGUE).text)


@pytest.mark.parametrize(
    ("rendering", "line"),
    [("title", "Alien"), ("title-year", "Alien (1979)"), ("title-year-category", "Alien (1979), Horror/Sci-Fi")],
)
def test_the_three_renderings(wording: Wording, rendering: Rendering, line: str) -> None:
    assert renderer(wording, rendering).item(ALIEN) == line


def test_the_bridge_and_branch_of_yes_no(wording: Wording) -> None:
    ours = renderer(wording)
    assert ours.bridge("yes-no", ["Drama", "Crime"], "nothing violent").text == (
        "Lately: Drama, Crime.\n"
        "Asked for: nothing violent.\n"
        "For each film: will this viewer pick it next? Answer yes or no.\n"
        "</user>\n<assistant>\nAnswers:\n"
    )
    assert ours.branch("yes-no", ALIEN).text == "Alien (1979):"


def test_the_bridge_and_branch_of_likelihood(wording: Wording) -> None:
    ours = renderer(wording)
    assert ours.bridge("likelihood").text == (
        "Which film will this viewer pick next? Answer with its title.\n</user>\n<assistant>\nNext:\n"
    )
    assert ours.branch("likelihood", ALIEN).text == "Alien (1979)\n"


def test_the_prompt_of_a_rationale(wording: Wording) -> None:
    ours = renderer(wording)
    lead = ours.phrases.say("rationale", "lead", verb="liked", evidence=["Alien", "Heat"], title="It")
    facts: dict[str, Any] = {"verb": "liked", "evidence": ["Alien", "Heat"], "shared": ["Drama"], "title": 'A "B"'}
    text = ours.conversation("rationale", lead, **facts).text
    assert text.startswith(
        "<system>You say in one short sentence why a film is recommended. You use only the facts given.</system>\n"
        '<user>Recommended: "North Star"\nYou liked: "Long Road", "Quiet Bay"\nShared genre: Travel</user>\n'
        '<assistant>Because you liked "Long Road" and "Quiet Bay", "North Star" brings more of the travel '
        "that you enjoy.</assistant>\n"
    )
    assert text.endswith(
        '<user>Recommended: "A "B""\nYou liked: "Alien", "Heat"\nShared genre: Drama\n</user>\n'
        '<assistant>\nBecause you liked "Alien" and "Heat", "It"'
    )


FACTS = {"title": "It", "verb": "liked", "evidence": ["Alien"], "shared": [], "topic": None, "lately": False}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, 'Because you liked "Alien".'),
        (
            {"evidence": ["Alien", "Heat"], "shared": ["Drama", "War"]},
            'Because you liked "Alien" and "Heat", also Drama and War.',
        ),
    ],
)
def test_the_plain_sentence_is_the_first_plan(told: dict[str, Any], expected: str) -> None:
    text = Phrases(load_domain("video"), "title").say("rationale", "plans", **{**FACTS, **told})
    assert text.splitlines()[0] == expected


@pytest.mark.parametrize(
    ("few", "popular", "expected"),
    [
        (False, False, ""),
        (True, False, "Not much is known of you yet."),
        (False, True, "It is popular with others too."),
        (True, True, "It is popular with others too. Not much is known of you yet."),
    ],
)
def test_what_is_said_after_it(few: bool, popular: bool, expected: str) -> None:
    assert Phrases(load_domain("video"), "title").say("rationale", "tail", few=few, popular=popular) == expected


def test_plans_are_as_many_as_the_facts_allow_and_no_two_alike() -> None:
    phrases = Phrases(load_domain("video"), "title")

    def plans(**told: Any) -> list[str]:
        return phrases.say("rationale", "plans", **{**FACTS, **told}).splitlines()

    assert len(plans()) == 5
    full = plans(shared=["Drama"], topic="Drama", lately=True)
    assert len({*full}) == len(full) == 12
    assert all(one.endswith(".") and '"Alien"' in one for one in full)


def test_a_missing_variable_is_an_error_with_its_name() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'categories'"):
        Phrases(load_domain("video"), "title-year-category").say("stable", "item", title="Alien", year=1979)


@pytest.mark.parametrize("count", range(0, 200))
def test_a_long_history_is_cut_in_blocks(count: int) -> None:
    start = window_start(count, over=40, keep=20)
    assert start % 20 == 0
    assert (count <= 40 and start == 0) or 20 < count - start <= 40


def test_the_window_reaches_the_prompt(wording: Wording) -> None:
    timeline = Timeline("u", tuple(Event("u", "1", float(moment)) for moment in range(100_000)))
    assert renderer(wording, over=4, keep=2).stable(timeline, CATALOGUE).text.count("Alien") == 4


def test_the_other_ways_to_ask(wording: Wording) -> None:
    ours = renderer(wording)
    assert ours.ask("pointwise", item="Alien (1979)").text == (
        "Will this viewer pick Alien (1979) next? Answer yes or no.\n</user>\n<assistant>\nAnswer:"
    )
    assert ours.ask("letters", items=[("A", "Alien"), ("B", "Heat")]).text == (
        "Which film will this viewer pick next?\nA. Alien\nB. Heat\nAnswer with its letter.\n"
        "</user>\n<assistant>\nAnswer:"
    )
    assert ours.ask("generated", items=["Alien", "Heat"], count=2).text == (
        "These films could be next:\nAlien\nHeat\n"
        "Rank the 2 that this viewer will most likely pick, one title a line, best first.\n"
        "</user>\n<assistant>\n1."
    )


@pytest.mark.parametrize(
    ("macro", "values", "expected"),
    [
        ("near", {}, "It is close to what you wrote."),
        (
            "unsure",
            {"some": False, "few": True},
            "There is no history of yours yet, and too little is known to say more.",
        ),
        (
            "unsure",
            {"some": True, "few": True},
            "Your history does not speak for it; too little is known yet to say more.",
        ),
        ("unsure", {"some": True, "few": False}, "Your history does not speak for it."),
        ("again", {"verb": "bought"}, "You bought it before."),
        ("popular", {"some": False}, "There is no history of yours yet; this is popular with others."),
        ("popular", {"some": True}, "Your history does not speak for it; it is popular with others."),
    ],
)
def test_reasons_without_evidence(macro: str, values: dict[str, bool], expected: str) -> None:
    assert Phrases(load_domain("video"), "title").say("rationale", macro, **values) == expected
