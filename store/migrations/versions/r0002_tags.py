"""Tags of documents, by which a search may be narrowed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'")
    op.add_column("documents", sa.Column("tags", sa.JSON, nullable=False, server_default=empty))


def downgrade() -> None:
    op.drop_column("documents", "tags")
