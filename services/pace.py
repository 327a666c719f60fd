"""How fast a CRM account may be spoken to: a token bucket and a number of lanes, kept in SQL.

All processes share them. A process takes a small stock at a time, so that a fast account costs few
statements; what a killed process held comes free when its lane's lease runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from models import CrmAccount, CrmLane
from models.base import from_ms, now_ms
from models.bulk import inserting

STOCK_SECONDS = 0.1  # how much of its rate a process takes ahead
ASK_AGAIN_SECONDS = 0.05
LANE_MS = 10_000
RENEW_SECONDS = 3.0
RECOVER_AFTER = timedelta(seconds=60)
SLOWEST = 1 / 16

ACCOUNTS = CrmAccount.__table__
LANES = CrmLane.__table__


@dataclass
class Stock:
    """What this process holds of one account: tokens to spend, lanes in its name, requests out."""

    tokens: float = 0.0
    lanes: int = 0
    out: int = 0
    asked_at: float = 0.0
    refilled_at: float = 0.0  # when the bucket is worth asking again
    state: str = "closed"  # of the breaker, when last asked
    failures: int = 0


class Pace:
    """The pace of this process (`token` names its lanes); one thread uses it."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._stocks: dict[int, Stock] = {}

    def take(self, connection: Connection, account_row_id: int, wanted: int) -> int:
        """Permission for up to `wanted` requests; each must be given back by `give_back`."""
        stock = self._stocks.setdefault(account_row_id, Stock())
        if self._must_ask(stock, wanted):
            self._ask(connection, account_row_id, stock, stock.out + wanted)
        granted = max(0, min(wanted, int(stock.tokens), stock.lanes - stock.out))
        stock.tokens -= granted
        stock.out += granted
        return granted

    def _must_ask(self, stock: Stock, wanted: int) -> bool:
        now = monotonic()
        is_old = now - stock.asked_at > RENEW_SECONDS
        lacks_tokens = stock.tokens < wanted and now >= stock.refilled_at
        lacks_lanes = stock.lanes < stock.out + wanted and now - stock.asked_at > ASK_AGAIN_SECONDS
        return is_old or lacks_tokens or lacks_lanes

    def give_back(self, account_row_id: int, count: int) -> None:
        self._stocks[account_row_id].out -= count

    def state(self, account_row_id: int) -> str:
        """The breaker's state as last seen, at most 3 s ago."""
        return self._stocks[account_row_id].state

    def is_failing(self, account_row_id: int) -> bool:
        return self._stocks[account_row_id].failures > 0

    def forget(self, account_row_id: int) -> None:
        """Ask anew before the next request: breaker or rate have changed."""
        stock = self._stocks[account_row_id]
        stock.tokens, stock.asked_at, stock.refilled_at = 0.0, 0.0, 0.0

    def renew(self, connection: Connection) -> None:
        """Keep the lanes of requests that are out."""
        now = monotonic()
        for row_id, stock in self._stocks.items():
            if stock.out and now - stock.asked_at > RENEW_SECONDS:
                self._ask(connection, row_id, stock, stock.out)

    def release(self, connection: Connection) -> None:
        """Give all lanes back; at the end of a drain."""
        connection.execute(delete(LANES).where(LANES.c.token == self._token))

    def _ask(self, connection: Connection, row_id: int, stock: Stock, lanes: int) -> None:
        row = connection.execute(
            select(ACCOUNTS, now_ms().label("now_at"))
            .where(ACCOUNTS.c.id == row_id)
            .with_for_update()
        ).one()
        stock.state, stock.failures = row.breaker, row.failures
        self._take_tokens(connection, row, stock, lanes - stock.out)
        # A fast account is asked for some lanes more, so that it is asked less often.
        spare = row.in_flight // 4
        stock.lanes = self._take_lanes(connection, row_id, row.in_flight, lanes + spare)
        stock.asked_at = monotonic()

    def _take_tokens(
        self, connection: Connection, row: Row[Any], stock: Stock, wanted: int
    ) -> None:
        """Fill the bucket for the time that passed, and take what is wanted or a little ahead."""
        now = from_ms(row.now_at)
        columns: dict[str, object] = {}
        factor = row.slow_factor
        if factor < 1 and row.slowed_at and now - row.slowed_at > RECOVER_AFTER:
            factor = min(1.0, factor * 2)
            columns |= {"slow_factor": factor, "slowed_at": now}
        rate = row.per_second * factor
        if row.paused_until and row.paused_until > now:
            stock.refilled_at = monotonic() + min((row.paused_until - now).total_seconds(), 1.0)
        else:
            passed = max(0.0, (now - row.refilled_at).total_seconds())
            tokens = min(row.burst, row.tokens + passed * rate)
            share = max(0, int(min(tokens, max(wanted, rate * STOCK_SECONDS) - stock.tokens)))
            stock.tokens += share
            columns |= {"refilled_at": now, "tokens": tokens - share}
            missing = 1.0 - (tokens - share)
            stock.refilled_at = monotonic() + max(0.0, missing / rate)
        if columns:
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == row.id).values(columns))

    def _take_lanes(self, connection: Connection, row_id: int, limit: int, wanted: int) -> int:
        """Lanes in our name, under the lock of the account's row."""
        others = connection.execute(
            select(func.coalesce(func.sum(LANES.c.in_flight), 0)).where(
                LANES.c.crm_account_row_id == row_id,
                LANES.c.token != self._token,
                LANES.c.leased_until > now_ms(),
            )
        ).scalar_one()
        lanes = max(0, min(wanted, limit - int(others)))
        statement = inserting(connection, LANES).values(
            crm_account_row_id=row_id,
            token=self._token,
            in_flight=lanes,
            leased_until=now_ms() + LANE_MS,
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["crm_account_row_id", "token"],
                set_={
                    "in_flight": statement.excluded.in_flight,
                    "leased_until": statement.excluded.leased_until,
                },
            )
        )
        return lanes


def slow_down(connection: Connection, account_row_id: int, retry_after: float | None) -> None:
    """The CRM said that we are too fast: halve the rate, and wait if it said for how long."""
    columns: dict[str, object] = {
        "slow_factor": func.max(ACCOUNTS.c.slow_factor / 2, SLOWEST)
        if connection.dialect.name == "sqlite"
        else func.greatest(ACCOUNTS.c.slow_factor / 2, SLOWEST),
        "slowed_at": now_ms(),
        "tokens": 0.0,
    }
    if retry_after:
        columns["paused_until"] = now_ms() + int(min(retry_after, 3600.0) * 1000)
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_row_id).values(columns))
