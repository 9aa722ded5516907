"""What a store keeps for users beside their events: the lists that they were shown, conversations, what led where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from history import schema
from history.database import explained
from history.records import Event
from history.rows import to_event
from workspace.errors import StoreError, UsageError

PATIENCE = 0.5  # seconds that somebody waits until a list or a conversation can be written down


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list as it was shown, as JSON, at Unix seconds, and the events that name it, oldest first."""

    recommendation_id: str
    user_id: str
    generated_at: float
    shown: str
    events: tuple[Event, ...]


class Kept:
    """Reads and writes it in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _soon(self) -> Engine:
        """For what somebody waits for, and goes on without."""
        return self._engine.execution_options(patience=PATIENCE)

    def keep_recommendation(self, recommendation_id: str, user_id: str, generated_at: float, shown: str) -> None:
        """Keep what was shown, so that later events can be attributed to it."""
        row = {"recommendation_id": recommendation_id, "user_id": user_id, "generated_at": generated_at, "shown": shown}
        with explained(self._engine), self._soon().begin() as connection:
            connection.execute(insert(schema.recommendations), row)

    def recommendation(self, recommendation_id: str) -> str | None:
        """What was shown under this id, as JSON; None where nothing was."""
        kept = schema.recommendations.c
        with self._reading() as connection:
            return connection.scalar(select(kept.shown).where(kept.recommendation_id == recommendation_id))

    def lists(
        self, recommendation_ids: Sequence[str] = (), user_id: str | None = None, count: int = 100
    ) -> list[KeptList]:
        """The latest `count` lists that were shown, newest first: those of these ids, or of a user, or of all."""
        kept = schema.recommendations.c
        rows = select(schema.recommendations).order_by(kept.generated_at.desc(), kept.recommendation_id).limit(count)
        if recommendation_ids:
            rows = rows.where(kept.recommendation_id.in_(recommendation_ids))
        if user_id is not None:
            rows = rows.where(kept.user_id == user_id)
        with self._reading() as connection:
            found = connection.execute(rows).all()
            events = _attributed(connection, [row.recommendation_id for row in found])
        return [KeptList(**row._mapping, events=tuple(events[row.recommendation_id])) for row in found]

    def _attribute(self, connection: Connection, after: Mapping[Event, str]) -> None:
        rows = [{"event_key": schema.event_key(event), "recommendation_id": one} for event, one in after.items()]
        if rows:
            new = self._insert(schema.attributions).on_conflict_do_nothing(index_elements=["event_key"])
            connection.execute(new, rows)

    def keep_conversation(self, conversation_id: str, user_id: str, updated: float, state: str) -> None:
        """Keep where a conversation stands, in the place of where it stood."""
        row = {"conversation_id": conversation_id, "user_id": user_id, "updated": updated, "state": state}
        new = self._insert(schema.conversations).values(row)
        changed = new.on_conflict_do_update(
            index_elements=["conversation_id"], set_={"updated": updated, "state": state}
        )
        with explained(self._engine), self._soon().begin() as connection:
            connection.execute(changed)

    def last_conversation(self, user_id: str) -> tuple[str, str] | None:
        """The id and the state of the conversation that a user had last; None where there was none."""
        kept = schema.conversations.c
        last = select(kept.conversation_id, kept.state).where(kept.user_id == user_id).order_by(kept.updated.desc())
        with self._reading() as connection:
            return next(((row[0], row[1]) for row in connection.execute(last.limit(1))), None)

    def conversations(self, user_id: str) -> list[str]:
        """The states of all conversations that a user had, as JSON, oldest first."""
        kept = schema.conversations.c
        with self._reading() as connection:
            rows = select(kept.state).where(kept.user_id == user_id).order_by(kept.updated)
            return list(connection.scalars(rows))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with explained(self._engine), self._engine.connect() as connection:
                yield connection.execution_options(reading=True)
        except UnicodeEncodeError as error:
            raise UsageError(f"{error.object!r} is no text that a store can hold; check the id's encoding") from error
        except (ValueError, TypeError) as error:
            # A row that does not come back as it was written: the file was damaged outside of the database.
            raise StoreError(f"the store holds a damaged row ({error}); restore a backup") from error

    def _insert(self, table: Table) -> Any:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table)


def _attributed(connection: Connection, recommendation_ids: Sequence[str]) -> dict[str, list[Event]]:
    """The events that name each of these lists."""
    attributions, events = schema.attributions.c, schema.events
    joined = select(events, attributions.recommendation_id).join(
        schema.attributions, attributions.event_key == events.c.key
    )
    rows = joined.where(attributions.recommendation_id.in_(recommendation_ids)).order_by(
        events.c.timestamp, events.c.id
    )
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for row in connection.execute(rows):
        found[row.recommendation_id].append(to_event(row))
    return found
