"""The log names nobody, and the numbers add up."""

from __future__ import annotations

import json
import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.keys import Keys, Scope
from serving.logs import JsonLines
from serving.service.service import Service

SECRETS = ("u03", "amber", "Zuzu", "zuzu", "ft_")


def test_a_line_for_each_request_without_anybodys_words(
    client: TestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    key = Keys(service.know.resources.home.keys).add("shop", Scope.admin)
    client.headers["Authorization"] = f"Bearer {key}"
    caplog.set_level(logging.INFO)
    caplog.clear()
    vars(service.know.resources.encoder)["encode"] = lambda texts: 1 / 0
    answer = client.get("/v1/search", params={"text": "amber zuzu", "user": "u03"}, headers={"X-Request-Id": "abc-1"})
    client.get("/v1/interests/u03")
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "Zuzu?"}], "user": "u03"})
    client.get("/v1/recommend", params={"user": "zuzu"})
    assert answer.headers["X-Request-Id"] == "abc-1"
    lines = [JsonLines().format(record) for record in caplog.records if record.name.startswith("serving")]
    told = [json.loads(line) for line in lines]
    routes = [line["route"] for line in told if line["message"] == "answered"]
    assert routes == ["/v1/search", "/v1/interests/{user:path}", "/v1/chat/completions", "/v1/recommend"]
    assert told[-1]["status"] == 404
    assert any("retrieval failed: ZeroDivisionError" in line["message"] for line in told)
    assert not [word for word in SECRETS for line in lines if word in line]


def test_an_error_is_told_by_type_and_place_and_whole_only_where_that_is_wanted() -> None:
    try:
        raise ValueError("Anna wrote this")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), (ValueError, error, error.__traceback__))
    short, whole = json.loads(JsonLines().format(record)), json.loads(JsonLines(whole=True).format(record))
    assert short["error"] == "ValueError"
    assert "test_journal.py" in short["at"]
    assert "Anna" not in json.dumps(short)
    assert "Anna wrote this" in whole["trace"]


def test_the_numbers(client: TestClient) -> None:
    client.get("/v1/recommend", params={"user": "u03"})
    client.get("/v1/recommend", params={"user": "u99"})
    told = client.get("/metrics").text
    assert 'foretaste_requests_total{method="GET",route="/v1/recommend",status="200"} 1.0' in told
    assert 'foretaste_requests_total{method="GET",route="/v1/recommend",status="404"} 1.0' in told
    assert 'foretaste_part_open{part="language model"} 0.0' in told
    assert 'foretaste_request_seconds_count{route="/v1/recommend"} 2.0' in told


def test_a_failure_that_nobody_foresaw_is_a_500_with_the_id_of_its_line(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_api_route("/broken", lambda: 1 / 0)
    answer = client.get("/broken", headers={"X-Request-Id": "abc-2"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert answer.headers["X-Request-Id"] == "abc-2"
    assert 'route="/broken",status="500"} 1.0' in client.get("/metrics").text
    assert any("ZeroDivisionError" in record.message for record in caplog.records)
