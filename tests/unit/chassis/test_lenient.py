"""Contact details of the wrong shape never make a record poison; everything else still does."""

from typing import Any

import msgspec
import pytest

from chassis.kafka.codec import Codec
from chassis.kafka.registry import registry
from chassis.kernel.errors import Poison
from tests.contract.test_golden_bytes import Record

TOPIC = "erp.customer-updated.v1"
HEADERS = [
    (name, text.encode())
    for name, text in {
        "ce_id": "1",
        "ce_source": "urn:x",
        "ce_type": TOPIC,
        "ce_time": "2026-03-02T08:00:00Z",
    }.items()
]


def decoded(**fields: object) -> Any:
    """Decode a customer with these fields."""
    value = msgspec.json.encode({"creditor_id": "a", "customer_id": "C", **fields})
    return Codec(registry(), source="urn:x").decode(Record(TOPIC, 0, 0, b"a:C", value, HEADERS)).body


def test_a_number_written_as_a_number_is_kept_as_text() -> None:
    body = decoded(
        contacts=[{"purpose": "REMINDER", "mobile": 31612345678, "email": None, "whatsapp_opt_in": "yes"}]
    )
    assert (body.contacts[0].mobile, body.contacts[0].email, body.contacts[0].whatsapp_opt_in) == (
        "31612345678",
        "",
        False,
    )


@pytest.mark.parametrize("wrong", ["evening", 18, ["18:00"], True])
def test_a_window_that_is_no_window_leaves_nothing_behind(wrong: object) -> None:
    assert decoded(preferred_window=wrong).preferred_window.from_ == ""


@pytest.mark.parametrize(
    ("wrong", "contacts"), [("x", 0), (7, 0), ({"email": "a@b.example"}, 1), ([1, {"email": 2}], 1)]
)
def test_contacts_that_are_no_list_never_fail_the_record(wrong: object, contacts: int) -> None:
    assert len(decoded(contacts=wrong, tone=5).contacts) == contacts


def test_what_is_no_contact_detail_is_as_strict_as_ever() -> None:
    with pytest.raises(Poison, match="name"):
        decoded(name=5, contacts="x")
