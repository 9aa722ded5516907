"""What is wrong, in words: as a page of its own, or where htmx asked, in the place of what was asked for."""

from __future__ import annotations

import logging

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from serving.http.errors import Refused
from serving.page.views import page
from serving.service.refusals import Busy
from workspace.errors import ForetasteError, UnknownName, UsageError

KEY = "key"  # the cookie that holds a browser's key
NO_KEY = "This server knows nobody without a key: open the start page, and show yours."
UNKNOWN = "Something failed that Foretaste does not know of; its log does."
logger = logging.getLogger(__name__)


def problem(request: Request, error: Exception) -> HTMLResponse:
    """The answer that tells of an error. What somebody wanted to do, and could not, is said at the foot of the page."""
    inside, code = "HX-Request" in request.headers, status(error)
    if code == 401 and not inside:
        return page("key", code, user=None, wrong=KEY in request.cookies)
    nearest = list(error.nearest) if isinstance(error, UnknownName) else []
    found = page("problem" if inside else "sorry", code, message=words(error), nearest=nearest, user=None)
    if request.method != "GET":
        found.headers.update({"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"})
    if isinstance(error, Busy | Refused) and error.retry_after:
        found.headers["Retry-After"] = str(error.retry_after)
    return found


def status(error: Exception) -> int:
    """The status of an answer that tells of it."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, UnknownName):
        return 404
    if isinstance(error, UsageError | RequestValidationError):
        return 422
    if isinstance(error, ForetasteError):
        return 503
    logger.error("%s", type(error).__name__, exc_info=error)
    return 500


def words(error: Exception) -> str:
    """An error as a sentence; of a filter, without the name that the command line has for it."""
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    if status(error) == 401:
        return NO_KEY
    if status(error) == 500:
        return UNKNOWN
    told = str(error.detail if isinstance(error, HTTPException) else error).removeprefix("--where ")
    return f"{told[:1].upper()}{told[1:]}."
