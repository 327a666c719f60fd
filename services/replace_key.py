"""Replace the API key of an integration, after the new one was tried."""

from __future__ import annotations

from sqlalchemy.orm import Session

from clients.errors import ClientError, KeyRefusedError
from models import Integration, db
from services.accounts import verify_account
from services.ports import CrmAccess, Ports


class KeyNotAccepted(Exception):
    """The new key was not taken over; `code` says why.

    refused: the CRM does not know it. other_account: it opens another account, whose clients are
    other people. not_reached: the CRM did not answer, so nothing is known of the key.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def replace_key(session: Session, integration_id: int, api_key: str, ports: Ports) -> None:
    """Try the key, store it, and let what waited for it go on. Raises KeyNotAccepted."""
    integration = session.get_one(Integration, integration_id)
    base_url, account_row_id = integration.behomes_base_url, integration.crm_account_row_id
    known_id = integration.crm_account.account_id
    session.rollback()  # nothing is held while the CRM is asked
    try:
        account = ports.make_crm(CrmAccess(base_url, api_key)).account()
    except KeyRefusedError as error:
        raise KeyNotAccepted("refused") from error
    except ClientError as error:
        raise KeyNotAccepted("not_reached") from error
    if known_id is not None and account.account_id != known_id:
        raise KeyNotAccepted("other_account")
    integration = session.get_one(Integration, integration_id)
    integration.behomes_key_sealed = ports.vault.seal(api_key)
    session.commit()
    session.close()
    verify_account(db.engine, account_row_id, ports, integration_id=integration_id)
