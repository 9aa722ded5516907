"""Which list an event goes back to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of attributions."""
    op.create_table(
        "attributions",
        sa.Column("event_key", sa.String(32), primary_key=True),
        sa.Column("recommendation_id", sa.String(32), nullable=False),
    )
    op.create_index("attributions_by_recommendation", "attributions", ["recommendation_id"])
