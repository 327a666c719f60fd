"""What people use every day: consoles, clicks, call-backs, the index of clients, recordings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


MADE = {"client": 1, "lead": 2, "deal": 4, "task": 8}


def upgrade() -> None:
    op.create_table(
        "known_client",
        sa.Column(
            "crm_account_row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=True),
        sa.Column("responsible_user_id", sa.String(length=100), nullable=True),
        sa.Column("url", sa.String(length=1000), nullable=True),
        sa.Column("open_leads", sa.JSON(), nullable=False),
        sa.Column("open_deals", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["crm_account_row_id"],
            ["crm_account.id"],
            name=op.f("fk_known_client_crm_account_row_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("crm_account_row_id", "phone", name=op.f("pk_known_client")),
    )
    with op.batch_alter_table("known_client", schema=None) as batch_op:
        batch_op.create_index(
            "ix_known_client_client", ["crm_account_row_id", "client_id"], unique=False
        )

    op.create_table(
        "callback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("contact", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=True),
        sa.Column("client_name", sa.String(length=300), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_missed_at", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.Column("rung", sa.JSON(), nullable=False),
        sa.Column("virtual_number", sa.String(length=40), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_name", sa.String(length=200), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_by", sa.String(length=200), nullable=True),
        sa.Column("dismissed_why", sa.String(length=200), nullable=True),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_how", sa.String(length=20), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.Column("closed_call", sa.String(length=64), nullable=True),
        sa.Column("working_seconds", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_callback_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"], ["login.id"], name=op.f("fk_callback_taken_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
        sa.UniqueConstraint(
            "integration_id",
            "contact",
            "opened_at",
            name=op.f("uq_callback_integration_id_contact_opened_at"),
        ),
    )
    with op.batch_alter_table("callback", schema=None) as batch_op:
        batch_op.create_index(
            "ix_callback_open",
            ["integration_id", "due_at"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index("ix_callback_opened", ["integration_id", "opened_at"], unique=False)

    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("call_session_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("talking_since", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("client_phone", sa.String(length=40), nullable=True),
        sa.Column("virtual_number", sa.String(length=40), nullable=True),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("employees", sa.JSON(), nullable=False),
        sa.Column("crm_state", sa.String(length=10), nullable=False),
        sa.Column("client", sa.JSON(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_card_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint(
            "integration_id", "call_session_id", name=op.f("uq_card_integration_id_call_session_id")
        ),
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index("ix_card_started", ["started_at"], unique=False)

    op.create_table(
        "click_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("login_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("crm_user_id", sa.String(length=100), nullable=True),
        sa.Column("employee_id", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("virtual_number", sa.String(length=40), nullable=True),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.String(length=20), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("call_session_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_click_call_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_click_call_login_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_click_call")),
        sa.UniqueConstraint(
            "integration_id", "request_id", name=op.f("uq_click_call_integration_id_request_id")
        ),
    )
    with op.batch_alter_table("click_call", schema=None) as batch_op:
        batch_op.create_index("ix_click_call_asked", ["integration_id", "asked_at"], unique=False)
        batch_op.create_index(
            "ix_click_call_session", ["integration_id", "call_session_id"], unique=False
        )

    op.create_table(
        "console_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("employee_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_console_event_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_event")),
    )
    with op.batch_alter_table("console_event", schema=None) as batch_op:
        batch_op.create_index("ix_console_event_at", ["at"], unique=False)

    op.create_table(
        "console_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_console_token_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_console_token_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_console_token_token_hash")),
    )
    with op.batch_alter_table("console_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_console_token_login_id"), ["login_id"], unique=False)

    op.create_table(
        "crm_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_crm_event_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_event")),
    )
    with op.batch_alter_table("crm_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_crm_event_received", ["integration_id", "received_at"], unique=False
        )
        batch_op.create_index("uq_crm_event", ["integration_id", "event_id"], unique=True)
        batch_op.create_index(
            "ix_crm_event_due",
            ["integration_id", "occurred_at"],
            unique=False,
            postgresql_where=sa.text("handled_at IS NULL"),
            sqlite_where=sa.text("handled_at IS NULL"),
        )

    op.create_table(
        "address_book_entry",
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column("employee_id", sa.String(length=40), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=True),
        sa.Column("wanted", sa.String(length=40), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integration.id"],
            name=op.f("fk_address_book_entry_integration_id"),
        ),
        sa.PrimaryKeyConstraint("integration_id", "phone", name=op.f("pk_address_book_entry")),
    )

    op.create_table(
        "manager_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("call_session_id", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("virtual_number", sa.String(length=40), nullable=True),
        sa.Column("client_id", sa.String(length=100), nullable=True),
        sa.Column("user_id", sa.String(length=100), nullable=True),
        sa.Column("phones", sa.JSON(), nullable=False),
        sa.Column("returned_code", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_manager_answer_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_answer")),
    )
    with op.batch_alter_table("manager_answer", schema=None) as batch_op:
        batch_op.create_index("ix_manager_answer_at", ["integration_id", "at"], unique=False)

    op.create_table(
        "presence",
        sa.Column("login_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("do_not_disturb", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_presence_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_presence_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", "integration_id", name=op.f("pk_presence")),
    )
    op.create_table(
        "recording_access",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("call_session_id", sa.String(length=64), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("login_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("who", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_recording_access_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_recording_access_login_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_access")),
    )
    with op.batch_alter_table("recording_access", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recording_access_call", ["integration_id", "call_session_id", "at"], unique=False
        )

    op.create_table(
        "replay_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_replay_run_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_run")),
    )
    with op.batch_alter_table("replay_run", schema=None) as batch_op:
        batch_op.create_index(
            "ix_replay_run_created", ["integration_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "uq_replay_run_unfinished",
            ["integration_id"],
            unique=True,
            postgresql_where=sa.text("state = 'running'"),
            sqlite_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "recording_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "integration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "session_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.Column("file_name", sa.String(length=100), nullable=True),
        sa.Column("audio_type", sa.String(length=100), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("kept_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_recording_copy_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_row_id"],
            ["call_session.id"],
            name=op.f("fk_recording_copy_session_row_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_copy")),
        sa.UniqueConstraint(
            "session_row_id", "record", name=op.f("uq_recording_copy_session_row_id_record")
        ),
    )
    with op.batch_alter_table("recording_copy", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recording_copy_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_recording_copy_integration_id"), ["integration_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_recording_copy_next_at"), ["next_at"], unique=False)

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notification_journal", ["integration_id", "received_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_notification_unused",
            ["integration_id", "state", "received_at", "id"],
            unique=False,
            postgresql_where=sa.text("state IN ('ignored', 'rejected')"),
            sqlite_where=sa.text("state IN ('ignored', 'rejected')"),
        )
    with op.batch_alter_table("call_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_call_session_failed",
            ["integration_id", "started_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'failed'"),
            sqlite_where=sa.text("state = 'failed'"),
        )

    with op.batch_alter_table("call_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("employee_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("wait_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("talk_seconds", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("virtual_number", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("campaign", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("written_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("made", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("decision_number", sa.Integer(), nullable=False, server_default="1")
        )
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("note_by", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("asked", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column("is_promise_due", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.create_index(
            "ix_call_session_promise",
            ["integration_id"],
            unique=False,
            postgresql_where=sa.text("is_promise_due"),
            sqlite_where=sa.text("is_promise_due = 1"),
        )
        batch_op.create_index(
            "ix_call_session_client", ["integration_id", "client_phone", "started_at"], unique=False
        )

    with op.batch_alter_table("crm_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clients_read_till", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("clients_read_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("clients_cursor", sa.JSON(), nullable=True))

    with op.batch_alter_table("crm_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("integration", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("allowed_origins", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("keep_recordings_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pbx_recording_days", sa.Integer(), nullable=True))

    fill_columns()


def fill_columns() -> None:
    """Calls that are there already: what the new columns repeat from their facts."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"

    def fact(name: str) -> str:
        return f"json_extract(facts, '$.{name}')" if is_sqlite else f"(facts->>'{name}')"

    people = ", ".join(fact(name) for name in ("finished_by", "answered_by", "caller"))
    op.execute(
        f"UPDATE call_session SET employee_id = COALESCE({people}), "
        f"wait_seconds = CAST({fact('wait_seconds')} AS INTEGER), "
        f"talk_seconds = CAST({fact('talk_seconds')} AS INTEGER), "
        f"virtual_number = {fact('virtual_number')}"
    )
    bits = " ".join(f"WHEN '{kind}' THEN {bit}" for kind, bit in MADE.items())
    op.execute(
        "UPDATE call_session SET made = w.bits FROM "
        f"(SELECT session_row_id, SUM(DISTINCT CASE kind {bits} END) AS bits FROM crm_write "
        f"WHERE status = 'done' AND kind IN ({', '.join(repr(kind) for kind in MADE)}) "
        "GROUP BY session_row_id) AS w WHERE w.session_row_id = call_session.id"
    )


def downgrade() -> None:
    with op.batch_alter_table("integration", schema=None) as batch_op:
        batch_op.drop_column("pbx_recording_days")
        batch_op.drop_column("keep_recordings_days")
        batch_op.drop_column("allowed_origins")

    with op.batch_alter_table("crm_user", schema=None) as batch_op:
        batch_op.drop_column("told_at")

    with op.batch_alter_table("crm_account", schema=None) as batch_op:
        batch_op.drop_column("clients_cursor")
        batch_op.drop_column("clients_read_at")
        batch_op.drop_column("clients_read_till")

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_unused")
        batch_op.drop_index("ix_notification_journal")

    with op.batch_alter_table("call_session", schema=None) as batch_op:
        batch_op.drop_index("ix_call_session_failed")
        batch_op.drop_index(
            "ix_call_session_promise",
            postgresql_where=sa.text("is_promise_due"),
            sqlite_where=sa.text("is_promise_due = 1"),
        )
        batch_op.drop_index("ix_call_session_client")
        batch_op.drop_column("is_promise_due")
        batch_op.drop_column("asked")
        batch_op.drop_column("note_by")
        batch_op.drop_column("note")
        batch_op.drop_column("decision_number")
        batch_op.drop_column("made")
        batch_op.drop_column("written_at")
        batch_op.drop_column("campaign")
        batch_op.drop_column("virtual_number")
        batch_op.drop_column("talk_seconds")
        batch_op.drop_column("wait_seconds")
        batch_op.drop_column("employee_id")

    with op.batch_alter_table("recording_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_copy_next_at"))
        batch_op.drop_index(batch_op.f("ix_recording_copy_integration_id"))
        batch_op.drop_index(batch_op.f("ix_recording_copy_expires_at"))

    op.drop_table("recording_copy")
    with op.batch_alter_table("replay_run", schema=None) as batch_op:
        batch_op.drop_index("uq_replay_run_unfinished")
        batch_op.drop_index("ix_replay_run_created")

    op.drop_table("replay_run")
    with op.batch_alter_table("recording_access", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_access_call")

    op.drop_table("recording_access")
    op.drop_table("presence")
    with op.batch_alter_table("manager_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_manager_answer_at")

    op.drop_table("manager_answer")
    op.drop_table("address_book_entry")
    with op.batch_alter_table("crm_event", schema=None) as batch_op:
        batch_op.drop_index("ix_crm_event_due")
        batch_op.drop_index("uq_crm_event")
        batch_op.drop_index("ix_crm_event_received")

    op.drop_table("crm_event")
    with op.batch_alter_table("console_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_console_token_login_id"))

    op.drop_table("console_token")
    with op.batch_alter_table("console_event", schema=None) as batch_op:
        batch_op.drop_index("ix_console_event_at")

    op.drop_table("console_event")
    with op.batch_alter_table("click_call", schema=None) as batch_op:
        batch_op.drop_index("ix_click_call_session")
        batch_op.drop_index("ix_click_call_asked")

    op.drop_table("click_call")
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_index("ix_card_started")

    op.drop_table("card")
    with op.batch_alter_table("callback", schema=None) as batch_op:
        batch_op.drop_index("ix_callback_opened")
        batch_op.drop_index(
            "ix_callback_open",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("callback")
    with op.batch_alter_table("known_client", schema=None) as batch_op:
        batch_op.drop_index("ix_known_client_client")

    op.drop_table("known_client")
