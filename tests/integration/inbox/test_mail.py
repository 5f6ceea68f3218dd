"""Mail that reaches the inbox over real SMTP, and the ways SMTP fails."""

import smtplib
import time

import pytest

from tests.integration.inbox.running import RunningInbox, a_mail


def _send(inbox: RunningInbox, *recipients: str, number: str = "1") -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        return client.send_message(a_mail(number=number), to_addrs=list(recipients) or None)


def test_a_mail_is_kept_as_a_person_would_read_it(inbox: RunningInbox) -> None:
    _send(inbox)
    (kept,) = inbox.messages(channel="EMAIL")
    assert kept["to"] == "inkoop@jansen.example"
    assert kept["subject"] == "Herinnering: factuur 2026-0001 (€ 1.656,25)"
    assert kept["text"] == "Beste heer Jansen,\n\nFactuur 2026-0001 van € 1.656,25 staat nog open."
    assert kept["html"].strip() == "<p>Beste heer <b>Jansen</b></p>"
    assert kept["provider_message_id"] == "delivery-1@velvet.example"
    assert kept["headers"]["Reply-To"] == "zaak-1@acme.example"
    (attachment,) = kept["attachments"]
    assert (attachment["name"], attachment["media_type"], attachment["size_bytes"]) == (
        "factuur.pdf",
        "application/pdf",
        10,
    )
    assert inbox.http.get(attachment["url"]).content == b"%PDF-1.7 a"


def test_the_recipient_shown_is_the_envelopes_not_the_headers(inbox: RunningInbox) -> None:
    _send(inbox, "trial@acme.example", "second@acme.example")
    assert [kept["to"] for kept in inbox.messages()] == ["trial@acme.example", "second@acme.example"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, 451),
        (503, 451),
        (429, 451),
        (400, 550),
        (404, 550),
        (450, 450),
        (452, 452),
        (552, 552),
        (554, 554),
    ],
)
def test_a_fault_refuses_mail_in_the_words_of_smtp(inbox: RunningInbox, status: int, code: int) -> None:
    inbox.http.post("/faults", json={"channel": "EMAIL", "status": status, "times": 1})
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        _send(inbox)
    assert refusal.value.smtp_code == code
    assert inbox.messages() == []
    _send(inbox)
    assert len(inbox.messages()) == 1


def test_a_421_says_so_and_closes_the_connection(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "EMAIL", "status": 421, "times": 1})
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.send_message(a_mail())
        assert refusal.value.smtp_code == 421


def test_a_dropped_mail_is_kept_and_never_answered(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "EMAIL", "drop_after_accepting": True, "times": 1})
    with pytest.raises(smtplib.SMTPServerDisconnected):
        _send(inbox, number="dropped")
    (kept,) = inbox.messages()
    assert kept["provider_message_id"] == "delivery-dropped@velvet.example"
    _send(inbox, number="next")
    assert len(inbox.messages()) == 2


def test_a_delay_makes_the_answer_late_and_the_mail_is_kept_meanwhile(inbox: RunningInbox) -> None:
    inbox.http.post("/faults", json={"channel": "EMAIL", "delay_s": 1.0, "times": 1})
    client = smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=0.4)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.send_message(a_mail())
    client.close()
    assert len(inbox.messages()) == 1
    time.sleep(0.8)
    _send(inbox)
    assert len(inbox.messages()) == 2


def test_names_and_long_subjects_beyond_ascii_read_as_they_were_written(inbox: RunningInbox) -> None:
    mail = a_mail()
    mail.replace_header("From", "Café Zürich & Zonen <debiteuren@acme.example>")
    subject = "Ingebrekestelling – " + "factuur 2026-0001 (€ 1.656,25) en " * 6 + "slot"
    mail.replace_header("Subject", subject)
    mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="réçu.pdf")
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        client.send_message(mail)
    (kept,) = inbox.messages()
    assert kept["subject"] == subject
    assert kept["from"] == "Café Zürich & Zonen <debiteuren@acme.example>"
    assert [attachment["name"] for attachment in kept["attachments"]] == ["factuur.pdf", "réçu.pdf"]


def test_a_raw_utf8_header_reads_as_it_was_written(inbox: RunningInbox) -> None:
    raw = "Subject: Één factuur\r\nmessage-id: <m1@acme.example>\r\n\r\nDag\r\n".encode()
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        client.sendmail("a@acme.example", ["b@acme.example"], raw)
    (kept,) = inbox.messages()
    assert (kept["subject"], kept["provider_message_id"]) == ("Één factuur", "m1@acme.example")


def test_odd_bytes_are_kept_rather_than_refused(inbox: RunningInbox) -> None:
    raw = (
        b"Subject: \xff\xfe\r\nContent-Type: text/plain; charset=no-such-charset\r\n\r\nr\xe9sum\xc3\xa9\r\n"
    )
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        client.sendmail("a@acme.example", ["b@acme.example"], raw)
    (kept,) = inbox.messages()
    assert kept["text"].endswith("é")
    assert len(kept["provider_message_id"]) == 32
