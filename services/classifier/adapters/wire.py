"""Writes the classifier's events as messages of contracts.classifier.v1."""

from datetime import UTC, datetime
from typing import Final

from chassis.kafka.messages import Outgoing
from chassis.kernel.ids import derived_id
from classifier.domain.events import Event, ProfileChanged, TierChanged
from classifier.domain.habits import EPISODES_KEPT
from contracts.classifier import v1

TIER_CHANGED: Final = "classifier.tier-changed.v1"
PROFILE_CHANGED: Final = "classifier.profile-changed.v1"


def outgoing(event: Event) -> Outgoing:
    """Return the message of an event; its identity depends on customer and version alone."""
    topic, body = _written(event)
    return Outgoing(
        topic=topic,
        key=f"{event.creditor_id}:{event.customer_id}",
        body=body,
        id=derived_id(topic, event.creditor_id, event.customer_id, str(event.version)),
        time=event.time,
        subject=event.customer_id,
    )


def _written(event: Event) -> tuple[str, v1.TierChanged | v1.ProfileChanged]:
    if isinstance(event, TierChanged):
        return TIER_CHANGED, _tier_changed(event)
    return PROFILE_CHANGED, _profile_changed(event)


def _tier_changed(event: TierChanged) -> v1.TierChanged:
    now, habits = event.now, event.habits
    evidence = v1.Evidence(
        episodes=habits.n,
        theta=round(habits.theta, 4),
        bad_of_last_5=habits.bad_among(last=5),
        bad_of_last_12=habits.bad_among(last=EPISODES_KEPT),
        last_bad_days_late=list(habits.bad_days_late(last=EPISODES_KEPT)),
        open_overdue_days=event.open_overdue_days,
        rule=now.rule.value,
    )
    return v1.TierChanged(
        creditor_id=event.creditor_id,
        customer_id=event.customer_id,
        old_tier=event.old_tier,
        new_tier=now.tier.value,
        unknown=now.unknown,
        at=instant_text(now.at),
        reason=now.reason.en,
        reason_nl=now.reason.nl,
        evidence=evidence,
        version=event.version,
        history=[v1.TierSince(tier=tier.value, at=instant_text(at)) for tier, at in event.history],
    )


def _profile_changed(event: ProfileChanged) -> v1.ProfileChanged:
    profile = event.profile
    return v1.ProfileChanged(
        creditor_id=event.creditor_id,
        customer_id=event.customer_id,
        version=event.version,
        episodes=profile.episodes,
        structural_days_late=profile.structural_days_late,
        lateness_pmf=list(profile.lateness_pmf),
        weekday_factor=list(profile.weekday_factor),
    )


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
