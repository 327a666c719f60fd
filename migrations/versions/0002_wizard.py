"""What the wizard keeps: drafts, employee syncs, invitations, forms of ended sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("integration_ids", sa.JSON(), nullable=False),
        sa.Column(
            "invited_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["login.id"], name=op.f("fk_invitation_invited_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "kept_form",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_kept_form_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sa.UniqueConstraint("login_id", "path", name=op.f("uq_kept_form_login_id_path")),
    )
    op.create_table(
        "sync_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("is_dry", sa.Boolean(), nullable=False),
        sa.Column("max_changes", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("crm_users", sa.Integer(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_sync_run_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.create_index("ix_sync_run_created", ["integration_id", "created_at"], unique=False)
        batch_op.create_index(
            "uq_sync_run_unfinished",
            ["integration_id"],
            unique=True,
            postgresql_where=sa.text("state IN ('queued', 'running')"),
            sqlite_where=sa.text("state IN ('queued', 'running')"),
        )

    op.create_table(
        "sync_item",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("crm_user_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("employee_id", sa.String(length=40), nullable=True),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_run.id"], name=op.f("fk_sync_item_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_sync_item")),
    )
    with op.batch_alter_table("crm_user", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kept_apart", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    with op.batch_alter_table("integration", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("draft_author", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("draft_saved_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("setup_progress", sa.JSON(), nullable=False, server_default="{}")
        )
        batch_op.add_column(
            sa.Column("connection_checks", sa.JSON(), nullable=False, server_default="{}")
        )
        batch_op.add_column(sa.Column("live_check_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("nightly_sync", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    with op.batch_alter_table("login_integration", schema=None) as batch_op:
        batch_op.add_column(sa.Column("crm_user_id", sa.String(length=100), nullable=True))

    with op.batch_alter_table("webhook_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token_sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("last_used_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notification_received", ["integration_id", "kind", "received_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_received")

    with op.batch_alter_table("webhook_token", schema=None) as batch_op:
        batch_op.drop_column("last_used_at")
        batch_op.drop_column("token_sealed")

    with op.batch_alter_table("login_integration", schema=None) as batch_op:
        batch_op.drop_column("crm_user_id")

    with op.batch_alter_table("integration", schema=None) as batch_op:
        batch_op.drop_column("nightly_sync")
        batch_op.drop_column("live_check_at")
        batch_op.drop_column("connection_checks")
        batch_op.drop_column("setup_progress")
        batch_op.drop_column("draft_saved_at")
        batch_op.drop_column("draft_author")
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("crm_user", schema=None) as batch_op:
        batch_op.drop_column("kept_apart")

    op.drop_table("sync_item")
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sync_run_unfinished",
            postgresql_where=sa.text("state IN ('queued', 'running')"),
            sqlite_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.drop_index("ix_sync_run_created")

    op.drop_table("sync_run")
    op.drop_table("kept_form")
    op.drop_table("invitation")
