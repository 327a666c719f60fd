"""Days that an office has behind it, for pictures: their counts, without the calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, insert, update

from models import DayAccount, Integration

DUBAI = ZoneInfo("Asia/Dubai")
# Written, not needed, with an error; yesterday first.
DAYS = ((198, 14, 0), (225, 9, 0), (187, 11, 2), (241, 17, 0), (203, 8, 0), (172, 12, 0))


def plant_days(folder: str, integration_id: int = 1) -> None:
    """Into the SQLite database of a stack that runs in this folder."""
    now = datetime.now(UTC)
    engine = create_engine(f"sqlite:///{folder}/app.db")
    with engine.begin() as connection:
        made = update(Integration.__table__).where(Integration.__table__.c.id == integration_id)
        connection.execute(made.values(created_at=now - timedelta(days=len(DAYS))))
        for back, (written, skipped, failed) in enumerate(DAYS, start=1):
            row = {
                "integration_id": integration_id,
                "day": (now - timedelta(days=back)).astimezone(DUBAI).date(),
                "written": written,
                "skipped": skipped,
                "waiting": 0,
                "failed": failed,
                "in_report": written + skipped + failed,
                "from_report": 1 if failed else 0,
                "counted_at": now,
            }
            connection.execute(insert(DayAccount.__table__).values(row))
    engine.dispose()
