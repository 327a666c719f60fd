"""Make an integration from what an admin typed, after its key was tested."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from models import Login, LoginIntegration
from rules.audit import Change
from services.audit_log import record
from services.check_connection import check_connections
from services.connection_result import System
from services.integration_file import IntegrationFile
from services.integrations import create_integration
from services.ports import CrmAccess, Ports
from services.save_connection import Side, judge, keep_result


def make_integration(
    session: Session,
    file: IntegrationFile,
    ports: Ports,
    *,
    login_id: int,
    without_test: bool = False,
) -> tuple[int | None, Side]:
    """Test the key of the CRM, and make the integration if it works; `without_test` also if it
    could not be tested. Returns its id, None if nothing was made.

    An admin who sees only some integrations sees this one too. The caller rings after it.
    """
    crm = ports.make_crm(CrmAccess(file.behomes.base_url, file.behomes.api_key))
    session.rollback()  # nothing is held while the CRM is asked
    result = check_connections(crm, None)[System.BEHOMES]
    side = judge(result, None, is_changed=True)
    if not (result.ok or (without_test and side.may_skip)):
        return None, side
    made = create_integration(session, file, ports)
    login = session.get_one(Login, login_id)
    if login.integrations:
        session.add(LoginIntegration(login_id=login_id, integration_id=made.id))
        record(session, Change.JOINED, made.id, email=login.email, role=login.role)
        session.commit()
    keep_result(session, made.id, System.BEHOMES, result)
    return made.id, replace(side, is_stored=True)
