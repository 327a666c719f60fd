"""Days and findings of the accounted page in words: what is known, what it means, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from flask_babel import LazyString, get_locale, lazy_pgettext, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from blueprints import words
from blueprints.shown import clock, date, moment
from blueprints.words import Word
from models import AuditRun, CallSession, DayRepair, Integration
from rules.accounting import Account, Compared, Standing
from rules.crm_audit import Found
from rules.vocabulary import CallState, WriteStatus
from services.audit_findings import Shown
from services.call_clients import CallClient
from services.day_accounts import Choice, read_accounts

STANDINGS: Mapping[Standing, Word] = {
    Standing.GOING_ON: Word(_l("The day goes on"), "clock", "info"),
    Standing.NOT_COMPARED: Word(_l("Not fully compared"), "circle-help", "warn"),
    Standing.OPEN: Word(_l("Some are open"), "circle-alert", "error"),
    Standing.COMPLETE: Word(_l("Complete"), "circle-check", "ok"),
}
# Of several calls; the words of one call stand in `words.py`.
CHOICES: Mapping[Choice, LazyString] = {
    Choice.REST: lazy_pgettext("calls", "Open"),
    Choice.WRITTEN: lazy_pgettext("calls", "Written"),
    Choice.SKIPPED: lazy_pgettext("calls", "Not needed"),
    Choice.WAITING: lazy_pgettext("calls", "Waiting"),
    Choice.FAILED: lazy_pgettext("calls", "With an error"),
    Choice.FROM_REPORT: lazy_pgettext("calls", "Only from the report"),
    Choice.NOT_IN_REPORT: lazy_pgettext("calls", "Not in the report"),
    Choice.ALL: lazy_pgettext("calls", "All"),
}
NO_KEY = _l("There is no access key of CallGear, so there is no report to compare with.")
COMPARE_ERRORS: Mapping[str, LazyString] = {
    "no_key": NO_KEY,
    "invalid_auth": _l("CallGear does not accept the access key."),
    "ip_not_allowed": _l("CallGear does not let the address of this server in."),
    "account_inactive": _l("The account of CallGear is not active."),
    "forbidden": _l("The access key may not read the calls report."),
    "component_disabled": _l("The tariff of CallGear does not give the calls report."),
    "points_reserve": _l("CallGear's limit of requests is nearly used up; it goes on by itself."),
    "points_exhausted": _l("CallGear's limit of requests is used up; it goes on by itself."),
}
AUDIT_ERRORS: Mapping[str, LazyString] = {
    "unsupported": _l("This Behomes cannot be searched by our reference."),
    "forbidden": _l("The API key may not read everything that was created."),
    "invalid_auth": _l("Behomes does not accept the API key."),
    "unexpected_answer": _l("The search of Behomes does not answer as agreed."),
    "busy": _l("Calls wanted all requests that Behomes allows."),
}
FINDING_STATES: Mapping[str, Word] = {
    Found.LOST: Word(_l("Missing"), "circle-alert", "error"),
    Found.DOUBLED: Word(_l("Several"), "copy", "warn"),
}
ASKED = Word(_l("Being created again"), "clock", "info")
MADE = Word(_l("Created again"), "circle-check", "ok")


@dataclass(frozen=True)
class DayLine:
    """A day as the list shows it; `compared` says how far the comparison came."""

    account: Account
    title: str
    summary: str
    standing: Word
    compared: str


@dataclass(frozen=True)
class FindingLine:
    """One finding in words; `what` is the thing, `ids` those that Behomes shows."""

    shown: Shown
    what: Word
    state: Word
    text: str
    todo: str
    client_url: str | None

    @property
    def call(self) -> CallSession:
        return self.shown.call

    @property
    def is_open(self) -> bool:
        return self.shown.finding.state == "open"

    @property
    def is_lost(self) -> bool:
        return self.shown.finding.problem == Found.LOST


def summary(account: Account) -> str:
    """ "212 calls, 212 accounted for"."""
    tally = account.tally
    return ngettext(
        "%(num)d call, %(there)d accounted for",
        "%(num)d calls, %(there)d accounted for",
        tally.calls,
        there=tally.accounted,
    )


@dataclass(frozen=True)
class Yesterday:
    """The daily summary: one line of the overview, and the day that it leads to."""

    day: str
    text: str


def yesterday(session: Session, integration: Integration) -> Yesterday | None:
    """How the calls of yesterday stand; None for an integration that was made today."""
    accounts = read_accounts(session, integration, days=2)
    if len(accounts) < 2:
        return None
    account = accounts[1]
    text = _("Yesterday: %(summary)s", summary=summary(account))
    if not account.is_complete:
        text += f" ({str(STANDINGS[account.standing].label).lower()})"
    return Yesterday(account.span.day.isoformat(), text)


def day_line(account: Account, integration: Integration, compared: Compared) -> DayLine:
    return DayLine(
        account,
        _day_title(account),
        summary(account),
        STANDINGS[account.standing],
        compared_words(account, integration, compared),
    )


def compared_words(account: Account, integration: Integration, compared: Compared) -> str:
    """How far a day was compared with the calls report, and what stopped it."""
    till, zone = account.compared_till, integration.timezone
    if till == account.span.until:
        return _("Compared with CallGear's report from beginning to end.")
    told = (
        _("Compared with CallGear's report until %(time)s.", time=_until(till, account, zone))
        if till
        else _("Not compared with CallGear's report yet.")
    )
    is_over = account.standing is not Standing.GOING_ON
    error = compare_error(compared.error) if is_over or compared.error == "no_key" else ""
    return f"{told} {error}".strip()


def compare_error(code: str) -> str:
    """Why the report could not be read; "" when nothing is wrong."""
    if not code:
        return ""
    word = code.partition(":")[0]
    known = COMPARE_ERRORS.get(word)
    return str(known) if known else _("CallGear did not give its report (%(code)s).", code=word)


def audit_error(code: str | None) -> str:
    """Why an audit could not go on."""
    if not code:
        return ""
    known = AUDIT_ERRORS.get(code)
    return str(known) if known else _("Behomes did not answer (%(code)s).", code=code)


def repair_words(repair: DayRepair) -> list[str]:
    """What a repair that has ended did, a sentence for each part."""
    told = []
    if repair.error:
        told.append(compare_error(repair.error))
    if repair.rows or not repair.error:
        told.append(
            ngettext(
                "CallGear's report has %(num)d call of this day.",
                "CallGear's report has %(num)d calls of this day.",
                repair.rows,
            )
        )
    if repair.taken_in:
        told.append(
            ngettext(
                "%(num)d of them was not known and came in.",
                "%(num)d of them were not known and came in.",
                repair.taken_in,
            )
        )
    if repair.completed:
        told.append(ngettext("%(num)d was completed.", "%(num)d were completed.", repair.completed))
    if repair.replayed:
        told.append(
            ngettext(
                "%(num)d call with an error was carried out again.",
                "%(num)d calls with an error were carried out again.",
                repair.replayed,
            )
        )
    told.append(_rest_words(repair.rest))
    return told


def audit_words(run: AuditRun, zone: str) -> str:
    """What the last audit found, and when."""
    counts = ngettext("%(num)d entry checked", "%(num)d entries checked", run.checked)
    found = _("missing: %(lost)d, several times: %(doubled)d", lost=run.lost, doubled=run.doubled)
    when = moment(run.finished_at or run.started_at, zone)
    if not run.checked:
        return _("%(when)s: there was nothing new to check.", when=when)
    return f"{when} · {counts}, {found}."


def finding_line(shown: Shown, clients: Mapping[int, CallClient]) -> FindingLine:
    finding = shown.finding
    client = clients.get(shown.call.id)
    is_lost = finding.problem == Found.LOST
    return FindingLine(
        shown,
        words.word(words.ENTITIES, finding.kind),
        _finding_state(shown),
        _lost_text(finding.crm_id) if is_lost else _doubled_text(finding.ids),
        str(TODO_LOST if is_lost else TODO_DOUBLED),
        client.url if client else None,
    )


TODO_LOST = _l(
    "Look in Behomes whether somebody deleted it. If not, have it created again: it cannot become"
    " two."
)
TODO_DOUBLED = _l(
    "Open them in Behomes, keep one and delete the others. The next check sees it by itself."
)


def what_to_do(call: CallSession, zone: str) -> str:
    """What becomes of an open call: until when it waits, or what a person has to do."""
    if call.state == CallState.FAILED:
        return _("Open the call, set the cause right and replay it.")
    if call.state_reason == "in_progress":
        return _("The call still goes on.")
    if call.next_at:
        return _("Tried again by itself at %(time)s.", time=moment(call.next_at, zone))
    return _("It goes on by itself as soon as its reason is gone.")


def _rest_words(rest: int) -> str:
    if not rest:
        return _("Nothing of this day is open any more.")
    return ngettext("%(num)d call is still open.", "%(num)d calls are still open.", rest)


def _finding_state(shown: Shown) -> Word:
    if shown.finding.state != "asked":
        return words.word(FINDING_STATES, shown.finding.problem)
    is_made = shown.write is not None and shown.write.status == WriteStatus.DONE
    return MADE if is_made else ASKED


def _lost_text(crm_id: str | None) -> str:
    return _(
        "Behomes had confirmed it with the id %(id)s, and shows nothing under our reference now.",
        id=crm_id or "–",
    )


def _doubled_text(ids: list[str]) -> str:
    return _("Behomes shows several under our reference: %(ids)s.", ids=", ".join(map(str, ids)))


def _until(till: datetime, account: Account, zone: str) -> str:
    is_same_day = account.span.start <= till < account.span.until
    return clock(till, zone) if is_same_day else date(till, zone)


def _day_title(account: Account) -> str:
    told: str = format_date(account.span.day, "EEEE, d MMMM", locale=get_locale())
    return told[:1].upper() + told[1:]
