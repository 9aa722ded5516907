"""What a store keeps for users beside their events: the lists that they were shown, and conversations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from history import schema
from history.database import explained
from workspace.errors import StoreError, UsageError


class Kept:
    """Reads and writes it in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_recommendation(self, recommendation_id: str, user_id: str, generated_at: float, shown: str) -> None:
        """Keep what was shown, so that later events can be attributed to it."""
        row = {"recommendation_id": recommendation_id, "user_id": user_id, "generated_at": generated_at, "shown": shown}
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(insert(schema.recommendations), row)

    def recommendation(self, recommendation_id: str) -> str | None:
        """What was shown under this id, as JSON; None where nothing was."""
        kept = schema.recommendations.c
        with self._reading() as connection:
            return connection.scalar(select(kept.shown).where(kept.recommendation_id == recommendation_id))

    def keep_conversation(self, conversation_id: str, user_id: str, updated: float, state: str) -> None:
        """Keep where a conversation stands, in the place of where it stood."""
        row = {"conversation_id": conversation_id, "user_id": user_id, "updated": updated, "state": state}
        new = self._insert(schema.conversations).values(row)
        changed = new.on_conflict_do_update(
            index_elements=["conversation_id"], set_={"updated": updated, "state": state}
        )
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(changed)

    def last_conversation(self, user_id: str) -> tuple[str, str] | None:
        """The id and the state of the conversation that a user had last; None where there was none."""
        kept = schema.conversations.c
        last = select(kept.conversation_id, kept.state).where(kept.user_id == user_id).order_by(kept.updated.desc())
        with self._reading() as connection:
            return next(((row[0], row[1]) for row in connection.execute(last.limit(1))), None)

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
