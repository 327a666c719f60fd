"""What `config check` says of what should have happened, as the database knows it."""

from __future__ import annotations

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.base import reading
from runtime.config_check import Finding
from services import heartbeats

OLD_BACKUP_SECONDS = 26 * 3600


def check_backups(engine: Engine) -> list[Finding]:
    """Whether there is a backup of yesterday; nothing is said while the database is away."""
    try:
        with reading(), engine.connect() as connection:
            beats = heartbeats.read(connection)
    except SQLAlchemyError:
        return []
    ages = [beat.age for beat in beats if beat.part == heartbeats.BACKUP]
    if not ages:
        return [Finding("warning", "backup", "was never made: `backup create` each night")]
    if min(ages) > OLD_BACKUP_SECONDS:
        days = min(ages) / 86_400
        return [Finding("warning", "backup", f"is {days:.0f} days old: does the timer still run?")]
    return []
