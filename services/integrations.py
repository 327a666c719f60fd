"""Make an integration, change its connections, publish its settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    CrmAccount,
    CrmList,
    CrmUserRow,
    Integration,
    SettingsVersion,
    UserMapping,
    WebhookToken,
)
from models.base import from_ms, now_ms
from rules.audit import Change
from rules.settings import DEFAULTS, dump, load, with_row_ids
from rules.settings_checks import References, problems
from rules.settings_words import sentence
from services import due
from services.audit_log import record
from services.integration_file import Behomes, CallGear, Connection, IntegrationFile, InvalidFile
from services.ports import Ports
from services.vault import Vault, new_token, token_hash


@dataclass(frozen=True)
class Made:
    """What is told once when an integration is made; its secrets are never shown again."""

    id: int
    webhook_url: str
    webhook_secret: str
    manager_url: str
    api_key: str


def create_integration(session: Session, file: IntegrationFile, ports: Ports) -> Made:
    """Make an integration with everything in the file, or nothing. Raises InvalidFile."""
    if file.settings is not None:
        check_settings(file.settings, locale=file.locale)
    now = database_now(session)
    account = _new_account(file.behomes, ports.vault, now)
    session.add(account)
    session.flush()
    api_key, token, secret = new_token(), new_token(), new_token()
    integration = _new_integration(file, ports.vault, api_key=api_key, secret=secret)
    integration.created_at, integration.crm_account_row_id = now, account.id
    session.add(integration)
    session.flush()
    session.add(
        WebhookToken(
            integration_id=integration.id,
            token_hash=token_hash(token),
            token_sealed=ports.vault.seal(token),
            created_at=now,
        )
    )
    session.add_all(
        UserMapping(
            integration_id=integration.id,
            crm_user_id=pair.crm_user_id,
            employee_id=pair.employee_id,
        )
        for pair in file.user_mapping
    )
    record(session, Change.MADE, integration.id, title=integration.title)
    if file.publish:
        publish(session, integration, file.settings or DEFAULTS, author=None)
    session.commit()
    hooks = f"{ports.public_base_url}/hooks/{token}"
    return Made(integration.id, hooks, secret, f"{hooks}/manager", api_key)


def _new_integration(
    file: IntegrationFile, vault: Vault, *, api_key: str, secret: str
) -> Integration:
    integration = Integration(
        title=file.title,
        timezone=file.timezone,
        default_country=file.default_country,
        locale=file.locale,
        behomes_base_url=file.behomes.base_url,
        behomes_key_sealed=vault.seal(file.behomes.api_key),
        webhook_secret_sealed=vault.seal(secret),
        require_secret=file.webhook.require_secret,
        sources=list(file.webhook.sources),
        api_key_hash=token_hash(api_key),
        media_hosts=[],
        draft=_draft(file.settings),
    )
    if file.callgear:
        _connect_callgear(integration, file.callgear, vault)
    return integration


def connect(session: Session, integration: Integration, file: Connection, ports: Ports) -> None:
    """Take over new keys, addresses and limits; what the file leaves out stays."""
    if file.behomes:
        _connect_behomes(session, integration, file.behomes, ports.vault)
    if file.callgear:
        _connect_callgear(integration, file.callgear, ports.vault)
    for name in file.webhook.model_fields_set if file.webhook else ():
        setattr(integration, name, getattr(file.webhook, name))
    integration.pbx_tried_at = None
    told = [name for name in ("behomes", "callgear", "webhook") if getattr(file, name)]
    record(session, Change.CONNECTION_SAVED, integration.id, systems=told)
    session.commit()


def check_settings(
    document: dict[str, Any], *, locale: str, known: References | None = None
) -> None:
    """Raises InvalidFile with everything that keeps this document from working."""
    found = problems(document, known)
    if found:
        fields = [
            {"path": each.path, "code": each.code, "message": sentence(each, locale)}
            for each in found
        ]
        raise InvalidFile("settings_invalid", fields)


def known_references(session: Session, integration: Integration) -> References:
    """What the CRM has, as far as it was read; what was never read is not checked."""
    users = frozenset(
        session.scalars(
            select(CrmUserRow.user_id).where(
                CrmUserRow.integration_id == integration.id, CrmUserRow.active, ~CrmUserRow.gone
            )
        )
    )
    query = select(CrmList.kind, CrmList.rows).where(CrmList.integration_id == integration.id)
    lists = {kind: rows for kind, rows in session.execute(query)}
    fields = {
        kind.removeprefix("fields:"): frozenset(row["key"] for row in rows)
        for kind, rows in lists.items()
        if kind.startswith("fields:")
    }
    return References(
        users=users or None,
        pipelines=_stages(lists["pipelines"]) if lists.get("pipelines") else None,
        fields=fields if any(fields.values()) else None,
        required_fields={
            kind.removeprefix("fields:"): frozenset(
                row["key"] for row in rows if row.get("required")
            )
            for kind, rows in lists.items()
            if kind.startswith("fields:")
        },
    )


def _stages(pipelines: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    return {
        row["id"]: frozenset(stage["id"] for stage in row["stages"])
        for row in pipelines
        if row["entity"] == "deal"
    }


def save_draft(session: Session, integration: Integration, document: dict[str, Any]) -> None:
    integration.draft = _draft(document)
    integration.draft_revision += 1
    record(session, Change.DRAFT_REPLACED, integration.id)
    session.commit()


def publish(
    session: Session, integration: Integration, document: dict[str, Any], *, author: str | None
) -> int:
    """Make the next version of the settings; calls from now on are handled by it. The caller has
    checked the document. Of two at the same time each makes a version of its own."""
    session.flush()
    integration = locked(session, integration.id)
    last = session.execute(
        select(func.max(SettingsVersion.number)).where(
            SettingsVersion.integration_id == integration.id
        )
    ).scalar_one()
    number = (last or 0) + 1
    full = dump(load(with_row_ids(document)))
    session.add(
        SettingsVersion(
            integration_id=integration.id,
            number=number,
            document=full,
            author=author,
            published_at=database_now(session),
        )
    )
    integration.published_version = number
    integration.draft = integration.draft_author = integration.draft_saved_at = None
    integration.draft_revision += 1
    session.flush()
    due.make_due(session.connection(), integration.id, ("not_published",))
    record(session, Change.PUBLISHED, integration.id, version=number)
    session.commit()
    return number


def settings_document(session: Session, integration: Integration) -> dict[str, Any]:
    """The published document; before the first publication the draft, else the defaults."""
    if integration.published_version:
        query = select(SettingsVersion.document).where(
            SettingsVersion.integration_id == integration.id,
            SettingsVersion.number == integration.published_version,
        )
        return dict(session.execute(query).scalar_one())
    return dump(load(with_row_ids(integration.draft))) if integration.draft else DEFAULTS


def locked(session: Session, integration_id: int) -> Integration:
    """The row as it is now, kept from others until the commit."""
    query = (
        select(Integration)
        .where(Integration.id == integration_id)
        .with_for_update(of=Integration)
        .execution_options(populate_existing=True)
    )
    return session.execute(query).unique().scalar_one()


def database_now(session: Session) -> datetime:
    return from_ms(session.execute(select(now_ms())).scalar_one())


def _draft(document: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if document is None else dict(with_row_ids(document))


def _new_account(behomes: Behomes, vault: Vault, now: datetime) -> CrmAccount:
    return CrmAccount(
        base_url=behomes.base_url,
        reference_key_sealed=vault.seal(new_token()),
        per_second=behomes.limits.per_second,
        burst=behomes.limits.burst,
        in_flight=behomes.limits.in_flight,
        tokens=behomes.limits.burst,
        refilled_at=now,
    )


def _connect_behomes(
    session: Session, integration: Integration, behomes: Behomes, vault: Vault
) -> None:
    account = integration.crm_account
    if behomes.base_url != integration.behomes_base_url:
        # Another CRM: other keys of the ledger, another pace, another breaker.
        account = _new_account(behomes, vault, database_now(session))
        session.add(account)
        session.flush()
        integration.crm_account_row_id = account.id
    integration.behomes_base_url = behomes.base_url
    integration.behomes_key_sealed = vault.seal(behomes.api_key)
    known = {name: getattr(behomes.limits, name) for name in behomes.limits.model_fields_set}
    session.execute(
        update(CrmAccount).where(CrmAccount.id == account.id).values(probe_at=None, **known)
    )


def _connect_callgear(integration: Integration, callgear: CallGear, vault: Vault) -> None:
    """Take over what the file names; what it leaves out stays, at first the vendor's addresses."""
    told = callgear.model_fields_set
    if "data_api_url" in told or not integration.data_api_url:
        integration.data_api_url = callgear.data_api_url
    if "call_api_url" in told or not integration.call_api_url:
        integration.call_api_url = callgear.call_api_url
    if "media_hosts" in told or not integration.media_hosts:
        integration.media_hosts = list(callgear.media_hosts)
    if callgear.access_token:
        integration.access_token_sealed = vault.seal(callgear.access_token)
    integration.reconcile_next_at = None
