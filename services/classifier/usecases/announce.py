"""Tell the world when a customer's tier or learned behaviour has visibly changed."""

from datetime import datetime
from typing import Final, NamedTuple

from classifier.domain.behaviour import Progress
from classifier.domain.creditor import Creditor
from classifier.domain.customer import (
    CurrentTier,
    Customer,
    Told,
    computed_tier,
    is_start_of_a_day,
    start_of,
    start_text,
    tier_now,
)
from classifier.domain.events import ProfileChanged, TierChanged
from classifier.domain.history import computed_history
from classifier.domain.profile import profile_of
from classifier.domain.tier import Decision, Tier, is_unknown
from classifier.usecases.ports import Ledger

HISTORY_TOLD_MAX: Final = 40


class Announcement(NamedTuple):
    """What is known at the moment of telling."""

    creditor: Creditor
    progress: Progress
    keeps_first_day: bool
    """Whether the customer's first day is the one of before."""
    has_new_habits: bool
    owed_days: int
    """Effective days that the oldest open undisputed invoice is overdue, below 0 when it is not due yet."""
    as_of: int
    """Day up to which facts are in (ordinal)."""
    time: datetime | None
    """Present instant, None while there is no time."""
    changes: tuple[Decision, ...] = ()
    """The changes of tier that these facts led to, oldest first."""
    rewritten: bool = False
    """Whether ``changes`` are the whole history and differ from what was known of it."""

    @property
    def published_at(self) -> datetime:
        """The instant that the events carry."""
        return self.time or start_of(self.as_of, zone=self.creditor.zone)


def announced(ledger: Ledger, customer: Customer, news: Announcement) -> Customer:
    """Publish what differs from what was last told; return the customer with that noted."""
    if not news.as_of or not (customer.first_on or customer.told.tier):
        # Nothing of this customer is in effect, and nobody was told otherwise.
        return customer
    customer = _tier_told(ledger, customer, news)
    if not news.has_new_habits:
        return customer
    version = customer.profile_version + 1
    profile = profile_of(news.progress.habits, prior=news.creditor.prior)
    ledger.publish(ProfileChanged(*customer.key, version, profile, news.published_at))
    return customer._replace(profile_version=version)


def _tier_told(ledger: Ledger, customer: Customer, news: Announcement) -> Customer:
    if _holds_still(customer.told, customer, news):
        return customer
    now = _tier(customer, news)
    told = Told(now.tier, now.unknown, now.at.isoformat(), now.reason.en)
    if told == customer.told and not news.rewritten:
        return customer
    version = customer.tier_version + 1
    ledger.publish(
        TierChanged(
            *customer.key,
            version=version,
            old_tier=customer.told.tier,
            now=now,
            habits=news.progress.habits,
            open_overdue_days=max(news.owed_days, 0),
            time=news.published_at,
            history=_history(customer, news),
        )
    )
    return customer._replace(told=told, tier_version=version)


def _history(customer: Customer, news: Announcement) -> tuple[tuple[Tier, datetime], ...]:
    """Return the tiers that came and went between two messages, so that their receivers miss none.

    A tier set by hand lies over them: then only the present one is told.
    """
    if customer.pin is not None or not (news.rewritten or len(news.changes) > 1):
        return ()
    entries = computed_history(customer.first_on or news.as_of, news.changes, zone=news.creditor.zone)
    told = entries if news.rewritten else entries[1:]
    return tuple((entry.tier, entry.at) for entry in told[-HISTORY_TOLD_MAX:])


def _holds_still(told: Told, customer: Customer, news: Announcement) -> bool:
    """Say, without writing the reason out, that the message would be the last one over again; False: look closer."""
    if customer.pin is not None or news.rewritten or not (told.tier and customer.first_on):
        return False
    if not news.progress.is_as_decided:
        return False
    zone = news.creditor.zone
    if not news.progress.changes:
        return news.keeps_first_day and is_start_of_a_day(told.at, zone=zone)
    habits, standing = news.progress.now
    since = standing.changed_on or customer.first_on
    return (told.tier, told.unknown, told.at) == (
        standing.tier,
        is_unknown(habits),
        start_text(since, zone=zone),
    )


def _tier(customer: Customer, news: Announcement) -> CurrentTier:
    zone = news.creditor.zone
    computed = computed_tier(customer.first_on or news.as_of, *news.progress.now, zone=zone)
    today = news.creditor.today(news.time) or news.creditor.latest_on
    return tier_now(computed, customer.pin, today=today, zone=zone)
