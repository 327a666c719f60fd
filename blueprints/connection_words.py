"""What the test of a connection found, in words: the checks, the trouble, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.words import Word
from services.connection_result import Check, CheckName, Kind, Result, System, Trouble, Verdict

CHECKS: Mapping[str, LazyString] = {
    CheckName.ADDRESS: _l("the address answers"),
    CheckName.KEY: _l("the key is accepted"),
    CheckName.RIGHTS: _l("the rights suffice"),
    CheckName.CLOCK: _l("the clocks agree"),
}
VERDICTS: Mapping[str, Word] = {
    Verdict.PASSED: Word(_l("yes"), "circle-check", "ok"),
    Verdict.FAILED: Word(_l("no"), "circle-x", "error"),
    Verdict.OPEN: Word(_l("not known"), "circle-minus"),
}
CLOCKS_DIFFER = Word(_l("no"), "triangle-alert", "warn")
NAMES: Mapping[str, str] = {System.BEHOMES: "Behomes", System.CALLGEAR: "CallGear"}

TITLES: Mapping[Kind, LazyString] = {
    Kind.NO_CONNECTION: _l("No connection to %(system)s"),
    Kind.TIMEOUT: _l("%(system)s did not answer in time"),
    Kind.SERVER_ERROR: _l("%(system)s answers that it is broken at the moment"),
    Kind.LIMITED: _l("%(system)s: too many requests"),
    Kind.KEY_REFUSED: _l("%(system)s does not accept the key"),
    Kind.IP_REFUSED: _l("%(system)s does not accept requests from our address"),
    Kind.ACCOUNT_INACTIVE: _l("The account of %(system)s is blocked"),
    Kind.NO_RIGHTS: _l("The key of %(system)s lacks rights: %(missing)s"),
    Kind.UNEXPECTED: _l("%(system)s gave an unexpected answer"),
    Kind.HOST_NOT_ALLOWED: _l("This server may not call the address of %(system)s"),
    Kind.OTHER_ACCOUNT: _l("The key belongs to another account of %(system)s"),
}
ADVICE: Mapping[Kind, LazyString] = {
    Kind.NO_CONNECTION: _l(
        "Check the address under “More”. If it is right, the network or %(system)s itself is down:"
        " try again in some minutes."
    ),
    Kind.TIMEOUT: _l("Try again in a minute. If it stays so, tell the support of %(system)s."),
    Kind.SERVER_ERROR: _l(
        "Nothing is wrong with the key as far as we know. Try again in some minutes."
    ),
    Kind.LIMITED: _l("Try again later: the key was not checked this time."),
    Kind.KEY_REFUSED: _l(
        "Check that the key was copied whole, without spaces, and that it was not revoked."
    ),
    Kind.IP_REFUSED: _l(
        "In CallGear open Administrator → Account → Rules and security settings → API and add the"
        " address of this server."
    ),
    Kind.ACCOUNT_INACTIVE: _l("Ask the support of %(system)s to unblock the account."),
    Kind.NO_RIGHTS: _l("Give these rights to the user of the key in %(system)s and check again."),
    Kind.UNEXPECTED: _l(
        "At this address something else answers than the API of %(system)s. Check the address under"
        " “More”."
    ),
    Kind.HOST_NOT_ALLOWED: _l("Ask the operator of this server to add the host to API_HOSTS."),
    Kind.OTHER_ACCOUNT: _l(
        "Its clients and employees are other people. Make an integration of its own for it, or take"
        " a key of the account that was connected before."
    ),
}
MEANS: Mapping[System, LazyString] = {
    System.BEHOMES: _l(
        "Calls are kept meanwhile and are written to Behomes as soon as the connection works."
    ),
    System.CALLGEAR: _l(
        "Calls go on being written. Employees, numbers and the calls report are not read"
        " until the connection works."
    ),
}
MISSING: Mapping[str, LazyString] = {
    "users": _l("list of employees"),
    "users.read": _l("list of employees"),
    "pipelines": _l("funnels"),
    "fields": _l("additional fields"),
    "clients": _l("clients"),
    "leads": _l("leads"),
    "deals": _l("deals"),
    "tasks": _l("tasks"),
    "calls": _l("call history"),
    "employees": _l("employees"),
    "virtual_numbers": _l("virtual numbers"),
    "calls_report": _l("calls report"),
}


@dataclass(frozen=True)
class CheckLine:
    """One line of the panel: what was checked, how it went, how long it took."""

    label: str
    word: Word
    more: str


@dataclass(frozen=True)
class Panel:
    """What is told of one system. `title`, `means` and `advice` are empty where all is well."""

    system: str
    name: str
    lines: list[CheckLine]
    result: Result
    title: str = ""
    means: str = ""
    advice: str = ""
    account: str = ""
    is_typed: bool = False

    @property
    def ok(self) -> bool:
        return self.result.ok


def panel(system: System, result: Result, *, is_typed: bool = False) -> Panel:
    """`is_typed`: what was tested is not in force."""
    trouble = result.trouble
    return Panel(
        str(system),
        NAMES[system],
        [_line(check, result) for check in result.checks],
        result,
        title=title(system, trouble) if trouble else "",
        means=_means(system, is_typed=is_typed) if trouble else "",
        advice=advice(system, trouble) if trouble else "",
        account=_account(result),
        is_typed=is_typed,
    )


def _means(system: System, *, is_typed: bool) -> str:
    """What the trouble means for calls."""
    if is_typed:
        return _("For calls nothing has changed: what was stored before is in force.")
    return str(MEANS[system])


def title(system: System, trouble: Trouble) -> str:
    missing = ", ".join(dict.fromkeys(str(MISSING.get(each, each)) for each in trouble.missing))
    values = {"system": NAMES[system], "missing": missing or _("not told which")}
    return str(TITLES[trouble.kind]) % values


def advice(system: System, trouble: Trouble) -> str:
    if trouble.kind is Kind.LIMITED and trouble.retry_after:
        return ngettext(
            "Try again in %(num)d second: the key was not checked this time.",
            "Try again in %(num)d seconds: the key was not checked this time.",
            trouble.retry_after,
        )
    return str(ADVICE[trouble.kind]) % {"system": NAMES[system]}


def _line(check: Check, result: Result) -> CheckLine:
    name, verdict = check.name, check.verdict
    if name is CheckName.CLOCK:
        word = CLOCKS_DIFFER if verdict is Verdict.FAILED else VERDICTS[verdict]
        return CheckLine(str(CHECKS[name]), word, _clock(result.skew_seconds, verdict))
    ms = check.ms
    return CheckLine(
        str(CHECKS[name]), VERDICTS[verdict], "" if ms is None else _("%(ms)s ms", ms=ms)
    )


def _clock(skew: int | None, verdict: Verdict) -> str:
    if skew is None or verdict is Verdict.PASSED:
        return ""
    text = ngettext("%(num)d second apart", "%(num)d seconds apart", abs(skew))
    return _(
        "%(apart)s: times in the history will be off. Set the clock of this server.", apart=text
    )


def _account(result: Result) -> str:
    if not result.account_name:
        return ""
    if result.people is None:
        return result.account_name
    people = ngettext("%(num)d employee", "%(num)d employees", result.people)
    if result.is_more:
        people = _("more than %(people)s", people=people)
    return f"{result.account_name} · {people}"
