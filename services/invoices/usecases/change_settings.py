"""Change a creditor's settings by hand: one more version, which wins over what the person saw."""

from collections.abc import Callable
from dataclasses import replace

from invoices.domain.creditor import CreditorMaster, CreditorRecord, settings_day
from invoices.domain.moment import Moment
from invoices.domain.versions import Stamp, merge
from invoices.usecases.gather_case import Seeds
from invoices.usecases.ports import Book
from invoices.usecases.rejudge_open_items import rejudge
from invoices.usecases.take_in_facts import apply_settings
from invoices.usecases.write_off_invoice import SOURCE


async def change_settings(
    book: Book,
    wanted: CreditorMaster,
    *,
    seen: Callable[[int], None],
    moment: Moment,
) -> CreditorRecord:
    """Replace the settings and judge what depends on them; ``seen`` refuses a version that the caller has not seen."""
    creditor_id = wanted.creditor_id
    await book.lock([creditor_id], exclusive=True)
    creditor = (await book.creditors([creditor_id])).get(creditor_id)
    seen(creditor.version if creditor is not None else 0)
    if creditor is None:
        creditor = CreditorRecord(creditor_id=creditor_id)
        creditor = replace(creditor, judged_on=creditor.today(moment.now))
        await book.open_creditors([creditor])
    before = creditor.settings(moment.now)
    today = creditor.today(moment.now)
    begun = [version for version in creditor.versions if today is None or settings_day(version) <= today]
    at = max([moment.told_at, *(version.stamp.time for version in begun)])
    # The tilde sorts after letters and digits: it wins over an event of the same instant.
    stamp = Stamp(at, f"~{creditor.version + 1:09}", SOURCE)
    versions = merge(creditor.versions, replace(wanted, stamp=stamp), today=None, day_of=settings_day)
    creditor, events = await apply_settings(book, replace(creditor, versions=versions), moment=moment)
    seeds = Seeds()
    if before.payment_term_days != creditor.settings(moment.now).payment_term_days:
        seeds.invoice_ids.update(await book.invoice_ids_by_term(creditor_id))
    events += await rejudge(book, creditor=creditor, seeds=seeds, moment=moment)
    book.publish(events, at=moment.told_at)
    return creditor
