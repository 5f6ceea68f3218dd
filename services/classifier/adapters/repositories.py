"""The ledger of one transaction: creditors, and the parts about customers and invoices joined."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from prometheus_client import Counter
from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from chassis.kernel.calendar import day_start
from classifier.adapters.days import to_date, to_day
from classifier.adapters.metrics import PROFILES_TOTAL, TIER_CHANGES_TOTAL
from classifier.adapters.repositories_customers import CustomerRows
from classifier.adapters.repositories_invoices import InvoiceRows
from classifier.adapters.wire import outgoing
from classifier.domain.creditor import Creditor
from classifier.domain.events import Event, TierChanged
from classifier.domain.lateness import BINS

_CREDITORS: Final = text(
    "SELECT creditor_id, version, timezone, latest_on, prior_on, prior FROM creditors"
    " WHERE creditor_id = ANY (CAST(:ids AS text[])) ORDER BY creditor_id"
)
_TO_FREEZE: Final = text(
    "SELECT c.creditor_id, c.version, c.timezone, c.latest_on, c.prior_on, c.prior FROM creditors c"
    " JOIN unnest(CAST(:zones AS text[]), CAST(:days AS date[])) AS z (timezone, today) USING (timezone)"
    " WHERE c.prior_on IS NULL OR c.prior_on < z.today ORDER BY c.creditor_id LIMIT :limit FOR UPDATE OF c"
)
# The highest version's time zone, the latest date, the latest prior: whoever writes last.
_SAVE: Final = text(
    "INSERT INTO creditors AS c (creditor_id, version, timezone, latest_on, prior_on, prior)"
    " SELECT u.creditor_id, u.version, u.timezone, u.latest_on, u.prior_on, CAST(u.prior AS float8[])"
    " FROM unnest(CAST(:ids AS text[]), CAST(:versions AS bigint[]), CAST(:timezones AS text[]),"
    " CAST(:latest_ons AS date[]), CAST(:prior_ons AS date[]), CAST(:priors AS text[]))"
    " AS u (creditor_id, version, timezone, latest_on, prior_on, prior)"
    " ON CONFLICT (creditor_id) DO UPDATE SET version = greatest(c.version, excluded.version),"
    " timezone = CASE WHEN excluded.version >= c.version THEN excluded.timezone ELSE c.timezone END,"
    " latest_on = greatest(c.latest_on, excluded.latest_on),"
    " prior = CASE WHEN excluded.prior_on > c.prior_on THEN excluded.prior ELSE c.prior END,"
    " prior_on = greatest(c.prior_on, excluded.prior_on)"
)
_PORTFOLIO: Final = text(
    "SELECT count(*), " + ", ".join(f"coalesce(sum(s[{n}]), 0)" for n in range(1, BINS + 1)) + " FROM"
    " (SELECT CASE WHEN last_on >= :before THEN shares_before ELSE shares END AS s"
    " FROM customers WHERE creditor_id = :creditor) AS c WHERE cardinality(s) > 0"
)
_TIMEZONES: Final = text("SELECT DISTINCT timezone FROM creditors ORDER BY timezone")
_NEXT_CHANGES: Final = text(
    "SELECT c.timezone, min(n.next_change_on) FROM creditors c CROSS JOIN LATERAL"
    " (SELECT min(k.next_change_on) AS next_change_on FROM customers k WHERE k.creditor_id = c.creditor_id) AS n"
    " WHERE n.next_change_on IS NOT NULL GROUP BY c.timezone"
)


class PostgresLedger(CustomerRows, InvoiceRows):
    """Implements usecases.ports.Ledger on one unit of work."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit.connection)
        self._unit = unit

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, Creditor]:
        """Return those known."""
        rows = await self._connection.execute(_CREDITORS, {"ids": list(creditor_ids)})
        return {row.creditor_id: _creditor(row) for row in rows}

    async def creditors_to_freeze(self, *, days: Mapping[str, int], limit: int) -> list[Creditor]:
        """Return creditors whose prior is older than the day given for their time zone, by id, locked."""
        zones = sorted(days)
        values = {"zones": zones, "days": [to_date(days[zone]) for zone in zones], "limit": limit}
        return [_creditor(row) for row in await self._connection.execute(_TO_FREEZE, values)]

    async def timezones(self) -> list[str]:
        """Return the time zones in use."""
        return list((await self._connection.execute(_TIMEZONES)).scalars())

    async def save_creditors(self, creditors: Sequence[Creditor]) -> None:
        """Insert or replace."""
        if not creditors:
            return
        values = {
            "ids": [row.creditor_id for row in creditors],
            "versions": [row.version for row in creditors],
            "timezones": [row.timezone for row in creditors],
            "latest_ons": [to_date(row.latest_on) for row in creditors],
            "prior_ons": [to_date(row.prior_on) for row in creditors],
            "priors": ["{" + ",".join(map(repr, row.prior)) + "}" for row in creditors],
        }
        await self._connection.execute(_SAVE, values)

    async def portfolio(self, creditor_id: str, *, before: int) -> tuple[int, tuple[int, ...]]:
        """Return the number of customers with payments before a day, and the sums of their shares per bin."""
        values = {"creditor": creditor_id, "before": to_date(before)}
        count, *sums = (await self._connection.execute(_PORTFOLIO, values)).one()
        return count, tuple(sums)

    async def next_change_at(self) -> datetime | None:
        """Return the earliest instant at which time alone changes a customer."""
        rows = await self._connection.execute(_NEXT_CHANGES)
        return min((day_start(row[1], zone=ZoneInfo(row[0])) for row in rows), default=None)

    def publish(self, event: Event) -> None:
        """Tell the world, in this transaction."""
        self._unit.publish(outgoing(event))
        if isinstance(event, TierChanged):
            _changes_counter(event.old_tier or "NONE", event.now.tier, event.now.rule).inc()
        else:
            PROFILES_TOTAL.inc()


@lru_cache(maxsize=64)
def _changes_counter(old: str, new: str, rule: str) -> Counter:
    return TIER_CHANGES_TOTAL.labels(old, new, rule)


def _creditor(row: Sequence[Any]) -> Creditor:
    creditor_id, version, timezone, latest_on, prior_on, prior = row
    return Creditor(creditor_id, version, timezone, to_day(latest_on), to_day(prior_on), tuple(prior))
