"""One campaign: set up, deliver while everything breaks, heal, drain, reconcile, count."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import postgres
from bench.stack import free_port
from chaos import faults
from chaos.courier import Courier, schedule
from chaos.killers import Killers
from chaos.office import CRM_KEY, ZONE, integration_file, pbx_account
from chaos.oracle import expect
from chaos.plan import Plan, make_plan
from chaos.product import OWN, Product
from chaos.results import Order, Result
from chaos.simulated import Notification, Simulator, play, settled, simulator
from chaos.verdict import Finding, compare

REVOKED_SECONDS = 2.0
REPLAYS = 5
DRAIN_SECONDS = 120.0
# So much of the work is done while things break; but not for longer than these seconds.
BROKEN_SHARE = 0.85
RECONCILED_SHARE = 0.97
BROKEN_SECONDS = 45.0
# The server is stopped without ado, but the machine does not lose its power.
WITHOUT_FSYNC = "-c fsync=off"


class Campaign:
    """Runs one order. Everything it starts it also stops."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._result = Result(order)
        self._key = CRM_KEY
        self._ends_at = time.monotonic() + order.limit_seconds

    def run(self) -> Result:
        """What came of it; broken off when the limit is over before everything is done."""
        result = self._result
        try:
            with ExitStack() as stack:
                crm = stack.enter_context(simulator("behomes", seed=self._order.seed, log=100_000))
                pbx = stack.enter_context(simulator("callgear", seed=self._order.seed))
                product, server = stack.enter_context(self._product(crm, pbx))
                self._run(product, server, crm, pbx)
        except TimeoutError as error:
            result.broken_off = str(error)
        if result.is_clean and result.folder:
            shutil.rmtree(result.folder, ignore_errors=True)
        return result

    def _run(
        self, product: Product, server: postgres.Server | None, crm: Simulator, pbx: Simulator
    ) -> None:
        result = self._result
        plan, told = self._prepare(product, crm, pbx)
        with self._timed("faults"):
            acknowledged = self._break(product, server, crm, pbx, plan, told)
        result.acknowledged = len(acknowledged)
        with self._timed("drain"):
            self._drain(product, crm)
        result.early = self._judge(crm, plan, only=acknowledged)
        if self._order.reconciles:
            with self._timed("reconcile"):
                self._reconcile(product, crm, pbx, plan)
            result.findings = self._judge(crm, plan)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._result.seconds[name] = time.monotonic() - began

    @contextmanager
    def _product(
        self, crm: Simulator, pbx: Simulator
    ) -> Iterator[tuple[Product, postgres.Server | None]]:
        """The server with a new database; its folder stays for whoever wants to look."""
        folder = Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))
        self._result.folder = folder
        with ExitStack() as stack:
            server = None
            url = f"sqlite:///{folder / 'app.db'}"
            if self._order.database == "postgresql":
                server = stack.enter_context(postgres.running(WITHOUT_FSYNC))
                url = server.database("chaos")
            product = Product(
                url,
                crm.url,
                folder,
                free_port(),
                dict(OWN),
                pbx_host=pbx.host,
                sabotage=self._order.sabotage,
            )
            stack.callback(product.stop)
            yield product, server

    def _prepare(
        self, product: Product, crm: Simulator, pbx: Simulator
    ) -> tuple[Plan, list[Notification]]:
        """Start everything, let the PBX play its calls, and get the notifications of them."""
        order = self._order
        with self._timed("start"):
            pbx.ask("POST", "/_sim/seed", {"accounts": [pbx_account()], "replace": True})
            pbx.ask("POST", "/_sim/webhooks", {"targets": [{"url": f"{pbx.url}/nobody"}]})
            product.start()
            now = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)
            plan = make_plan(order.seed, order.calls, now=now, drops=order.drops)
            document = integration_file(plan.office, crm_url=crm.url, pbx_url=pbx.url)
            product.create(document)
        with self._timed("play"):
            told = play(pbx, plan.calls)
        return plan, told

    # While everything breaks

    def _break(
        self,
        product: Product,
        server: postgres.Server | None,
        crm: Simulator,
        pbx: Simulator,
        plan: Plan,
        told: list[Notification],
    ) -> set[int]:
        """Deliver everything; the calls of which every notification was acknowledged."""
        order, result = self._order, self._result
        deliveries, counts = schedule(plan, told, per_second=order.per_second)
        result.counts += counts
        self._break_crm(crm)
        faults.limit_report(pbx)
        courier = Courier(deliveries, port=product.port, path=product.hook_path)
        length = deliveries[-1].at
        killers = Killers(product, server, order.seed, seconds=length, wanted=order.killers)
        sender = threading.Thread(target=courier.run, daemon=True)
        sender.start()
        killers.start()
        time.sleep(length * 0.6)
        self._change_key(product, crm)
        sender.join(self._left())
        result.counts += killers.stop(but="workers")
        product.wait_until_ready()
        self._let_them_work(crm, len(courier.call_ids()) * BROKEN_SHARE, length)
        result.counts += killers.stop()
        result.counts["web cut in mid-request"] = courier.answers["cut"]
        self._heal(product, crm, pbx)
        missed = {
            one.call_id for number, one in enumerate(told) if number not in courier.acknowledged
        }
        result.answers = courier.answers
        return {call.id for call in plan.calls} - missed

    def _let_them_work(self, crm: Simulator, wanted: float, length: float) -> None:
        """Go on breaking things until so many calls are logged: the work is what is to be broken,
        and on a busy machine it comes late."""
        ends_at = time.monotonic() + min(length + BROKEN_SECONDS, self._left())
        while time.monotonic() < ends_at:
            time.sleep(0.5)
            if crm.ask("GET", "/_sim/audit?counts=0")["entities"]["calls"]["total"] >= wanted:
                return

    def _heal(self, product: Product, crm: Simulator, pbx: Simulator) -> None:
        """No more faults, and a new key: what waited for the account is due at once."""
        self._result.counts += faults.mend(crm, pbx)
        self._result.counts["PBX: report limited"] = pbx.fired()["limit_exceeded"]
        self._change_key(product, crm)

    def _change_key(self, product: Product, crm: Simulator) -> None:
        """The CRM's key is revoked for a while; then an operator enters a new one."""
        old, self._key = self._key, f"{CRM_KEY}-{secrets.token_hex(4)}"
        seen = crm.ask("GET", "/_sim/requests?limit=0")["total"]
        crm.ask("POST", f"/_sim/accounts/{old}", {"revoked": True})
        time.sleep(REVOKED_SECONDS)
        crm.ask("POST", f"/_sim/accounts/{old}", {"revoked": False, "key": self._key})
        document = {"behomes": {"base_url": crm.url, "api_key": self._key}}
        while not self._connect(product, json.dumps(document)):
            self._left()
            time.sleep(0.5)
        since = crm.ask("GET", "/_sim/requests?limit=0")["total"] - seen
        rows = crm.ask("GET", f"/_sim/requests?limit={since}")["requests"]
        self._result.counts["CRM: key refused"] += sum(row["status"] == 401 for row in rows)

    def _connect(self, product: Product, document: str) -> bool:
        """False while the database is away, or the CRM shows a fault."""
        words = ("integrations", "connect", product.id, "-")
        with product.restarting:
            try:
                told = product.flask(*words, given=document, codes=(0, 1))
                return bool(json.loads(told).get("behomes") == "ok")
            except (RuntimeError, ValueError):
                return False

    # Afterwards

    def _drain(self, product: Product, crm: Simulator) -> None:
        """Wait until nothing is due; what was set aside is sent again, as an operator would."""
        for _ in range(REPLAYS):
            while not product.drain(min(DRAIN_SECONDS, self._left()))["idle"]:
                pass
            found = json.loads(product.flask("writes", "replay", product.id))
            self._result.replayed += found["calls"]
            if not found["calls"]:
                break
        settled(crm)

    def _reconcile(self, product: Product, crm: Simulator, pbx: Simulator, plan: Plan) -> None:
        """Compare with the calls report, as an operator would after an outage; the CRM is as bad
        as before, until most of what was taken in is written."""
        expected, _ = expect(plan)
        since, till = (moment.isoformat() for moment in plan.window)
        words = ("calls", "reconcile", product.id, "--from", since, "--till", till)
        self._break_crm(crm)
        self._result.reconciled = json.loads(product.flask(*words))
        logged = sum(one.is_logged for one in expected)
        self._let_them_work(crm, logged * RECONCILED_SHARE, len(plan.calls) / 10)
        self._heal(product, crm, pbx)
        self._drain(product, crm)

    def _break_crm(self, crm: Simulator) -> None:
        order = self._order
        faults.break_crm(crm, seed=order.seed, often=order.often, more=order.more)

    def _judge(self, crm: Simulator, plan: Plan, only: set[int] | None = None) -> list[Finding]:
        expected, groups = expect(plan)
        written = crm.ask("GET", "/_sim/written")
        audit = crm.ask("GET", "/_sim/audit?counts=0")
        self._result.written = Counter({name: len(rows) for name, rows in written.items()})
        return compare(written, audit, expected, groups, only=only)

    def _left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"work is left after {self._order.limit_seconds:.0f} seconds")
        return left


def run_campaign(order: Order) -> Result:
    """Run a campaign and say on standard error how far it is."""
    sys.stderr.write(f"{order.name}...\n")
    return Campaign(order).run()
