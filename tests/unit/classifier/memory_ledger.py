"""The ledger and reader of the classifier in memory; tests/ports proves it equal to PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from classifier.domain.changes import ContactMade
from classifier.domain.creditor import Creditor, shares
from classifier.domain.customer import Customer, Key
from classifier.domain.events import Event, ProfileChanged, TierChanged
from classifier.domain.evidence import InvoiceFacts, Outcome
from classifier.domain.lateness import BINS
from classifier.domain.pin import Pin
from classifier.domain.tier import Decision, Tier
from classifier.usecases.ports import ChannelCount, InvoiceKey, Judged, Listed, Listing, Outlook


@dataclass
class MemoryLedger:
    """Keeps everything in dictionaries; one transaction at a time."""

    creditor_rows: dict[str, Creditor] = field(default_factory=dict)
    customer_rows: dict[Key, Customer] = field(default_factory=dict)
    change_on: dict[Key, int] = field(default_factory=dict)
    preference_rows: dict[Key, bytes] = field(default_factory=dict)
    invoice_rows: dict[InvoiceKey, tuple[Key, InvoiceFacts, bool]] = field(default_factory=dict)
    history_rows: dict[Key, dict[int, Decision]] = field(default_factory=dict)
    pin_rows: dict[Key, dict[int, Pin]] = field(default_factory=dict)
    contact_rows: dict[tuple[str, str], ContactMade] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, Creditor]:
        return {name: self.creditor_rows[name] for name in creditor_ids if name in self.creditor_rows}

    async def creditors_to_freeze(self, *, days: Mapping[str, int], limit: int) -> list[Creditor]:
        due = [
            row for _, row in sorted(self.creditor_rows.items()) if row.prior_on < days.get(row.timezone, 0)
        ]
        return due[:limit]

    async def timezones(self) -> list[str]:
        return sorted({row.timezone for row in self.creditor_rows.values()})

    async def save_creditors(self, creditors: Sequence[Creditor]) -> None:
        self.creditor_rows |= {row.creditor_id: row for row in creditors}

    async def portfolio(self, creditor_id: str, *, before: int) -> tuple[int, tuple[int, ...]]:
        count, sums = 0, [0] * BINS
        for (owner, _), row in self.customer_rows.items():
            habits = row.behaviour.habits if row.behaviour.last_on >= before else row.behaviour.now()[0]
            own = shares(habits.histogram)
            if owner == creditor_id and own:
                count += 1
                sums = [left + right for left, right in zip(sums, own, strict=True)]
        return count, tuple(sums)

    async def lock(self, keys: Sequence[Key]) -> dict[Key, Customer]:
        for key in keys:
            self.customer_rows.setdefault(key, Customer(*key))
        return {key: self.customer_rows[key] for key in keys}

    async def lock_known(self, key: Key) -> Customer | None:
        return self.customer_rows.get(key)

    async def lock_due(self, *, days: Mapping[str, int], limit: int) -> dict[Key, Customer]:
        due = [
            key
            for key, on in sorted(self.change_on.items())
            if 0 < on <= days.get(self.creditor_rows[key[0]].timezone, 0)
        ]
        return {key: self.customer_rows[key] for key in due[:limit]}

    async def save_customers(self, rows: Sequence[Judged], *, today: Mapping[str, int]) -> None:
        for row in (judged.customer for judged in rows):
            self.customer_rows[row.key] = row
            self.change_on[row.key] = row.next_change_on(today=today[row.creditor_id])

    async def save_preferences(self, preferences: Mapping[Key, bytes]) -> None:
        self.preference_rows |= preferences

    async def invoices(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, InvoiceFacts]:
        return {key: self.invoice_rows[key][1] for key in keys if key in self.invoice_rows}

    async def invoices_due(self, until: Mapping[Key, int]) -> dict[Key, list[InvoiceFacts]]:
        found: dict[Key, list[InvoiceFacts]] = {}
        for _, (key, row, _) in sorted(self.invoice_rows.items(), key=lambda item: item[0]):
            if key in until and 0 < row.next_fact_on <= until[key]:
                found.setdefault(key, []).append(row)
        return found

    async def invoices_of(self, keys: Sequence[Key]) -> dict[Key, list[InvoiceFacts]]:
        found: dict[Key, list[InvoiceFacts]] = {}
        for _, (key, row, _) in sorted(self.invoice_rows.items(), key=lambda item: item[0]):
            if key in keys:
                found.setdefault(key, []).append(row)
        return found

    async def save_invoices(
        self, invoices: Mapping[Key, Sequence[InvoiceFacts]], *, owed: set[InvoiceKey]
    ) -> None:
        for key, rows in invoices.items():
            for row in rows:
                name = (key[0], row.invoice_id)
                self.invoice_rows[name] = (key, row, name in owed)

    async def outlooks(self, keys: Sequence[Key]) -> dict[Key, Outlook]:
        found: dict[Key, Outlook] = {}
        for key, row, owed in self.invoice_rows.values():
            if key not in keys or (row.outcome is not Outcome.OPEN and not row.next_fact_on):
                continue
            before = found.get(key, Outlook())
            found[key] = Outlook(
                next_fact_on=_earliest(before.next_fact_on, row.next_fact_on),
                owed_since=_earliest(before.owed_since, row.effective_due_on if owed else 0),
                open_invoices=before.open_invoices + (row.outcome is Outcome.OPEN),
            )
        return found

    async def histories(self, keys: Sequence[Key]) -> dict[Key, list[Decision]]:
        rows = {key: self.history_rows.get(key) for key in keys}
        return {key: [made for _, made in sorted(found.items())] for key, found in rows.items() if found}

    async def save_history(
        self, changes: Mapping[Key, Mapping[int, Decision | None]], *, cleared: Sequence[Key]
    ) -> None:
        for key in cleared:
            self.history_rows.pop(key, None)
        for key, days in changes.items():
            rows = self.history_rows.setdefault(key, {})
            for on, made in days.items():
                if made is None:
                    rows.pop(on, None)
                else:
                    rows[on] = made

    async def pins(self, key: Key) -> list[Pin]:
        return [pin for _, pin in sorted(self.pin_rows.get(key, {}).items())]

    async def save_pin(self, key: Key, pin: Pin) -> None:
        self.pin_rows.setdefault(key, {})[pin.number] = pin

    async def save_contacts(self, contacts: Sequence[ContactMade]) -> None:
        for contact in contacts:
            key = (contact.creditor_id, contact.contact_id)
            if key not in self.contact_rows or self.contact_rows[key].version < contact.version:
                self.contact_rows[key] = contact

    def publish(self, event: Event) -> None:
        self.events.append(event)

    async def customer(self, key: Key) -> Customer | None:
        return self.customer_rows.get(key)

    async def preferences(self, key: Key) -> bytes:
        return self.preference_rows.get(key, b"{}")

    async def channels(self, key: Key) -> list[ChannelCount]:
        contacts: dict[str, list[int]] = {}
        for contact in self.contact_rows.values():
            if (contact.creditor_id, contact.customer_id) == key:
                counts = contacts.setdefault(contact.channel, [0, 0])
                counts[0] += 1
                counts[1] += self._paid_soon(contact)
        return [ChannelCount(name, *counts) for name, counts in sorted(contacts.items())]

    def _paid_soon(self, contact: ContactMade) -> bool:
        sent_on = contact.at.date().toordinal()
        rows = [self.invoice_rows.get((contact.creditor_id, name)) for name in contact.invoice_ids]
        return any(
            row is not None and row[1].outcome is Outcome.PAID and sent_on <= row[1].settled_on <= sent_on + 5
            for row in rows
        )

    async def owner_of(self, invoice: InvoiceKey) -> tuple[Key, InvoiceFacts] | None:
        row = self.invoice_rows.get(invoice)
        return None if row is None or row[1].outcome is Outcome.ABSENT else (row[0], row[1])

    async def customers(self, creditor_id: str, listing: Listing) -> list[Listed]:
        rows = [
            row for key, row in sorted(self.customer_rows.items()) if key[0] == creditor_id and row.first_on
        ]
        found = [
            _listed(row, fell_after=listing.fell_after) for row in rows if row.customer_id > listing.after
        ]
        return [row for row in found if row.attention or not listing.attention][: listing.limit]

    def tiers(self) -> list[TierChanged]:
        return [event for event in self.events if isinstance(event, TierChanged)]

    def profiles(self) -> list[ProfileChanged]:
        return [event for event in self.events if isinstance(event, ProfileChanged)]

    def facts(self, key: Key) -> tuple[object, ...]:
        """Everything about a customer that must not depend on the order of arrival."""
        row = self.customer_rows[key]._replace(
            tier_version=0, profile_version=0, told=self.customer_rows[key].told
        )
        return row, self.history_rows.get(key, {}), self.change_on.get(key, 0)


def _listed(row: Customer, *, fell_after: int) -> Listed:
    standing = row.behaviour.now()[1]
    order = [Tier.BRONZE, Tier.SILVER, Tier.GOLD]
    made = standing.decision
    fell_on = made.on if order.index(made.new) < order.index(made.old) else 0
    known_bronze = row.told.tier == "BRONZE" and not row.told.unknown
    return Listed(
        customer_id=row.customer_id,
        tier=row.told.tier,
        unknown=row.told.unknown,
        too_long_overdue=standing.over_30,
        fell_on=date.fromordinal(fell_on).isoformat() if fell_on else "",
        attention=standing.over_30 > 0 or known_bronze or fell_on > fell_after,
    )


def _earliest(left: int, right: int) -> int:
    return min(left, right) if left and right else left or right
