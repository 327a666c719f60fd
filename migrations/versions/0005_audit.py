"""What the audit of the CRM found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_RUNNING = sa.text("state = 'running'")
UNFINISHED = sa.text("state != 'finished'")


def upgrade() -> None:
    op.add_column("crm_write", sa.Column("audited_at", sa.BigInteger(), nullable=True))
    _audit_run()
    _audit_finding()
    _day_account()
    _day_repair()


def downgrade() -> None:
    for name in ("day_repair", "day_account", "audit_finding", "audit_run"):
        op.drop_table(name)
    with op.batch_alter_table("crm_write") as batch_op:
        batch_op.drop_column("audited_at")


def _audit_run() -> None:
    op.create_table(
        "audit_run",
        sa.Column("id", BIG, nullable=False),
        sa.Column("integration_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("till_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("position_at", sa.BigInteger(), nullable=True),
        sa.Column("position_id", BIG, nullable=False),
        *_counts("checked", "present", "gone", "lost", "doubled", "tries"),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        *_own("audit_run"),
    )
    with op.batch_alter_table("audit_run") as batch_op:
        batch_op.create_index("ix_audit_run_started", ["integration_id", "started_at"])
        batch_op.create_index(
            "uq_audit_run_running",
            ["integration_id", "kind"],
            unique=True,
            postgresql_where=IS_RUNNING,
            sqlite_where=IS_RUNNING,
        )


def _audit_finding() -> None:
    op.create_table(
        "audit_finding",
        sa.Column("id", BIG, nullable=False),
        sa.Column("integration_id", BIG, nullable=False),
        sa.Column("session_row_id", BIG, nullable=False),
        sa.Column("ledger_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=10), nullable=False),
        sa.Column("crm_id", sa.String(length=100), nullable=True),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_row_id"],
            ["call_session.id"],
            name=op.f("fk_audit_finding_session_row_id"),
            ondelete="CASCADE",
        ),
        *_own("audit_finding"),
        sa.UniqueConstraint("ledger_key", name=op.f("uq_audit_finding_ledger_key")),
    )
    with op.batch_alter_table("audit_finding") as batch_op:
        batch_op.create_index("ix_audit_finding_state", ["integration_id", "state", "id"])
        batch_op.create_index("ix_audit_finding_session", ["session_row_id"])


def _day_account() -> None:
    op.create_table(
        "day_account",
        sa.Column("integration_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_counts("written", "skipped", "waiting", "failed", "in_report", "from_report"),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_day_account_integration_id")
        ),
        sa.PrimaryKeyConstraint("integration_id", "day", name=op.f("pk_day_account")),
    )


def _day_repair() -> None:
    op.create_table(
        "day_repair",
        sa.Column("id", BIG, nullable=False),
        sa.Column("integration_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("replay_run_id", BIG, nullable=True),
        *_counts("rows", "known", "taken_in", "completed", "replayed", "rest"),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        *_own("day_repair"),
    )
    with op.batch_alter_table("day_repair") as batch_op:
        batch_op.create_index("ix_day_repair_day", ["integration_id", "day", "id"])
        batch_op.create_index(
            "uq_day_repair_unfinished",
            ["integration_id"],
            unique=True,
            postgresql_where=UNFINISHED,
            sqlite_where=UNFINISHED,
        )


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _own(table: str) -> tuple[sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f(f"fk_{table}_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
