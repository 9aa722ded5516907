"""`foretaste record`: one event."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import isfinite
from typing import Annotated, TypeVar

import typer

from workspace.errors import UsageError

T = TypeVar("T")


def command(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The user's id; a new one is fine.")],
    item: Annotated[str, typer.Argument(help="The item's id; empty for a search.")],
    event_type: Annotated[
        str, typer.Option("--type", help="view, click, like, dislike, purchase, rating, comment …")
    ] = "view",
    at: Annotated[str, typer.Option(help="When: Unix seconds or ISO 8601; now when left out.")] = "",
    value: Annotated[float | None, typer.Option(help="A rating's value.")] = None,
    text: Annotated[str, typer.Option(help="What the user wrote.")] = "",
) -> None:
    """Record what a user did; the very next answer sees it. Example: foretaste record 196 242 --type like"""
    from agent.resources import Resources
    from history.moment import now
    from history.reading.fields import identifier, timestamp
    from history.records import Event

    resources = Resources.at(context.obj)
    store = resources.store
    if item:
        store.catalogue()[item]
    elif not text:
        raise UsageError("an event without an item needs --text, for instance --type search --text 'space films'")
    if event_type not in resources.domain.events:
        known = ", ".join(resources.domain.events)
        raise UsageError(f"--type {event_type!r} is not known to the {resources.domain.name} domain; known: {known}")
    if (value is not None) != (event_type == "rating"):
        raise UsageError("a rating needs --value, and only a rating takes it: --type rating --value 4")
    if value is not None and not (isfinite(value) and value >= 0):
        raise UsageError(f"--value {value:g} is no rating; give a number from 0 up")
    _checked("USER", lambda: identifier(user, "USER"))
    order_only = store.order_only()
    moment = _checked("--at", lambda: timestamp(at, now=time.time(), order_only=order_only)) if at else now(store)
    stored = store.add(events=[Event(user, item, moment, event_type, value, text)])
    typer.echo("recorded" if stored.events else "known already: nothing changed")


def _checked(field: str, read: Callable[[], T]) -> T:
    """What a reader of file cells makes of an argument; its complaint becomes one about the argument."""
    from history.reading.table import BadRow

    try:
        return read()
    except BadRow as error:
        raise UsageError(f"{field} {error.reason}") from error
