"""The book of open items in PostgreSQL, within one transaction of the chassis."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db.unit_of_work import Unit
from invoices.adapters.repositories_accounts import AccountRows
from invoices.adapters.repositories_invoices import InvoiceRows
from invoices.adapters.repositories_money import MoneyRows
from invoices.adapters.wire import outgoing
from invoices.domain.events import Event


class SqlBook(AccountRows, InvoiceRows, MoneyRows):
    """Implements invoices.usecases.ports.Book."""

    def __init__(self, unit: Unit) -> None:
        self.connection = unit.connection
        self._unit = unit

    def publish(self, events: Sequence[Event], *, at: datetime) -> None:
        """Tell the world, in this order, when the transaction commits."""
        self._unit.publish(*(outgoing(event, at=at) for event in events))


def open_book(unit: Unit) -> SqlBook:
    """Return the book as this transaction sees it."""
    return SqlBook(unit)
