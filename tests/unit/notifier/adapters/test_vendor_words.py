"""What vendors say and sign, and how mail and letters are built; nothing here opens a socket."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from notifier.adapters import twilio, whatsapp
from notifier.adapters.http_outcomes import by_status, retry_after_s
from notifier.adapters.letter_pdf import letter_pdf
from notifier.adapters.mail_message import build_mail, tagged
from notifier.adapters.paper import Paper
from notifier.adapters.signatures import (
    is_same_secret,
    is_signed_by_hub,
    is_signed_by_twilio,
    twilio_signature,
)
from notifier.adapters.smtp import SmtpServer, by_code
from notifier.adapters.templates import TemplateRenderer
from notifier.adapters.wire import outgoing
from notifier.domain.contact import ContactRecorded
from notifier.domain.message import Message, Rendered
from notifier.domain.outcome import ConfigError, Outcome, Permanent, Retry, Scope, Suppress
from notifier.domain.parties import Recipient, choose_recipient
from tests.unit.notifier.builders import (
    MAIL_HEADERS,
    NOON,
    a_command,
    a_creditor,
    a_customer,
    a_message,
    a_party,
)

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]


def test_the_signature_of_twilios_own_documentation_is_ours() -> None:
    assert twilio_signature(URL, FORM, auth_token=TOKEN) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def _independent(url: str, form: list[tuple[str, str]]) -> str:
    names: dict[str, set[str]] = {}
    for name, value in form:
        names.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(names) for value in sorted(names[name]))
    return base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), hashlib.sha1)).decode()


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(st.lists(st.tuples(st.text("abAB", min_size=1, max_size=3), WORDS), max_size=6))
def test_the_signature_agrees_with_an_independent_one(form: list[tuple[str, str]]) -> None:
    signature = _independent(URL, form)
    assert is_signed_by_twilio(URL, form, signature=signature, auth_token=TOKEN)
    assert not is_signed_by_twilio(URL + "x", form, signature=signature, auth_token=TOKEN)
    assert not is_signed_by_twilio(URL, [*form, ("new", "x")], signature=signature, auth_token=TOKEN)
    assert not is_signed_by_twilio(URL, form, signature=signature, auth_token=TOKEN + "6")


@pytest.mark.parametrize("signed", ["https://a.example/x", "https://a.example:443/x"])
@pytest.mark.parametrize("configured", ["https://a.example/x", "https://a.example:443/x"])
def test_the_port_may_or_may_not_be_signed(signed: str, configured: str) -> None:
    signature = _independent(signed, FORM)
    assert is_signed_by_twilio(configured, FORM, signature=signature, auth_token=TOKEN)


def test_the_hub_signature_is_over_the_raw_bytes() -> None:
    body = '{"text":"caf\\u00e9 😀"}'.encode()
    signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert is_signed_by_hub(body, signature=signature, app_secret="secret")
    assert not is_signed_by_hub(body + b" ", signature=signature, app_secret="secret")
    assert not is_same_secret("", "")


def _answer(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, Retry),
        (425, Retry),
        (429, Retry),
        (500, Retry),
        (503, Retry),
        (401, ConfigError),
        (403, ConfigError),
        (400, Permanent),
        (404, Permanent),
        (422, Permanent),
    ],
)
def test_http_statuses_mean_what_they_mean(status: int, kind: type[Outcome]) -> None:
    assert type(by_status(_answer(status))) is kind


def test_a_vendor_may_say_when() -> None:
    assert retry_after_s(_answer(429, **{"Retry-After": "120"})) == 120
    dated = {"Date": "Mon, 06 Apr 2026 07:00:00 GMT", "Retry-After": "Mon, 06 Apr 2026 07:10:00 GMT"}
    assert retry_after_s(_answer(503, **dated)) == 600
    assert retry_after_s(_answer(503, **{"Retry-After": "soon"})) is None


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (401, 20003, ConfigError("TWILIO_20003")),
        (400, 21211, Permanent("TWILIO_21211", Suppress.ADDRESS)),
        (400, 21610, Permanent("TWILIO_21610", Suppress.CHANNEL)),
        (429, 20429, Retry("TWILIO_20429", scope=Scope.ACCOUNT)),
        (400, 21606, ConfigError("TWILIO_21606")),
        (400, 21617, Permanent("TWILIO_21617")),
        (500, 20500, Retry("TWILIO_20500")),
    ],
)
def test_twilios_codes_decide(status: int, code: int, outcome: Outcome) -> None:
    assert twilio.classify(_answer(status), body={"code": code}) == outcome


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 131026, Permanent("WHATSAPP_131026", Suppress.CHANNEL)),
        (429, 130429, Retry("WHATSAPP_130429", scope=Scope.ACCOUNT)),
        (400, 131056, Retry("WHATSAPP_131056")),
        (400, 132001, ConfigError("WHATSAPP_132001")),
        (403, 299, ConfigError("WHATSAPP_299")),
        (400, 190, ConfigError("WHATSAPP_190")),
        (400, 131047, Permanent("WHATSAPP_131047")),
    ],
)
def test_metas_codes_decide(status: int, code: int, outcome: Outcome) -> None:
    assert whatsapp.classify(_answer(status), body={"error": {"code": code}}) == outcome


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (421, "try later", Retry("SMTP_421")),
        (451, "4.3.0", Retry("SMTP_451")),
        (552, "5.2.2 mailbox full", Retry("SMTP_552")),
        (550, "5.1.1 unknown", Permanent("SMTP_550", Suppress.ADDRESS)),
        (554, "5.7.1 policy", Permanent("SMTP_554", Suppress.ADDRESS)),
        (535, "5.7.8", ConfigError("SMTP_535")),
    ],
)
def test_smtp_codes_at_the_recipient_decide(code: int, text: str, outcome: Outcome) -> None:
    assert by_code(code, text, is_recipient=True) == outcome


def test_a_policy_refusal_of_the_words_leaves_the_address_in_use() -> None:
    assert by_code(554, "5.7.1 spam", is_recipient=False) == Permanent("SMTP_554")


@pytest.mark.parametrize("url", ["http://x", "smtp://", "x", ""])
def test_an_smtp_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        SmtpServer.of(url)


def test_an_smtp_address_says_how_to_connect() -> None:
    assert SmtpServer.of("smtps://u%40x:p@mail.example") == SmtpServer(
        "mail.example", 465, "u@x", "p", use_tls=True, start_tls=False
    )
    assert SmtpServer.of("smtp://mail.example:587?starttls=required").start_tls is True


def _mail(message: Message, *, sender: str, tag_replies: bool) -> EmailMessage:
    raw = build_mail(message, sender=sender, tag_replies=tag_replies)
    return message_from_bytes(raw, policy=policy.default)


WORDS_OF_PEOPLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(subject=WORDS_OF_PEOPLE, name=WORDS_OF_PEOPLE, text=WORDS_OF_PEOPLE)
def test_what_people_write_comes_out_as_it_went_in(subject: str, name: str, text: str) -> None:
    rendered = Rendered(subject=subject, text=text)
    recipient = Recipient("EMAIL", "a@klant.example", name=name)
    message = a_message(rendered=rendered, recipient=recipient)
    mail = _mail(message, sender="debiteuren@acme.example", tag_replies=True)
    assert set(mail.keys()) == MAIL_HEADERS
    assert mail["To"].addresses[0].addr_spec == "a@klant.example"
    assert mail["Message-ID"] == "<contact-1@acme.example>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == _lines(text).rstrip("\n")
    if subject.isprintable():
        assert str(mail["Subject"]).split() == subject.split()


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_a_mail_is_written_in_lines_that_every_server_takes(text: str) -> None:
    message = a_message(rendered=Rendered(subject="s", text=text, html=text))
    raw = build_mail(message, sender="debiteuren@acme.example", tag_replies=False)
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    body = lines[lines.index(b"--=_velvet") :]
    assert max(map(len, body)) <= 76
    assert body.count(b"--=_velvet") == 2
    assert body[-2:] == [b"--=_velvet--", b""]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_mail_carries_what_proof_and_threads_rest_on() -> None:
    mail = _mail(a_message(), sender="debiteuren@acme.example", tag_replies=True)
    assert mail["Message-ID"] == "<contact-1@acme.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "debiteuren+contact-1@acme.example"
    assert mail["Date"] == "Mon, 06 Apr 2026 07:00:00 +0000"
    assert mail["From"] == "Sanne de Vries <debiteuren@acme.example>"
    assert mail["References"] == mail["In-Reply-To"]
    assert "List-Unsubscribe" not in mail
    parts = [part.get_content_type() for part in mail.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    raw = [build_mail(a_message(), sender="a@acme.example", tag_replies=True) for _ in range(2)]
    assert raw[0] == raw[1]
    assert b"\n" not in raw[0].replace(b"\r\n", b"")


def test_the_thread_is_the_customers() -> None:
    one = _mail(a_message(contact_id="c1"), sender="a@x.example", tag_replies=False)
    two = _mail(a_message(contact_id="c2"), sender="a@x.example", tag_replies=False)
    other = _mail(a_message(customer_id="C-2"), sender="a@x.example", tag_replies=False)
    assert one["References"] == two["References"] != other["References"]


@pytest.mark.parametrize("evil", ["a@x.example\nBcc: b@x.example", "a b@x.example", "no-at", ""])
def test_an_address_can_add_no_header(evil: str) -> None:
    message = a_message(recipient=Recipient("EMAIL", evil))
    with pytest.raises(ValueError, match="e-mail address"):
        build_mail(message, sender="a@x.example", tag_replies=False)


def test_a_subject_can_add_no_header() -> None:
    rendered = a_message().rendered
    broken = type(rendered)(subject="Hoi\r\nBcc: b@x.example", text="x")
    mail = _mail(a_message(rendered=broken), sender="a@x.example", tag_replies=False)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hoi Bcc: b@x.example"


def test_a_reply_address_gets_its_tag() -> None:
    assert tagged("ar@acme.example", tag="t") == "ar+t@acme.example"


@pytest.mark.parametrize(
    ("name", "sender"),
    [("Acme", "Acme"), ("Van der Meulen & Zn.", "Van der Meu"), ("株式会社", "Velvet"), ("24/7", "Velvet")],
)
def test_an_alphanumeric_sender_has_at_most_eleven_characters(name: str, sender: str) -> None:
    assert twilio.sender_name(name) == sender


def _letter(**changes: Any) -> bytes:
    customer = a_customer(**changes)
    command = a_command(channel="LETTER", template="last-notice", tone="FORMAL", registered=True)
    party = a_party(customer=customer)
    recipient = choose_recipient(customer, channel="LETTER", purpose="LEGAL")
    assert recipient is not None
    rendered = TemplateRenderer().message(command, party=party, now=NOON)
    return letter_pdf(a_message(recipient=recipient, rendered=rendered, registered=True))


def test_a_letter_has_an_address_sheet_and_says_what_its_text_says() -> None:
    pages = [page.extract_text() for page in PdfReader(BytesIO(_letter())).pages]
    assert "AANGETEKEND" in pages[0]
    assert "Dorpsstraat 1" in pages[0]
    assert "Laatste aanmaning factuur 2026-0001" in pages[1]
    assert "€\u00a01.656,25" in pages[1]
    assert _letter() == _letter()


def test_a_letter_can_write_every_name() -> None:
    pages = PdfReader(BytesIO(_letter(name="Łukasz Wiśniewski Ελλάς"))).pages
    assert "Łukasz Wiśniewski Ελλάς" in pages[0].extract_text()


def test_a_line_never_breaks_at_a_space_that_holds_together() -> None:
    paper = Paper(foot="", written="")
    for width_mm in range(30, 90, 4):
        lines = paper.wrap("van samen €\u00a01.656,25 " * 4, width_mm=width_mm, size_pt=10)
        assert sum("€\u00a01.656,25" in line for line in lines) >= 1
        assert not any(line.endswith("€") for line in lines)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_telephone_number_stands_on_one_line(language: str) -> None:
    creditor = replace(a_creditor(), phone="+31 20 123 4567")
    reached = set()
    for letters in range(1, 40):
        party = a_party(creditor=replace(creditor, reply_to=f"{'d' * letters}@acme.example"))
        command = a_command(channel="LETTER", template="last-notice", tone="FORMAL", language=language)
        document = TemplateRenderer().message(command, party=party, now=NOON).document
        assert document is not None
        lines = Paper(foot="", written="").wrap(" ".join(document.closing), width_mm=160, size_pt=10.5)
        (line,) = [line for line in lines if "+31\u00a020\u00a0123\u00a04567" in line]
        reached.add(line.startswith("+31"))
    assert reached == {True, False}


def test_a_telephone_number_has_plain_spaces_where_no_line_is_wrapped() -> None:
    party = a_party(creditor=replace(a_creditor(), phone="+31 20 123 4567"))
    for channel in ("EMAIL", "SMS", "WHATSAPP", "LETTER"):
        command = a_command(channel=channel, template="friendly-reminder")
        rendered = TemplateRenderer().message(command, party=party, now=NOON)
        assert "+31 20 123 4567" in rendered.text
    script = TemplateRenderer().script(
        a_command(action="CALL", channel="CALL", template="call-friendly"), party=party
    )
    assert "\u00a0" not in script


@given(st.lists(st.text("abcdefgWIil€-", min_size=1, max_size=60), max_size=30))
def test_wrapped_lines_fit_and_lose_nothing(words: list[str]) -> None:
    paper = Paper(foot="", written="")
    lines = paper.wrap(" ".join(words), width_mm=60, size_pt=10)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(paper.width_mm(line, size_pt=10) <= 60 for line in lines)


def test_what_is_published_has_an_identity_that_follows_from_its_words() -> None:
    recorded = ContactRecorded(
        "acme-nl", "C-1", "OUTCOME", NOON, contact_id="c", version=1, outcome="ACCEPTED"
    )
    later = ContactRecorded(
        "acme-nl", "C-1", "OUTCOME", NOON + timedelta(days=1), contact_id="c", version=2, outcome="DELIVERED"
    )
    assert outgoing(recorded).id == outgoing(recorded).id != outgoing(later).id
    assert outgoing(recorded).key == "acme-nl:C-1"
    assert getattr(outgoing(recorded).body, "at") == "2026-04-06T07:00:00Z"  # noqa: B009 - the body is typed as a struct
