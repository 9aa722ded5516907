"""The event store: what users did and what can be recommended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from sqlalchemy import URL, Connection, delete, func, insert, select, update

from history import schema
from history.catalogue import Catalogue, unknown_name
from history.database import explained, open_database
from history.kept import Kept
from history.polarity import rating_scale
from history.records import Event, Item, Relation
from history.rows import event_row, item_row, relation_row, to_event, to_item
from history.timeline import Timeline
from workspace.errors import DataError

BATCH = 5_000
KEPT = ("item_id", "withdrawn")  # what importing an item again leaves as it is
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """What one write brought: new events, items and relations, and the events that were there already."""

    events: int
    known_events: int
    items: int
    relations: int = 0


class Store(Kept):
    """Reads and writes one event store. Each writing method is one transaction: all of it or nothing."""

    def __init__(self, url: str | URL) -> None:
        """Open the store at a database URL, making or upgrading its tables.

        Raises:
            StoreError: it cannot be opened.
        """
        super().__init__(open_database(url))

    # -- writing -------------------------------------------------------------------------------------------------

    def add(
        self,
        items: Iterable[Item] = (),
        events: Iterable[Event] = (),
        relations: Iterable[Relation] = (),
        *,
        order_only: bool | None = None,
        after: Mapping[Event, str] | None = None,
    ) -> Stored:
        """Store items (replacing those of the same id), events (leaving out those already there) and relations.

        A relation replaces the item's earlier one of the same name and leaves the item's own columns alone; like an
        event it may come before its item. The `entities` of an item are stored by relations alone. `after` says to
        which recommendation, by its id, an event goes back; the first that was said of an event holds.

        Raises:
            DataError: `order_only` contradicts what the store holds, or what an iterator raises; nothing is kept.
            StoreError: the database refused; nothing is kept.
        """
        with explained(self._engine), self._engine.begin() as connection:
            known = connection.scalar(select(func.count()).select_from(schema.events)) or 0
            if order_only is not None:
                _set_order_only(connection, order_only, empty=not known)
            if not known:  # sorted once, at the end: that costs less than to find each event its place
                schema.events_by_user.drop(connection)
            item_count = sum(self._upsert_items(connection, batch) for batch in _batches(items))
            read = sum(self._insert_events(connection, batch) for batch in _batches(events))
            relation_count = sum(self._upsert_relations(connection, batch) for batch in _batches(relations))
            total = connection.scalar(select(func.count()).select_from(schema.events)) or 0
            if not known:
                schema.events_by_user.create(connection)
            _keep_rating_scale(connection)
            self._attribute(connection, after or {})
        return Stored(total - known, read - (total - known), item_count, relation_count)

    def set_withdrawn(self, item_id: str, withdrawn: bool) -> None:
        """Withdraw an item from recommendation, or take that back; importing it again changes nothing of it.

        Raises:
            UnknownName: there is no such item.
        """
        self.catalogue()[item_id]
        change = update(schema.items).where(schema.items.c.item_id == item_id).values(withdrawn=withdrawn)
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(change)

    def remove(self, events: Iterable[Event]) -> int:
        """Take events out, as if they had not been; how many were there."""
        keys = [schema.event_key(event) for event in events]
        gone = delete(schema.events).where(schema.events.c.key.in_(keys))
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(delete(schema.attributions).where(schema.attributions.c.event_key.in_(keys)))
            return int(connection.execute(gone).rowcount)

    def forget(self, user_id: str) -> int:
        """Erase all that is held of a user: events, what was shown, what was said; how many events there were."""
        theirs = select(schema.events.c.key).where(schema.events.c.user_id == user_id)
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(delete(schema.attributions).where(schema.attributions.c.event_key.in_(theirs)))
            for table in (schema.recommendations, schema.conversations):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            return int(connection.execute(delete(schema.events).where(schema.events.c.user_id == user_id)).rowcount)

    # -- reading -------------------------------------------------------------------------------------------------

    def catalogue(self) -> Catalogue:
        """Every item with what relations say of it, in the order in which it was first stored."""
        with self._reading() as connection:
            facets, entities = _relations(connection, entities=False), _relations(connection, entities=True)
            rows = connection.execute(select(schema.items).order_by(schema.items.c.place))
            return Catalogue(to_item(row, facets.get(row.item_id, {}), entities.get(row.item_id, {})) for row in rows)

    def timeline(self, user_id: str) -> Timeline:
        """All that one user did, oldest first; equal timestamps keep the order in which they were stored.

        Raises:
            UnknownName: the user has no event; the message names the nearest known ids.
        """
        events = schema.events
        rows = select(events).where(events.c.user_id == user_id).order_by(events.c.timestamp, events.c.id)
        with self._reading() as connection:
            timeline = Timeline.of(user_id, map(to_event, connection.execute(rows)))
        if not timeline.events and not timeline.corrections:
            raise unknown_name("user", user_id, self.user_ids())
        return timeline

    def timelines(self) -> Iterator[Timeline]:
        """Every user's timeline, by user id; streams, so that memory stays flat."""
        events = schema.events
        rows = select(events).order_by(events.c.user_id, events.c.timestamp, events.c.id)
        with self._reading() as connection:
            current: list[Event] = []
            for row in connection.execution_options(yield_per=BATCH).execute(rows):
                event = to_event(row)
                if current and current[0].user_id != event.user_id:
                    yield Timeline.of(current[0].user_id, current)
                    current = []
                current.append(event)
            if current:
                yield Timeline.of(current[0].user_id, current)

    def user_ids(self) -> list[str]:
        """Every user with an event."""
        with self._reading() as connection:
            return list(
                connection.scalars(select(schema.events.c.user_id).distinct().order_by(schema.events.c.user_id))
            )

    def item_users(self) -> dict[str, int]:
        """How many users have events on each item; items without any are left out."""
        item_id, user_id = schema.events.c.item_id, schema.events.c.user_id
        rows = select(item_id, func.count(user_id.distinct())).where(item_id != "").group_by(item_id)
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(rows)}

    def lately_met(self, count: int) -> dict[str, int]:
        """How often items were met in the latest `count` events of all, without those of no item."""
        columns = schema.events.c
        latest = (
            select(columns.item_id).where(columns.item_id != "").order_by(columns.timestamp.desc(), columns.id.desc())
        )
        with self._reading() as connection:
            return dict(Counter(connection.scalars(latest.limit(count))))

    def last_timestamp(self) -> float:
        """The timestamp of the newest event; 0 where there is none."""
        with self._reading() as connection:
            return float(connection.scalar(select(func.max(schema.events.c.timestamp))) or 0.0)

    def event_count(self) -> int:
        """How many events are stored."""
        with self._reading() as connection:
            return connection.scalar(select(func.count()).select_from(schema.events)) or 0

    def order_only(self) -> bool:
        """Whether timestamps are just places in an order."""
        with self._reading() as connection:
            return _fact(connection, "order_only") == "true"

    def rating_scale(self) -> float:
        """The top of the rating scale: 1, 5, 10 or 100, by the first ratings stored; 5 when there is none."""
        with self._reading() as connection:
            return float(_fact(connection, "rating_scale") or 5.0)

    # -- inside --------------------------------------------------------------------------------------------------

    def _upsert_items(self, connection: Connection, batch: list[Item]) -> int:
        statement = self._insert(schema.items)
        changes = {name: statement.excluded[name] for name in item_row(batch[0]) if name not in KEPT}
        rows = {item.item_id: item_row(item) for item in batch}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["item_id"], set_=changes), list(rows.values())
        )
        return len(rows)

    def _upsert_relations(self, connection: Connection, batch: list[Relation]) -> int:
        statement = self._insert(schema.relations)
        key = ["item_id", "name", "entities"]
        change = {"text": statement.excluded["text"]}
        connection.execute(
            statement.on_conflict_do_update(index_elements=key, set_=change), [relation_row(entry) for entry in batch]
        )
        return len(batch)

    def _insert_events(self, connection: Connection, batch: list[Event]) -> int:
        statement = self._insert(schema.events).on_conflict_do_nothing(index_elements=["key"])
        connection.execute(statement, [event_row(event) for event in batch])
        return len(batch)


def _relations(connection: Connection, *, entities: bool) -> dict[str, dict[str, str]]:
    """The facets or the entities of each item."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    columns = schema.relations.c
    rows = select(columns.item_id, columns.name, columns.text).where(columns.entities.is_(entities))
    for item_id, name, text in connection.execute(rows):
        found[item_id][name] = text
    return found


def _fact(connection: Connection, name: str) -> str | None:
    value = connection.scalar(select(schema.facts.c.value).where(schema.facts.c.name == name))
    return None if value is None else str(value)


def _keep_rating_scale(connection: Connection) -> None:
    """Write the scale down with the first ratings; refuse a later one above it, which would turn all others against."""
    largest = connection.scalar(select(func.max(schema.events.c.value)).where(schema.events.c.type == "rating"))
    known = _fact(connection, "rating_scale")
    if largest is None:
        return
    if known is None:
        connection.execute(insert(schema.facts), {"name": "rating_scale", "value": str(rating_scale(largest))})
    elif largest > float(known):
        raise DataError(
            f"a rating of {largest:g} lies above this store's scale of {float(known):g}; correct it, or keep data on "
            "another scale apart with another --home"
        )


def _set_order_only(connection: Connection, order_only: bool, empty: bool) -> None:
    found = _fact(connection, "order_only")
    wanted = str(order_only).lower()
    if found == wanted:
        return
    if found is not None and not empty:
        raise DataError(
            f"the store holds events {'in order only' if found == 'true' else 'with real times'}, the new ones are "
            f"{'in order only' if order_only else 'with real times'}; keep them apart with another --home"
        )
    if found is None:
        connection.execute(insert(schema.facts), {"name": "order_only", "value": wanted})
    else:
        connection.execute(update(schema.facts).where(schema.facts.c.name == "order_only").values(value=wanted))


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while batch := list(islice(iterator, BATCH)):
        yield batch
