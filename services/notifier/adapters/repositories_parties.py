"""Creditors, customers, consent and dead addresses in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from notifier.adapters.kept import ADDRESSES, CONSENTS, Keep, KeptAddress, KeptConsent, keep_nothing
from notifier.domain.consent import Consent
from notifier.domain.parties import Creditor, Customer, Party
from notifier.usecases.ports import Key

_creditor_decoder = msgspec.json.Decoder(Creditor)
_customer_decoder = msgspec.json.Decoder(Customer)
_encoder = msgspec.json.Encoder()

_STORE_CUSTOMERS = text(
    "INSERT INTO customers (creditor_id, customer_id, version, details)"
    " SELECT u.creditor_id, u.customer_id, u.version, u.details::jsonb FROM unnest(CAST(:creditor_id AS text[]),"
    " CAST(:customer_id AS text[]), CAST(:version AS bigint[]), CAST(:details AS text[]))"
    " AS u(creditor_id, customer_id, version, details)"
    " ON CONFLICT (creditor_id, customer_id) DO UPDATE SET version = excluded.version, details = excluded.details"
    " WHERE customers.version < excluded.version"
)
_STORE_CREDITORS = text(
    "INSERT INTO creditors (creditor_id, version, details)"
    " SELECT u.creditor_id, u.version, u.details::jsonb FROM unnest(CAST(:creditor_id AS text[]),"
    " CAST(:version AS bigint[]), CAST(:details AS text[])) AS u(creditor_id, version, details)"
    " ON CONFLICT (creditor_id) DO UPDATE SET version = excluded.version, details = excluded.details"
    " WHERE creditors.version < excluded.version"
)
_KEYS = "unnest(CAST(:creditors AS text[]), CAST(:customers AS text[])) AS k(creditor_id, customer_id)"
_LOAD = text(
    "SELECT k.creditor_id, k.customer_id, d.details::text AS creditor, u.details::text AS customer,"
    " (SELECT coalesce(array_agg(s.address ORDER BY s.address), '{}') FROM suppressed_addresses s"
    "  WHERE s.creditor_id = k.creditor_id AND s.address IN ("
    "   SELECT jsonb_array_elements(u.details->'contacts')->>field FROM unnest(ARRAY['email', 'mobile']) AS field"
    "  )) AS unusable"
    f" FROM {_KEYS} LEFT JOIN creditors d USING (creditor_id)"
    " LEFT JOIN customers u ON u.creditor_id = k.creditor_id AND u.customer_id = k.customer_id"
)
_CONSENTS = text(
    f"SELECT c.creditor_id, c.customer_id, c.channel, c.allowed, c.source, c.at FROM {_KEYS}"
    " JOIN consents c USING (creditor_id, customer_id) ORDER BY c.channel"
)
_SET_CONSENTS = text(
    "INSERT INTO consents (creditor_id, customer_id, channel, allowed, source, at)"
    " SELECT :creditor_id, :customer_id, u.channel, u.allowed, u.source, u.at FROM unnest(CAST(:channel AS text[]),"
    " CAST(:allowed AS boolean[]), CAST(:source AS text[]), CAST(:at AS timestamptz[]))"
    " AS u(channel, allowed, source, at) ORDER BY u.channel"
    " ON CONFLICT (creditor_id, customer_id, channel)"
    " DO UPDATE SET allowed = excluded.allowed, source = excluded.source, at = excluded.at"
)
_SUPPRESS = text(
    "INSERT INTO suppressed_addresses (creditor_id, address, reason, at) VALUES (:creditor_id, :address, :reason, :at)"
    " ON CONFLICT DO NOTHING"
)


class PostgresParties:
    """Both sides of a message, within one transaction."""

    def __init__(self, connection: Connection, *, default_sender: str, keep: Keep = keep_nothing) -> None:
        self._connection = connection
        self._default_sender = default_sender
        self._keep = keep

    async def store_customers(self, customers: Sequence[tuple[str, Customer]]) -> None:
        """Keep customers by (creditor, customer); of several versions the highest."""
        latest: dict[Key, Customer] = {}
        for creditor_id, customer in customers:
            key = (creditor_id, customer.customer_id)
            if key not in latest or latest[key].version < customer.version:
                latest[key] = customer
        keys = sorted(latest)
        values = {
            "creditor_id": [key[0] for key in keys],
            "customer_id": [key[1] for key in keys],
            "version": [latest[key].version for key in keys],
            "details": [_encoder.encode(latest[key]).decode() for key in keys],
        }
        if keys:
            await self._connection.execute(_STORE_CUSTOMERS, values)

    async def store_creditors(self, creditors: Sequence[Creditor]) -> None:
        """Keep creditors; of several versions the highest."""
        latest: dict[str, Creditor] = {}
        for creditor in creditors:
            known = latest.get(creditor.creditor_id)
            if known is None or known.version < creditor.version:
                latest[creditor.creditor_id] = creditor
        ids = sorted(latest)
        values = {
            "creditor_id": ids,
            "version": [latest[name].version for name in ids],
            "details": [_encoder.encode(latest[name]).decode() for name in ids],
        }
        if ids:
            await self._connection.execute(_STORE_CREDITORS, values)

    async def load(self, keys: Collection[Key]) -> Mapping[Key, Party]:
        """Read both sides; what is unknown gets the documented defaults."""
        ordered = sorted(keys)
        values = {"creditors": [key[0] for key in ordered], "customers": [key[1] for key in ordered]}
        consents: dict[Key, dict[str, Consent]] = {}
        for row in await self._connection.execute(_CONSENTS, values):
            known = consents.setdefault((row["creditor_id"], row["customer_id"]), {})
            known[row["channel"]] = Consent(row["allowed"], row["source"], row["at"])
        rows = await self._connection.execute(_LOAD, values)
        return {
            (row["creditor_id"], row["customer_id"]): Party(
                creditor=self._creditor(row),
                customer=_customer(row),
                consents=consents.get((row["creditor_id"], row["customer_id"]), {}),
                unusable=frozenset(row["unusable"]),
            )
            for row in rows
        }

    def _creditor(self, row: Any) -> Creditor:
        found = _creditor_decoder.decode(row["creditor"]) if row["creditor"] else Creditor(row["creditor_id"])
        # Every message needs a sender and an address to answer to.
        return found if found.sender_email else replace(found, sender_email=self._default_sender)

    async def set_consents(self, key: Key, consents: Mapping[str, Consent]) -> None:
        """Record yes or no per channel; channels not named stay as they are."""
        channels = sorted(consents)
        values = {
            "creditor_id": key[0],
            "customer_id": key[1],
            "channel": channels,
            "allowed": [consents[channel].allowed for channel in channels],
            "source": [consents[channel].source for channel in channels],
            "at": [consents[channel].at for channel in channels],
        }
        await self._connection.execute(_SET_CONSENTS, values)
        self._keep(CONSENTS, [_kept(key, channel, consents[channel]) for channel in channels])

    async def suppress_address(self, *, creditor_id: str, address: str, reason: str, at: datetime) -> None:
        """Never use this address of the creditor's customers again."""
        values = {"creditor_id": creditor_id, "address": address, "reason": reason, "at": at}
        await self._connection.execute(_SUPPRESS, values)
        self._keep(ADDRESSES, [KeptAddress(creditor_id, address, reason, at)])


def _kept(key: Key, channel: str, consent: Consent) -> KeptConsent:
    return KeptConsent(*key, channel, consent.allowed, consent.source, consent.at)


def _customer(row: Any) -> Customer:
    if row["customer"] is None:
        return Customer(row["customer_id"])
    return _customer_decoder.decode(row["customer"])
