"""Judge customers anew after their facts have changed: O(1) where it can be, a re-fold where it must."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from classifier.domain.behaviour import NeedsRefold, Progress, refold, take_in
from classifier.domain.creditor import Creditor
from classifier.domain.customer import Customer, Key
from classifier.domain.evidence import Fact, InvoiceFacts, Kind, Outcome, facts_of, next_fact_on
from classifier.domain.tier import Decision
from classifier.usecases.announce import Announcement, announced
from classifier.usecases.ports import InvoiceKey, Judged, Ledger, Outlook

_ALL: Final = 10**7
_NOTHING_OPEN: Final = Outlook()


@dataclass(slots=True)
class Case:
    """One customer whose facts have changed."""

    was: Customer
    """As stored."""
    now: Customer
    """With its new master data."""
    invoices: list[tuple[InvoiceFacts | None, InvoiceFacts]] = field(default_factory=list)
    """Each changed invoice as it was and as it is."""
    today: int = 0
    """The creditor's day, 0 while there is no time."""
    as_of: int = 0
    """Day up to which its facts are taken in."""
    progress: Progress | None = None
    refolded: bool = False
    rewritten: bool = False
    """Whether a re-fold found other changes of tier than were known."""
    has_new_habits: bool = False
    """Whether what it has paid, and when, is not what it was."""


async def rejudge(
    ledger: Ledger, cases: Sequence[Case], *, creditors: Mapping[str, Creditor], now: datetime | None
) -> None:
    """Bring the cases (in key order) up to their facts and to ``now``; write and publish what changed.

    While there is no time (``now`` None) each customer is judged as of its own last fact.
    """
    today = {creditor_id: creditor.today(now) for creditor_id, creditor in creditors.items()}
    for case in cases:
        case.today = today[case.was.creditor_id]
        case.as_of = _as_of(case)
    await _add_due_invoices(ledger, cases)
    for case in cases:
        _go_on(case)
    await _refold(ledger, [case for case in cases if case.progress is None])
    await _save_invoices(ledger, cases)
    outlooks = await ledger.outlooks([case.was.key for case in cases])
    rows: list[Judged] = []
    for case in cases:
        progress = _progress(case)
        case.now = _announced(
            ledger,
            case,
            outlook=outlooks.get(case.was.key, _NOTHING_OPEN),
            creditor=creditors[case.was.creditor_id],
            now=now,
        )
        if case.now is not case.was and case.now != case.was:
            rows.append(Judged(case.now, progress.now if case.refolded or progress.changes else None))
    await _save_history(ledger, cases)
    await ledger.save_customers(rows, today=today)


def _announced(
    ledger: Ledger, case: Case, *, outlook: Outlook, creditor: Creditor, now: datetime | None
) -> Customer:
    """Tell what is new of a customer; return it with what was told."""
    progress, first_on = _progress(case), case.now.first_on
    changes = progress.changes
    news = Announcement(
        creditor,
        progress,
        keeps_first_day=case.now is case.was or first_on == case.was.first_on,
        has_new_habits=case.has_new_habits,
        owed_days=case.as_of - outlook.owed_since if outlook.owed_since else 0,
        as_of=max(case.as_of, first_on),
        time=now,
        changes=tuple([made for _, made in sorted(changes.items()) if made is not None]) if changes else (),
        rewritten=case.rewritten,
    )
    return announced(ledger, _settled(case, outlook), news)


def _as_of(case: Case) -> int:
    # A fact in effect counts even where the clock's message has not come through yet.
    days = [new.settled_on for _, new in case.invoices if new.outcome is not Outcome.ABSENT]
    return max(case.today, case.was.behaviour.last_on, *days, *case.now.broken_on, 0)


async def _add_due_invoices(ledger: Ledger, cases: Sequence[Case]) -> None:
    late = {case.was.key: case for case in cases if 0 < case.was.next_fact_on <= case.as_of}
    if not late:
        return
    found = await ledger.invoices_due({key: case.as_of for key, case in late.items()})
    for key, case in late.items():
        known = {new.invoice_id for _, new in case.invoices}
        case.invoices.extend((row, row) for row in found.get(key, ()) if row.invoice_id not in known)


def _go_on(case: Case) -> None:
    """Fold what is new into the state; leaves ``progress`` None when a re-fold is needed."""
    added, removed = _difference(case)
    if _first_day_lost(case):
        return
    try:
        case.progress = take_in(case.was.behaviour, added, removed=removed)
    except NeedsRefold:
        return
    case.has_new_habits = any(fact.kind >= Kind.PAID for fact in (*added, *removed))
    first = case.now.invoices_from
    for _, new in case.invoices:
        day = new.first_on
        if day and (day < first or not first):
            first = day
    if first != case.now.invoices_from:
        case.now = case.now._replace(invoices_from=first)


def _difference(case: Case) -> tuple[list[Fact], list[Fact]]:
    added, removed = _broken(case.now), _broken(case.was)
    for old, new in case.invoices:
        if old is not None:
            removed += facts_of(old, until=old.next_fact_on - 1 if old.next_fact_on else _ALL)
        added += facts_of(new, until=case.as_of)
    for fact in tuple(removed):
        if fact in added:
            added.remove(fact)
            removed.remove(fact)
    return added, removed


def _broken(customer: Customer) -> list[Fact]:
    return [Fact(on, Kind.BROKEN, 1) for on in customer.broken_on]


def _first_day_lost(case: Case) -> bool:
    first = case.was.invoices_from
    return any(
        old is not None and old.first_on == first != new.first_on for old, new in case.invoices if first
    )


async def _refold(ledger: Ledger, cases: Sequence[Case]) -> None:
    if not cases:
        return
    keys = [case.was.key for case in cases]
    stored, histories = await ledger.invoices_of(keys), await ledger.histories(keys)
    for case in cases:
        before = {row.invoice_id: row for row in stored.get(case.was.key, ())}
        after = before | {new.invoice_id: new for _, new in case.invoices}
        in_effect = [row for row in after.values() if row.outcome is not Outcome.ABSENT]
        case.invoices = [(before.get(name), row) for name, row in sorted(after.items())]
        hard = (row.settled_on for row in in_effect)
        case.as_of = max(case.today, *hard, *case.now.broken_on, 0)
        facts = [fact for row in in_effect for fact in facts_of(row, until=case.as_of)]
        case.progress = refold([*facts, *_broken(case.now)])
        first = min((row.first_on for row in in_effect), default=0)
        case.now = case.now._replace(invoices_from=first)
        case.refolded = True
        known = [(made.on, made.new) for made in histories.get(case.was.key, ())]
        found = [(on, made.new) for on, made in sorted(case.progress.changes.items()) if made is not None]
        case.rewritten = known != found
        case.has_new_habits = case.progress.habits != case.was.behaviour.now()[0]


async def _save_invoices(ledger: Ledger, cases: Sequence[Case]) -> None:
    rows: dict[Key, list[InvoiceFacts]] = {}
    owed: set[InvoiceKey] = set()
    for case in cases:
        changed = []
        for old, new in case.invoices:
            next_on = next_fact_on(new, after=case.as_of)
            row = new if next_on == new.next_fact_on else new._replace(next_fact_on=next_on)
            if row != old:
                changed.append(row)
                if row.outcome is Outcome.OPEN and not row.disputed(on=case.as_of):
                    owed.add((case.was.creditor_id, row.invoice_id))
        if changed:
            rows[case.was.key] = changed
    if rows:
        await ledger.save_invoices(rows, owed=owed)


def _settled(case: Case, outlook: Outlook) -> Customer:
    behaviour = _progress(case).behaviour
    if case.now.behaviour is behaviour and case.now.next_fact_on == outlook.next_fact_on:
        return case.now
    return case.now._replace(behaviour=behaviour, next_fact_on=outlook.next_fact_on)


def _progress(case: Case) -> Progress:
    if case.progress is None:
        raise AssertionError(f"customer {case.was.customer_id} has not been judged")
    return case.progress


async def _save_history(ledger: Ledger, cases: Sequence[Case]) -> None:
    changes: dict[Key, dict[int, Decision | None]] = {}
    cleared = [case.was.key for case in cases if case.refolded]
    for case in cases:
        kept = {
            on: made
            for on, made in _progress(case).changes.items()
            # Only the last day of before can have a change in store that is to be dropped.
            if made is not None or (not case.refolded and on == case.was.behaviour.last_on)
        }
        if kept:
            changes[case.was.key] = kept
    if changes or cleared:
        await ledger.save_history(changes, cleared=cleared)
