"""Records to rows and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from history.records import Event, Item, Relation
from history.schema import event_key


def event_row(event: Event) -> dict[str, Any]:
    """The columns of an event."""
    return {
        "key": event_key(event),
        "user_id": event.user_id,
        "item_id": event.item_id,
        "timestamp": event.timestamp,
        "type": event.type,
        "value": event.value,
        "text": event.text,
    }


def to_event(row: Row[Any]) -> Event:
    """The event of a row."""
    return Event(row.user_id, row.item_id, row.timestamp, row.type, row.value, row.text)


def item_row(item: Item) -> dict[str, Any]:
    """The columns of an item."""
    return {
        "item_id": item.item_id,
        "title": item.title,
        "description": item.description,
        "categories": json.dumps(item.categories, ensure_ascii=False),
        "year": item.year,
        "image": item.image,
        "available": item.available,
        "withdrawn": False,
        "facets": json.dumps(dict(item.facets), ensure_ascii=False),
    }


def relation_row(relation: Relation) -> dict[str, Any]:
    """The columns of a relation."""
    return asdict(relation)


def to_item(row: Row[Any], facets: Mapping[str, str], entities: Mapping[str, str]) -> Item:
    """The item of a row, with what relations say of it; they count where a column has the same name."""
    return Item(
        item_id=row.item_id,
        title=row.title,
        description=row.description,
        categories=tuple(json.loads(row.categories)),
        year=row.year,
        image=row.image,
        available=row.available and not row.withdrawn,
        facets={**json.loads(row.facets), **facets},
        entities=entities,
    )
