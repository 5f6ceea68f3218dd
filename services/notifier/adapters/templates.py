"""Writes messages and scripts from the template files: one wording for plain text, HTML and paper."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, select_autoescape

from chassis.kernel.calendar import local_day
from chassis.kernel.errors import Rejected
from chassis.kernel.money import Money
from notifier.adapters.formatting import LANGUAGES, date_text, language_of, money_text, plain_spaced
from notifier.adapters.phrases import Blocks, Spoken, blocks_of, one_line_of, paragraphs
from notifier.adapters.tidy import SHORT_CHARS_MAX, tidied
from notifier.adapters.wording import FORMAL_KINDS, day_or_dash, words
from notifier.domain.command import Command, InvoiceLine
from notifier.domain.message import Document, InvoiceRow, LetterHead, Rendered, plain_gsm
from notifier.domain.parties import Party, addressed
from notifier.domain.totals import totals_open

MESSAGE_KINDS: Final = frozenset(
    {
        "arrived-check",
        "before-due",
        "due-day",
        "prompt-reminder",
        "friendly-reminder",
        "second-reminder",
        "resend",
        *FORMAL_KINDS,
    }
)
SCRIPT_KINDS: Final = frozenset(
    {"call-courtesy", "call-friendly", "call-overdue", "decision", "handover", "data-quality"}
)
_SCRIPT_OF_ACTION: Final = {
    "CALL": "call-friendly",
    "DECISION": "decision",
    "HANDOVER": "handover",
    "DATA_QUALITY": "data-quality",
}
# What a template can stumble over: an unknown word, or a value that it cannot write.
_FAULTS: Final = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)


def message_kind(command: Command) -> str:
    """Return the message template of a command; an unknown name becomes the friendly reminder."""
    if command.is_fourteen_day_letter:
        return "fourteen-day-letter"
    return command.template if command.template in MESSAGE_KINDS else "friendly-reminder"


def script_kind(command: Command) -> str:
    """Return the script of a task; an unknown name becomes the action's own script."""
    if command.action == "CALL" and command.template in SCRIPT_KINDS:
        return command.template
    return _SCRIPT_OF_ACTION.get(command.action, "decision")


class TemplateRenderer:
    """Renders so that an unknown word is an error, never an empty place.

    The templates are files of this package. What others call things goes in as values, which are never read as
    templates, and the HTML layout escapes every one of them.
    """

    def __init__(self) -> None:
        # Autoescape by ending: the HTML layout escapes everything that it is given.
        self._environment = Environment(
            loader=PackageLoader("notifier.adapters", "templates"),
            undefined=StrictUndefined,
            auto_reload=False,
            autoescape=select_autoescape(("html",), default=False),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._phrases = {
            language: blocks_of(self._environment, f"{language}/phrases.txt") for language in LANGUAGES
        }
        self._blocks: dict[str, Blocks] = {}

    def message(self, command: Command, *, party: Party, now: datetime) -> Rendered:
        """Write the message for the command's channel; raises Rejected when the template does not fit it."""
        is_short = command.channel in {"SMS", "WHATSAPP"}
        chars_max = SHORT_CHARS_MAX if is_short else None
        command, party = tidied(command, chars_max=chars_max), tidied(party, chars_max=chars_max)
        kind = message_kind(command)
        language = language_of(command.language)
        try:
            spoken = self._spoken(language, words(command, party=party, kind=kind, now=now))
            if is_short:
                return self._short(f"{language}/{kind}.txt", channel=command.channel, known=spoken)
            return self._long(command, kind=kind, known=spoken, party=party, now=now)
        except _FAULTS as error:
            raise Rejected(f"template {kind} cannot be written: {error}", field="template") from error

    def script(self, command: Command, *, party: Party) -> str:
        """Write what the assignee of a task reads: why, how to begin, and the invoices; raises Rejected."""
        command, party = tidied(command), tidied(party)
        kind = script_kind(command)
        try:
            return self._script(command, kind=kind, party=party)
        except _FAULTS as error:
            raise Rejected(f"script {kind} cannot be written: {error}", field="template") from error

    def _script(self, command: Command, *, kind: str, party: Party) -> str:
        language = language_of(command.language)
        spoken = self._spoken(language, words(command, party=party, kind=kind, now=None))
        callee, phone = _callee(party, purpose=command.purpose)
        listed = [self._row(line, language=language, spoken=spoken) for line in command.invoices]
        spoken.update(
            {
                "callee": callee,
                "callee_phone": phone,
                "invoice_list": "\n".join(_script_line(row, spoken=spoken) for row in listed),
            }
        )
        return plain_spaced(_lines(self._block(f"{language}/{kind}.txt", "script", spoken)))

    def _spoken(self, language: str, known: dict[str, Any]) -> Spoken:
        """Add the phrases of the language that the wordings are built of."""
        return Spoken(known, phrases=self._phrases[language])

    def _block(self, template: str, block: str, known: Spoken) -> str:
        blocks = self._blocks.get(template)
        if blocks is None:
            blocks = self._blocks[template] = blocks_of(self._environment, template)
        return blocks.write(block, known)

    def _short(self, template: str, *, channel: str, known: Spoken) -> Rendered:
        parts = tuple(map(plain_gsm, paragraphs(self._block(template, "short", known))))
        if channel == "SMS":
            return Rendered(subject="", text=" ".join(parts))
        return Rendered(subject="", text="\n\n".join(parts), parts=parts)

    def _long(self, command: Command, *, kind: str, known: Spoken, party: Party, now: datetime) -> Rendered:
        language = language_of(command.language)
        template = f"{language}/{kind}.txt"
        subject = plain_spaced(one_line_of(self._block(template, "subject", known)))
        document = self._document(command, template=template, known=known, party=party)
        text = self._environment.get_template("layout/mail.txt").render(d=document)
        written = plain_spaced(re.sub(r"\n{3,}", "\n\n", text).strip())
        if command.channel == "EMAIL":
            html = self._environment.get_template("layout/mail.html").render(d=document, subject=subject)
            return Rendered(subject=subject, text=written, html=html, document=document)
        today = local_day(now, zone=party.creditor.zone)
        place = party.creditor.address.city
        day = date_text(today, language=language)
        head = LetterHead(
            place_and_date=f"{place}, {day}" if place else day,
            subject_label=str(known["label_subject"]),
            registered_mark=str(known["registered"]) if command.registered else "",
            sender_label=str(known["label_return"]),
        )
        return Rendered(subject=subject, text=written, document=document, head=head)

    def _document(self, command: Command, *, template: str, known: Spoken, party: Party) -> Document:
        language = language_of(command.language)
        own = [line for line in command.invoices if line.own_step]
        also = [line for line in command.invoices if not line.own_step]
        after = paragraphs(self._block(template, "after", known))
        payment = _payment(known, party=party)
        return Document(
            language=language,
            greeting=str(known["greeting"]),
            opening=paragraphs(self._block(template, "opening", known)),
            columns=tuple(
                str(known[f"column_{name}"]) for name in ("number", "issued", "due", "amount", "open")
            ),
            rows=tuple(self._row(line, language=language, spoken=known) for line in own),
            total_label=str(known["total_own"]),
            totals=tuple(money_text(total, language=language) for total in totals_open(own)),
            also_heading=str(known["also"]),
            also=tuple(self._row(line, language=language, spoken=known) for line in also),
            after=after if payment else (*after, str(known["pay_unknown"])),
            pay_heading=str(known["pay_heading"]),
            payment=payment,
            closing=paragraphs(str(known["closing"])),
            sign_off=str(known["sign_off"]),
            signature=_signature(known, party=party),
        )

    def _row(self, line: InvoiceLine, *, language: str, spoken: Mapping[str, Any]) -> InvoiceRow:
        details = (
            ("label_reference", line.payment_reference),
            ("label_order", line.order_reference),
            ("label_link", line.document_url),
        )
        return InvoiceRow(
            number=line.invoice_id,
            issued_on=day_or_dash(line.issued_on, language=language),
            due_on=day_or_dash(line.due_on, language=language),
            amount=money_text(Money(line.currency, line.amount), language=language),
            open=money_text(Money(line.currency, line.open), language=language),
            details=tuple((str(spoken[label]), value) for label, value in details if value),
            url=line.document_url if line.document_url.startswith(("https://", "http://")) else "",
        )


def _payment(known: Mapping[str, Any], *, party: Party) -> tuple[tuple[str, str], ...]:
    creditor = party.creditor
    if not creditor.iban:
        return ()
    pairs = (
        ("label_iban", str(known["iban"])),
        ("label_bic", creditor.bic),
        ("label_holder", creditor.account_name),
        ("label_remittance", str(known["remittance"])),
    )
    return tuple((str(known[label]), value) for label, value in pairs if value)


def _signature(known: Mapping[str, Any], *, party: Party) -> tuple[str, ...]:
    creditor = party.creditor
    reachable = (("label_phone", str(known["phone"])), ("label_mail", creditor.reply_address))
    names = dict.fromkeys((creditor.sender_name, creditor.legal_name or creditor.shown_name))
    reach = [f"{known[label]}: {value}" for label, value in reachable if value]
    if known["channel"] == "LETTER" and reach:
        # On paper every line counts: with these two in one, most letters take a single sheet.
        reach = ["  |  ".join(reach)]
    return (*(name for name in names if name), *reach)


def _callee(party: Party, *, purpose: str) -> tuple[str, str]:
    """Return whom to call, and the number; the customer's name where no person is known."""
    customer = party.customer
    order = addressed(customer.contacts, purpose=purpose)
    found = next((contact for contact in order if contact.address("CALL")), None)
    shown = customer.name or customer.customer_id
    if found is None:
        return shown, ""
    return (f"{found.name} ({shown})" if found.name and found.name != shown else shown), found.address("CALL")


def _script_line(row: InvoiceRow, *, spoken: Mapping[str, Any]) -> str:
    due, left = spoken["column_due"], spoken["column_open"]
    return f"- {row.number}: {left.lower()} {row.open}, {due.lower()} {row.due_on}"


def _lines(text: str) -> str:
    """Keep the lines of a script, without the empty ones that a condition left behind."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()
