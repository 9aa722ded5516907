"""What triples say of the items."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of relations."""
    op.create_table(
        "relations",
        sa.Column("item_id", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("entities", sa.Boolean, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
