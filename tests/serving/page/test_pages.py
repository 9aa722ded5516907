"""The page without a browser: what its routes answer, to whom, and under which rules."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.fusion import NO_WEIGHT
from history.records import CORRECTION
from serving.service.service import Service


@pytest.fixture
def service(app: FastAPI, client: TestClient) -> Service:
    found: Service = app.state.service
    return found


def titles(text: str) -> list[str]:
    """The titles of the cards, in their order."""
    found = re.findall(r'<h2><span class="rank"[^>]*>\d+</span> (.*?)(?: <span class="year">\d+</span>)?</h2>', text)
    return [unescape(one) for one in found]


def say(client: TestClient, text: str, user: str | None = None) -> str:
    """What the chat answers, as it was streamed."""
    params = {"user": user} if user else {}
    turn = client.post("/chat/turns", data={"text": text}, params=params).text
    match = re.search(r'sse-connect="(.*?)"', turn)
    assert match
    return client.get(match[1]).text


@pytest.mark.parametrize("path", ["/", "/list", "/interests", "/chat", "/compare", "/list/cards", "/list?user=nobody"])
def test_every_answer_allows_no_script_but_its_own(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", answer.text)


def test_the_start_shows_users_and_finds_them(client: TestClient) -> None:
    assert 'href="/list?user=u00"' in client.get("/").text
    assert 'href="/list?user=u17"' in client.get("/users", params={"user": "u17"}).text
    assert 'href="/list?user=u35"' in client.get("/users", params={"user": "35"}).text  # by likeness


def test_a_user_is_made_of_what_they_like(client: TestClient, service: Service) -> None:
    made = client.post("/users", data={"user": "Ann Ö.", "likes": "horror in the evening"})
    assert made.headers["HX-Redirect"] == "/list?user=Ann+%C3%96."
    assert service.know.store.timeline("Ann Ö.").events[0].text == "horror in the evening"
    assert len(titles(client.get("/list/cards", params={"user": "Ann Ö."}).text)) == 10
    again = client.post("/users", data={"user": "u03", "likes": "horror"})
    assert again.status_code == 422
    assert "there is a user 'u03' already" in unescape(again.text).lower()
    assert len(service.know.store.timeline("u03")) == 8


def test_cards_come_first_and_reasons_after(client: TestClient) -> None:
    cards = client.get("/list/cards", params={"user": "u03"}).text
    match = re.search(r'sse-connect="(.*?)"', cards)
    assert match
    stream = client.get(unescape(match[1]))
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    events = re.findall(r"^event: (.*)$", stream.text, re.MULTILINE)
    assert events == [f"reason-{number}" for number in range(1, 11)] + ["end"]
    assert "Since you liked" in stream.text or "because you liked" in stream.text
    assert 'class="evidence"' in stream.text


def test_a_like_counts_at_once_names_its_list_and_can_be_taken_back(client: TestClient, service: Service) -> None:
    before = client.get("/list/cards", params={"user": "u03"}).text
    match = re.search(r'name="item" value="(.*?)">\s*<input type="hidden" name="shown" value="(.*?)"', before)
    assert match
    item, shown = match.groups()
    told = client.post("/acts", params={"user": "u03"}, data={"item": item, "shown": shown, "feeling": "like"})
    assert told.headers["HX-Trigger"] == "changed"
    assert service.know.store.timeline("u03").events[-1].type == "like"
    (kept,) = service.know.store.lists([shown])
    assert [event.item_id for event in kept.events] == [item]
    title = service.know.catalogue[item].title
    assert title not in titles(client.get("/list/cards", params={"user": "u03"}).text)
    fields = dict(re.findall(r'name="(item|feeling|moment)" value="(.*?)"', told.text))
    client.post("/acts/undo", params={"user": "u03"}, data=fields)
    assert len(service.know.store.timeline("u03")) == 8
    assert title in titles(client.get("/list/cards", params={"user": "u03"}).text)


def test_a_guest_is_held_in_memory_alone(client: TestClient, service: Service) -> None:
    count = service.know.store.event_count()
    first = titles(client.get("/list/cards").text)
    item = next(one for one in service.know.catalogue.values() if one.title == first[0]).item_id
    client.post("/acts", data={"item": item, "feeling": "seen"})
    assert first[0] not in titles(client.get("/list/cards").text)
    client.post("/interests/say", data={"text": "no horror"})
    assert "no Horror" in client.get("/interests/view").text
    assert service.know.store.event_count() == count
    stranger = TestClient(client.app, headers={"HX-Request": "true"})
    assert first[0] in titles(stranger.get("/list/cards").text)


def test_a_guest_is_talked_with_where_the_talk_stood(client: TestClient) -> None:
    first = titles(say(client, "a horror film"))
    assert first
    more = titles(say(client, "show me more"))
    assert set(more).isdisjoint(first)
    assert "a horror film" in client.get("/chat").text


def test_the_conversation_of_a_user_goes_on(client: TestClient) -> None:
    stream = say(client, "a comedy please", "u03")
    assert stream.rstrip().endswith("event: end\ndata:")
    assert len(titles(stream)) == 5
    assert "a comedy please" in client.get("/chat", params={"user": "u03"}).text
    assert "a comedy please" not in client.get("/chat", params={"user": "u04"}).text


def test_a_turn_is_answered_once(client: TestClient, service: Service) -> None:
    match = re.search(
        r"/chat/turns/[\w-]+", client.post("/chat/turns?user=u03", data={"text": "I liked Amber Bay"}).text
    )
    assert match
    client.get(match[0])
    count = len(service.know.store.timeline("u03"))
    assert re.findall(r"^event: (.*)$", client.get(match[0]).text, re.MULTILINE) == ["close", "end"]
    assert len(service.know.store.timeline("u03")) == count == 9


def test_the_profile_is_edited_in_plain_words(client: TestClient, service: Service) -> None:
    told = client.post("/interests/say?user=u03", data={"text": "no horror, more comedy"}).text
    assert "no Horror" in told
    assert "more Comedy" in told
    back = client.post("/interests/take-back?user=u03", data={"topic": "Horror"}).text
    assert "no Horror" not in back
    assert "more Comedy" in back
    wrong = client.post("/interests/say?user=u03", data={"text": "no cooking shows"}).text
    assert "names no topic" in wrong
    assert 'value="no cooking shows"' in wrong
    said = service.know.store.timeline("u03").corrections
    assert [event.type for event in said] == [CORRECTION] * 3


def test_the_picture_has_a_row_for_every_topic(client: TestClient) -> None:
    view = client.get("/interests/view?user=u03").text
    assert re.findall(r'<th scope="row">(.*?)</th>', view) == ["Crime", "Comedy", "Drama", "Horror"]
    assert len(re.findall(r'<path d="M0 24V', view)) == 4


def test_three_lists_stand_side_by_side(client: TestClient) -> None:
    page = client.get("/compare?user=u03").text
    assert re.findall(r'hx-get="/compare/([\w-]+)', page) == ["retrieval", "zero-shot", "tuned"]
    for way in ("retrieval", "zero-shot"):
        assert client.get(f"/compare/{way}?user=u03").text.count("<li>") == 10
    assert "foretaste tune" in client.get("/compare/tuned?user=u03").text


def test_an_adapter_in_use_has_a_list_of_its_own(client: TestClient, service: Service) -> None:
    def reversed_order(_: object, retrieved: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(retrieved), -10 - retrieved, -np.inf)

    vars(service.know)["tuned"] = SimpleNamespace(name="films", log_p=reversed_order, branches=NO_WEIGHT)
    tuned = client.get("/compare/tuned?user=u03").text
    assert "The adapter films" in tuned
    assert tuned.count("<li>") == 10
    assert re.search(r'<span class="unseen">\d+ up</span>', tuned)
    assert " up</span>" not in client.get("/compare/retrieval?user=u03").text


def test_a_wrong_filter_is_told_in_words(client: TestClient) -> None:
    answer = client.get("/list/cards", params={"user": "u03", "where": "yeer>1990"})
    assert answer.status_code == 422
    assert "no field is called so; nearest: year" in answer.text
    assert "--where" not in answer.text
    kept = client.get("/list/cards", params={"user": "u03", "where": 'category="Horror"'}).text
    assert set(re.findall(r'<p class="about">(.*?)</p>', kept)) == {"Horror"}


def test_an_unknown_user_is_told_the_nearest(client: TestClient) -> None:
    answer = client.get("/list", params={"user": "u3"})
    assert answer.status_code == 404
    assert 'href="/list?user=u03"' in answer.text
    bare = TestClient(client.app).get("/list", params={"user": "u3"})
    assert "That did not work" in bare.text


def test_nothing_is_done_for_a_page_of_elsewhere(client: TestClient, service: Service) -> None:
    foreign = TestClient(client.app)
    assert foreign.post("/acts?user=u03", data={"item": "i01", "feeling": "like"}).status_code == 403
    assert len(service.know.store.timeline("u03")) == 8


def test_a_degraded_list_says_so(client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr(type(service.recommender), "recommend", down)
    monkeypatch.setattr(type(service.recommender), "recommend_all", down)
    cards = client.get("/list/cards?user=u03").text
    assert "popular with others lately" in cards
    assert len(titles(cards)) == 10
    assert "sse-connect" not in cards


def test_what_nobody_foresaw_is_told_in_words(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.page.interests.picture_of", lambda _: 1 / 0)
    answer = client.get("/interests/view?user=u03")
    assert answer.status_code == 500
    assert "Something failed" in answer.text


def test_programs_are_told_of_their_own_routes_only(app: FastAPI) -> None:
    documented = app.openapi()["paths"]
    assert "/v1/recommend" in documented
    assert not {"/", "/list", "/chat", "/acts"} & set(documented)
