"""Settings of tuning by name."""

from __future__ import annotations

import pytest

from tuning.options import TuneOptions
from workspace.errors import UsageError


def test_settings_are_given_by_name() -> None:
    found = TuneOptions().told(["epochs=3", "rate=2e-4", "tower=true", "start=there"])
    assert found == TuneOptions(epochs=3, rate=2e-4, tower=True, start="there")


@pytest.mark.parametrize(
    ("pair", "told"), [("epoch=3", "'epoch' is no setting of tuning; known: epochs, "), ("epochs=x", "epochs = 'x': ")]
)
def test_what_is_no_setting_is_refused(pair: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        TuneOptions().told([pair])
