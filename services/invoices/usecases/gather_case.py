"""Gather every fact that may meet when money is allocated: the closure over the keys that they share."""

from dataclasses import dataclass, field

from invoices.domain.facts import MoneyKind, Payment, Reversal
from invoices.domain.matching import invoice_keys, money_keys
from invoices.domain.records import AgreementRecord, Case, InvoiceRecord, MoneyKey, MoneyRecord
from invoices.usecases.ports import Book


@dataclass(slots=True)
class Seeds:
    """Where to begin: what changed (not stored yet), and what else is to be judged anew."""

    changed_invoices: dict[str, InvoiceRecord] = field(default_factory=dict)
    changed_money: dict[MoneyKey, MoneyRecord] = field(default_factory=dict)
    changed_agreements: dict[str, AgreementRecord] = field(default_factory=dict)
    invoice_ids: set[str] = field(default_factory=set)
    money: set[MoneyKey] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    """Keys that what changed used to have: whoever met under them is judged anew."""
    customer_ids: set[str] = field(default_factory=set)
    """Customers whose own state may have changed."""

    def __bool__(self) -> bool:
        """Say whether any open item is to be judged."""
        return bool(
            self.changed_invoices
            or self.changed_money
            or self.changed_agreements
            or self.invoice_ids
            or self.money
            or self.keys
        )


async def gather(book: Book, case: Case, *, seeds: Seeds) -> None:
    """Fill ``case`` with everything connected to the seeds, until nothing new turns up."""
    closure = _Closure(book, case, seeds)
    while closure.has_more():
        await closure.grow()


class _Closure:
    """The frontier of what was found but not followed yet."""

    def __init__(self, book: Book, case: Case, seeds: Seeds) -> None:
        self.book = book
        self.case = case
        self.invoice_ids = set(seeds.invoice_ids)
        self.money = set(seeds.money)
        # Keys lead from invoices to money and from money to invoices; seeds' keys lead both ways.
        self.names_of_money = set(seeds.keys)
        self.names_of_invoices = set(seeds.keys)
        self.customers: set[str] = set()
        self.sought: set[tuple[str, str]] = set()
        self._found_agreements(seeds.changed_agreements)
        self._found_money(seeds.changed_money)
        self._found_invoices(seeds.changed_invoices)

    def has_more(self) -> bool:
        """Say whether anything is left to follow."""
        names = self.names_of_money or self.names_of_invoices
        return bool(self.invoice_ids or self.money or names or self.customers)

    async def grow(self) -> None:
        """Follow everything on the frontier by one step, in a fixed order.

        The usual payment names its invoice: invoices first, then the money that names them, then whose they are, so
        that one step finds it all.
        """
        creditor_id = self.case.creditor_id
        if names := self._next("name of an invoice", self.names_of_invoices):
            self._found_invoices(await self.book.invoices_named(creditor_id, keys=names))
        if ids := self._next("invoice", self.invoice_ids):
            self._found_invoices(await self.book.invoices(creditor_id, invoice_ids=ids))
        money, self.money = sorted(self.money - self.case.money.keys()), set()
        if money:
            self._found_money(await self.book.money(creditor_id, keys=money))
        if names := self._next("name of money", self.names_of_money):
            self._found_money(await self.book.money_naming(creditor_id, keys=names))
        if customers := self._next("customer", self.customers):
            self._found_agreements(await self.book.agreements(creditor_id, customer_ids=customers))

    def _next(self, what: str, frontier: set[str]) -> list[str]:
        """Empty a frontier; returns what was not followed before."""
        found = sorted(key for key in frontier if (what, key) not in self.sought)
        self.sought.update((what, key) for key in found)
        frontier.clear()
        return found

    def _found_invoices(self, found: dict[str, InvoiceRecord]) -> None:
        for key, record in found.items():
            if key in self.case.invoices:
                continue
            self.case.invoices[key] = record
            self.customers.add(record.newest.customer_id)
            for version in record.versions:
                self.names_of_money.update(invoice_keys(version))

    def _found_money(self, found: dict[MoneyKey, MoneyRecord]) -> None:
        for key, record in found.items():
            if key in self.case.money:
                continue
            self.case.money[key] = record
            for version in record.versions:
                if isinstance(version, Reversal):
                    self._follow_payment(version.payment_id)
                    continue
                self.names_of_invoices.update(money_keys(version, assigned=record.assigned))
                if isinstance(version, Payment):
                    self.names_of_money.add(f"P:{version.fact_id}")

    def _follow_payment(self, payment_id: str) -> None:
        """Look for the payment of a reversal once; it may come later, and finds its reversal then."""
        if ("payment", payment_id) not in self.sought:
            self.sought.add(("payment", payment_id))
            self.money.add((MoneyKind.PAYMENT, payment_id))

    def _found_agreements(self, found: dict[str, AgreementRecord]) -> None:
        for key, record in found.items():
            if key in self.case.agreements:
                continue
            self.case.agreements[key] = record
            self.customers.add(record.agreement.customer_id)
            self.invoice_ids.update(set(record.agreement.invoice_ids) - self.case.invoices.keys())
