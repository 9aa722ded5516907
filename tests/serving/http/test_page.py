"""The lines of docs/http.md work against a running server."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from agent.recommender import Recommender
from history.records import Event, Item
from tests.serving.conftest import Start

PAGE = Path(__file__).parents[3] / "docs" / "http.md"
SERVER = "http://127.0.0.1:8000"


def lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_line_is_answered(start: Start, recommender: Recommender) -> None:
    films = [Item("242", "Kolya", categories=("Comedy",), year=1996), Item("50", "Star Wars", year=1977)]
    likes = [Event("196", f"i{number:02}", 1_000_000.0 + number, "like") for number in range(5)]
    recommender.knowledge.store.add(films, likes)
    _, address = start("serve")
    patient = ["curl", "-sf", "--retry", "60", "--retry-delay", "1", "--retry-all-errors", f"{address}/ready"]
    subprocess.run(patient, capture_output=True, check=True)
    assert len(lines()) >= 20
    for line in lines():
        assert SERVER in line
        said = subprocess.run(
            f"{line.replace(SERVER, address)} -w '\\n%{{http_code}} %{{content_type}}'",
            shell=True,
            capture_output=True,
            text=True,
        ).stdout
        body, _, status = said.rpartition("\n")
        assert status.startswith("200 "), (line, said)
        if "application/json" in status:
            assert isinstance(json.loads(body), dict)
        elif "event-stream" in status:
            assert body.rstrip().endswith("data: [DONE]")
