"""Each fault is planted once in a clean replay, and the judge must see it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.replay.evidence import Evidence
from sandbox.replay.judge import judge
from sandbox.replay.verdicts import Claim, Truth

Item = dict[str, Any]

CLAIM = Claim("A-1", "C-1", date(2026, 3, 2), date(2026, 4, 1), "EUR", Decimal("100.00"))
CUSTOMER: Mapping[str, Any] = {
    "contacts": [{"purpose": "REMINDER", "email": "piet@jansen.example", "mobile": "+31612345678"}]
}
OTHER: Mapping[str, Any] = {"contacts": [{"purpose": "REMINDER", "email": "els@bakker.example"}]}
NOW = datetime.fromisoformat("2026-05-20T21:00:00+02:00")


def contact(number: int, step: str, at: str, **changes: object) -> Item:
    """A delivered mail to the right person, with one thing changed."""
    item: Item = {
        "contact_id": f"id-{number}",
        "customer_id": "C-1",
        "invoice_ids": ["A-1"],
        "step": step,
        "tier": "BRONZE",
        "channel": "EMAIL",
        "tone": "NEUTRAL",
        "at": at,
        "outcome": "DELIVERED",
        "why": "",
        "provider_message_id": f"m-{number}",
    }
    return item | changes


CONTACTS = [
    contact(1, "upcoming-reminder", "2026-03-30T07:00:00Z"),
    contact(2, "due-today", "2026-04-01T07:00:00Z"),
    contact(3, "first-reminder", "2026-04-02T07:00:00Z"),
    contact(
        4, "overdue-call", "2026-04-15T07:00:00Z", channel="CALL", outcome="DONE", provider_message_id=""
    ),
    contact(5, "final-notice", "2026-05-01T07:00:00Z", tone="FORMAL"),
]


def message(number: int, **changes: object) -> Item:
    """What the inbox got for contact ``number``."""
    item: Item = {
        "channel": "EMAIL",
        "to": "piet@jansen.example",
        "subject": "",
        "text": "about A-1",
        "provider_message_id": f"m-{number}",
    }
    return item | changes


def evidence(
    contacts: Sequence[Item] = CONTACTS,
    messages: Sequence[Item] | None = None,
    *,
    is_open: str = "100.00",
    tier: str = "BRONZE",
) -> Evidence:
    """Everything as it should be, but for what the test changes."""
    arrived = [message(int(c["provider_message_id"][2:])) for c in contacts if c["provider_message_id"]]
    balance = {"currency": "EUR", "open": is_open, "overdue": is_open}
    return Evidence(
        now=NOW,
        messages=arrived if messages is None else messages,
        contacts=contacts,
        tasks=[],
        invoices=[],
        positions={"C-1": {"balances": [balance]}},
        tiers={
            "C-1": {
                "tier": tier,
                "unknown": False,
                "history": [{"tier": tier, "at": "2026-03-01T23:00:00Z", "reason": ""}],
            }
        },
        explanations={},
    )


def rules(
    found: Evidence, *, claim: Claim = CLAIM, customers: Mapping[str, Mapping[str, Any]] | None = None
) -> set[str]:
    """Names of the rules that the judge finds broken."""
    truth = Truth({claim.invoice_id: claim}, customers or {"C-1": CUSTOMER, "C-2": OTHER})
    return {violation.rule for violation in judge(truth, found)}


def changed(number: int, **changes: object) -> list[Item]:
    """The clean contacts with one of them changed."""
    return [item | changes if item["contact_id"] == f"id-{number}" else item for item in CONTACTS]


def test_a_clean_replay_breaks_no_rule() -> None:
    assert rules(evidence()) == set()


def test_a_message_on_an_invoice_already_paid_is_seen() -> None:
    paid = replace(CLAIM, movements=((date(2026, 4, 2), Decimal("100.00")),))
    assert rules(evidence(CONTACTS[:3], is_open="0.00"), claim=paid) == {"after-payment"}


def test_a_message_on_the_day_before_the_payment_is_not_held_against_anybody() -> None:
    paid = replace(CLAIM, movements=((date(2026, 4, 3), Decimal("100.00")),))
    assert rules(evidence(CONTACTS[:3], is_open="0.00"), claim=paid) == set()


def test_a_message_on_a_disputed_invoice_is_seen() -> None:
    assert rules(evidence(), claim=replace(CLAIM, disputed_since=date(2026, 4, 2))) == {"disputed"}


def test_a_message_during_a_promise_is_seen() -> None:
    promised = replace(CLAIM, promise=(date(2026, 4, 2), date(2026, 4, 2)))
    assert rules(evidence(), claim=promised) == {"promised"}


@pytest.mark.parametrize(
    ("number", "at"),
    [
        (1, "2026-03-27T08:00:00Z"),
        (2, "2026-03-31T07:00:00Z"),
        (3, "2026-04-01T07:00:00Z"),
        (4, "2026-04-14T07:00:00Z"),
        (5, "2026-04-30T07:00:00Z"),
    ],
)
def test_a_step_before_its_day_is_seen(number: int, at: str) -> None:
    assert "before-its-step" in rules(evidence(changed(number, at=at)))


def test_a_step_carried_out_twice_is_seen() -> None:
    assert rules(evidence([*CONTACTS, contact(6, "first-reminder", "2026-04-08T07:00:00Z")])) == {
        "step-twice"
    }


@pytest.mark.parametrize(
    "at", ["2026-04-05T07:00:00Z", "2026-04-06T07:00:00Z", "2026-04-07T04:59:00Z", "2026-04-07T18:00:00Z"]
)
def test_a_message_in_quiet_hours_on_a_sunday_or_a_holiday_is_seen(at: str) -> None:
    assert rules(evidence(changed(3, at=at))) == {"quiet-hours"}


def test_a_message_outside_the_customers_window_is_seen() -> None:
    evening = {
        "C-1": {
            **CUSTOMER,
            "preferred_window": {"from": "18:00", "to": "20:00", "days": ["MON", "TUE", "WED", "THU", "FRI"]},
        }
    }
    in_time = [item | {"at": item["at"].replace("T07:", "T16:")} for item in CONTACTS]
    assert rules(evidence(in_time), customers=evening) == set()
    assert rules(evidence(), customers=evening) == {"outside-window"}


def test_a_message_on_a_saturday_without_a_window_is_seen() -> None:
    assert rules(evidence(changed(3, at="2026-04-04T07:00:00Z"))) == {"outside-window"}


def test_two_messages_to_a_customer_on_one_day_are_seen() -> None:
    assert rules(evidence(changed(2, at="2026-04-02T07:00:00Z"))) == {"two-a-day"}


def test_a_fifth_message_in_fourteen_days_is_seen() -> None:
    steps = [
        ("arrival-check", "03-26T08"),
        ("upcoming-reminder", "03-30T07"),
        ("due-today", "04-01T07"),
        ("first-reminder", "04-02T07"),
        ("reminder", "04-07T07"),
    ]
    crowd = [contact(n, step, f"2026-{at}:00:00Z") for n, (step, at) in enumerate(steps)]
    assert rules(evidence(crowd)) == {"too-many"}


def test_a_formal_step_without_a_friendly_one_a_week_before_is_seen() -> None:
    assert rules(evidence([CONTACTS[4]])) == {"formal-without-friendly"}
    late = [CONTACTS[4], contact(3, "first-reminder", "2026-04-28T07:00:00Z")]
    assert rules(evidence(late)) == {"formal-without-friendly"}


def test_a_friendly_message_that_is_not_known_to_have_arrived_does_not_count_for_the_formal_one() -> None:
    assert rules(evidence([CONTACTS[2] | {"outcome": "AMBIGUOUS"}, CONTACTS[4]])) == {
        "formal-without-friendly"
    }


def test_a_message_to_the_wrong_recipient_is_seen() -> None:
    messages = [message(1), message(2), message(3, to="els@bakker.example"), message(5)]
    assert rules(evidence(messages=messages)) == {"wrong-recipient"}


@pytest.mark.parametrize(
    "written", ["0612345678", "06-1234 5678", "0031612345678", "+31 6 1234 5678", "+31612345678"]
)
def test_a_number_is_the_customer_s_however_the_ledger_writes_it(written: str) -> None:
    def by_mail(contact: Item) -> Item:
        return {"email": contact["email"]}

    contacts = changed(3, channel="SMS")
    rest = [message(1), message(2), message(5)]
    customer = {
        **CUSTOMER,
        "country": "NL",
        "contacts": [*map(by_mail, CUSTOMER["contacts"]), {"mobile": written}],
    }

    def texted(to: str) -> set[str]:
        sms = message(3, channel="SMS", to=to)
        return rules(evidence(contacts, [*rest, sms]), customers={"C-1": customer, "C-2": OTHER})

    assert texted("+31612345678") == set()
    assert texted("+31612345679") == {"wrong-recipient"}
    assert texted("+32612345678") == {"wrong-recipient"}


def test_a_letter_to_the_wrong_name_or_city_is_seen() -> None:
    jansen = {**CUSTOMER, "name": "Bouwbedrijf  Jansen B.V.", "address": {"city": "Den Haag"}}
    contacts = changed(3, channel="LETTER")
    rest = [message(1), message(2), message(5)]

    def posted(to: str) -> set[str]:
        letter = message(3, channel="LETTER", to=to)
        return rules(evidence(contacts, [*rest, letter]), customers={"C-1": jansen, "C-2": OTHER})

    assert posted("Bouwbedrijf Jansen B.V., Piet Jansen, Kade 1, 2511 AB  DEN HAAG") == set()
    assert posted("Bakkerij Els, Kade 1, 2511 AB  Den Haag") == {"wrong-recipient"}
    assert posted("Bouwbedrijf Jansen B.V., Kade 1, 1011 AB  Amsterdam") == {"wrong-recipient"}


def test_an_invoice_of_another_customer_is_seen() -> None:
    assert "unknown-invoice" in rules(evidence(changed(3, invoice_ids=["B-9"])))


def test_a_message_that_arrived_twice_or_never_or_without_a_contact_is_seen() -> None:
    clean = [message(1), message(2), message(3), message(5)]
    assert rules(evidence(messages=[*clean, message(3)])) == {"doubled"}
    assert rules(evidence(messages=clean[:3])) == {"lost"}
    assert rules(evidence(messages=[*clean, message(9)])) == {"unaccounted"}


def test_a_text_that_does_not_name_its_invoice_is_seen() -> None:
    messages = [message(1), message(2), message(3, text="pay, please"), message(5)]
    assert rules(evidence(messages=messages)) == {"unnamed-invoice"}


def test_an_automatic_reminder_to_a_gold_customer_is_seen() -> None:
    assert rules(evidence(tier="GOLD")) == {"gold-reminded"}
    assert rules(evidence(changed(3, tier="GOLD"))) == {"gold-reminded"}


def test_who_is_gold_only_since_the_bank_took_a_late_payment_back_was_none_then() -> None:
    paid, back = (date(2026, 3, 1), Decimal("50.00")), (date(2026, 7, 1), Decimal("-50.00"))
    half_open = evidence(tier="GOLD", is_open="50.00")
    assert rules(half_open, claim=replace(CLAIM, movements=(paid, back))) == set()
    later = (date(2026, 6, 30), Decimal("50.00"))
    assert rules(evidence(tier="GOLD"), claim=replace(CLAIM, movements=(later, back))) == {"gold-reminded"}
    before = (date(2026, 3, 2), Decimal("-50.00"))
    assert rules(evidence(tier="GOLD"), claim=replace(CLAIM, movements=(paid, before))) == {"gold-reminded"}


def test_an_invoice_sent_again_because_a_gold_customer_asked_for_it_is_no_reminder() -> None:
    assert "gold-reminded" not in rules(evidence(changed(3, tier="GOLD", step="resend")))


def test_an_overdue_invoice_that_nobody_approached_or_explained_is_seen() -> None:
    assert rules(evidence([])) == {"forgotten"}
    explained = replace(
        evidence([]), explanations={"A-1": {"decision": "STOP", "reasons": ["a hold until 1 June"]}}
    )
    assert rules(explained) == set()


def test_a_balance_that_is_a_cent_off_is_seen() -> None:
    assert rules(evidence(is_open="100.01")) == {"balance"}
