"""Who changed what, erasures, and how long data is kept"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RUNNING = sa.text("finished_at IS NULL")
NOT_ERASED = sa.text("erased_at IS NULL")
NOBODY = sa.text("client_id IS NULL")


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_entry",
        sa.Column("id", big, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("integration_id", big, nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("login_id", big, nullable=True),
        sa.Column("who", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("area", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_audit_entry_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_audit_entry_login_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_integration", "audit_entry", ["integration_id", "id"])
    op.create_index("ix_audit_entry_area", "audit_entry", ["area", "id"])
    op.create_index("ix_audit_entry_who", "audit_entry", ["who", "id"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_table(
        "erasure",
        sa.Column("id", big, nullable=False),
        sa.Column("integration_id", big, nullable=False),
        sa.Column("phone_hash", sa.String(length=32), nullable=False),
        sa.Column("masked", sa.String(length=12), nullable=False),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_erasure_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        "uq_erasure_running",
        "erasure",
        ["integration_id", "phone_hash"],
        unique=True,
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    )
    op.create_index("ix_erasure_asked", "erasure", ["integration_id", "asked_at"])
    op.add_column("call_session", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_call_session_whole",
        "call_session",
        ["integration_id", "started_at"],
        postgresql_where=NOT_ERASED,
        sqlite_where=NOT_ERASED,
    )
    op.create_index("ix_recording_access_at", "recording_access", ["integration_id", "at"])
    op.create_index("ix_manager_answer_phone", "manager_answer", ["integration_id", "phone"])
    op.create_index("ix_click_call_phone", "click_call", ["integration_id", "phone"])
    op.create_index(
        "ix_known_client_nobody",
        "known_client",
        ["read_at"],
        postgresql_where=NOBODY,
        sqlite_where=NOBODY,
    )
    op.add_column(
        "integration", sa.Column("kept_days", sa.JSON(), nullable=False, server_default="{}")
    )


def downgrade() -> None:
    op.drop_column("integration", "kept_days")
    op.drop_index("ix_known_client_nobody", "known_client")
    op.drop_index("ix_click_call_phone", "click_call")
    op.drop_index("ix_manager_answer_phone", "manager_answer")
    op.drop_index("ix_recording_access_at", "recording_access")
    op.drop_index("ix_call_session_whole", "call_session")
    op.drop_column("call_session", "erased_at")
    op.drop_table("erasure")
    op.drop_table("audit_entry")
