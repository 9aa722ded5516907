"""An app over the made data, and a client that speaks to it without a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.recommender import Recommender
from serving.http.app import create_app
from serving.service.service import Service


@pytest.fixture
def app(recommender: Recommender) -> FastAPI:
    return create_app(recommender)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def service(app: FastAPI, client: TestClient) -> Service:
    found: Service = app.state.service
    return found
