"""Made-up contact details are stable, usable in form, and nobody's."""

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from sandbox.ledger.people import made_up_customer, slug


def _contact(customer_id: str) -> dict[str, object]:
    contacts = made_up_customer(customer_id)["contacts"]
    assert isinstance(contacts, list)
    found: dict[str, object] = contacts[0]
    return found


def test_the_same_customer_always_gets_the_same_details() -> None:
    assert made_up_customer("0379-NEVHP") == made_up_customer("0379-NEVHP")
    assert _contact("0379-NEVHP")["email"] == "administratie@0379-nevhp.example"


def test_mobile_numbers_are_valid_dutch_mobile_numbers() -> None:
    for number in range(300):
        parsed = phonenumbers.parse(str(_contact(f"K{number}")["mobile"]))
        assert phonenumbers.is_valid_number_for_region(parsed, "NL")
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


def test_customers_of_a_thousand_do_not_share_an_address() -> None:
    assert len({_contact(f"K{number}")["email"] for number in range(1000)}) == 1000
    assert 200 <= sum(bool(_contact(f"K{number}")["whatsapp_opt_in"]) for number in range(1000)) <= 400


@given(st.text(max_size=200))
def test_every_id_gives_a_domain_label(customer_id: str) -> None:
    label = slug(customer_id)
    assert 1 <= len(label) <= 63
    assert label.isascii()
    assert label[0] != "-"
    assert label[-1] != "-"
    assert set(label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_only_customers_abroad_are_addressed_in_english() -> None:
    assert {made_up_customer(f"K{n}", country="NL")["language"] for n in range(50)} == {"nl"}
    assert {made_up_customer(f"K{n}", country="DE")["language"] for n in range(50)} == {"nl", "en"}


def test_a_prefix_after_a_first_name_is_written_small() -> None:
    people = {str(_contact(f"K{number}")["name"]) for number in range(500)}
    assert any(" van der Meer" in name for name in people)
    assert not any(" De " in name or " Van " in name for name in people)
    companies = {str(made_up_customer(f"K{number}")["name"]) for number in range(500)}
    assert any(name.endswith(" De Graaf") for name in companies)
