"""The words: every template in every tone and language, read as a credit manager would."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chassis.kernel.errors import Rejected
from notifier.adapters.formatting import date_text
from notifier.adapters.templates import MESSAGE_KINDS, SCRIPT_KINDS, TemplateRenderer
from notifier.domain.command import Command
from notifier.domain.message import SMS_SEGMENTS_MAX, Rendered, sms_segments
from notifier.domain.parties import Party
from tests.unit.notifier.builders import (
    NOON,
    a_command,
    a_contact,
    a_creditor,
    a_customer,
    a_party,
    an_invoice,
)

RENDERER = TemplateRenderer()
TONES = ("WARM", "NEUTRAL", "FORMAL")
LANGUAGES = ("nl", "en")
NO_BREAK_SPACE = "\u00a0"
FORMAL = ("formal-notice", "formal-letter", "last-notice", "fourteen-day-letter")
MANY = (
    an_invoice("2026-0001", open=Decimal("656.25")),
    an_invoice("2026-0002", amount=Decimal(250), open=Decimal(250), due_on=date(2026, 4, 3)),
    an_invoice("2026-0003", currency="USD", amount=Decimal(90), open=Decimal(90)),
    an_invoice("2026-0004", amount=Decimal("10.5"), open=Decimal("10.5"), own_step=False),
)
EVERY = [(kind, tone, lang) for kind in sorted(MESSAGE_KINDS) for tone in TONES for lang in LANGUAGES]
SHORT = [(kind, tone, lang) for kind, tone, lang in EVERY if kind not in FORMAL]


def render(party: Party | None = None, **changes: Any) -> Rendered:
    return RENDERER.message(a_command(**changes), party=party or a_party(), now=NOON)


@pytest.mark.parametrize(("kind", "tone", "language"), EVERY)
@pytest.mark.parametrize("invoices", [MANY[:1], MANY], ids=["one", "many"])
def test_every_mail_says_what_how_much_where_to_pay_and_whom_to_ask(
    kind: str, tone: str, language: str, invoices: tuple[Any, ...]
) -> None:
    mail = render(template=kind, tone=tone, language=language, invoices=invoices)
    amount = "€ 656,25" if language == "nl" else "€656.25"
    for needed in (
        "2026-0001",
        amount,
        "NL91 ABNA 0417 1643 00",
        "Acme Nederland B.V.",
        "+31 20 123 4567",
        "debiteuren@acme.example",
        "Jan Jansen",
    ):
        assert needed in mail.text
        assert needed in mail.html.replace(NO_BREAK_SPACE, " ")
    assert all(line.invoice_id in mail.text for line in invoices)
    assert mail.subject
    assert len(mail.subject) < 90
    assert not re.search(r"\{\{|\}\}|\{%|None|undefined|  \S.*:  |\n{3}", mail.text)
    assert mail.text == mail.text.strip()


@pytest.mark.parametrize(("kind", "tone", "language"), SHORT)
@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
def test_a_short_message_fits_and_can_be_answered(kind: str, tone: str, language: str, channel: str) -> None:
    short = render(template=kind, tone=tone, language=language, channel=channel)
    assert sms_segments(short.text) <= SMS_SEGMENTS_MAX
    for needed in (
        "Acme",
        "2026-0001",
        "1.656,25" if language == "nl" else "1,656.25",
        "debiteuren@acme.example",
    ):
        assert needed in short.text
    if channel == "WHATSAPP":
        assert short.text == "\n\n".join(short.parts)
        assert all("\n" not in part for part in short.parts)


def test_several_currencies_are_totalled_apart() -> None:
    mail = render(invoices=MANY)
    assert "Totaal te betalen: € 906,25\nTotaal te betalen: US$ 90,00" in mail.text
    assert "samen € 906,25 en US$ 90,00" in mail.text
    assert "Ter informatie: ook deze factuur staat nog open." in mail.text


def test_one_and_many_are_told_apart() -> None:
    assert "van factuur 2026-0001 nog € 656,25 open" in render(invoices=MANY[:1]).text
    assert "nog 3 facturen open" in render(invoices=MANY).text


def test_warm_dutch_says_je_and_a_formal_notice_never_does() -> None:
    assert re.search(r"\bje\b", render(tone="WARM").text)
    for kind in FORMAL:
        text = render(tone="WARM", template=kind).text
        assert not re.search(r"\b(je|jij|jouw|jullie)\b", text)
    for tone in ("NEUTRAL", "FORMAL"):
        for kind in sorted(MESSAGE_KINDS):
            assert not re.search(r"\b(je|jij|jouw|jullie)\b", render(tone=tone, template=kind).text)


def test_no_message_threatens() -> None:
    for kind, tone, language in EVERY:
        text = render(template=kind, tone=tone, language=language).text.lower()
        assert not re.search(r"deurwaarder|rechter|dagvaard|bailiff|court|beslag|blacklist", text)


def test_the_same_command_gives_the_same_bytes() -> None:
    assert render(invoices=MANY) == TemplateRenderer().message(
        a_command(invoices=MANY), party=a_party(), now=NOON
    )


def consumer(**creditor: Any) -> Party:
    customer = a_customer(kind="CONSUMER", name="Fatima el Idrissi", contacts=(a_contact(name=""),))
    return Party(creditor=a_creditor(**creditor), customer=customer)


def test_the_fourteen_day_letter_says_what_the_law_asks() -> None:
    invoices = (
        an_invoice("A-1", amount=Decimal(300), open=Decimal(300)),
        an_invoice("A-2", amount=Decimal(300), open=Decimal(300)),
    )
    letter = render(
        consumer(), is_fourteen_day_letter=True, channel="LETTER", tone="FORMAL", invoices=invoices
    )
    assert "binnen veertien dagen vanaf de dag nadat deze brief bij u is bezorgd" in letter.text
    assert "U bent daarom in verzuim." in letter.text
    assert "bedragen deze kosten € 90,00 over een hoofdsom van € 600,00." in letter.text
    assert "btw" not in letter.text
    assert letter.text.count("€ 300,00") == 4
    assert "Geachte Fatima el Idrissi," in letter.text


def test_the_fourteen_day_letter_adds_vat_only_for_a_creditor_who_cannot_deduct_it() -> None:
    letter = render(consumer(vat_deductible=False), is_fourteen_day_letter=True, channel="LETTER")
    assert "€ 248,44 over een hoofdsom van € 1.656,25" in letter.text
    assert "komt daar € 52,17 btw bij. In totaal gaat het dan om € 300,61." in letter.text


def test_the_fourteen_day_letter_has_no_short_form() -> None:
    with pytest.raises(Rejected):
        render(consumer(), is_fourteen_day_letter=True, channel="SMS")


def test_a_formal_notice_to_a_consumer_speaks_of_no_costs() -> None:
    for kind in ("formal-notice", "formal-letter", "last-notice"):
        for language in LANGUAGES:
            text = render(consumer(), template=kind, tone="FORMAL", language=language).text.lower()
            assert not re.search(r"kosten|rente|costs|interest|uit handen", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_claims_more_contacts_than_the_rules_ask_for(language: str) -> None:
    # A last notice needs one friendly contact before it, and a call comes due after a dispute without any.
    letter = render(template="last-notice", tone="FORMAL", language=language).text.lower()
    assert not re.search(r"meerdere keren|several times", letter)
    script = RENDERER.script(a_command(template="call-overdue", language=language), party=a_party())
    assert not re.search(r"herinnering gestuurd|reminder was sent", script.lower())


def test_dates_and_amounts_are_written_as_readers_write_them() -> None:
    english = render(language="en").text
    assert "1 April 2026" in english
    assert "€1,656.25" in english
    dutch = render().text
    assert "1 april 2026" in dutch
    assert "€ 1.656,25" in dutch


@pytest.mark.parametrize("kind", sorted(MESSAGE_KINDS))
def test_an_amount_never_breaks_from_its_currency_where_lines_are_wrapped_and_is_plain_elsewhere(
    kind: str,
) -> None:
    mail = render(template=kind, tone="FORMAL", invoices=MANY[2:3])
    assert f"US${NO_BREAK_SPACE}90,00" in mail.html
    assert "US$ 90,00" not in mail.html
    assert "US$ 90,00" in mail.text
    assert NO_BREAK_SPACE not in mail.text + mail.subject
    if kind not in FORMAL:
        for channel in ("SMS", "WHATSAPP"):
            assert "US$ 90,00" in render(template=kind, channel=channel, invoices=MANY[2:3]).text


@pytest.mark.parametrize("kind", sorted(SCRIPT_KINDS - {"data-quality"}))
def test_a_script_has_plain_spaces(kind: str) -> None:
    action = {"decision": "DECISION", "handover": "HANDOVER"}.get(kind, "CALL")
    script = RENDERER.script(a_command(action=action, template=kind), party=a_party())
    assert "€ 1.656,25" in script
    assert NO_BREAK_SPACE not in script


def test_a_language_without_templates_gets_english() -> None:
    assert "Kind regards," in render(language="de").text


def test_a_creditor_without_a_bank_account_points_to_the_invoice() -> None:
    mail = render(a_party(creditor=a_creditor(iban="")))
    assert "De betaalgegevens vindt u op de factuur." in mail.text
    assert "IBAN" not in mail.text


def test_a_link_is_shown_only_when_it_is_one() -> None:
    link = "https://acme.example/2026-0001.pdf"
    assert f'href="{link}"' in render(invoices=(an_invoice(document_url=link),)).html
    assert "href" not in render(invoices=(an_invoice(document_url="javascript:alert(1)"),)).html


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "{{ 7*7 }}", "{% raw %}", 'A&B "C"'])
def test_what_customers_are_called_is_never_code(evil: str) -> None:
    party = a_party(
        customer=a_customer(contacts=(a_contact(name=evil),)), creditor=a_creditor(name=evil, legal_name=evil)
    )
    mail = render(party)
    assert evil in mail.text
    assert "<script>" not in mail.html
    assert "49" not in mail.subject


def test_no_word_of_another_customer_can_appear() -> None:
    mail = render(a_party(customer=a_customer(customer_id="CANARY-1", name="Canary B.V.")))
    assert "Bouwbedrijf" not in mail.text + mail.html + mail.subject


@pytest.mark.parametrize("kind", sorted(SCRIPT_KINDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_script_says_whom_why_and_about_what(kind: str, language: str) -> None:
    action = {"decision": "DECISION", "handover": "HANDOVER", "data-quality": "DATA_QUALITY"}.get(
        kind, "CALL"
    )
    command = a_command(
        action=action,
        channel="CALL",
        template=kind,
        language=language,
        invoices=MANY,
        problem_field="contacts[0].email",
        problem="geen @",
    )
    script = RENDERER.script(command, party=a_party())
    assert "Bouwbedrijf Jansen" in script
    if action == "CALL":
        assert "+31301234567" in script
        assert "Sanne de Vries" in script
    if action == "DATA_QUALITY":
        assert script.splitlines()[-1].endswith(": contacts[0].email")
    else:
        assert "2026-0002" in script


@pytest.mark.parametrize("kind", ["call-courtesy", "call-friendly", "call-overdue", "decision", "handover"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_that_ends_in_a_full_stop_gets_no_second_one(kind: str, language: str) -> None:
    silent = a_customer(name="Jansen B.V.", contacts=(a_contact(phone="", mobile=""),))
    action = {"decision": "DECISION", "handover": "HANDOVER"}.get(kind, "CALL")
    command = a_command(action=action, channel="CALL", template=kind, language=language)
    script = RENDERER.script(command, party=a_party(customer=silent))
    assert "Jansen B.V." in script
    assert ".." not in script


@pytest.mark.parametrize(
    ("language", "late", "planned"),
    [
        ("nl", "er nog niet is", "Staat de betaling klaar"),
        ("en", "not arrived yet", "Is the payment scheduled"),
    ],
)
def test_a_courtesy_call_never_speaks_of_a_late_payment_and_asks_for_its_planning_near_the_due_date(
    language: str, late: str, planned: str
) -> None:
    def script(*due: date) -> str:
        lines = tuple(an_invoice(f"A-{n}", due_on=day) for n, day in enumerate(due))
        command = a_command(
            action="CALL", channel="CALL", template="call-courtesy", language=language, invoices=lines
        )
        return RENDERER.script(command, party=a_party())

    near, far = date(2026, 4, 9), date(2026, 5, 4)
    assert planned in script(near)
    assert date_text(near, language=language) in script(near)
    assert planned in script(near, near)
    assert planned not in script(far)
    assert planned not in script(near, far)
    assert all(late not in script(*due) for due in ((near,), (far,), (near, far)))


@pytest.mark.parametrize(("language", "said"), [("nl", "geen telefoonnummer"), ("en", "No telephone number")])
def test_a_call_without_a_number_says_so_on_the_first_line(language: str, said: str) -> None:
    command = a_command(action="CALL", channel="CALL", template="call-overdue", language=language)
    first, second = RENDERER.script(command, party=a_party()).splitlines()[:2]
    assert first.endswith(", +31301234567.")
    assert second.startswith(("Doel:", "Aim:"))
    silent = a_customer(contacts=(a_contact(phone="", mobile=""),))
    assert said in RENDERER.script(command, party=a_party(customer=silent)).splitlines()[0]


def test_an_unknown_template_becomes_the_friendly_reminder() -> None:
    assert render(template="no-such") == render(template="friendly-reminder")
    command = a_command(action="CALL", template="no-such")
    assert RENDERER.script(command, party=a_party()) == RENDERER.script(
        replace(command, template="call-friendly"), party=a_party()
    )


def _golden() -> Command:
    return a_command(invoices=(an_invoice(order_reference="PO-7"),))


def test_the_friendly_reminder_reads_exactly_like_this() -> None:
    mail = RENDERER.message(_golden(), party=a_party(), now=NOON)
    assert mail.subject == "Vriendelijke herinnering voor factuur 2026-0001"
    assert mail.text == GOLDEN


GOLDEN = """\
Beste Jan Jansen,

Volgens onze administratie staat van factuur 2026-0001 nog € 1.656,25 open. De vervaldatum was 1 april 2026. \
Wilt u het bedrag binnen enkele dagen overmaken?

Factuur 2026-0001
  Factuurdatum: 2 maart 2026
  Vervaldatum: 1 april 2026
  Bedrag: € 1.656,25
  Nog open: € 1.656,25
  Betalingskenmerk: RF18539007547034
  Uw referentie: PO-7

Totaal te betalen: € 1.656,25

Is er een reden waarom u nog niet heeft betaald? Laat het ons weten. Wij zoeken graag samen met u naar een \
oplossing.

Heeft u in de tussentijd al betaald? Dan kunt u dit bericht als niet verzonden beschouwen.

Betaalgegevens
  Rekening (IBAN): NL91 ABNA 0417 1643 00
  BIC: ABNANL2A
  Ten name van: Acme Nederland B.V.
  Onder vermelding van: RF18539007547034

Heeft u een vraag of klopt er iets niet? Antwoord dan op deze e-mail of bel +31 20 123 4567. Wij helpen u graag.

Ontvangt u berichten zoals dit liever op een andere manier, bijvoorbeeld per telefoon of sms? Laat het ons dan \
weten.

Met vriendelijke groet,

Sanne de Vries
Acme Nederland B.V.
Telefoon: +31 20 123 4567
E-mail: debiteuren@acme.example"""


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("tone", ["WARM", "NEUTRAL", "FORMAL"])
def test_a_letter_is_read_days_later_and_never_speaks_of_today(language: str, tone: str) -> None:
    for due_on in (NOON.date(), NOON.date() - timedelta(days=1)):
        for invoices in (
            (an_invoice(due_on=due_on),),
            (an_invoice("A", due_on=due_on), an_invoice("B", due_on=due_on)),
        ):
            command = a_command(
                channel="LETTER", template="due-day", tone=tone, language=language, invoices=invoices
            )
            letter = RENDERER.message(command, party=a_party(), now=NOON)
            assert not re.search(r"\b(vandaag|today)\b", letter.subject + letter.text, re.IGNORECASE)
            mail = TemplateRenderer().message(replace(command, channel="EMAIL"), party=a_party(), now=NOON)
            assert bool(re.search(r"\b(vandaag|today)\b", mail.text, re.IGNORECASE)) == (
                due_on == NOON.date() or tone == "FORMAL"
            )


@pytest.mark.parametrize("channel", ["EMAIL", "SMS", "LETTER"])
@pytest.mark.parametrize("tone", ["WARM", "NEUTRAL", "FORMAL"])
def test_no_reminder_asks_for_payment_within_a_week_that_may_be_over(channel: str, tone: str) -> None:
    for language, week in (("nl", "deze week"), ("en", "this week")):
        command = a_command(channel=channel, template="friendly-reminder", tone=tone, language=language)
        assert week not in TemplateRenderer().message(command, party=a_party(), now=NOON).text
