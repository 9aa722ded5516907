"""Every route as a program meets it."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from serving.service.service import Service


def test_a_list_for_a_stored_user_and_for_a_visitor(client: TestClient) -> None:
    found = client.get("/v1/recommend", params={"user": "u03", "k": 3}).json()
    assert [item["rank"] for item in found["items"]] == [1, 2, 3]
    assert len(found["recommendation_id"]) == 32
    assert not found["degraded"]
    assert found["items"][0]["rationale"]["text"]
    history = [{"item_id": "i00", "type": "like"}, {"item_id": "i04", "type": "like"}]
    visitor = client.post("/v1/recommend", json={"history": history, "k": 2, "llm": False}).json()
    assert visitor["degraded"]
    assert {one["item_id"] for one in visitor["items"]}.isdisjoint({"i00", "i04"})
    assert client.post("/v1/recommend", json={"history": []}).status_code == 200
    plain = client.post("/v1/recommend", json={"user": "u03", "rationale": False, "where": "year>=2000"}).json()
    assert plain["items"][0]["rationale"] is None
    assert all(int(item["item_id"][1:]) >= 20 for item in plain["items"])


def test_an_event_is_seen_by_the_very_next_list_and_named_by_its_outcome(client: TestClient) -> None:
    shown = client.get("/v1/recommend", params={"user": "u03", "rationale": False}).json()
    chosen = shown["items"][1]["item_id"]
    event = {"user_id": "u03", "item_id": chosen, "type": "like", "recommendation_id": shown["recommendation_id"]}
    assert client.post("/v1/events", json=event).json() == {"recorded": 1, "known": 0}
    after = client.get("/v1/recommend", params={"user": "u03", "rationale": False}).json()
    assert chosen not in [item["item_id"] for item in after["items"]]
    found = client.get("/v1/outcomes", params={"recommendation_id": shown["recommendation_id"]}).json()
    assert [(met["item_id"], met["rank"]) for met in found["lists"][0]["events"]] == [(chosen, 2)]
    assert found["ranks"][:2] == [{"rank": 1, "shown": 1, "met": 0}, {"rank": 2, "shown": 1, "met": 1}]
    assert len(client.get("/v1/outcomes", params={"user": "u03"}).json()["lists"]) == 2


def test_events_are_recorded_all_or_none(client: TestClient, service: Service) -> None:
    before = service.know.store.event_count()
    good = {"user_id": "new", "item_id": "i01", "type": "like", "timestamp": "2024-05-31T18:00:00Z"}
    unknown = client.post("/v1/events", json=[good, {**good, "item_id": "i99"}])
    assert unknown.status_code == 404
    assert "i09" in unknown.json()["error"]["nearest"]
    foreign = client.post("/v1/events", json=[good, {**good, "item_id": "i02", "recommendation_id": "0" * 32}])
    assert foreign.status_code == 404
    assert client.post("/v1/events", json=[good, {**good, "type": "lik"}]).status_code == 422
    assert client.post("/v1/events", json=[good, {**good, "timestamp": 1e300}]).status_code == 422
    assert service.know.store.event_count() == before
    assert client.post("/v1/events", json=[good, {**good, "item_id": "i02"}]).json()["recorded"] == 2
    assert client.post("/v1/events", json=good).json() == {"recorded": 0, "known": 1}


def test_a_list_is_named_by_its_own_user_only(client: TestClient) -> None:
    shown = client.get("/v1/recommend", params={"user": "u03", "rationale": False}).json()
    event = {"user_id": "u04", "item_id": "i01", "type": "like", "recommendation_id": shown["recommendation_id"]}
    assert client.post("/v1/events", json=event).status_code == 422
    visited = client.post("/v1/recommend", json={"history": [], "rationale": False}).json()
    assert client.post("/v1/events", json={**event, "recommendation_id": visited["recommendation_id"]}).is_success


def test_why_and_why_not(client: TestClient) -> None:
    top = client.get("/v1/recommend", params={"user": "u03", "k": 1}).json()["items"][0]["item_id"]
    assert client.get("/v1/explain", params={"user": "u03", "item": top}).json()["rank"] == 1
    had = client.post("/v1/explain", json={"history": [{"item_id": "i00"}], "item": "i00", "llm": False}).json()
    assert had["lost"] == "had"
    assert client.get("/v1/explain", params={"user": "u03", "item": "i99"}).status_code == 404


def test_interests_and_search(client: TestClient) -> None:
    assert client.get("/v1/interests/u03").json()["now"][0]["share"] > 0
    found = client.get("/v1/search", params={"text": "amber castle", "k": 2}).json()
    assert (len(found["items"]), found["degraded"]) == (2, False)
    weighed = client.post("/v1/search", json={"text": "amber", "user": "u03", "weight": 0.25}).json()
    assert weighed["weight"] == 0.25


def test_items_are_added_changed_withdrawn_and_found(client: TestClient) -> None:
    page = client.get("/v1/items", params={"start": 38, "count": 5}).json()
    assert (page["total"], [one["item_id"] for one in page["items"]]) == (40, ["i38", "i39"])
    new = {"item_id": "a/b", "title": "Zuzu Zz", "categories": ["Drama"], "year": 2001, "facets": {"director": "Ann"}}
    assert client.post("/v1/items", json=new).json() == {"stored": 1, "listed": True}
    assert client.get("/v1/items/a%2Fb").json()["facets"] == {"director": "Ann"}
    assert client.get("/v1/search", params={"text": "zuzu zz", "k": 1}).json()["items"][0]["item_id"] == "a/b"
    assert not client.post("/v1/items/a%2Fb/withdraw").json()["available"]
    assert client.get("/v1/search", params={"text": "zuzu zz", "k": 1}).json()["items"][0]["item_id"] != "a/b"
    assert client.post("/v1/items/a%2Fb/restore").json()["available"]
    assert client.get("/v1/items", params={"where": "year=2001"}).json()["total"] == 2
    assert client.get("/v1/items/i99").status_code == 404


def test_a_user_is_exported_and_forgotten(client: TestClient) -> None:
    shown = client.get("/v1/recommend", params={"user": "u03", "rationale": False}).json()
    event = {"user_id": "u03", "item_id": "i01", "type": "like", "recommendation_id": shown["recommendation_id"]}
    client.post("/v1/events", json=event)
    copy = client.get("/v1/users/u03/export").json()
    assert len(copy["events"]) == 9
    assert copy["lists"][0]["recommendation_id"] == shown["recommendation_id"]
    assert client.delete("/v1/users/u03").json() == {"user_id": "u03", "events": 9}
    assert client.get("/v1/recommend", params={"user": "u03"}).status_code == 404
    assert client.get("/v1/outcomes").json()["lists"] == []


def test_documents_are_reranked(client: TestClient) -> None:
    documents = ["zzz xxx", {"text": "amber castle"}, "qqq"]
    found = client.post("/v1/rerank", json={"query": "amber castle", "documents": documents, "top_n": 2}).json()
    assert found["results"][0]["index"] == 1
    assert found["results"][0]["relevance_score"] == pytest.approx(1.0)
    assert len(found["results"]) == 2
    body = {"query": "amber", "documents": documents, "return_documents": True, "user": "u03"}
    assert {one["document"]["text"] for one in client.post("/v1/rerank", json=body).json()["results"]} == {
        "zzz xxx",
        "amber castle",
        "qqq",
    }


def test_the_stored_conversation_goes_on(client: TestClient) -> None:
    assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["foretaste", "foretaste-retrieval"]

    def say(text: str) -> str:
        message = {"role": "user", "content": text}
        found = client.post("/v1/chat/completions", json={"model": "foretaste", "messages": [message], "user": "u03"})
        assert found.status_code == 200, found.text
        content: str = found.json()["choices"][0]["message"]["content"]
        return content

    first = say("recommend me something")
    assert "1. " in first
    second = say("show me more")
    titles = [line.split(". ")[1] for line in first.splitlines() if line[:2] == "1."]
    assert titles[0] not in second


def test_a_streamed_answer_comes_in_chunks(client: TestClient) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "recommend me something"}]}]
    with client.stream("POST", "/v1/chat/completions", json={"messages": messages, "stream": True}) as answer:
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    assert len(chunks) > 3
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["degraded"] is False


def test_live_and_ready(client: TestClient) -> None:
    assert client.get("/live").json() == {"status": "alive"}
    for _ in range(100):
        if (found := client.get("/ready")).status_code == 200:
            break
    assert found.json()["parts"] == {"language model": "closed", "retrieval": "closed", "store": "closed"}


def test_the_document_tells_of_every_route(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {"/v1/recommend", "/v1/interests/{user}", "/v1/users/{user}/export", "/v1/rerank"} <= set(document["paths"])
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert "500" in told["responses"], (path, method)
