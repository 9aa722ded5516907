"""Whatever is sent, the answer says what is wrong with it and where."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"user": "u03", "k": 0}, "body.k"),
        ({"user": "u03", "k": "5"}, "body.k"),
        ({"user": "u03", "k": 5.5}, "body.k"),
        ({"user": "u03", "kk": 5}, "body.kk"),
        ({"user": 3}, "body.user"),
        ({"user": "a\u0000b"}, "body.user"),
        ({"user": "x" * 201}, "body.user"),
        ({"user": "u03", "history": []}, "body"),
        ({}, "body"),
        ([], "body"),
        ({"history": [{"item_id": "i01", "value": -1.0}]}, "body.history.0.value"),
        ({"history": [{}] * 2_001}, "body.history"),
        ({"history": [{"item_id": "i01", "timestamp": 1.7e12}]}, "body.history.0.timestamp"),
        ({"history": [{"type": "search", "text": "x" * 3_900}] * 6}, "body"),
    ],
)
def test_a_wrong_body_is_told_with_the_place(client: TestClient, body: Any, place: str) -> None:
    answer = client.post("/v1/recommend", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "wrong_value"
    assert place in [one["place"] for one in error["places"]]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(client: TestClient, number: str) -> None:
    content = '{"user_id": "u03", "item_id": "i01", "type": "rating", "value": ' + number + "}"
    answer = client.post("/v1/events", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "value" in answer.json()["error"]["places"][0]["place"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "no_json"),
        (b'{"user": "\xff"}', 400, "bad_request"),
        (b"[" * 100_000, 400, "too_deep"),
        (b'{"user": {"a": ' + b'[{"b": ' * 10 + b"1" + b"}]" * 10 + b"}}", 400, "too_deep"),
        (b'{"user": "' + b"x" * (1 << 20) + b'"}', 413, "too_large"),
        (b'{"user": "\\ud800"}', 422, "wrong_value"),
    ],
)
def test_bodies_that_are_no_json_or_too_much(client: TestClient, content: bytes, status: int, code: str) -> None:
    answer = client.post("/v1/recommend", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_body_without_a_length_is_cut_off_too(client: TestClient) -> None:
    chunks = (b"x" * 65_536 for _ in range(20))
    answer = client.post("/v1/recommend", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("PUT", "/v1/recommend", 405, "wrong_method"),
        ("GET", "/v1/recommend?user=u99", 404, "unknown_name"),
        ("GET", "/v1/recommend?user=u03&where=yeer>1990", 422, "bad_filter"),
        ("GET", "/v1/recommend?user=u03&where=year>2999", 422, "wrong_value"),
        ("GET", "/v1/recommend?user=u03&k=ten", 422, "wrong_value"),
        ("GET", "/v1/search?text=%20", 422, "wrong_value"),
        ("GET", "/v1/interests/u99", 404, "unknown_name"),
        ("DELETE", "/v1/users/u99", 404, "unknown_name"),
        ("GET", "/v1/outcomes?recommendation_id=" + "0" * 32, 404, "unknown_name"),
    ],
)
def test_requests_that_cannot_be_answered(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.json()["error"]["message"]


def test_an_unknown_user_is_told_the_nearest_ids(client: TestClient) -> None:
    error = client.get("/v1/recommend", params={"user": "u1"}).json()["error"]
    assert len(error["nearest"]) == 3
    assert set(error["nearest"]) <= {f"u{number:02}" for number in range(36)}


def test_an_unknown_model_is_none(client: TestClient) -> None:
    body = {"model": "gpt", "messages": [{"role": "user", "content": "hello"}]}
    assert client.post("/v1/chat/completions", json=body).json()["error"]["code"] == "model_not_found"


def test_no_user_can_be_called_as_visitors_are(client: TestClient) -> None:
    answer = client.post("/v1/events", json={"user_id": "visitor", "item_id": "i01", "type": "like"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "wrong_value")
