"""What is told is folded in once; what came back drives the machine (W12, W22)."""

from decimal import Decimal

import pytest

from scheduler.domain.customer import Detail, Profile, TierSpan
from scheduler.domain.facts import (
    ContactNews,
    Master,
    take_contact,
    take_invoice,
    take_master,
    take_profile,
    take_tiers,
)
from scheduler.domain.words import Deed, Tier
from tests.unit.scheduler.builders import EVERY_DETAIL, ask, customer, invoice, local

NOW = local("2026-04-01")


def news(contact_id: str, version: int = 1, event: str = "OUTCOME", **changes: object) -> ContactNews:
    return ContactNews(contact_id, version, event, NOW, **changes)  # type: ignore[arg-type]


def test_an_older_version_changes_nothing() -> None:
    who = customer(invoice(version=5), profile=Profile(version=3))
    assert take_invoice(who, invoice(version=5, open=Decimal(1))) is who
    assert take_invoice(who, invoice("NEW", version=1, status="PAID")) is who
    assert take_profile(who, Profile(version=3, episodes=9)) is who
    assert take_master(who, Master(version=1, tone="FORMAL")) is who
    assert take_tiers(who, (TierSpan(NOW, Tier.GOLD, unknown=False, version=1),)) is who


def test_tiers_told_anew_take_the_place_of_what_was_known_of_their_time() -> None:
    def span(day: str, tier: Tier, version: int) -> TierSpan:
        return TierSpan(local(day), tier, unknown=False, version=version)

    who = take_tiers(customer(), (span("2026-03-01", Tier.GOLD, 2),))
    who = take_tiers(who, (span("2026-02-01", Tier.SILVER, 3), span("2026-02-10", Tier.GOLD, 3)))
    assert [known.tier for known in who.tiers] == [Tier.BRONZE, Tier.SILVER, Tier.GOLD]
    assert who.tier is Tier.GOLD
    assert who.tier_before(local("2026-02-11")) is Tier.GOLD
    # A late fact: it was never gold at all.
    who = take_tiers(who, (span("2026-02-01", Tier.SILVER, 4),))
    assert [known.tier for known in who.tiers] == [Tier.BRONZE, Tier.SILVER]
    assert who.tier_before(local("2026-03-02")) is who.tier is Tier.SILVER


def test_a_changed_address_is_no_longer_dead() -> None:
    dead = customer(dead=(EVERY_DETAIL[0],))
    same = take_master(dead, Master(version=2, details=EVERY_DETAIL))
    other = take_master(dead, Master(version=2, details=(Detail("REMINDER", "EMAIL", "e2"),)))
    assert (same.dead, other.dead) == ((EVERY_DETAIL[0],), ())


def test_a_bounce_undoes_the_step_and_buries_the_address() -> None:
    first = ask(customer(), NOW)
    (message,) = first.actions
    accepted = take_contact(first.customer, news(message.contact_id, outcome="ACCEPTED"))
    bounced = take_contact(
        accepted, news(message.contact_id, 2, "BOUNCED", outcome="FAILED", failed_channel="SMS")
    )
    assert bounced.contacts[0].outcome == "FAILED"
    assert [detail.channel for detail in bounced.dead] == ["SMS"]
    assert take_contact(bounced, news(message.contact_id, 2, outcome="DELIVERED")) is bounced


def test_a_delivery_keeps_the_time_of_its_acceptance() -> None:
    first = ask(customer(), NOW)
    (message,) = first.actions
    accepted = take_contact(first.customer, news(message.contact_id, outcome="ACCEPTED"))
    later = news(message.contact_id, 2, outcome="DELIVERED")._replace(at=local("2026-04-02"))
    assert take_contact(accepted, later).contacts[0].friendly_since == NOW


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (news("", 0, "CONSENT_CHANGED", consent={"SMS": False, "EMAIL": True}), ("SMS",)),
        (news("x", 1, "OPTED_OUT", channel="EMAIL"), ("EMAIL",)),
        (news("x", 1, outcome="SUPPRESSED", why="OPTED_OUT", channel="SMS"), ("SMS",)),
        (news("x", 1, outcome="SUPPRESSED", why="PAID", channel="SMS"), ()),
    ],
)
def test_who_opted_out_of_a_channel_is_not_written_to_by_it(
    said: ContactNews, refused: tuple[str, ...]
) -> None:
    assert take_contact(customer(), said).refused == refused


def test_consent_can_be_given_again() -> None:
    who = customer(refused=("SMS",))
    assert take_contact(who, news("", 0, "CONSENT_CHANGED", consent={"SMS": True})).refused == ()


def test_a_reply_by_whatsapp_opens_the_thread() -> None:
    assert take_contact(customer(), news("x", 1, "REPLIED", channel="WHATSAPP")).thread_at == NOW
    assert take_contact(customer(), news("x", 1, "REPLIED", channel="EMAIL")).thread_at is None


def test_not_received_sends_the_invoice_once_more_at_the_next_moment_and_only_once() -> None:
    told = news("t", 1, "CALL_OUTCOME", outcome="DONE", result="NOT_RECEIVED", invoice_ids=("I-1",))
    who = take_contact(customer(invoice(due="2026-05-20", known_from=local("2026-04-01")), tier="GOLD"), told)
    assert ask(who, local("2026-04-01", "14:00")).next_wakeup == local("2026-04-02")
    decision = ask(who, local("2026-04-02"))
    (action,) = decision.actions
    assert (action.step and action.step.name, action.channel, action.own) == ("resend", "EMAIL", ("I-1",))
    again = take_contact(decision.customer, told._replace(contact_id="u"))
    assert ask(again, local("2026-04-03")).actions == ()


def test_a_wrong_number_makes_one_data_quality_task() -> None:
    told = news("t", 1, "CALL_OUTCOME", outcome="DONE", result="WRONG_NUMBER", invoice_ids=("I-1",))
    who = take_contact(customer(invoice(due="2026-05-20", known_from=local("2026-04-30"))), told)
    decision = ask(who, local("2026-04-02"))
    assert [(a.deed, a.problem_field) for a in decision.actions] == [(Deed.DATA_QUALITY, "phone")]
    assert ask(decision.customer, local("2026-04-03")).actions == ()


def test_an_invoice_that_comes_back_to_life_brings_its_history() -> None:
    first = ask(customer(), NOW)
    told = take_contact(first.customer, news(first.actions[0].contact_id, outcome="ACCEPTED"))
    bare = customer(invoices=())
    back = take_invoice(bare, invoice(version=9), history=told.contacts)
    assert [action.step.name for action in ask(back, NOW).actions if action.step] == []
