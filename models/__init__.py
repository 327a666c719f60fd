"""Tables and the queries that belong to one table."""

from __future__ import annotations

from models.audit import AuditFinding, AuditRun
from models.audit_entry import AuditEntry
from models.base import db
from models.call_session import CallSession, TraceEntry
from models.callback import Callback
from models.click_call import ClickCall
from models.console import Card, ConsoleEvent, ConsoleToken, Presence
from models.contact_lock import ContactLock
from models.crm_account import CrmAccount, CrmLane
from models.crm_list import CrmList
from models.crm_write import CrmWrite
from models.day_account import DayAccount, DayRepair
from models.decision import Decision
from models.employee import CrmUserRow, EmployeeRow, UserMapping, VirtualNumberRow
from models.erasure import Erasure
from models.heartbeat import Heartbeat
from models.integration import Integration, SettingsVersion, WebhookToken
from models.known_client import AddressBookEntry, CrmEvent, KnownClient, ManagerAnswer
from models.login import (
    Invitation,
    KeptForm,
    Login,
    LoginFailure,
    LoginIntegration,
    LoginSession,
)
from models.notification import Notification
from models.reconcile_run import ReconcileRun
from models.recording import RecordingAccess, RecordingCopy
from models.replay_run import ReplayRun
from models.sync_run import SyncItem, SyncRun
from models.task_turn import TaskTurn

__all__ = [
    "AddressBookEntry",
    "AuditEntry",
    "AuditFinding",
    "AuditRun",
    "CallSession",
    "Callback",
    "Card",
    "ClickCall",
    "ConsoleEvent",
    "ConsoleToken",
    "ContactLock",
    "CrmAccount",
    "CrmEvent",
    "CrmLane",
    "CrmList",
    "CrmUserRow",
    "CrmWrite",
    "DayAccount",
    "DayRepair",
    "Decision",
    "EmployeeRow",
    "Erasure",
    "Heartbeat",
    "Integration",
    "Invitation",
    "KeptForm",
    "KnownClient",
    "Login",
    "LoginFailure",
    "LoginIntegration",
    "LoginSession",
    "ManagerAnswer",
    "Notification",
    "Presence",
    "ReconcileRun",
    "RecordingAccess",
    "RecordingCopy",
    "ReplayRun",
    "SettingsVersion",
    "SyncItem",
    "SyncRun",
    "TaskTurn",
    "TraceEntry",
    "UserMapping",
    "VirtualNumberRow",
    "WebhookToken",
    "db",
]
