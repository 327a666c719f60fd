"""The comparison with the calls report"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconcile_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("till_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("taken_in", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_reconcile_run_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconcile_run")),
    )
    with op.batch_alter_table("reconcile_run") as batch_op:
        batch_op.create_index("ix_reconcile_run_started", ["integration_id", "started_at"])
    no = sa.text("false")
    for name in ("in_report", "from_report"):
        op.add_column(
            "call_session", sa.Column(name, sa.Boolean(), nullable=False, server_default=no)
        )
    for name in ("reconciled_till", "reconcile_next_at", "nightly_reconciled_at"):
        op.add_column("integration", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("integration", sa.Column("reconcile_error", sa.String(length=60), nullable=True))
    _begin_now()


def _begin_now() -> None:
    """Integrations of before are compared from now on; their past comes by a command only."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    now = (
        "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
        if is_sqlite
        else "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    )
    op.execute(f"UPDATE integration SET reconciled_till = {now}, nightly_reconciled_at = {now}")


def downgrade() -> None:
    with op.batch_alter_table("integration") as batch_op:
        for name in (
            "reconcile_error",
            "nightly_reconciled_at",
            "reconcile_next_at",
            "reconciled_till",
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("call_session") as batch_op:
        batch_op.drop_column("from_report")
        batch_op.drop_column("in_report")
    op.drop_table("reconcile_run")
