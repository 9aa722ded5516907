"""Where the server knows keys, a browser shows one once, and keeps it where no script can read it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from serving.http.errors import Refused
from serving.page.problem import KEY
from serving.page.route import OpenRoute, admit

router = APIRouter(route_class=OpenRoute, include_in_schema=False)


@router.post("/key")
async def show(request: Request, key: Annotated[str, Form(max_length=200)]) -> Response:
    """Keep the key, if it is good for the page."""
    if not key.isascii():
        raise Refused(401, "no_key", "this is no key: keys are made of plain letters and digits")
    admit(request, key.strip())
    answer = Response(status_code=204, headers={"HX-Redirect": "/"})
    answer.set_cookie(KEY, key.strip(), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer
