"""An app over the made data, and a client that speaks to it without a network."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.chat.intents import IntentReader
from agent.recommender import Recommender
from serving.http.app import create_app
from serving.http.options import HttpOptions
from serving.service.options import ServiceOptions
from serving.service.service import Service

PATIENT = HttpOptions(service=ServiceOptions(60.0, 60.0, 60.0))  # a busy machine is slow, not down


@pytest.fixture
def app(recommender: Recommender, learnt: dict[str, IntentReader]) -> FastAPI:
    made = create_app(recommender, PATIENT)
    made.state.service.chats.intents.update(learnt)
    return made


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        while not client.get("/ready").is_success:
            time.sleep(0.02)
        yield client


@pytest.fixture
def service(app: FastAPI, client: TestClient) -> Service:
    found: Service = app.state.service
    return found
