"""Who gets a message, over which channel, and who never does."""

import pytest

from notifier.domain.consent import Consent, is_allowed, read_keyword
from notifier.domain.parties import PostalAddress, choose_recipient
from tests.unit.notifier.builders import NOON, a_contact, a_customer


@pytest.mark.parametrize(
    ("purpose", "email"),
    [("REMINDER", "r@x.example"), ("LEGAL", "l@x.example"), ("ADMIN", "r@x.example")],
)
def test_each_purpose_has_its_own_address(purpose: str, email: str) -> None:
    contacts = (
        a_contact(purpose="LEGAL", email="l@x.example"),
        a_contact(purpose="REMINDER", email="r@x.example"),
    )
    recipient = choose_recipient(a_customer(contacts=contacts), channel="EMAIL", purpose=purpose)
    assert recipient is not None
    assert recipient.address == email


def test_a_purpose_that_has_contacts_is_never_replaced_by_another() -> None:
    contacts = (a_contact(purpose="REMINDER", email=""), a_contact(purpose="LEGAL", email="l@x.example"))
    assert choose_recipient(a_customer(contacts=contacts), channel="EMAIL", purpose="REMINDER") is None


def test_a_dead_address_is_passed_over_for_the_next_of_the_same_purpose() -> None:
    contacts = (a_contact(email="old@x.example"), a_contact(email="new@x.example"))
    recipient = choose_recipient(
        a_customer(contacts=contacts),
        channel="EMAIL",
        purpose="REMINDER",
        unusable=frozenset({"old@x.example"}),
    )
    assert recipient is not None
    assert recipient.address == "new@x.example"


def test_a_letter_goes_to_the_company_and_its_person() -> None:
    recipient = choose_recipient(a_customer(), channel="LETTER", purpose="LEGAL")
    assert recipient is not None
    assert recipient.address.splitlines() == [
        "Bouwbedrijf Jansen",
        "Jan Jansen",
        "Dorpsstraat 1",
        "3511 AB  Utrecht",
    ]


def test_a_letter_abroad_names_the_country_and_one_without_a_street_does_not_go() -> None:
    abroad = a_customer(address=PostalAddress("Rue 1", "75001", "Paris", "FR"), contacts=())
    recipient = choose_recipient(abroad, channel="LETTER", purpose="LEGAL")
    assert recipient is not None
    assert recipient.address.endswith("75001  Paris\nFR")
    nowhere = a_customer(address=PostalAddress(city="Utrecht"))
    assert choose_recipient(nowhere, channel="LETTER", purpose="LEGAL") is None


NO = Consent(allowed=False, source="test", at=NOON)
YES = Consent(allowed=True, source="test", at=NOON)


def test_whatsapp_needs_a_yes_and_the_others_go_on_until_a_no() -> None:
    assert is_allowed("EMAIL", recorded={}, opted_in=False)
    assert not is_allowed("WHATSAPP", recorded={}, opted_in=False)
    assert is_allowed("WHATSAPP", recorded={}, opted_in=True)
    assert is_allowed("WHATSAPP", recorded={"WHATSAPP": YES}, opted_in=False)
    assert not is_allowed("WHATSAPP", recorded={"WHATSAPP": NO}, opted_in=True)
    assert not is_allowed("EMAIL", recorded={"EMAIL": NO}, opted_in=False)


def test_a_notice_that_the_law_requires_goes_by_post_all_the_same() -> None:
    assert is_allowed("LETTER", recorded={"LETTER": NO}, opted_in=False, is_statutory=True)
    assert not is_allowed("LETTER", recorded={"LETTER": NO}, opted_in=False)
    assert not is_allowed("EMAIL", recorded={"EMAIL": NO}, opted_in=False, is_statutory=True)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("STOP", False),
        (" stop.\n", False),
        ("Afmelden", False),
        ("start", True),
        ("stop met bellen", None),
        ("", None),
        ("Betaald!", None),
    ],
)
def test_only_the_bare_word_opts_out(text: str, meaning: bool | None) -> None:  # noqa: FBT001
    assert read_keyword(text) is meaning
