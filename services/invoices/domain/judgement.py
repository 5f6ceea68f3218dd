"""Judging a case: from the facts and the day alone to every state, verdict and day that follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.kernel.calendar import DayCalendar
from invoices.domain.agreement import Agreement, Debt, Plan, Promise, Verdict, days_ahead, judge
from invoices.domain.allocation import ZERO, Allocation, Claim, Movement, Pot, allocate
from invoices.domain.creditor import due_day
from invoices.domain.facts import (
    CreditNote,
    InvoiceFact,
    MoneyFact,
    Payment,
    Reversal,
    WriteOff,
    issued_day,
    money_day,
)
from invoices.domain.records import (
    AgendaItem,
    AgendaKind,
    BrokenDay,
    Case,
    InvoiceRecord,
    InvoiceState,
    MoneyKey,
    MoneyState,
)
from invoices.domain.settlement import settle, untouched
from invoices.domain.stop import Agreed, no_evidence, stops_of
from invoices.domain.versions import counting


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of judging a case."""

    invoices: Mapping[str, InvoiceState]
    movements: Mapping[str, tuple[Movement, ...]]
    money: Mapping[MoneyKey, MoneyState]
    verdicts: Mapping[str, Verdict]
    broken: tuple[BrokenDay, ...]
    agenda: tuple[AgendaItem, ...]


def judge_case(case: Case, *, calendar: DayCalendar) -> Judgement:
    """Judge every invoice, payment and promise of a case on its day; pure, and independent of order."""
    facts = {key: _counting_invoice(record, case.today) for key, record in sorted(case.invoices.items())}
    money = {
        key: counting(record.versions, today=case.today, day_of=money_day)
        for key, record in sorted(case.money.items())
    }
    due_days = {
        key: due_day(fact.issued_on, due_on=fact.due_on, term_days=case.term_days)
        for key, (fact, _) in facts.items()
    }
    allocation = allocate(_pot(case, facts, due_days, money))
    movements = _by_invoice(allocation)
    debts = {
        key: Debt(fact.amount, movements.get(key, ()))
        for key, (fact, in_effect) in facts.items()
        if in_effect
    }
    agreements = [case.agreements[key].agreement for key in sorted(case.agreements)]
    verdicts = {
        agreement.agreement_id: judge(agreement, debts=debts, today=case.today, calendar=calendar)
        for agreement in agreements
        if isinstance(agreement, Promise | Plan)
    }
    by_customer: dict[str, list[Agreement]] = {}
    for agreement in agreements:
        by_customer.setdefault(agreement.customer_id, []).append(agreement)
    states = {}
    for key, (fact, in_effect) in facts.items():
        state = InvoiceState(
            fact=fact,
            in_effect=in_effect,
            due_on=due_days[key],
            settlement=settle(fact.amount, issued_on=fact.issued_on, movements=movements.get(key, ())),
            known_from=case.invoices[key].known_from,
        )
        mine = by_customer.get(fact.customer_id, ())
        agreed = Agreed(agreements=mine, verdicts=verdicts, today=case.today, calendar=calendar)
        states[key] = _with_agreements(state, agreed)
    return Judgement(
        invoices=states,
        movements=movements,
        money={key: _money_state(fact, allocation, in_effect=flag) for key, (fact, flag) in money.items()},
        verdicts=verdicts,
        broken=_broken(case, money, allocation, verdicts),
        agenda=_agenda(case, calendar),
    )


def judge_plain(fact: InvoiceFact, *, term_days: int, today: date | None) -> InvoiceState:
    """Judge a new invoice that no money and no agreement can touch (the hot path)."""
    return InvoiceState(
        fact,
        today is None or fact.issued_on <= today,
        due_day(fact.issued_on, due_on=fact.due_on, term_days=term_days),
        untouched(fact.amount, issued_on=fact.issued_on),
        fact.stamp.time,
    )


def _counting_invoice(record: InvoiceRecord, today: date | None) -> tuple[InvoiceFact, bool]:
    return counting(record.versions, today=today, day_of=issued_day)


def _pot(
    case: Case,
    facts: Mapping[str, tuple[InvoiceFact, bool]],
    due_days: Mapping[str, date],
    money: Mapping[MoneyKey, tuple[MoneyFact, bool]],
) -> Pot:
    claims = [
        Claim(
            invoice_id=key,
            customer_id=fact.customer_id,
            currency=fact.currency,
            amount=fact.amount,
            issued_on=fact.issued_on,
            due_on=due_days[key],
            payment_reference=fact.payment_reference,
        )
        for key, (fact, in_effect) in facts.items()
        if in_effect
    ]
    counted = [fact for fact, in_effect in money.values() if in_effect]
    return Pot(
        claims=claims,
        payments=[fact for fact in counted if isinstance(fact, Payment)],
        credits=[fact for fact in counted if isinstance(fact, CreditNote)],
        reversals=[fact for fact in counted if isinstance(fact, Reversal)],
        write_offs=[fact for fact in counted if isinstance(fact, WriteOff)],
        assigned={key[1]: record.assigned for key, record in case.money.items() if record.assigned},
    )


def _by_invoice(allocation: Allocation) -> dict[str, tuple[Movement, ...]]:
    grouped: dict[str, list[Movement]] = {}
    for movement in allocation.movements:
        grouped.setdefault(movement.invoice_id, []).append(movement)
    return {key: tuple(sorted(found, key=_movement_order)) for key, found in sorted(grouped.items())}


def _movement_order(movement: Movement) -> tuple[date, str, str, Decimal]:
    return movement.on, movement.kind, movement.source_id, movement.amount


def _with_agreements(state: InvoiceState, agreed: Agreed) -> InvoiceState:
    invoice_id = state.fact.invoice_id
    reason = no_evidence(invoice_id, settlement=state.settlement, agreed=agreed)
    is_asked_for = state.in_effect and state.settlement.open > 0
    stops = stops_of(invoice_id, agreed=agreed) if is_asked_for else ()
    return state._replace(stops=stops, no_evidence=reason)


def _money_state(fact: MoneyFact, allocation: Allocation, *, in_effect: bool) -> MoneyState:
    unapplied, owner = ZERO, ""
    match fact:
        case Payment():
            unapplied = allocation.unapplied_payments.get(fact.fact_id, ZERO)
            owner = allocation.owners.get(fact.fact_id, fact.customer_id)
        case CreditNote():
            unapplied = allocation.unapplied_credits.get(fact.fact_id, ZERO)
            owner = fact.customer_id
        case Reversal() | WriteOff():
            pass
    return MoneyState(fact=fact, in_effect=in_effect, unapplied=unapplied, owner_id=owner)


def _broken(
    case: Case,
    money: Mapping[MoneyKey, tuple[MoneyFact, bool]],
    allocation: Allocation,
    verdicts: Mapping[str, Verdict],
) -> tuple[BrokenDay, ...]:
    """Bounced debits (at the payment's customer) and broken promises and plans."""
    found = [
        BrokenDay(case.agreements[key].agreement.customer_id, key, verdict.broken_on)
        for key, verdict in verdicts.items()
        if verdict.broken_on is not None
    ]
    for fact, in_effect in money.values():
        if not isinstance(fact, Reversal) or not in_effect or not fact.amount:
            continue
        if owner := allocation.owners.get(fact.payment_id, ""):
            found.append(BrokenDay(owner, f"REVERSAL:{fact.fact_id}", fact.on))
    return tuple(sorted(found))


def _agenda(case: Case, calendar: DayCalendar) -> tuple[AgendaItem, ...]:
    """Days ahead on which something in the case changes by time alone."""
    if case.today is None:
        return ()
    today = case.today
    found: set[AgendaItem] = set()
    for key, invoice in case.invoices.items():
        days = [version.issued_on for version in invoice.versions]
        found.update(AgendaItem(day, AgendaKind.INVOICE, key) for day in days if day > today)
    for (money_kind, fact_id), money in case.money.items():
        days = [version.on for version in money.versions]
        found.update(AgendaItem(day, AgendaKind(money_kind), fact_id) for day in days if day > today)
    for record in case.agreements.values():
        agreement = record.agreement
        kind = AgendaKind.INVOICE if agreement.invoice_ids else AgendaKind.CUSTOMER
        for day in days_ahead(agreement, today=today, calendar=calendar):
            found.update(
                AgendaItem(day, kind, key) for key in agreement.invoice_ids or (agreement.customer_id,)
            )
    return tuple(sorted(found))
