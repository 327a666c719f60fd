"""Signs of life of the processes, and when a backup was taken back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("part", "name", name=op.f("pk_heartbeat")),
    )
    op.add_column("crm_account", sa.Column("restored_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("crm_account") as batch_op:
        batch_op.drop_column("restored_at")
    op.drop_table("heartbeat")
