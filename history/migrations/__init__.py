"""Alembic's migrations of the event store."""
