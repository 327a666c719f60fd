"""The second step of the login"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = (
    ("second_step_sealed", sa.Text()),
    ("second_step_at", sa.BigInteger()),
    ("second_step_used", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    ("recovery_hashes", sa.JSON()),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("login", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("login") as batch_op:
        for name, _kind in COLUMNS:
            batch_op.drop_column(name)
