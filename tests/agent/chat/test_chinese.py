"""Chinese: its names and negations without an encoder, its intents with one that reads it, where there is one."""

from __future__ import annotations

import os

import pytest

from agent.chat.clauses import ClauseReader
from agent.chat.language import Language
from agent.chat.names import Names
from agent.chat.understanding import Understanding
from eval.understood import films
from history.domain import load_domain
from prompts.phrases import Phrases
from retrieval.encoder import SentenceEncoder

MULTILINGUAL = os.environ.get("FORETASTE_MULTILINGUAL", "")
CATALOGUE, CHINESE = films(), Language.of("zh")


def test_names_and_what_is_turned_down() -> None:
    wanted, turned_down = ClauseReader(Names(CATALOGUE, CHINESE), CHINESE).read("想看90年代的科幻片，不要恐怖片")
    assert [one.senses[0].value for one in wanted.mentions] == ["Sci-Fi"]
    assert [number.what for number in wanted.numbers] == ["years"]
    assert not wanted.negated
    assert [one.senses[0].value for one in turned_down.mentions] == ["Horror"]
    assert turned_down.negated == {turned_down.mentions[0].start}


def test_titles_stand_in_chinese_sentences() -> None:
    found = Names(CATALOGUE, CHINESE).find("我喜欢Toy Story，类似的还有吗")
    assert [CATALOGUE[one.senses[0].value].title for one in found] == ["Toy Story"]


def test_both_languages_can_say_the_same() -> None:
    phrases = Phrases(load_domain("video"), "title")
    told = {"values": ["Drama"], "low": None, "high": None, "wanted": False}
    assert phrases.say("chat_en", "wish", **told) == "no Drama"
    assert phrases.say("chat_zh", "wish", **told) == "不要 Drama"


@pytest.mark.skipif(not MULTILINGUAL, reason="FORETASTE_MULTILINGUAL names no encoder that reads Chinese")
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("推荐几部九十年代的科幻片", "recommend"),
        ("类似Toy Story的电影", "similar"),
        ("谢谢你", "small_talk"),
        ("删除我的所有数据", "forget"),
    ],
)
def test_intents(text: str, intent: str) -> None:
    understanding = Understanding(CATALOGUE, CHINESE, SentenceEncoder(MULTILINGUAL).encode)
    assert [act.intent for act in understanding.read(text)] == [intent]
