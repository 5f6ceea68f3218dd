"""Customers, their tier changes, pins and preferences in PostgreSQL, one statement per table and batch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text

from chassis.db.connection import Connection
from classifier.adapters.days import as_date, to_date, to_day
from classifier.adapters.state_codec import decode_customer, decode_decision, encode_customer, encode_decision
from classifier.domain.creditor import shares
from classifier.domain.customer import Customer, Key
from classifier.domain.habits import Habits
from classifier.domain.pin import Pin
from classifier.domain.tier import Decision, Standing, Tier
from classifier.usecases.ports import Judged

_KEYS: Final = "unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]))"
_LOCK: Final = text(
    "SELECT c.creditor_id, c.customer_id, c.state FROM customers c"
    f" JOIN {_KEYS} AS u (creditor_id, customer_id) USING (creditor_id, customer_id)"
    " ORDER BY c.creditor_id, c.customer_id FOR UPDATE OF c"
)
_CREATE: Final = text(
    "INSERT INTO customers (creditor_id, customer_id, state, tier, unknown, too_long_overdue, shares, shares_before)"
    " SELECT u.creditor_id, u.customer_id, u.state, 'BRONZE', true, 0, '{}', '{}'"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:states AS bytea[]))"
    " AS u (creditor_id, customer_id, state) ON CONFLICT DO NOTHING"
)
_LOCK_DUE: Final = text(
    "SELECT c.creditor_id, c.customer_id, c.state FROM customers c"
    " JOIN (SELECT d.creditor_id, d.customer_id FROM creditors o"
    " JOIN unnest(CAST(:zones AS text[]), CAST(:days AS date[])) AS z (timezone, today) USING (timezone)"
    " CROSS JOIN LATERAL (SELECT k.creditor_id, k.customer_id FROM customers k"
    " WHERE k.creditor_id = o.creditor_id AND k.next_change_on <= z.today"
    " ORDER BY k.next_change_on LIMIT :limit) AS d LIMIT :limit) AS due USING (creditor_id, customer_id)"
    " ORDER BY c.creditor_id, c.customer_id FOR UPDATE OF c"
)
_SAVE: Final = text(
    f"UPDATE customers c SET state = u.state, first_on = {as_date('u.first_on')},"
    f" last_on = {as_date('u.last_on')}, next_change_on = {as_date('u.next_change_on')},"
    " tier = coalesce(u.tier, c.tier), unknown = u.unknown,"
    # What only a new judgement can change stays as it is without one.
    f" fell_on = CASE WHEN u.too_long_overdue IS NULL THEN c.fell_on ELSE {as_date('u.fell_on')} END,"
    " too_long_overdue = coalesce(u.too_long_overdue, c.too_long_overdue),"
    " shares = coalesce(CAST(u.shares AS integer[]), c.shares),"
    " shares_before = coalesce(CAST(u.shares_before AS integer[]), c.shares_before)"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:states AS bytea[]),"
    " CAST(:first_ons AS integer[]), CAST(:last_ons AS integer[]), CAST(:change_ons AS integer[]),"
    " CAST(:tiers AS text[]), CAST(:unknowns AS boolean[]), CAST(:overdues AS integer[]),"
    " CAST(:fell_ons AS integer[]), CAST(:shares AS text[]), CAST(:shares_before AS text[]))"
    " AS u (creditor_id, customer_id, state, first_on, last_on, next_change_on, tier, unknown,"
    " too_long_overdue, fell_on, shares, shares_before)"
    " WHERE c.creditor_id = u.creditor_id AND c.customer_id = u.customer_id"
)
_SAVE_PREFERENCES: Final = text(
    "INSERT INTO preferences (creditor_id, customer_id, preferred)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:preferred AS jsonb[]))"
    " ON CONFLICT (creditor_id, customer_id) DO UPDATE SET preferred = excluded.preferred"
)
_HISTORY: Final = text(
    f"SELECT t.creditor_id, t.customer_id, t.decision FROM {_KEYS} AS u (creditor_id, customer_id)"
    " JOIN tier_changes t USING (creditor_id, customer_id) ORDER BY t.changed_on"
)
_CLEAR_HISTORY: Final = text(
    f"DELETE FROM tier_changes t USING {_KEYS} AS u (creditor_id, customer_id)"
    " WHERE t.creditor_id = u.creditor_id AND t.customer_id = u.customer_id"
)
_DROP_CHANGES: Final = text(
    "DELETE FROM tier_changes t"
    " USING unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:days AS date[]))"
    " AS u (creditor_id, customer_id, changed_on)"
    " WHERE t.creditor_id = u.creditor_id AND t.customer_id = u.customer_id AND t.changed_on = u.changed_on"
)
_SAVE_CHANGES: Final = text(
    "INSERT INTO tier_changes (creditor_id, customer_id, changed_on, decision)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:days AS date[]),"
    " CAST(:decisions AS bytea[]))"
    " ON CONFLICT (creditor_id, customer_id, changed_on) DO UPDATE SET decision = excluded.decision"
)
_PINS: Final = text(
    "SELECT number, tier, reason, author, at, expires_on, ended_at FROM pins"
    " WHERE creditor_id = :creditor AND customer_id = :customer ORDER BY number"
)
_SAVE_PIN: Final = text(
    "INSERT INTO pins (creditor_id, customer_id, number, tier, reason, author, at, expires_on, ended_at)"
    " VALUES (:creditor, :customer, :number, :tier, :reason, :author, :at, :expires_on, :ended_at)"
    " ON CONFLICT (creditor_id, customer_id, number) DO UPDATE SET ended_at = excluded.ended_at"
)
_BELOW: Final = {Tier.GOLD: 2, Tier.SILVER: 1, Tier.BRONZE: 0}


class CustomerRows:
    """The part of the ledger that is about customers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, keys: Sequence[Key]) -> dict[Key, Customer]:
        """Return these customers locked, in key order; those unknown come empty and exist from now on."""
        found = await self._locked(keys)
        missing = [key for key in keys if key not in found]
        if missing:
            states = [encode_customer(Customer(*key)) for key in missing]
            await self._connection.execute(_CREATE, {**columns(missing), "states": states})
            found |= await self._locked(missing)
        return found

    async def lock_known(self, key: Key) -> Customer | None:
        """Return one customer locked; None when it is unknown."""
        return (await self._locked([key])).get(key)

    async def lock_due(self, *, days: Mapping[str, int], limit: int) -> dict[Key, Customer]:
        """Return up to ``limit`` customers for whom time alone changes something by their time zone's day."""
        zones = sorted(days)
        values = {"zones": zones, "days": [to_date(days[zone]) for zone in zones], "limit": limit}
        return _customers(await self._connection.execute(_LOCK_DUE, values))

    async def _locked(self, keys: Sequence[Key]) -> dict[Key, Customer]:
        return _customers(await self._connection.execute(_LOCK, columns(keys)))

    async def save_customers(self, rows: Sequence[Judged], *, today: Mapping[str, int]) -> None:
        """Replace; ``today`` gives the day per creditor (0 while there is no time)."""
        if rows:
            found = [_row(row, today=today[row.customer.creditor_id]) for row in rows]
            values = dict(zip(_COLUMNS, map(list, zip(*found, strict=True)), strict=True))
            await self._connection.execute(_SAVE, values)

    async def save_preferences(self, preferences: Mapping[Key, bytes]) -> None:
        """Replace what customers prefer (JSON)."""
        keys = sorted(preferences)
        preferred = [preferences[key].decode() for key in keys]
        await self._connection.execute(_SAVE_PREFERENCES, {**columns(keys), "preferred": preferred})

    async def histories(self, keys: Sequence[Key]) -> dict[Key, list[Decision]]:
        """Return the computed changes of tier, oldest first; customers without one are left out."""
        found: dict[Key, list[Decision]] = {}
        for row in await self._connection.execute(_HISTORY, columns(keys)):
            found.setdefault((row.creditor_id, row.customer_id), []).append(decode_decision(row.decision))
        return found

    async def save_history(
        self, changes: Mapping[Key, Mapping[int, Decision | None]], *, cleared: Sequence[Key]
    ) -> None:
        """Drop all changes of the customers ``cleared``; then, per day, replace a change or drop it (None)."""
        if cleared:
            await self._connection.execute(_CLEAR_HISTORY, columns(cleared))
        rows = [(key, on, made) for key in sorted(changes) for on, made in sorted(changes[key].items())]
        dropped = [(key, on) for key, on, made in rows if made is None]
        kept = [(key, on, made) for key, on, made in rows if made is not None]
        if dropped:
            values = {**columns([key for key, _ in dropped]), "days": [to_date(on) for _, on in dropped]}
            await self._connection.execute(_DROP_CHANGES, values)
        if kept:
            values = {**columns([key for key, _, _ in kept]), "days": [to_date(on) for _, on, _ in kept]}
            decisions = [encode_decision(made) for _, _, made in kept]
            await self._connection.execute(_SAVE_CHANGES, {**values, "decisions": decisions})

    async def pins(self, key: Key) -> list[Pin]:
        """Return every manual tier there ever was, oldest first."""
        return [
            Pin(
                number=row.number,
                tier=Tier(row.tier),
                reason=row.reason,
                author=row.author,
                at=row.at,
                expires_on=to_day(row.expires_on),
                ended_at=row.ended_at,
            )
            for row in await self._connection.execute(_PINS, _one(key))
        ]

    async def save_pin(self, key: Key, pin: Pin) -> None:
        """Insert or replace by its number."""
        values = {
            **_one(key),
            "number": pin.number,
            "tier": pin.tier.value,
            "reason": pin.reason,
            "author": pin.author,
            "at": pin.at,
            "expires_on": to_date(pin.expires_on),
            "ended_at": pin.ended_at,
        }
        await self._connection.execute(_SAVE_PIN, values)


def columns(keys: Sequence[Key]) -> dict[str, Any]:
    """Return the keys as two arrays."""
    return {"creditors": [key[0] for key in keys], "customers": [key[1] for key in keys]}


def _one(key: Key) -> dict[str, Any]:
    return {"creditor": key[0], "customer": key[1]}


def _customers(rows: Iterable[Sequence[Any]]) -> dict[Key, Customer]:
    return {(row[0], row[1]): decode_customer(row[2]) for row in rows}


_COLUMNS: Final = (
    "creditors customers states first_ons last_ons change_ons tiers unknowns overdues fell_ons shares shares_before"
).split()


def _row(row: Judged, *, today: int) -> tuple[object, ...]:
    customer, behaviour = row.customer, row.customer.behaviour
    always = (
        customer.creditor_id,
        customer.customer_id,
        encode_customer(customer),
        customer.first_on,
        behaviour.last_on,
        customer.next_change_on(today=today),
    )
    told = customer.told
    if row.judgement is None:
        return (*always, told.tier or None, told.unknown, None, None, None, None)
    habits, standing = row.judgement
    return (
        *always,
        told.tier or standing.tier.value,
        told.unknown,
        standing.over_30,
        _fell_on(standing),
        _array(habits),
        _array(behaviour.habits),
    )


def _fell_on(standing: Standing) -> int | None:
    made = standing.decision
    return made.on if _BELOW[made.new] < _BELOW[made.old] else None


def _array(habits: Habits) -> str:
    return "{" + ",".join(map(str, shares(habits.histogram))) + "}"
