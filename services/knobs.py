"""The few numbers and addresses of the configuration that work on calls needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.ports import Ports
from services.recording_links import RecordingLink, record_id, sign


@dataclass(frozen=True)
class Knobs:
    settle_seconds: float
    enrich_seconds: float
    public_base_url: str
    secret_key: str = field(repr=False)

    @classmethod
    def of(cls, ports: Ports) -> Knobs:
        return cls(
            settle_seconds=ports.settle_seconds,
            enrich_seconds=ports.enrich_seconds,
            public_base_url=ports.public_base_url,
            secret_key=ports.secret_key,
        )

    def recording_url(self, session_row_id: int, url: str, since: datetime) -> str:
        """Our own signed link to a recording; its time to live counts from `since`."""
        link = RecordingLink(session_row_id, record_id(url), since)
        return f"{self.public_base_url}/recordings/{sign(link, self.secret_key)}"
