"""Errors as answers: `{"error": {"code", "message", …}}`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from serving.service.refusals import Busy, Unavailable
from workspace.errors import DataError, FilterError, ForetasteError, StoreError, UnknownName, UsageError

CODES = {400: "bad_request", 401: "no_key", 403: "forbidden", 404: "not_found", 405: "wrong_method", 413: "too_large"}
MOST = 10  # wrong places of a request that are told
logger = logging.getLogger(__name__)


class Place(BaseModel):
    """What is wrong with a request, and where."""

    place: str = Field(examples=["body.k"])
    problem: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """What went wrong: a word for programs, a sentence for people; `nearest` are ids like an unknown one."""

    code: str = Field(examples=["unknown_name"])
    message: str = Field(examples=["unknown user '19b'; nearest known ids: 19, 196, 1"])
    nearest: list[str] | None = None
    places: list[Place] | None = None


class Failure(BaseModel):
    """An answer that is none."""

    error: Problem


class Refused(Exception):
    """A request that the door turns away."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers that a route may give instead, for its OpenAPI entry; those of all routes come by themselves."""
    told = {404: "Unknown user, item or list; `nearest` names ids like it.", 409: "Another turn is being answered."}
    return {status: {"model": Failure, "description": told[status]} for status in statuses}


EVERYWHERE: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The body is no JSON."},
    401: {"model": Failure, "description": "No key, or a wrong one."},
    403: {"model": Failure, "description": "The key may not do this."},
    413: {"model": Failure, "description": "The body is larger than 1 MiB."},
    422: {"model": Failure, "description": "A value is wrong; `places` says which, and why."},
    429: {"model": Failure, "description": "Too many requests of this key or address; see Retry-After."},
    500: {"model": Failure, "description": "A failure that Foretaste does not know; its log does."},
    503: {"model": Failure, "description": "Too much is waiting, or a part is down; see Retry-After."},
}


def answer(problem: Problem, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that tells of a problem."""
    content = Failure(error=problem).model_dump(exclude_none=True)
    return JSONResponse(content, status, headers=dict(headers or {}))


def install(app: FastAPI) -> None:
    """Let an app answer all errors in this shape."""
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(ForetasteError, _explained)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unknown)


def refused(_: Request, error: Exception) -> JSONResponse:
    """The answer to somebody who is turned away."""
    assert isinstance(error, Refused)
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(Problem(code=error.code, message=str(error)), error.status, headers)


def _busy(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Busy)
    code = "unavailable" if isinstance(error, Unavailable) else "busy"
    return answer(Problem(code=code, message=str(error)), 503, {"Retry-After": str(error.retry_after)})


def _explained(request: Request, error: Exception) -> JSONResponse:
    """A failure that names the value and the way out; what is not the caller's fault is a 503."""
    message = str(error)
    if isinstance(error, UnknownName):
        return answer(Problem(code="unknown_name", message=message, nearest=list(error.nearest)), 404)
    if isinstance(error, UsageError | DataError):
        code = "bad_filter" if isinstance(error, FilterError) else "wrong_value"
        return answer(Problem(code=code, message=message), 422)
    logger.error("%s", type(error).__name__, exc_info=error)
    code = "store_unavailable" if isinstance(error, StoreError) else "not_ready"
    return answer(Problem(code=code, message=message), 503, {"Retry-After": "10"})


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:MOST]
    if any(one["type"] == "json_invalid" for one in found):
        reason = found[0].get("ctx", {}).get("error", "")
        return answer(Problem(code="no_json", message=f"the body is no JSON: {reason}, at {found[0]['loc'][-1]}"), 400)
    places = [Place(place=".".join(map(str, one["loc"])), problem=one["msg"]) for one in found]
    message = "; ".join(f"{one.place}: {one.problem}" for one in places)
    return answer(Problem(code="wrong_value", message=message, places=places), 422)


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "refused")
    return answer(Problem(code=code, message=str(error.detail)), error.status_code, error.headers)


def unknown(_: Request, error: Exception) -> JSONResponse:
    """The answer where something failed that nobody foresaw."""
    return answer(
        Problem(code="internal", message="something failed that Foretaste does not know of; see its log"), 500
    )
