"""Requests made up from the OpenAPI document: no failure that it does not tell of, and every answer as it says.

`FORETASTE_CASES=5000` makes as many up as the service was measured with.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from serving.buckets import Buckets
from serving.http.door import Door
from serving.keys import Keys

CASES = int(os.environ.get("FORETASTE_CASES", "150"))
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.mark.slow
def test_made_up_requests_are_answered_as_the_document_says(app: FastAPI, tmp_path: Path) -> None:
    app.state.door = Door(Keys(tmp_path / "keys.json"), Buckets(1e6, 10_000))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    each = max(1, CASES // len(operations) // len(MODES))
    tried = 0

    def answered(case: schemathesis.Case[Any]) -> None:
        nonlocal tried
        tried += 1
        case.call_and_validate(checks=CHECKS)

    limits = settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations:
        for mode in MODES:
            with suppress(Unsatisfiable):  # where nothing is asked, nothing can be asked wrongly
                limits(given(case=operation.as_strategy(mode))(lambda case: answered(case)))()
    assert len(operations) >= 21
    assert tried >= CASES // 2
