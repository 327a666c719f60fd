"""What can go wrong when calling another system.

ClientError
  NotExecutedError        refused, DNS, TLS, connect time-out: surely not executed, try again later
    RateLimitedError      429, 503 that speaks of a limit: the same, after `retry_after` seconds
      LimitExceeded       the PBX's points of this minute, hour or day are used up
  AmbiguousError          time-out, reset, 5xx, unreadable 2xx: may have been executed
  KeyRefusedError         401, 403 on the account, key dead or address not allowed: ask the admin
  ForbiddenError          403 elsewhere: a scope or a tariff option is missing
  NotFoundError           404, 410
  AlreadyThereError       409: find it
  RefusedError            400, 422: the other side refused the data
  UnsupportedError        the data file says that this CRM cannot do it: nothing was sent

`code` is the word by which the message for an admin is chosen, `vendor_code` the other side's own
word, `status` the HTTP status (None without an answer), `retry_after` seconds or None. The message
is the other side's own words, capped, with secrets and phone numbers masked.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorDetail:
    """One field that the other side complains about."""

    field: str
    code: str = ""
    message: str = ""


class ClientError(Exception):
    """Something went wrong with a call to another system; only subclasses are raised."""

    code = "unknown"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        details: tuple[ErrorDetail, ...] = (),
        vendor_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status
        self.retry_after = retry_after
        self.details = details
        self.vendor_code = vendor_code

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


class NotExecutedError(ClientError):
    """Surely not executed.

    Codes: cannot_connect, cannot_resolve, connect_timeout, tls_failed, host_not_allowed,
    address_not_allowed, rate_limited.
    """

    code = "cannot_connect"


class RateLimitedError(NotExecutedError):
    """Refused for its rate; `retry_after` is None when the other side did not say."""

    code = "rate_limited"


class LimitExceeded(RateLimitedError):
    """The PBX's points are used up; `limit_type` is `minute`, `hour`, `day` or None."""

    code = "points_exhausted"
    limit_type: str | None = None


class AmbiguousError(ClientError):
    """May have been executed.

    Codes: timeout, connection_lost, server_error, unreadable (a create without a readable id),
    unexpected_answer (not what was agreed: HTML, a redirect, too long).
    """

    code = "timeout"


class KeyRefusedError(ClientError):
    """Nothing works until an admin acts. Codes: invalid_auth, ip_not_allowed, account_inactive."""

    code = "invalid_auth"


class ForbiddenError(ClientError):
    """This operation is not open to the key. Codes: forbidden, component_disabled."""

    code = "forbidden"


class NotFoundError(ClientError):
    code = "not_found"


class AlreadyThereError(ClientError):
    code = "already_there"


class RefusedError(ClientError):
    """The other side refused the data; `details` names the fields if it said which."""

    code = "refused"


class UnsupportedError(ClientError):
    code = "unsupported"
