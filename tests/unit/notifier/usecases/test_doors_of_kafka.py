"""Records become commands and parties, or poison with the field's name."""

import pytest

from chassis.kernel.errors import Poison
from contracts.invoices.v1 import CustomerChanged
from contracts.scheduler.v1 import InvoiceInCommand, ReminderDue
from notifier.domain.command import Command
from notifier.entrypoints.consumer import read_command, read_customer
from tests.integration.notifier.events import customer_changed, invoice_in_command, reminder_due


def test_a_good_command_is_read_to_the_letter() -> None:
    command = read_command(reminder_due())
    assert isinstance(command, Command)
    assert command.invoice_ids == ("2026-0001",)
    assert str(command.invoices[0].open) == "1656.25"
    assert command.at.isoformat() == "2026-04-06T07:00:00+00:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("creditor_id", ""),
        ("customer_id", ""),
        ("command_id", ""),
        ("action", "SHOUT"),
        ("at", "yesterday"),
        ("at", "2026-04-06T07:00:00"),
        ("not_after", "2026-13-01T00:00:00Z"),
        ("channel", "FAX"),
        ("tone", "LOUD"),
        ("invoices", []),
    ],
)
def test_a_bad_field_is_poison_and_named(field: str, value: object) -> None:
    body: ReminderDue = reminder_due()
    setattr(body, field, value)
    with pytest.raises(Poison) as poison:
        read_command(body)
    assert poison.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("invoice_id", ""),
        ("currency", ""),
        ("open", "x"),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("due_on", "2026-02-30"),
    ],
)
def test_a_bad_field_of_an_invoice_is_poison_and_named(field: str, value: str) -> None:
    line: InvoiceInCommand = invoice_in_command()
    setattr(line, field, value)
    with pytest.raises(Poison) as poison:
        read_command(reminder_due(invoices=[line]))
    assert poison.value.field == f"invoices[0].{field}"


@pytest.mark.parametrize("action", ["CANCEL", "REASSIGN"])
def test_a_word_about_a_task_names_the_task(action: str) -> None:
    with pytest.raises(Poison) as poison:
        read_command(reminder_due(action=action, invoices=[]))
    assert poison.value.field == "task_id"


def test_a_contact_without_a_purpose_is_for_reminders() -> None:
    body: CustomerChanged = customer_changed()
    body.contacts[0].purpose = ""
    assert read_customer(body).contacts[0].purpose == "REMINDER"
