"""Opening the database: pragmas, migrations, and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from workspace.errors import StoreError

HEAD = "0004"
# MiB of SQLite's pages in memory, at the most. The keys of events are hashes, so a large import writes all over their
# index: what does not fit is written to disk and read again for nearly every event. 768 hold that of ten million.
WRITING_CACHE, READING_CACHE = 768, 2
PATIENCE = 10.0  # seconds that a write waits for another process's, where its execution options name no others


def open_database(url: str | URL) -> Engine:
    """An engine for `url` with the newest tables.

    Raises:
        StoreError: the address is wrong, the database cannot be reached or was written by a newer version.
    """
    try:
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise StoreError(f"store {url!r}: {error}; use sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_immediate)
    with explained(engine):
        # Reading first: a lock is taken only when there is something to migrate, so others may import meanwhile.
        with engine.connect() as connection:
            found = _version(connection.execution_options(reading=True))
        if found != HEAD:
            with engine.begin() as connection:
                _migrate(connection)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver must not open transactions of its own: BEGIN IMMEDIATE below covers reads, writes and DDL alike.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql(f"PRAGMA cache_size={-1024 * (READING_CACHE if reading else WRITING_CACHE)}")
    patience = connection.get_execution_options().get("patience", PATIENCE)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * patience)}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(text("version_num")).select_from(table("alembic_version")))
    return found


def _migrate(connection: Connection) -> None:
    """Bring the tables to `HEAD`; Alembic is loaded only when there is something to do."""
    found = _version(connection)
    if found is not None and found > HEAD:
        raise StoreError(
            f"the store was written by a newer Foretaste (tables {found}, known {HEAD}); upgrade Foretaste"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn the database's errors into `StoreError`s that say what to do."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"store {_shown(engine)}: {_advice(str(error.orig))}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"store {_shown(engine)}: {error}") from error


def _advice(reason: str) -> str:
    advices = {
        "full": "the disk is full; nothing of this change was kept, free some room and run the command again",
        "disk I/O": "the disk is full or failing; nothing of this change was kept",
        "locked": "another process is writing; try again when it is done",
        "not a database": "the file is damaged or no database; restore a backup or choose another --home",
        "malformed": "the file is damaged; restore a backup or choose another --home",
        "readonly": "the file may not be written; check its permissions or choose another --home",
        "unable to open": "the file cannot be opened; check the folder's permissions or choose another --home",
    }
    advice = next((advice for word, advice in advices.items() if word in reason), "nothing of this change was kept")
    return f"{reason}: {advice}"


def _shown(engine: Engine) -> str:
    return make_url(engine.url).render_as_string(hide_password=True)
