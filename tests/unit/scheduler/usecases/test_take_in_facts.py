"""A batch of facts: folded in its order, versions respected, closed invoices filed with their history."""

from decimal import Decimal

from scheduler.domain.customer import Invoice
from scheduler.domain.facts import Master
from scheduler.domain.policy import Creditor
from scheduler.usecases.ports import FiledInvoice
from scheduler.usecases.take_in_facts import CustomerTold, InvoiceTold, Told, take_in_facts
from tests.unit.scheduler.builders import ask, customer, invoice, local
from tests.unit.scheduler.memory_book import AT_ONCE, MemoryCustomers, MemoryRules

KEY = ("acme-nl", "C-1")


def told(what: Invoice) -> InvoiceTold:
    filed = FiledInvoice("acme-nl", what.invoice_id, "C-1", what.version, what.status)
    return InvoiceTold("acme-nl", "C-1", what, filed)


async def take_in(book: MemoryCustomers, *facts: Told) -> None:
    await take_in_facts(facts, [], customers=book, rules=MemoryRules())


PAID = invoice(version=3, status="PAID", open=Decimal(0))


async def test_a_new_invoice_is_filed_and_its_customer_woken() -> None:
    book = MemoryCustomers()
    await take_in(book, CustomerTold("acme-nl", "C-1", Master(version=1)), told(invoice()))
    assert book.files["acme-nl", "I-1"].status == "OPEN"
    assert book.wakeups[KEY] == AT_ONCE
    assert [item.invoice_id for item in book.states[KEY].invoices] == ["I-1"]


async def test_a_batch_told_twice_or_out_of_order_leads_to_the_same_state() -> None:
    one, two = MemoryCustomers(), MemoryCustomers()
    facts = [told(invoice()), told(invoice(version=2, open=Decimal(40))), told(PAID)]
    await take_in(one, *facts)
    await take_in(two, *reversed(facts))
    assert {k: f.status for k, f in one.files.items()} == {k: f.status for k, f in two.files.items()}
    assert [i for i in one.states[KEY].invoices if i.status == "OPEN"] == []
    assert [i for i in two.states[KEY].invoices if i.status == "OPEN"] == []


async def test_a_late_word_about_a_closed_invoice_does_not_open_it_again() -> None:
    book = MemoryCustomers()
    await take_in(book, told(invoice()))
    await take_in(book, told(PAID))
    book.states[KEY] = ask(book.states[KEY], local("2026-03-02")).customer
    await take_in(book, told(invoice(version=2)))
    assert book.states[KEY].invoices == ()
    assert book.files["acme-nl", "I-1"].status == "PAID"


async def test_nothing_new_wakes_nobody() -> None:
    book = MemoryCustomers()
    await take_in(book, told(invoice()))
    book.wakeups[KEY] = None
    await take_in(book, told(invoice()))
    assert book.wakeups[KEY] is None


async def test_a_closed_invoice_is_filed_with_what_was_done_on_it_and_comes_back_with_it() -> None:
    book = MemoryCustomers()
    decision = ask(customer(), local("2026-04-01"))
    accepted = decision.customer.contacts[0]._replace(outcome="ACCEPTED")
    book.states[KEY] = decision.customer._replace(contacts=(accepted,))
    await take_in(book, told(PAID))
    assert [contact.step for contact in book.files["acme-nl", "I-1"].history] == ["due-today"]
    book.states[KEY] = ask(book.states[KEY], local("2026-04-02")).customer._replace(contacts=())
    assert book.states[KEY].invoices == ()
    await take_in(book, told(invoice(version=4)))
    assert book.states[KEY].contacts == (accepted,)
    assert book.files["acme-nl", "I-1"].status == "OPEN"
    await take_in(book, told(PAID))
    assert book.states[KEY].invoices[0].version == 4


async def test_a_creditor_who_changes_wakes_all_customers() -> None:
    book, rules = MemoryCustomers(), MemoryRules()
    await take_in(book, told(invoice()))
    book.wakeups[KEY] = None
    await take_in_facts([], [Creditor("acme-nl", version=2)], customers=book, rules=rules)
    assert book.wakeups[KEY] == AT_ONCE
    book.wakeups[KEY] = None
    await take_in_facts([], [Creditor("acme-nl", version=2)], customers=book, rules=rules)
    assert book.wakeups[KEY] is None
