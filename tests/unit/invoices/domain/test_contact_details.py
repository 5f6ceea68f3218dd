from dataclasses import replace

import pytest

from invoices.domain.contact_details import read_email, read_number, usable, window_problem
from invoices.domain.customer import Contact, PostalAddress, Window
from tests.support.invoices_facts import customer


@pytest.mark.parametrize("text", ["a@b.example", "an.na+x@sub.b-c.nl", " info@jansen.nl "])
def test_an_address_that_can_be_written_to_is_read(text: str) -> None:
    assert read_email(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address",
        "a@b",
        "a@@b.nl",
        "@b.nl",
        "a@-b.nl",
        ".a@b.nl",
        "a@b.nl\nBcc: x@y.nl",
        "x" * 65 + "@b.nl",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert read_email(text) is None


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+31612345678", "", "+31612345678"),
        ("06-12345678", "NL", "+31612345678"),
        ("0031 6 1234 5678", "NL", "+31612345678"),
        ("0470 12 34 56", "BE", "+32470123456"),
    ],
)
def test_a_number_becomes_e164(text: str, country: str, number: str) -> None:
    assert read_number(text, country=country) == number


@pytest.mark.parametrize("text", ["12", "abc", "+", "0800-REPAIR", "+99912345678901234567", "06 1234"])
def test_what_cannot_be_dialled_is_none(text: str) -> None:
    assert read_number(text, country="NL") is None


@pytest.mark.parametrize(
    "window",
    [Window(start="18:00", end="20:00"), Window(start="09:00", end="24:00", days=("MON", "SUN"))],
)
def test_a_window_is_two_times_in_order_and_known_days(window: Window) -> None:
    assert window_problem(window) == ""


@pytest.mark.parametrize(
    "window",
    [
        Window(start="20:00", end="18:00"),
        Window(start="18:00", end="18:00"),
        Window(start="25:00", end="26:00"),
        Window(start="6pm", end="8pm"),
        Window(start="18:00", end="20:00", days=("MONDAY",)),
    ],
)
def test_any_other_window_is_a_problem(window: Window) -> None:
    assert window_problem(window) != ""


def test_usable_details_stay_and_the_others_are_left_out_and_listed() -> None:
    master = replace(
        customer(tone="ANGRY"),
        contacts=(Contact(purpose="REMINDER", email="x", mobile="06-12345678"), Contact(email="a@b.nl")),
        address=PostalAddress(street="Dam 1", city="Amsterdam"),
        timezone="Europe/Brussels",
    )
    clean, problems = usable(master)
    assert [problem.field for problem in problems] == ["contacts[0].email", "address.postal_code", "tone"]
    assert [(contact.email, contact.mobile) for contact in clean.contacts] == [
        ("", "+31612345678"),
        ("a@b.nl", ""),
    ]
    assert (clean.address, clean.tone, clean.timezone, clean.name) == (None, "", "Europe/Brussels", "Jansen")


def test_what_is_absent_is_no_problem() -> None:
    assert usable(customer())[1] == ()
    assert usable(replace(customer(), address=PostalAddress()))[1] == ()
