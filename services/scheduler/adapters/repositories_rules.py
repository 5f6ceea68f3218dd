"""Creditors and policies in PostgreSQL; policies are compiled once per version and process."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.kernel.errors import Conflict
from scheduler.domain.policy import Creditor, Policy, Rulebook
from scheduler.domain.policy_reading import read_policy
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import PolicyRecord

SHIPPED = "*"

_CREDITORS = text("SELECT * FROM creditors WHERE creditor_id = ANY(CAST(:ids AS text[]))")
# The newest version of each name per creditor; the shipped ones stand for a creditor that changed nothing.
_LATEST = text(
    "SELECT DISTINCT ON (creditor_id, name) creditor_id, name, version FROM policies"
    " WHERE creditor_id = ANY(CAST(:ids AS text[])) ORDER BY creditor_id, name, version DESC"
)
_POLICY = text(
    "SELECT creditor_id, name, version, data, author, created_at FROM policies"
    " WHERE creditor_id IN (:creditor_id, '*') AND name = :name"
    " AND (CAST(:version AS bigint) IS NULL OR version = :version)"
    " ORDER BY version DESC, creditor_id DESC LIMIT 1"
)
_ADD = text(
    "INSERT INTO policies (creditor_id, name, version, data, author, created_at)"
    " VALUES (:creditor_id, :name, :version, CAST(:data AS jsonb), :author, :created_at)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_TAKE = text(
    "INSERT INTO creditors (creditor_id, version, timezone, language, important_from, whatsapp_up_to)"
    " VALUES (:creditor_id, :version, :timezone, :language, :important_from, :whatsapp_up_to)"
    " ON CONFLICT (creditor_id) DO UPDATE SET version = excluded.version, timezone = excluded.timezone,"
    " language = excluded.language, important_from = excluded.important_from,"
    " whatsapp_up_to = excluded.whatsapp_up_to WHERE creditors.version < excluded.version RETURNING creditor_id"
)
_OUTREACH = text(
    "INSERT INTO creditors (creditor_id, version, timezone, language, important_from, whatsapp_up_to, outreach)"
    " VALUES (:creditor_id, 0, :timezone, :language, :important_from, :whatsapp_up_to, :outreach)"
    " ON CONFLICT (creditor_id) DO UPDATE SET outreach = excluded.outreach"
)


@lru_cache(maxsize=4096)
def _compiled(name: str, version: int, data: bytes) -> Policy:
    return read_policy(msgspec.json.decode(data), name=name, version=version)


class PostgresRules:
    """Port ``Rules`` on one connection; ``cache`` lives as long as the process: versions never change."""

    def __init__(
        self,
        connection: Connection,
        *,
        default_outreach: Outreach,
        cache: dict[tuple[str, str, int], Policy],
    ) -> None:
        self._connection = connection
        self._default_outreach = default_outreach
        self._cache = cache

    async def rulebooks(self, creditor_ids: Sequence[str]) -> dict[str, Rulebook]:
        """Return what holds for each creditor now."""
        ids = list(creditor_ids)
        creditors = {
            row.creditor_id: self._creditor(dict(row))
            for row in await self._connection.execute(_CREDITORS, {"ids": ids})
        }
        latest: dict[tuple[str, str], int] = {
            (row.creditor_id, row.name): row.version
            for row in await self._connection.execute(_LATEST, {"ids": [*ids, SHIPPED]})
        }
        books: dict[str, Rulebook] = {}
        for creditor_id in ids:
            ladders: dict[str, Policy] = {}
            for name in ("gold", "silver", "bronze"):
                owner = creditor_id if (creditor_id, name) in latest else SHIPPED
                ladders[name] = await self._policy(owner, name, latest[owner, name])
            creditor = creditors.get(creditor_id) or Creditor(creditor_id, outreach=self._default_outreach)
            books[creditor_id] = Rulebook(creditor=creditor, **ladders)
        return books

    async def _policy(self, owner: str, name: str, version: int) -> Policy:
        key = (owner, name, version)
        if key not in self._cache:
            record = await self.policy(owner, name, version=version)
            if record is None:
                raise Conflict(f"version {version} of {name} is gone")
            self._cache[key] = self.compiled(record)
        return self._cache[key]

    def _creditor(self, row: Mapping[str, Any]) -> Creditor:
        return Creditor(
            creditor_id=row["creditor_id"],
            version=row["version"],
            timezone=row["timezone"],
            language=row["language"],
            important_from=row["important_from"],
            whatsapp_up_to=row["whatsapp_up_to"],
            outreach=Outreach(row["outreach"]) if row["outreach"] else self._default_outreach,
        )

    async def take_creditors(self, creditors: Sequence[Creditor]) -> list[str]:
        """Store the newest of each creditor; these are few."""
        changed: list[str] = []
        for creditor in sorted(creditors, key=lambda item: (item.creditor_id, item.version)):
            done = await self._connection.execute(_TAKE, _values(creditor))
            changed += [row.creditor_id for row in done]
        return sorted(set(changed))

    async def set_outreach(self, creditor_id: str, outreach: Outreach) -> None:
        """Store whether reminders go out."""
        await self._connection.execute(_OUTREACH, {**_values(Creditor(creditor_id)), "outreach": outreach})

    async def policy(self, creditor_id: str, name: str, *, version: int | None = None) -> PolicyRecord | None:
        """Return a version of a policy; the shipped one is version 1 of everybody's."""
        rows = await self._connection.execute(
            _POLICY, {"creditor_id": creditor_id, "name": name, "version": version}
        )
        row = rows.one_or_none()
        if row is None:
            return None
        return PolicyRecord(row.name, row.version, row.data, row.author, row.created_at)

    async def add_policy(self, creditor_id: str, record: PolicyRecord) -> None:
        """Store a new version; raises Conflict when somebody was first."""
        done = await self._connection.execute(
            _ADD,
            {
                "creditor_id": creditor_id,
                "name": record.name,
                "version": record.version,
                "data": msgspec.json.encode(record.data).decode(),
                "author": record.author,
                "created_at": record.created_at,
            },
        )
        if len(done) != 1:
            raise Conflict(f"version {record.version} of {record.name} exists: read it again")

    def compiled(self, record: PolicyRecord) -> Policy:
        """Return the policy ready for use; raises Rejected."""
        return _compiled(record.name, record.version, msgspec.json.encode(record.data, order="sorted"))


def _values(creditor: Creditor) -> dict[str, object]:
    return {
        "creditor_id": creditor.creditor_id,
        "version": creditor.version,
        "timezone": creditor.timezone,
        "language": creditor.language,
        "important_from": creditor.important_from,
        "whatsapp_up_to": creditor.whatsapp_up_to,
    }
