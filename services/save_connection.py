"""Test what an admin typed about both connections, and store what passed.

Each system stands alone: what is right is stored even if the other one is wrong. A key is never
stored for another account than the one that the integration has known so far, because its clients
and employees are other people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from clients.errors import KeyRefusedError
from models import CrmAccount, Integration, db
from rules.audit import Change
from rules.crm import CrmAccount as AccountFacts
from services import accounts
from services.audit_log import record
from services.check_connection import check_connections
from services.connection_result import (
    OF_THE_KEY,
    OF_THE_WAY,
    Kind,
    Result,
    System,
    Trouble,
    read_result,
)
from services.integration_file import CallGear
from services.integrations import database_now
from services.ports import CrmAccess, PbxAccess, Ports
from services.shown_keys import open_or_empty
from services.vault import Vault

VENDOR = CallGear()


@dataclass(frozen=True)
class Typed:
    """What was typed; None keeps what is stored."""

    behomes_url: str | None = None
    api_key: str | None = None
    data_api_url: str | None = None
    call_api_url: str | None = None
    access_token: str | None = None


@dataclass(frozen=True)
class Side:
    """What became of one system. `result` is None where there is no key to test. `may_skip`: what
    was typed may be stored without the test, because nothing depends on it yet."""

    result: Result | None
    is_changed: bool = False
    is_stored: bool = False
    may_skip: bool = False

    @property
    def is_refused(self) -> bool:
        """Something new was typed, and it is not in force."""
        return self.is_changed and not self.is_stored

    @property
    def is_worth_keeping(self) -> bool:
        """The typed key is not in force, and it may be right: nobody shall type it again."""
        trouble = self.result.trouble if self.result else None
        return self.is_refused and not (trouble and trouble.kind in OF_THE_KEY)


Access = CrmAccess | PbxAccess


@dataclass(frozen=True)
class _Known:
    """What is stored of one system: how to get there, and whose account it is."""

    access: Access
    account_id: str | None


def save_connections(
    session: Session,
    integration_id: int,
    typed: Typed,
    ports: Ports,
    *,
    store: bool = True,
    without_test: bool = False,
) -> dict[System, Side]:
    """Test both systems with what was typed, else with what is stored; with `store` take over what
    passed, `without_test` also what could not be tested, where nothing depends on it yet.

    Takes as long as the others take, `check_connection.SECONDS` at most, in no transaction. The
    caller rings after it.
    """
    integration = session.get_one(Integration, integration_id)
    crm, pbx = _known_crm(integration, ports.vault), _known_pbx(integration, ports.vault)
    new_crm, new_pbx = _wanted_crm(crm.access, typed), _wanted_pbx(pbx.access, typed)
    session.rollback()
    found = check_connections(
        ports.make_crm(new_crm) if new_crm.api_key else None,
        ports.make_pbx(new_pbx) if new_pbx.access_token else None,
    )
    sides: dict[System, Side] = {}
    for system, known, wanted in (
        (System.BEHOMES, crm, new_crm),
        (System.CALLGEAR, pbx, new_pbx),
    ):
        side = judge(found.get(system), known.account_id, is_changed=wanted != known.access)
        if store and side.is_changed and _may_store(side, without_test=without_test):
            _store(session, integration_id, wanted, ports.vault)
            side = replace(side, is_stored=True)
        if side.result is not None and not side.is_refused:
            keep_result(session, integration_id, system, side.result)
        sides[system] = side
    return sides


def judge(result: Result | None, account_id: str | None, *, is_changed: bool) -> Side:
    """What the test of one system means for what was typed."""
    if result is None:
        return Side(None, is_changed)
    if result.ok and account_id is not None and result.account_id != account_id:
        result = result.with_trouble(Trouble(Kind.OTHER_ACCOUNT, "other_account"))
    trouble = result.trouble
    is_of_the_way = trouble is not None and trouble.kind in OF_THE_WAY
    return Side(result, is_changed, may_skip=is_of_the_way and account_id is None)


def keep_result(session: Session, integration_id: int, system: System, result: Result) -> None:
    """Write down what the test of the connection in force said, and go on where it passed."""
    integration = session.get_one(Integration, integration_id)
    account_row_id = integration.crm_account_row_id
    before = read_result(integration.connection_checks.get(system))
    if result.account_id is None and before is not None:
        result = replace(result, account_id=before.account_id)
    checks = {**integration.connection_checks, str(system): result.as_json(database_now(session))}
    integration.connection_checks = checks
    if result.ok:
        integration.pbx_tried_at = None  # the lists are read anew at the next look
    session.commit()
    if system is System.BEHOMES:
        _tell_account(account_row_id, result)


def _tell_account(account_row_id: int, result: Result) -> None:
    """The breaker learns what was seen: calls go on, or wait for another key."""
    if result.ok and result.account_id:
        facts = AccountFacts(result.account_id, result.account_name or "")
        accounts.take_over(db.engine, account_row_id, facts)
    elif result.trouble is not None and result.trouble.kind is Kind.KEY_REFUSED:
        error = KeyRefusedError(result.trouble.message, status=result.trouble.status)
        accounts.note_refused(db.engine, account_row_id, error)


def _may_store(side: Side, *, without_test: bool) -> bool:
    if side.result is None or side.result.ok:
        return True
    return without_test and side.may_skip


def _known_crm(integration: Integration, vault: Vault) -> _Known:
    key = open_or_empty(vault, integration.behomes_key_sealed)
    access = CrmAccess(integration.behomes_base_url, key)
    return _Known(access, integration.crm_account.account_id)


def _known_pbx(integration: Integration, vault: Vault) -> _Known:
    told: Mapping[str, str] = integration.connection_checks.get(System.CALLGEAR) or {}
    access = PbxAccess(
        integration.data_api_url or VENDOR.data_api_url,
        integration.call_api_url or VENDOR.call_api_url,
        open_or_empty(vault, integration.access_token_sealed),
        integration.pbx_timezone,
    )
    return _Known(access, told.get("account_id"))


def _wanted_crm(known: Access, typed: Typed) -> CrmAccess:
    assert isinstance(known, CrmAccess)
    return CrmAccess(typed.behomes_url or known.base_url, typed.api_key or known.api_key)


def _wanted_pbx(known: Access, typed: Typed) -> PbxAccess:
    assert isinstance(known, PbxAccess)
    return PbxAccess(
        typed.data_api_url or known.data_api_url,
        typed.call_api_url or known.call_api_url,
        typed.access_token or known.access_token,
        known.timezone,
    )


def _store(session: Session, integration_id: int, access: Access, vault: Vault) -> None:
    integration = session.get_one(Integration, integration_id)
    match access:
        case CrmAccess():
            _move_account(session, integration, access.base_url)
            integration.behomes_base_url = access.base_url
            integration.behomes_key_sealed = vault.seal(access.api_key)
        case PbxAccess():
            integration.data_api_url = access.data_api_url
            integration.call_api_url = access.call_api_url
            integration.media_hosts = integration.media_hosts or list(VENDOR.media_hosts)
            if access.access_token:
                integration.access_token_sealed = vault.seal(access.access_token)
            integration.reconcile_next_at = None
    integration.pbx_tried_at = None
    system = System.BEHOMES if isinstance(access, CrmAccess) else System.CALLGEAR
    record(session, Change.CONNECTION_SAVED, integration_id, systems=[str(system)])
    session.commit()


def _move_account(session: Session, integration: Integration, base_url: str) -> None:
    """The same account at another address keeps its row, and with it the scope of its keys; unless
    others still use the old address, or the account is known at the new one already."""
    account = integration.crm_account
    if base_url != account.base_url:
        there = select(CrmAccount.id).where(
            CrmAccount.base_url == base_url, CrmAccount.account_id == account.account_id
        )
        sharing = select(func.count()).where(Integration.crm_account_row_id == account.id)
        # An account that never answered has no name: it is nobody else's.
        known = session.scalars(there).first() if account.account_id is not None else None
        if known is not None:
            integration.crm_account_row_id = known
        elif session.execute(sharing).scalar_one() == 1:
            account.base_url = base_url
    # What is asked next tells whether the key fits; a probe that is waiting need not wait.
    session.execute(
        update(CrmAccount)
        .where(CrmAccount.id == integration.crm_account_row_id)
        .values(probe_at=None)
    )
