"""The first tables: events, items, recommendations, facts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("timestamp", sa.Float, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("events_by_user", "events", ["user_id", "timestamp", "id"])
    op.create_table(
        "items",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.String, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("available", sa.Boolean, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("facets", sa.Text, nullable=False),
    )
    op.create_table(
        "recommendations",
        sa.Column("recommendation_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("generated_at", sa.Float, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
    )
    op.create_index("recommendations_by_user", "recommendations", ["user_id", "generated_at"])
    op.create_table(
        "facts",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
