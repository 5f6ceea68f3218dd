from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.domain.allocation import Allocation, Claim, MovementKind, Pot, allocate
from invoices.domain.facts import CreditNote, Explicit, InvoiceFact, Payment, Reversal, WriteOff
from invoices.domain.settlement import settle
from tests.support.invoices_facts import credit, day, invoice, payment, reversal, write_off


def claim(fact: InvoiceFact) -> Claim:
    return Claim(
        invoice_id=fact.invoice_id,
        customer_id=fact.customer_id,
        currency=fact.currency,
        amount=fact.amount,
        issued_on=fact.issued_on,
        due_on=fact.due_on or fact.issued_on,
        payment_reference=fact.payment_reference,
    )


Fact = InvoiceFact | Payment | CreditNote | Reversal | WriteOff


def pot(*facts: Fact) -> Pot:
    return Pot(
        claims=[claim(fact) for fact in facts if isinstance(fact, InvoiceFact)],
        payments=[fact for fact in facts if isinstance(fact, Payment)],
        credits=[fact for fact in facts if isinstance(fact, CreditNote)],
        reversals=[fact for fact in facts if isinstance(fact, Reversal)],
        write_offs=[fact for fact in facts if isinstance(fact, WriteOff)],
    )


def booked(found: Allocation) -> dict[tuple[str, str], str]:
    """Amount by (invoice, source)."""
    return {(m.invoice_id, m.source_id): str(m.amount) for m in found.movements}


def test_an_explicit_share_goes_before_an_earlier_match() -> None:
    found = allocate(
        pot(
            invoice(reference="RF1"),
            payment("early", on="03-05", reference="RF1"),
            payment("late", on="03-20", shares={"2026-0001": "80.00"}),
        )
    )
    assert booked(found) == {("2026-0001", "late"): "80.00", ("2026-0001", "early"): "20.00"}
    assert found.unapplied_payments == {"early": Decimal("80.00"), "late": Decimal("20.00")}


def test_payments_are_matched_by_day_then_by_id() -> None:
    found = allocate(
        pot(
            invoice(reference="RF1", amount="120.00"),
            payment("b", on="03-05", reference="RF1"),
            payment("a", on="03-05", reference="RF1"),
            payment("c", on="03-04", reference="RF1", amount="10.00"),
        )
    )
    assert booked(found) == {
        ("2026-0001", "c"): "10.00",
        ("2026-0001", "a"): "100.00",
        ("2026-0001", "b"): "10.00",
    }


def test_several_hits_are_paid_the_oldest_due_first_then_by_number() -> None:
    found = allocate(
        pot(
            invoice("C", due_on="05-01", reference="RF1"),
            invoice("B", due_on="04-01", reference="RF1"),
            invoice("A", due_on="04-01", reference="RF1"),
            payment(amount="250.00", reference="rf 1"),
        )
    )
    assert booked(found) == {("A", "bank-1"): "100.00", ("B", "bank-1"): "100.00", ("C", "bank-1"): "50.00"}


def test_the_reference_goes_before_a_number_in_the_text() -> None:
    found = allocate(
        pot(
            invoice("2026-0001", due_on="03-10"),
            invoice("2026-0002", due_on="05-10", reference="RF2"),
            payment(amount="150.00", reference="RF2", remittance="2026-0001"),
        )
    )
    assert booked(found) == {("2026-0002", "bank-1"): "100.00", ("2026-0001", "bank-1"): "50.00"}


def test_a_payment_that_names_a_customer_is_matched_within_it() -> None:
    found = allocate(
        pot(invoice(customer_id="C-2", reference="RF1"), payment(customer_id="C-1", reference="RF1"))
    )
    assert found.movements == ()
    assert found.owners == {"bank-1": "C-1"}


def test_a_matched_payment_counts_as_its_invoices_customers() -> None:
    found = allocate(
        pot(invoice(customer_id="C-2", amount="30.00", reference="RF1"), payment(reference="RF1"))
    )
    assert found.owners == {"bank-1": "C-2"}
    assert found.unapplied_payments == {"bank-1": Decimal("70.00")}


def test_money_of_another_currency_does_not_count() -> None:
    found = allocate(
        pot(
            invoice(currency="USD", reference="RF1"),
            payment(reference="RF1", shares={"2026-0001": "100.00"}),
            credit(invoice_id="2026-0001"),
            write_off(),
        )
    )
    assert found.movements == ()


def test_a_credit_note_closes_its_invoice_and_its_surplus_stays_with_the_customer() -> None:
    found = allocate(
        pot(invoice(amount="60.00"), credit(invoice_id="2026-0001"), credit("cn-2", amount="5.00"))
    )
    assert booked(found) == {("2026-0001", "cn-1"): "60.00"}
    assert found.unapplied_credits == {"cn-1": Decimal("40.00"), "cn-2": Decimal("5.00")}


def test_a_write_off_takes_only_what_is_still_open() -> None:
    found = allocate(pot(invoice(reference="RF1"), payment(amount="70.00", reference="RF1"), write_off()))
    assert booked(found) == {("2026-0001", "bank-1"): "70.00", ("2026-0001", "2026-0001"): "30.00"}


def test_a_prepayment_counts_from_the_day_of_the_invoice() -> None:
    found = allocate(pot(invoice(issued_on="03-10", reference="RF1"), payment(on="03-01", reference="RF1")))
    assert [movement.on for movement in found.movements] == [day("03-10")]


def test_a_correcting_invoice_is_set_off_by_a_negative_share_alone() -> None:
    facts = [invoice("A", amount="100.00", reference="RF1"), invoice("K", amount="-20.00", reference="RF1")]
    assert booked(allocate(pot(*facts, payment(amount="80.00", reference="RF1")))) == {
        ("A", "bank-1"): "80.00"
    }
    netted = allocate(pot(*facts, payment(amount="80.00", shares={"A": "100.00", "K": "-20.00"})))
    assert booked(netted) == {("K", "bank-1"): "-20.00", ("A", "bank-1"): "100.00"}
    assert netted.unapplied_payments == {"bank-1": Decimal("0.00")}


def test_a_reversed_payment_leaves_the_invoice_open_and_its_trace_on_both_days() -> None:
    found = allocate(pot(invoice(reference="RF1"), payment(reference="RF1"), reversal()))
    assert [(m.kind, m.on, str(m.amount)) for m in found.movements] == [
        (MovementKind.PAID, day("04-03"), "100.00"),
        (MovementKind.REVERSED, day("04-09"), "-100.00"),
    ]
    assert found.owners == {"bank-1": "C-1"}
    outcome = settle(Decimal("100.00"), issued_on=day("03-02"), movements=found.movements)
    assert (outcome.open, outcome.paid, outcome.reversed_on) == (Decimal(100), Decimal(0), day("04-09"))


def test_a_partial_reversal_undoes_what_was_given_last() -> None:
    found = allocate(
        pot(
            invoice("A", due_on="04-01", reference="RF1"),
            invoice("B", due_on="05-01", reference="RF1"),
            payment(amount="210.00", reference="RF1"),
            reversal(amount="50.00"),
        )
    )
    sums: dict[str, Decimal] = {}
    for movement in found.movements:
        sums[movement.invoice_id] = sums.get(movement.invoice_id, Decimal(0)) + movement.amount
    assert sums == {"A": Decimal("100.00"), "B": Decimal("60.00")}
    assert [m.invoice_id for m in found.movements if m.kind is MovementKind.REVERSED] == ["B"]


def test_a_second_payment_after_a_bounce_settles_the_invoice_on_its_own_day() -> None:
    found = allocate(
        pot(
            invoice(reference="RF1"),
            payment(reference="RF1"),
            reversal(),
            payment("again", on="04-20", reference="RF1"),
        )
    )
    outcome = settle(Decimal("100.00"), issued_on=day("03-02"), movements=found.movements)
    assert (outcome.settled_on, outcome.reversed_on) == (day("04-20"), day("04-09"))


def test_a_person_assigns_money_like_an_explicit_share() -> None:
    facts = pot(invoice("A", reference="RF1"), invoice("B"), payment(reference="RF1"))
    found = allocate(
        Pot(claims=facts.claims, payments=facts.payments, assigned={"bank-1": (Explicit("B", Decimal(60)),)})
    )
    assert {key: Decimal(amount) for key, amount in booked(found).items()} == {
        ("B", "bank-1"): Decimal(60),
        ("A", "bank-1"): Decimal(40),
    }


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_facts_stand_does_not_matter(order: int) -> None:
    facts: list[Fact] = [
        invoice("A", due_on="04-01", reference="RF1"),
        invoice("B", due_on="04-01", reference="RF1"),
        payment("p", amount="30.00", reference="RF1"),
        payment("q", amount="130.00", reference="RF1"),
    ]
    found = allocate(pot(*facts[::order]))
    assert booked(found) == {("A", "p"): "30.00", ("A", "q"): "70.00", ("B", "q"): "60.00"}


@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.sampled_from(["", "RF1", "RF2"])), max_size=6),
    st.lists(
        st.tuples(st.integers(0, 20_000), st.sampled_from(["", "RF1", "RF2"]), st.integers(1, 28)), max_size=6
    ),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20_000)), max_size=3),
)
def test_money_is_conserved_and_no_invoice_goes_below_zero(
    invoices: list[tuple[int, str]], payments: list[tuple[int, str, int]], backs: list[tuple[int, int]]
) -> None:
    cents = Decimal("0.01")
    facts: list[Fact] = [
        invoice(f"I-{n}", amount=str(amount * cents), reference=ref)
        for n, (amount, ref) in enumerate(invoices)
    ]
    received = [
        payment(f"p-{n}", amount=str(amount * cents), reference=ref, on=f"04-{on:02}")
        for n, (amount, ref, on) in enumerate(payments)
    ]
    returned = [
        reversal(f"r-{n}", payment_id=f"p-{target}", amount=str(amount * cents), on="05-01")
        for n, (target, amount) in enumerate(backs)
    ]
    found = allocate(pot(*facts, *received, *returned))
    for one in received:
        back = min(sum((r.amount for r in returned if r.payment_id == one.fact_id), Decimal(0)), one.amount)
        sources = {one.fact_id, *(r.fact_id for r in returned if r.payment_id == one.fact_id)}
        applied = sum((m.amount for m in found.movements if m.source_id in sources), Decimal(0))
        assert one.amount - back == applied + found.unapplied_payments[one.fact_id]
        assert found.unapplied_payments[one.fact_id] >= 0
    for one_claim in pot(*facts).claims:
        mine = [m for m in found.movements if m.invoice_id == one_claim.invoice_id]
        assert (
            0
            <= settle(one_claim.amount, issued_on=one_claim.issued_on, movements=mine).open
            <= one_claim.amount
        )
