"""Keys, scopes and limits at every route."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.recommender import Recommender
from serving.buckets import Buckets
from serving.http.app import create_app
from serving.http.door import Door
from serving.http.options import HttpOptions
from serving.http.server import check_keys
from serving.keys import PREFIX, Keys, Scope
from workspace.errors import DataError, UnknownName, UsageError

OPEN = {"/live", "/ready"}
SCOPES = {
    ("post", "/v1/events"): Scope.write,
    ("post", "/v1/chat/completions"): Scope.write,
    ("post", "/v1/items"): Scope.admin,
    ("post", "/v1/items/{item}/withdraw"): Scope.admin,
    ("post", "/v1/items/{item}/restore"): Scope.admin,
    ("delete", "/v1/users/{user}"): Scope.admin,
    ("get", "/v1/users/{user}/export"): Scope.admin,
}


@pytest.fixture
def keys(recommender: Recommender) -> Keys:
    return Keys(recommender.knowledge.resources.home.keys)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_every_route_asks_for_a_key_of_its_scope(app: FastAPI, keys: Keys) -> None:
    app.state.door = Door(keys, Buckets(1e6, 10_000))
    of = {scope: keys.add(scope, scope) for scope in Scope}
    client = TestClient(app, raise_server_exceptions=False)
    tried = 0
    for path, methods in app.openapi()["paths"].items():
        for method in methods.keys() - set(() if path not in OPEN else methods):
            tried += 1
            needed = SCOPES.get((method, path), Scope.read)
            address = path.replace("{user}", "u99").replace("{item}", "i99")
            for shown in ({}, bearer("wrong"), bearer(""), {"Authorization": of[Scope.admin]}):
                answer = client.request(method, address, headers=shown, content=b"no json")
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no_key"), (method, path)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            for scope, key in of.items():
                status = client.request(method, address, headers=bearer(key)).status_code
                assert (status == 403) == (not scope.holds(needed)), (method, path, scope, status)
                assert status != 401
    assert tried >= 19
    assert client.get("/live").status_code == 200


def test_a_key_that_is_removed_is_good_for_nothing_at_once(client: TestClient, keys: Keys) -> None:
    assert client.get("/v1/items").status_code == 200
    key = keys.add("shop", Scope.read)
    other = Keys(keys._file)
    assert client.get("/v1/items").status_code == 401
    assert client.get("/v1/items", headers=bearer(key)).status_code == 200
    other.add("second", Scope.read)
    other.remove("shop")
    assert client.get("/v1/items", headers=bearer(key)).status_code == 401


def test_keys_are_kept_hashed_and_only_for_their_owner(keys: Keys) -> None:
    key = keys.add("shop", Scope.write)
    kept = keys._file.read_text()
    assert key.startswith(PREFIX)
    assert key not in kept
    assert key.removeprefix(PREFIX) not in kept
    assert keys._file.stat().st_mode & 0o777 == 0o600
    found = keys.find(key)
    assert found
    assert (found.name, found.scope) == ("shop", Scope.write)
    assert keys.find(key + "x") is None
    with pytest.raises(UsageError, match="there is a key called 'shop'"):
        keys.add("shop", Scope.read)
    with pytest.raises(UnknownName, match="there are: shop"):
        keys.remove("shops")
    keys._file.write_text("[{}]")
    with pytest.raises(DataError, match="damaged"):
        keys.all()


def test_who_comes_too_often_is_told_when_to_come_again(recommender: Recommender) -> None:
    app = create_app(recommender, HttpOptions(rate=0.5, burst=2))
    client = TestClient(app, raise_server_exceptions=False)
    assert [client.get("/v1/items").status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get("/v1/items")
    assert answer.json()["error"]["code"] == "too_often"
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert client.get("/live").status_code == 200


def test_a_bucket_fills_up_again() -> None:
    seconds = [0.0]
    buckets = Buckets(2.0, 2, lambda: seconds[0])
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0.5]
    assert buckets.take("b") == 0
    seconds[0] = 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    seconds[0] = 100
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0.5]


def test_others_may_come_in_only_where_a_key_is_needed(keys: Keys) -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_keys(host, keys)
    for host in ("0.0.0.0", "::", "192.0.2.1", ""):
        with pytest.raises(UsageError, match="foretaste keys add"):
            check_keys(host, keys)
    keys.add("shop", Scope.read)
    check_keys("0.0.0.0", keys)


def test_when_the_last_key_is_removed_nobody_is_let_in(client: TestClient, keys: Keys) -> None:
    assert client.get("/v1/items").is_success
    key = keys.add("shop", Scope.admin)
    assert client.get("/v1/items", headers=bearer(key)).is_success
    keys.remove("shop")
    assert client.get("/v1/items", headers=bearer(key)).status_code == 401
    assert client.get("/v1/items").status_code == 401


def test_damaged_keys_let_nobody_in_and_tell_no_path(client: TestClient, recommender: Recommender) -> None:
    recommender.knowledge.resources.home.keys.write_text("[{]")
    answer = client.get("/v1/items")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert "keys.json" not in answer.text


def test_a_page_of_elsewhere_changes_nothing(client: TestClient) -> None:
    for origin, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        answer = client.post("/v1/items/i01/withdraw", headers={"Sec-Fetch-Site": origin})
        assert answer.status_code == status, origin
    assert client.get("/v1/items", headers={"Sec-Fetch-Site": "cross-site"}).is_success
