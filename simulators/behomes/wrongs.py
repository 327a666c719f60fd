"""Everything the simulated CRM can do wrong: section 4 of the contract, by name.

BEFORE faults answer instead of the operation: nothing is executed. AFTER faults execute the write
and spoil what the caller hears of it. SHAPING faults change one thing about the answer or the row.
"""

from __future__ import annotations

from simulators.behomes.operations import EVERY

BEFORE = {
    "slow": "waits `seconds` (2), then goes on normally",
    "reset_before": "TCP reset, nothing executed",
    "timeout_before": "holds the connection `seconds` (30), closes it, nothing executed",
    "error_500_before": "`status` (500), nothing executed; `body`: canonical | html | empty",
    "rate_limited": "429; `style`: seconds | date | none, `seconds` (1)",
    "limit_503": "503 that speaks of a limit; `style` as rate_limited",
    "key_revoked": "401",
    "forbidden": "403",
    "scope_missing": "403 naming the scope; `scope` (the operation's own)",
    "validation_refused": "`status` (422 | 400), `field`, `code` (invalid_value)",
    "not_found": "`status` (404 | 410), `field` (id); the entity of the request is said to be gone",
    "conflict_409": "409; the write is executed first, unless `execute` is false",
    "html_200": "200 with an HTML page; `execute` (false): write first",
    "error_object_200": "200 with an error object, or with `body`; `execute` (false): write first",
}
AFTER = {
    "error_500_after": "the write is done, then `status` (500); `body` as error_500_before",
    "reset_after": "the write is done, then TCP reset",
    "timeout_after": "the write is done, the connection held `seconds` (30), then closed",
    "no_content_204": "the write is done, then 204 without a body",
    "late_commit": "the write is done after `seconds` (5); `answer`: hang | reset | error, `hold`",
    "duplicate_write": "the write is done twice, as if without idempotency; normal answer",
}
SHAPING = {
    "search_lag": "the created row is found only after `seconds`; `by` [phone, external_id]",
    "phone_filter_ignored": "a search by phone answers the first clients, whatever the phone",
    "max_pages_changes": "max_pages grows page by page, or is off by `by`",
    "user_deleted": "after this page the user `user_id` (first of the page) is deleted",
    "odd_keys": "every object of the answer carries odd extra keys",
}
KNOWN = {**BEFORE, **AFTER, **SHAPING}

_WRITES = frozenset(operation.name for operation in EVERY if operation.write)
_CREATES = frozenset(name for name in _WRITES if name.startswith("create_"))
_LISTS = frozenset({"list_users", "list_clients"})
_EVERY = frozenset(operation.name for operation in EVERY)

APPLIES: dict[str, frozenset[str]] = {
    "conflict_409": _WRITES,
    "validation_refused": _WRITES,
    "no_content_204": _WRITES,
    "late_commit": _WRITES,
    "duplicate_write": _CREATES,
    "search_lag": _CREATES - {"create_call_event"},
    "phone_filter_ignored": frozenset({"find_clients_by_phone"}),
    "max_pages_changes": _LISTS,
    "user_deleted": frozenset({"list_users"}),
}


def _by_operation(names: dict[str, str]) -> dict[str, frozenset[str]]:
    return {
        operation: frozenset(name for name in names if operation in APPLIES.get(name, _EVERY))
        for operation in _EVERY
    }


# A fault is only thrown dice for, and only counted, where it can happen.
SLOW = frozenset({"slow"})
BEFORE_OF = _by_operation({name: text for name, text in BEFORE.items() if name != "slow"})
AFTER_OF = _by_operation(AFTER)
SHAPING_OF = {name: sorted(faults) for name, faults in _by_operation(SHAPING).items()}
