"""One test of a connection under way: what was found so far, and how much time is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from clients.errors import AmbiguousError, ClientError, ForbiddenError, UnsupportedError
from clients.http import Reply
from services.connection_result import Check, CheckName, Kind, Result, Trouble, Verdict

MOST_SKEW_SECONDS = 60
PEOPLE_SEEN = 1000

Read = tuple[str, Callable[[float], object]]


@dataclass
class Asking:
    """`until` is a moment of `time.monotonic`."""

    until: float
    skew: int | None = None
    people: int | None = None
    is_more: bool = False
    began: float = field(default_factory=monotonic)

    def run(
        self,
        account: Callable[[float], tuple[str, str]],
        reads: list[Read],
        scopes: Callable[[], tuple[str, ...]],
    ) -> Result:
        """Ask for the account, then for each list."""
        try:
            account_id, name = account(self.left())
        except ClientError as error:
            return self._made(first_checks(Trouble.of(error), self._ms()), Trouble.of(error))
        checks = {
            CheckName.ADDRESS: Check(CheckName.ADDRESS, Verdict.PASSED, self._ms()),
            CheckName.KEY: Check(CheckName.KEY, Verdict.PASSED, self._ms()),
        }
        began = monotonic()
        trouble = self._read_all(reads, scopes)
        verdict = _rights_verdict(trouble)
        took = round((monotonic() - began) * 1000)
        checks[CheckName.RIGHTS] = Check(CheckName.RIGHTS, verdict, took)
        return replace(self._made(checks, trouble), account_id=account_id, account_name=name)

    def _read_all(self, reads: list[Read], scopes: Callable[[], tuple[str, ...]]) -> Trouble | None:
        """Read every list once; what is forbidden is collected, any other error ends it."""
        missing: list[str] = []
        last: ForbiddenError | None = None
        for name, read in reads:
            try:
                read(self.left())
            except UnsupportedError:
                continue
            except ForbiddenError as error:
                missing.append(name)
                last = error
            except ClientError as error:
                return Trouble.of(error)
        missing += [scope for scope in scopes() if scope.partition(".")[0] not in missing]
        if not missing:
            return None
        told = Trouble.of(last) if last else Trouble(Kind.NO_RIGHTS, "forbidden")
        return replace(told, kind=Kind.NO_RIGHTS, missing=tuple(missing))

    def count(self, people: Iterator[object]) -> None:
        """How many employees there are, as far as there is time to count them."""
        self.people = 0
        for _person in people:
            self.people += 1
            if self.people >= PEOPLE_SEEN or monotonic() > self.until:
                self.is_more = True
                return

    def left(self) -> float:
        """The seconds that are left. Raises AmbiguousError when there are none."""
        seconds = self.until - monotonic()
        if seconds <= 0:
            raise AmbiguousError("no answer in time", code="timeout")
        return seconds

    def note_clock(self, reply: Reply) -> None:
        """How far the other clock is ahead, by the first answer that tells its time."""
        if self.skew is None and (told := reply.headers.get("date")):
            try:
                moment = parsedate_to_datetime(told)
            except ValueError:
                return
            if moment.tzinfo is not None:
                self.skew = round((moment - datetime.now(UTC)).total_seconds())

    def _made(self, checks: dict[CheckName, Check], trouble: Trouble | None) -> Result:
        checks = {**checks, CheckName.CLOCK: Check(CheckName.CLOCK, clock_verdict(self.skew))}
        return Result(
            tuple(checks.get(name, Check(name)) for name in CheckName),
            trouble,
            people=self.people,
            is_more=self.is_more,
            skew_seconds=self.skew,
            ms=self._ms(),
        )

    def _ms(self) -> int:
        return round((monotonic() - self.began) * 1000)


def first_checks(trouble: Trouble, ms: int) -> dict[CheckName, Check]:
    """What the failed first request says of address and key."""
    kind = trouble.kind
    answers = kind not in (
        Kind.NO_CONNECTION,
        Kind.TIMEOUT,
        Kind.HOST_NOT_ALLOWED,
        Kind.UNEXPECTED,
    )
    address = Check(CheckName.ADDRESS, Verdict.PASSED if answers else Verdict.FAILED, ms)
    found = {CheckName.ADDRESS: address}
    if kind in (Kind.KEY_REFUSED, Kind.IP_REFUSED, Kind.ACCOUNT_INACTIVE):
        found[CheckName.KEY] = Check(CheckName.KEY, Verdict.FAILED, ms)
    if kind is Kind.NO_RIGHTS:
        found[CheckName.KEY] = Check(CheckName.KEY, Verdict.PASSED, ms)
        found[CheckName.RIGHTS] = Check(CheckName.RIGHTS, Verdict.FAILED, ms)
    return found


def clock_verdict(skew: int | None) -> Verdict:
    if skew is None:
        return Verdict.OPEN
    return Verdict.PASSED if abs(skew) <= MOST_SKEW_SECONDS else Verdict.FAILED


def _rights_verdict(trouble: Trouble | None) -> Verdict:
    if trouble is None:
        return Verdict.PASSED
    return Verdict.FAILED if trouble.kind is Kind.NO_RIGHTS else Verdict.OPEN
