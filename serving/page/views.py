"""Templates as answers. Whatever comes from data or from people is escaped, and printed as one clean line."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from prompts.segment import clean


def url(path: str, **query: object) -> str:
    """An address of the page; what is None or empty is left out of it."""
    told = urlencode({name: value for name, value in query.items() if value not in (None, "")}, doseq=True)
    return f"{path}?{told}" if told else path


def render(template: str, **values: Any) -> str:
    """One template as HTML.

    Raises:
        jinja2.UndefinedError: it asks for a variable that it was not given; the message names it.
    """
    return _environment().get_template(f"{template}.html.jinja").render(**values)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One template as an answer."""
    return HTMLResponse(render(template, **values), status)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("serving.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["url"] = url
    made.filters["percent"] = _percent
    return made


def _finalize(value: object) -> object:
    return clean(value) if type(value) is str else value  # what is marked up already is left as it is


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 or share == 0 else "<1%"
