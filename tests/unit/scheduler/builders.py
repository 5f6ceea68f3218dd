"""Builders with defaults, so that a test names only what matters to it."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chassis.calendars import dutch_contact_calendar, target_calendar
from scheduler.adapters.default_policies import default_policies
from scheduler.domain.customer import Contact, Customer, Detail, Invoice, Profile, TierSpan
from scheduler.domain.decide import decide
from scheduler.domain.decision import Action, Decision
from scheduler.domain.policy import Calendars, Creditor, Rulebook
from scheduler.domain.stopping_rule import BIN_EDGES
from scheduler.domain.words import Deed, Tier

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CALENDARS = Calendars(bank=target_calendar(), contact=dutch_contact_calendar())
EVERY_DETAIL = (
    Detail("REMINDER", "EMAIL", "e1"),
    Detail("REMINDER", "SMS", "m1"),
    Detail("REMINDER", "CALL", "p1"),
    Detail("", "LETTER", "a1"),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def rulebook(**creditor: Any) -> Rulebook:
    policies = default_policies()
    return Rulebook(
        creditor=Creditor("acme-nl", **creditor),
        gold=policies["gold"],
        silver=policies["silver"],
        bronze=policies["bronze"],
    )


RULES = rulebook()


def local(day: date | str, at: str = "09:00", *, zone: ZoneInfo = AMSTERDAM) -> datetime:
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time.fromisoformat(at), tzinfo=zone).astimezone(UTC)


def invoice(invoice_id: str = "I-1", *, due: str = "2026-04-01", **changes: Any) -> Invoice:
    due_on = date.fromisoformat(due)
    made = Invoice(
        invoice_id=invoice_id,
        version=1,
        currency="EUR",
        amount=Decimal(100),
        open=Decimal(100),
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        payable_on=CALENDARS.bank.roll(due_on),
        known_from=local(due_on - timedelta(days=30), "00:00"),
    )
    return made._replace(**changes)


def tiers(*spans: tuple[str, str]) -> tuple[TierSpan, ...]:
    """Spans of (tier, since day)."""
    return tuple(
        TierSpan(at=local(since, "00:00"), tier=Tier(tier), unknown=False, version=n)
        for n, (tier, since) in enumerate(spans, 1)
    )


def customer(*invoices: Invoice, tier: str = "BRONZE", **changes: Any) -> Customer:
    made = Customer(
        creditor_id="acme-nl",
        customer_id="C-1",
        version=1,
        language="nl",
        timezone="Europe/Amsterdam",
        account_manager="Anna",
        details=EVERY_DETAIL,
        invoices=tuple(sorted(invoices or (invoice(),), key=lambda item: item.invoice_id)),
        tiers=(TierSpan(at=LONG_AGO, tier=Tier(tier), unknown=False, version=1),),
    )
    return made._replace(**changes)


def pays_on_day(day: int, *, episodes: int = 12) -> Profile:
    """A profile of someone who pays exactly ``day`` days late."""
    mass = [0.0] * 24
    mass[bisect_left(BIN_EDGES, day)] = 1.0
    return Profile(version=1, episodes=episodes, lateness=tuple(mass), weekday_factor=(1.0,) * 7)


def ask(who: Customer, now: datetime, *, rules: Rulebook = RULES) -> Decision:
    return decide(who, rules, CALENDARS, now)


class Life:
    """Runs a customer forward, every contact accepted at once, as the sandbox clock does."""

    def __init__(
        self, who: Customer, *, start: datetime, rules: Rulebook = RULES, calls_done: bool = False
    ) -> None:
        self.who = who
        self.now = start
        self.rules = rules
        self.calls_done = calls_done
        self.done: list[Action] = []
        self.wake: datetime | None = start

    def until(self, end: datetime) -> "Life":
        while self.wake is not None and self.wake <= end:
            self.now = max(self.now, self.wake)
            self._decide()
        self.now = max(self.now, end)
        return self

    def change(self, **changes: Any) -> "Life":
        """A fact came in: the customer is looked at anew, now."""
        self.who = self.who._replace(**changes)
        self.wake = self.now
        return self

    def _decide(self) -> None:
        for _ in range(10):
            decision = decide(self.who, self.rules, CALENDARS, self.now)
            self.done += decision.actions
            self.who = decision.customer
            self.wake = decision.next_wakeup
            if not decision.actions:
                return
            self.who = self._accepted(self.who)
        raise AssertionError("it never comes to rest")

    def _accepted(self, who: Customer) -> Customer:
        return who._replace(contacts=tuple(self._outcome(contact) for contact in who.contacts))

    def _outcome(self, contact: Contact) -> Contact:
        if contact.cancelled and contact.is_open_task:
            return contact._replace(outcome="SUPPRESSED", outcome_at=self.now)
        if contact.outcome != "PENDING":
            return contact
        done = self.calls_done and contact.deed is Deed.CALL
        return contact._replace(outcome="DONE" if done else "ACCEPTED", outcome_at=self.now)

    @property
    def messages(self) -> list[Action]:
        return [action for action in self.done if action.deed is Deed.SEND]

    def log(self) -> list[tuple[str, str, str]]:
        """What was done: (local day and time, step or deed, channel or deed)."""
        return [
            (
                action.at.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M"),
                action.step.name if action.step else str(action.deed),
                action.channel or str(action.deed),
            )
            for action in self.done
        ]
