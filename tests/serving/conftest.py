"""What takes a while to make, made once."""

from __future__ import annotations

import pytest

from agent.chat.intents import IntentReader
from agent.chat.language import Language
from tests.conftest import FakeEncoder


@pytest.fixture(scope="session")
def learnt() -> dict[str, IntentReader]:
    """What people may want of a chat in English, by the fake encoder."""
    reader = IntentReader(Language.of("en"), FakeEncoder().encode)
    reader.read(["hello"])
    return {"en": reader}
