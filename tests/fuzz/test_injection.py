"""Whatever an ERP calls a customer, an invoice or a creditor stays a name: in mail, SMS, WhatsApp, letters and pages."""

import unicodedata
from email import message_from_bytes, policy
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from typing_extensions import override

from notifier.adapters.letter_pdf import letter_pdf
from notifier.adapters.letters import LetterFolder
from notifier.adapters.mail_message import build_mail
from notifier.adapters.smtp import SmtpMail, SmtpServer
from notifier.adapters.templates import TemplateRenderer
from notifier.adapters.twilio import TwilioAccount, TwilioSms
from notifier.adapters.whatsapp import WhatsApp, WhatsAppAccount
from notifier.domain.message import Message, Rendered
from notifier.domain.outcome import Accepted
from notifier.domain.parties import Party, choose_recipient
from tests.fuzz.effort import EXAMPLES, MINUTES
from tests.integration.inbox.running import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    PHONE_NUMBER_ID,
    WHATSAPP_TOKEN,
    RunningInbox,
    receiving,
    running_inbox,
)
from tests.unit.notifier.builders import (
    MAIL_HEADERS,
    NOON,
    a_command,
    a_contact,
    a_creditor,
    a_customer,
    a_message,
    a_party,
    an_invoice,
)

pytestmark = pytest.mark.timeout(int(300 + 60 * MINUTES))

RENDERER = TemplateRenderer()
CHANNELS = ("EMAIL", "SMS", "WHATSAPP", "LETTER")
EVIL = (
    "{{7*7}}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{# gone #}${7*7}#{7*7}<%= 7*7 %>",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "%s%n%(x)s{0.__class__}",
    "Jan\r\nBcc: evil@evil.example\r\n\r\n<b>x</b>",
    "Jan\nX-Evil: 1",
    "Jan\u2028Bcc: a@b.example\u0085Cc: c@d.example\x0b\x0c\x1c",
    '" <evil@evil.example>, "x',
    "=?utf-8?q?=0D=0ABcc:_evil@evil.example?=",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><a href='javascript:alert(1)'>",
    "&lt;b&gt;&amp;",
    "\u202egnp.exe\u202c\u2066x\u2069",
    "\u200b\u200c\u200d\ufeffJan\u00ad",
    "👩‍👩‍👧 Jansen 🏳️‍🌈",
    "\x07\x08\x1b[2J\x7f\x80\x9f",
    "Z" + "\u0300" * 50,
    ".\r\nQUIT\r\n",
    "=HYPERLINK(1)",
    "名前 Ζωή Łódź",
)
text = st.text(max_size=60) | st.sampled_from(EVIL)


def party_named(evil: str) -> Party:
    return a_party(
        creditor=a_creditor(name=evil, legal_name=evil, sender_name=evil),
        customer=a_customer(name=evil, contacts=(a_contact(name=evil),)),
    )


def rendered(evil: str, *, channel: str, kind: str = "friendly-reminder") -> Rendered:
    invoice = an_invoice(evil, payment_reference=evil, order_reference=evil)
    command = a_command(channel=channel, template=kind, invoices=(invoice,), reason=evil, reason_nl=evil)
    return RENDERER.message(command, party=party_named(evil), now=NOON)


def message(evil: str, *, channel: str) -> Message:
    party = party_named(evil)
    recipient = choose_recipient(party.customer, channel=channel, purpose="REMINDER")
    assert recipient is not None
    made = rendered(evil, channel=channel)
    return a_message(channel, recipient=recipient, creditor=party.creditor, rendered=made)


class Tags(HTMLParser):
    """Which tags, and which attributes, a page has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.data = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.data += data


def visible(text: str) -> str:
    """What of a name people can read: nothing of it may be lost."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ" and c != "\ufe0f")


@pytest.mark.parametrize("evil", EVIL)
def test_a_mail_has_its_own_headers_only_and_shows_names_as_they_are(evil: str) -> None:
    _assert_the_mail_is_sound(evil)


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
@given(evil=text)
def test_no_name_at_all_adds_a_header_or_a_tag(evil: str) -> None:
    _assert_the_mail_is_sound(f"x{evil}")


def _assert_the_mail_is_sound(evil: str) -> None:
    content = build_mail(message(evil, channel="EMAIL"), sender="debiteuren@acme.example", tag_replies=True)
    mail = message_from_bytes(content, policy=policy.default)
    assert sorted(mail.keys()) == sorted(MAIL_HEADERS)
    assert [address.addr_spec for address in mail["To"].addresses] == ["jan@jansen.example"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["debiteuren@acme.example"]
    plain = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    found = Tags(html.get_content())
    assert found.seen == Tags(rendered("x", channel="EMAIL").html).seen, "a name brought tags of its own"
    assert visible(evil) in visible(plain.get_content())
    assert visible(evil) in visible(found.data)


@pytest.mark.parametrize("kind", ["friendly-reminder", "first-reminder", "upcoming-reminder"])
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
@given(evil=text)
def test_a_short_message_has_no_control_or_invisible_characters(kind: str, evil: str) -> None:
    short = rendered(evil or "x", channel="SMS", kind=kind).text
    hidden = [
        c for c in short if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in "\u200c\u200d"
    ]
    assert hidden == []


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
@given(evil=text)
def test_a_letter_is_drawn_whatever_the_names(evil: str) -> None:
    content = letter_pdf(message(evil or "x", channel="LETTER"))
    assert 1 <= len(PdfReader(BytesIO(content)).pages) <= 4


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_name_of_a_megabyte_is_no_reason_to_fall_over(channel: str) -> None:
    made = rendered("N" * 1_000_000, channel=channel)
    assert made.text
    if channel == "SMS":
        assert len(made.text) < 2_000, "what is charged by the part is cut"


@pytest.fixture(scope="module")
def inbox() -> Any:
    with receiving() as receiver, running_inbox(receiver) as running:
        yield running


def _provider(channel: str, *, base: str, smtp_port: int, folder: Path) -> Any:
    if channel == "EMAIL":
        return SmtpMail(SmtpServer.of(f"smtp://127.0.0.1:{smtp_port}"))
    if channel == "SMS":
        return TwilioSms(TwilioAccount(base, ACCOUNT_SID, AUTH_TOKEN))
    if channel == "WHATSAPP":
        return WhatsApp(WhatsAppAccount(base, PHONE_NUMBER_ID, WHATSAPP_TOKEN))
    return LetterFolder(folder)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_real_adapters_bring_it_and_the_pages_show_it_as_text(
    inbox: RunningInbox, channel: str, tmp_path: Path
) -> None:
    inbox.http.delete("/messages")
    base = f"http://127.0.0.1:{inbox.http_port}"
    provider = _provider(channel, base=base, smtp_port=inbox.smtp_port, folder=tmp_path)
    outcomes = [await provider.send(message(evil, channel=channel)) for evil in EVIL]
    if channel != "LETTER":
        await provider.close()
    assert [evil for evil, got in zip(EVIL, outcomes, strict=True) if not isinstance(got, Accepted)] == []
    if channel == "LETTER":
        # The same contact every time: a letter is one file, and nothing lies outside its folder.
        assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} <= {tmp_path}
        return
    got = inbox.messages(limit=100)
    assert len(got) == len(EVIL)
    assert len({item["to"] for item in got}) == 1, "a name changed the recipient"
    for evil, item in zip(EVIL, got, strict=True):
        if channel == "EMAIL":
            assert {name.lower() for name in item["headers"]} & {"bcc", "cc", "x-evil"} == set()
            assert visible(evil) in visible(item["text"])
    _assert_the_pages_run_nothing(inbox)


def _assert_the_pages_run_nothing(inbox: RunningInbox) -> None:
    page = inbox.http.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    links = [part.split('"')[0] for part in page.text.split('href="')[1:] if part.startswith("/")]
    for link in ["/", *sorted(set(links))]:
        answer = inbox.http.get(link.replace("&amp;", "&"))
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        tags = Tags(answer.text).seen
        assert "script" not in {tag for tag, _ in tags}, link
        assert not [name for _, names in tags for name in names if name.startswith("on")], link
