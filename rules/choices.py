"""What can be chosen in the wizard: users, pipelines, custom fields and numbers as last read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rules.crm import CustomField, Pipeline, Stage
from rules.pbx import VirtualNumber


@dataclass(frozen=True)
class UserChoice:
    """A CRM user; one who is inactive or gone can be shown but not chosen anew."""

    id: str
    name: str
    email: str | None
    is_usable: bool
    employee_id: str | None

    @property
    def is_joined(self) -> bool:
        return self.employee_id is not None


@dataclass(frozen=True)
class Choices:
    """The kept lists, and when each side was read last (None: never) with its last error.

    `country` is the integration's, for numbers without one.
    """

    users: tuple[UserChoice, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    fields: dict[str, tuple[CustomField, ...]] = field(default_factory=dict)
    numbers: tuple[VirtualNumber, ...] = ()
    crm_read_at: datetime | None = None
    crm_error: str | None = None
    pbx_read_at: datetime | None = None
    pbx_error: str | None = None
    country: str = ""

    def user_name(self, user_id: str | None) -> str | None:
        """The name of a CRM user; his id while he is not known; None for nobody."""
        return next((user.name for user in self.users if user.id == user_id), user_id)

    def find_pipeline(self, pipeline_id: str | None) -> Pipeline | None:
        return next((each for each in self.pipelines if each.id == pipeline_id), None)

    def find_stage(self, pipeline_id: str | None, stage_id: str | None) -> Stage | None:
        pipeline = self.find_pipeline(pipeline_id)
        return next((s for s in pipeline.stages if s.id == stage_id), None) if pipeline else None
