"""Who may see the page, and what there is to see of a home that is empty."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.recommender import Recommender
from serving.keys import Keys, Scope
from serving.page.empty import empty_app
from serving.page.guests import MOST, Held
from serving.page.patience import patiently
from serving.service.refusals import Busy, Unavailable
from workspace.errors import NotReady


def test_where_there_are_keys_one_must_be_shown(recommender: Recommender, app: FastAPI, client: TestClient) -> None:
    keys = Keys(recommender.knowledge.resources.home.keys)
    reader, writer = keys.add("reader", Scope.read), keys.add("writer", Scope.write)
    assert "Show your key" in TestClient(app).get("/").text
    assert client.get("/list/cards?user=u03").status_code == 401
    assert client.post("/key", data={"key": "ft_wrong"}).status_code == 401
    assert client.post("/key", data={"key": "ключ"}).status_code == 401
    assert client.post("/key", data={"key": reader}).status_code == 403
    shown = client.post("/key", data={"key": writer})
    assert shown.headers["HX-Redirect"] == "/"
    assert "HttpOnly" in shown.headers["Set-Cookie"]
    assert "SameSite=strict" in shown.headers["Set-Cookie"]
    assert client.get("/list/cards?user=u03").status_code == 200
    keys.remove("writer")
    assert client.get("/list/cards?user=u03").status_code == 401


def test_an_empty_home_says_what_to_run() -> None:
    client = TestClient(empty_app(NotReady("no events in HOME; run: foretaste import FILE, or foretaste demo")))
    start = client.get("/")
    assert start.status_code == 503
    assert "foretaste import FILE" in start.text
    assert "default-src 'self'" in start.headers["Content-Security-Policy"]
    assert client.get("/static/page.css").status_code == 200
    told = client.post("/v1/recommend", json={})
    assert (told.status_code, told.json()["error"]["code"]) == (503, "not_ready")
    assert client.get("/live").json() == {"status": "alive"}


def test_of_too_many_guests_the_one_who_left_first_is_let_go() -> None:
    held: Held[int] = Held()
    for number in range(MOST + 1):
        held.keep(str(number), number)
        held.keep("1", 1)
    assert held.find("0") is None
    assert held.find("1") == 1
    assert held.take(str(MOST)) == MOST
    assert held.take(str(MOST)) is None


def test_who_is_refused_a_place_asks_again_and_who_is_told_of_a_fault_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("serving.page.patience.LONGEST", 0.01)
    answers = [Busy("full", 1), Busy("full", 1), None]

    async def ask() -> str:
        if error := answers.pop(0):
            raise error
        return "at last"

    assert asyncio.run(patiently(ask)) == "at last"
    answers[:] = [Unavailable("store", 1), None]
    with pytest.raises(Unavailable):
        asyncio.run(patiently(ask))
