"""The official client of OpenAI's interface, against a running server."""

from __future__ import annotations

import pytest
from openai import NotFoundError, OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.serving.conftest import Start

ASK: ChatCompletionUserMessageParam = {"role": "user", "content": "recommend me something"}


def test_the_client_lists_models_asks_and_streams(start: Start) -> None:
    _, address = start("serve")
    with OpenAI(base_url=f"{address}/v1", api_key="none needed", max_retries=5) as client:
        assert [model.id for model in client.models.list()] == ["foretaste", "foretaste-retrieval"]
        answer = client.chat.completions.create(model="foretaste", messages=[ASK], user="u03")
        first = answer.choices[0].message.content or ""
        assert "1. " in first
        more: ChatCompletionUserMessageParam = {"role": "user", "content": "show me more"}
        with client.chat.completions.create(
            model="foretaste",
            messages=[{"role": "system", "content": "Be brief."}, more],
            user="u03",
            stream=True,
            temperature=0.2,
        ) as chunks:
            second = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert "1. " in second
        assert set(titles(first)).isdisjoint(titles(second))
        with pytest.raises(NotFoundError, match="nearest known ids"):
            client.chat.completions.create(model="foretaste", messages=[ASK], user="u99")
        with pytest.raises(NotFoundError, match="no model 'gpt'"):
            client.chat.completions.create(model="gpt", messages=[ASK])


def titles(answer: str) -> list[str]:
    """What the numbered lines of an answer name."""
    return [line.split(". ")[1] for line in answer.splitlines() if line[:1].isdigit() and ". " in line[:4]]
