"""Words for grounds: chosen or written, checked, and honest where there is little to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.grounds import LONGEST, Grounds, shown
from agent.rationale import PLANS, Pen, Rationales
from agent.results import Evidence
from agent.verify import carried
from eval.hostile_texts import HOSTILE
from history.domain import load_domain
from history.records import Item
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from tests.conftest import FakeEngine, FakeWording
from workspace.settings import Settings

DOMAIN = load_domain("video")
PHRASES = Phrases(DOMAIN, "title")
GROUNDS = Grounds(
    Item("3", "The Thing"),
    (Evidence("1", "Alien", 0.5), Evidence("2", "It", 0.2)),
    verb="liked",
    facets=("Horror",),
)
NAMES = ["It", "Her", "Up", "東京物語", "Амели", "أحلام", "🎬", "x" * 500, " "]


def explain(grounds: Sequence[Grounds], pen: Pen | None = None) -> list[str]:
    found = list(Rationales(PHRASES, DOMAIN).explain(grounds, pen))
    assert all(one.verified for one in found)
    return [one.text for one in found]


def pen(freely: bool = False) -> tuple[Pen, FakeEngine]:
    engine = FakeEngine()
    return Pen(engine, Renderer(PHRASES, FakeWording(), DOMAIN, Settings(), 5.0), freely), engine


def test_without_a_model_the_plain_sentence() -> None:
    assert explain([GROUNDS]) == ['Because you liked "Alien" and "It", also Horror.']


def test_a_small_model_chooses_among_sentences_in_one_pass() -> None:
    ours, engine = pen()
    (text,) = explain([GROUNDS], ours)
    (tree,) = engine.trees
    offered = [tree.nodes[place].segment.text.rstrip("\n") for place in tree.leaves()]
    assert text in offered
    assert len(offered) == PLANS
    assert 'Because you liked "Alien" and "It", also Horror.' not in offered
    assert not engine.stems


def test_a_large_model_writes_and_what_its_grounds_do_not_carry_is_replaced() -> None:
    ours, engine = pen(freely=True)
    engine.answers[:] = [" could be a good choice for you.", " won an Oscar."]
    first, second = explain([GROUNDS, GROUNDS], ours)
    assert first == 'Because you liked "Alien" and "It", "The Thing" could be a good choice for you.'
    assert second == 'Because you liked "Alien" and "It", also Horror.'


def test_where_it_was_not_taste_the_text_says_so() -> None:
    bare = replace(GROUNDS, events=(), facets=(), lift=0.0)
    assert explain([replace(GROUNDS, lift=-0.1, popular=True)]) == [
        "Your history does not speak for it; it is popular with others."
    ]
    assert explain([bare]) == ["Your history does not speak for it."]
    thin = "Your history does not speak for it; too little is known yet to say more."
    assert explain([replace(bare, few=True), replace(bare, liking=False)]) == [thin, thin]
    assert explain([replace(bare, again="bought", lift=1.0)]) == ["You bought it before."]
    assert explain([replace(bare, written=True, lift=1.0)]) == ["It is close to what you wrote."]
    assert explain([replace(bare, nothing=True, popular=True)]) == [
        "There is no history of yours yet; this is popular with others."
    ]


def test_a_history_may_speak_for_an_item_though_no_event_does() -> None:
    bare = replace(GROUNDS, events=(), facets=())
    said = "Your history as a whole speaks for it"
    assert explain([bare]) == [f"{said}."]
    assert explain([replace(bare, popular=True)]) == [f"{said}; it is popular with others too."]


def test_thin_evidence_is_told() -> None:
    (text,) = explain([replace(GROUNDS, few=True)])
    assert text.endswith(" Not much is known of you yet.")


@pytest.mark.parametrize("title", HOSTILE + NAMES)
def test_any_title_is_one_line_in_quotes_and_the_check_knows_it_again(title: str) -> None:
    strange = replace(
        GROUNDS, item=Item("3", title), events=(Evidence("1", title + " 2", 0.5),), facets=(title + " 3",)
    )
    ours, _ = pen()
    for text in explain([strange]) + explain([strange], ours):
        assert text.isprintable()
        assert text.count('"') % 2 == 0
        assert "<|im_start|>" not in text or f'"{shown(title)}' in text
        assert len(text) < 3 * LONGEST + 200


@pytest.mark.parametrize("nouns", ["video", "shopping", "reading", "news", "social"])
def test_every_sentence_of_every_domain_is_carried_by_its_facts(nouns: str) -> None:
    domain = load_domain(nouns)
    full = replace(GROUNDS, topic="Sci-Fi", lately=True, few=True, popular=True)
    phrases = Phrases(domain, "title")
    tail = phrases.say("rationale", "tail", few=True, popular=True)
    for kind in domain.events.values():
        facts = {"title": "The Thing", "verb": kind.verb, "evidence": ["Alien", "It"], "shared": ["Horror"]}
        plans = phrases.say("rationale", "plans", **facts, topic="Sci-Fi", lately=True).splitlines()
        grounds = replace(full, verb=kind.verb)
        assert len(plans) == 12
        for plan in plans:
            assert carried(f"{plan} {tail}", grounds, shown, {domain.noun, domain.nouns, domain.category}), plan
