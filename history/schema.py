"""The tables of the event store. A change here needs a migration in `history/migrations/versions/`."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

from history.records import Event

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("user_id", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("timestamp", Float, nullable=False),
    Column("type", String, nullable=False),
    Column("value", Float),
    Column("text", Text, nullable=False, default=""),
    events_by_user := Index("events_by_user", "user_id", "timestamp", "id"),
)

items = Table(
    "items",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("item_id", String, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("categories", Text, nullable=False, comment="JSON list"),
    Column("year", Integer),
    Column("image", Text, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False, default=False, comment="by hand; an import does not touch it"),
    Column("facets", Text, nullable=False, comment="JSON object"),
)

relations = Table(
    "relations",
    metadata,
    Column("item_id", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("entities", Boolean, primary_key=True),
    Column("text", Text, nullable=False),
)

recommendations = Table(
    "recommendations",
    metadata,
    Column("recommendation_id", String(32), primary_key=True),
    Column("user_id", String, nullable=False),
    Column("generated_at", Float, nullable=False),
    Column("shown", Text, nullable=False, comment="JSON: the answer as it was shown"),
    Index("recommendations_by_user", "user_id", "generated_at"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", String(32), primary_key=True),
    Column("user_id", String, nullable=False),
    Column("updated", Float, nullable=False),
    Column("state", Text, nullable=False, comment="JSON: what was said and what holds"),
    Index("conversations_by_user", "user_id", "updated"),
)

attributions = Table(
    "attributions",
    metadata,
    Column("event_key", String(32), primary_key=True),
    Column("recommendation_id", String(32), nullable=False),
    Index("attributions_by_recommendation", "recommendation_id"),
)

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)


def event_key(event: Event) -> str:
    """What makes an event the same event: user, item, moment, type and text; 128 bits of BLAKE2b over them."""
    parts = [event.user_id, event.item_id, event.timestamp, event.type, event.text]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
