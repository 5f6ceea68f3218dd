"""Whatever the invoices find wrong with a customer's details, the scheduler says in whole Dutch sentences."""

import re
from datetime import UTC, datetime

import pytest

from invoices.domain.contact_details import usable
from invoices.domain.customer import Contact, CustomerMaster, PostalAddress, Window
from invoices.domain.versions import Stamp
from scheduler.domain.decision import Reason
from scheduler.domain.sentences import sentence

LONG = "x" * 201


@pytest.mark.parametrize(
    ("address", "window"),
    [
        (PostalAddress(street="x", postal_code="1", city=LONG, country="?"), Window(start="?", end="?")),
        (PostalAddress(street="x"), Window(start="20:00", end="18:00")),
        (PostalAddress(city="x"), Window(start="18:00", end="20:00", days=("DAY",))),
    ],
)
def test_every_problem_with_a_customers_details_has_dutch_words(
    address: PostalAddress, window: Window
) -> None:
    master = CustomerMaster(
        creditor_id="acme-nl",
        customer_id="C-1",
        stamp=Stamp(datetime(2026, 4, 1, tzinfo=UTC), "1", "crm"),
        contacts=(Contact(purpose="?", name=LONG, email="?", mobile="?", phone="?"),),
        address=address,
        preferred_window=window,
        timezone="?",
        language="?",
        country="?",
        tone="?",
        preferred_channel="?",
    )
    _, problems = usable(master)
    assert len(problems) >= 12
    for problem in problems:
        text = sentence(Reason("data.problem", (problem.field, problem.reason)), language="nl")
        assert not re.search(r"\b(veld|not|longer|missing|ends|unknown|it)\b|contacts|_", text), text
