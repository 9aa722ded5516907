"""A real server: its socket, its home, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from serving.http.server import listen
from tests.serving.conftest import Start
from workspace.errors import UsageError
from workspace.lock import the_only_one


def fetch(address: str) -> dict[str, object]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at {address}")


def test_the_command_serves_and_ends_in_order(start: Start) -> None:
    process, address = start("serve")
    assert address.startswith("http://127.0.0.1:")
    assert len(fetch(f"{address}/v1/recommend?user=u03&k=2")["items"]) == 2  # type: ignore[arg-type]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM  # after all was closed, it ends as one that was told to


def test_after_sigterm_what_was_begun_is_answered(start: Start) -> None:
    slow = "import time; e = FakeEngine.score_all; FakeEngine.score_all = lambda *a: (time.sleep(1), e(*a))[1]"
    process, address = start("serve", more=slow)
    fetch(f"{address}/live")
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"GET /v1/recommend?user=u03&k=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"recommendation_id" in answer
    assert process.wait(20) == -signal.SIGTERM  # after all was closed, it ends as one that was told to


def test_a_second_server_on_the_same_home_is_refused(start: Start) -> None:
    first, _ = start("serve")
    second, said = start("serve")
    assert second.wait(60) == 2
    assert f"process {first.pid} already serves" in said


def test_a_port_in_use_is_refused() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="choose another --port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(UsageError, match="choose another --host"):
        listen("192.0.2.1", 0)


def test_a_lock_is_free_again_after_its_holder(tmp_path: Path) -> None:
    with the_only_one(tmp_path / "lock", "serves"), pytest.raises(UsageError, match=str(os.getpid())):
        the_only_one(tmp_path / "lock", "serves").__enter__()
    with the_only_one(tmp_path / "lock", "serves"):
        pass
