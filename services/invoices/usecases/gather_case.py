"""Gather every fact that may meet when money is allocated: the closure over the keys that they share."""

from dataclasses import dataclass, field

from invoices.domain.facts import MoneyKind
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
        self.keys = set(seeds.keys)
        self.customers: set[str] = set()
        self.keys_followed: set[str] = set()
        self.customers_followed: set[str] = set()
        self.invoices_sought: set[str] = set()
        self.money_sought: set[MoneyKey] = set()
        self._found_agreements(seeds.changed_agreements)
        self._found_money(seeds.changed_money)
        self._found_invoices(seeds.changed_invoices)

    def has_more(self) -> bool:
        """Say whether anything is left to follow."""
        return bool(self.invoice_ids or self.money or self.keys or self.customers)

    async def grow(self) -> None:
        """Follow everything on the frontier by one step, in a fixed order."""
        creditor_id = self.case.creditor_id
        customers, self.customers = sorted(self.customers), set()
        self.customers_followed.update(customers)
        if customers:
            self._found_agreements(await self.book.agreements(creditor_id, customer_ids=customers))
        ids, self.invoice_ids = sorted(self.invoice_ids), set()
        self.invoices_sought.update(ids)
        if ids:
            self._found_invoices(await self.book.invoices(creditor_id, invoice_ids=ids))
        money, self.money = sorted(self.money), set()
        self.money_sought.update(money)
        if money:
            self._found_money(await self.book.money(creditor_id, keys=money))
        keys, self.keys = sorted(self.keys), set()
        self.keys_followed.update(keys)
        if keys:
            self._found_money(await self.book.money_naming(creditor_id, keys=keys))
            self._found_invoices(await self.book.invoices_named(creditor_id, keys=keys))

    def _found_invoices(self, found: dict[str, InvoiceRecord]) -> None:
        for key, record in found.items():
            if key in self.case.invoices:
                continue
            self.case.invoices[key] = record
            self._follow_customer(record.newest.customer_id)
            for version in record.versions:
                self._follow_keys(invoice_keys(version))

    def _found_money(self, found: dict[MoneyKey, MoneyRecord]) -> None:
        for key, record in found.items():
            if key in self.case.money:
                continue
            self.case.money[key] = record
            for version in record.versions:
                names = money_keys(version, assigned=record.assigned)
                self._follow_keys(names)
                if version.kind is MoneyKind.PAYMENT:
                    self._follow_keys((f"P:{version.fact_id}",))
                elif version.kind is MoneyKind.REVERSAL:
                    self._follow_payment((MoneyKind.PAYMENT, names[0].removeprefix("P:")))

    def _found_agreements(self, found: dict[str, AgreementRecord]) -> None:
        for key, record in found.items():
            if key in self.case.agreements:
                continue
            self.case.agreements[key] = record
            self._follow_customer(record.agreement.customer_id)
            missing = set(record.agreement.invoice_ids) - self.invoices_sought - self.case.invoices.keys()
            self.invoice_ids |= missing

    def _follow_keys(self, keys: tuple[str, ...]) -> None:
        self.keys.update(key for key in keys if key not in self.keys_followed)

    def _follow_payment(self, key: MoneyKey) -> None:
        if key not in self.money_sought and key not in self.case.money:
            self.money.add(key)

    def _follow_customer(self, customer_id: str) -> None:
        if customer_id not in self.customers_followed:
            self.customers.add(customer_id)
