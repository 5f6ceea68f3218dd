"""What customers answer, and the pages where people look."""

import base64
import hashlib
import hmac
import json
import os
import smtplib
import socket
import subprocess
import sys
from urllib.parse import parse_qs

import pytest

from tests.integration.inbox.running import (
    APP_SECRET,
    AUTH_TOKEN,
    REPOSITORY,
    RunningInbox,
    a_mail,
    send_sms,
    send_whatsapp,
    template_message,
)


def _mail(inbox: RunningInbox) -> None:
    with smtplib.SMTP(inbox.host, inbox.smtp_port, timeout=20) as client:
        client.send_message(a_mail())


def test_stop_by_sms_reaches_the_notifier_signed(inbox: RunningInbox) -> None:
    sid = send_sms(inbox).json()["sid"]
    answer = inbox.http.post("/replies", json={"provider_message_id": sid, "text": "STOP"})
    assert answer.json()["taken"] is True
    (seen,) = inbox.receiver.seen
    form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
    assert (form["From"], form["To"], form["Body"]) == ("+31612345678", "+31850000000", "STOP")
    signed = f"{inbox.receiver.url}/v1/webhooks/twilio" + "".join(name + form[name] for name in sorted(form))
    expected = base64.b64encode(hmac.digest(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1))
    assert seen.headers["X-Twilio-Signature"] == expected.decode()


def test_a_whatsapp_reply_names_the_message_it_answers(inbox: RunningInbox) -> None:
    wamid = send_whatsapp(inbox, template_message("x")).json()["messages"][0]["id"]
    inbox.callbacks_done().clear()
    inbox.http.post("/replies", json={"provider_message_id": wamid, "text": "STOP"})
    (seen,) = inbox.receiver.seen
    message = json.loads(seen.body)["entry"][0]["changes"][0]["value"]["messages"][0]
    assert (message["from"], message["text"]["body"], message["context"]["id"]) == (
        "31612345678",
        "STOP",
        wamid,
    )
    expected = hmac.digest(APP_SECRET.encode(), seen.body, hashlib.sha256).hex()
    assert seen.headers["X-Hub-Signature-256"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"text": "Ik betaal vrijdag"}, "REPLIED"),
        ({"text": "stop"}, "OPTED_OUT"),
        ({"kind": "BOUNCED"}, "BOUNCED"),
    ],
)
def test_a_mail_can_bounce_be_answered_or_opted_out_of(
    inbox: RunningInbox, reply: dict[str, str], kind: str
) -> None:
    _mail(inbox)
    inbox.http.post("/replies", json={"provider_message_id": "delivery-1@velvet.example", **reply})
    (seen,) = inbox.receiver.seen
    assert seen.path == "/v1/webhooks/email"
    assert json.loads(seen.body) == {
        "kind": kind,
        "provider_message_id": "delivery-1@velvet.example",
        "recipient": "inkoop@jansen.example",
        "text": reply.get("text", ""),
    }


def test_a_reply_out_of_the_blue_needs_a_channel_and_an_address(inbox: RunningInbox) -> None:
    assert inbox.http.post("/replies", json={"text": "hi"}).status_code == 422
    assert inbox.http.post("/replies", json={"provider_message_id": "no", "text": "hi"}).status_code == 404
    order = {"channel": "SMS", "from": "+31611111111", "text": "hi"}
    assert inbox.http.post("/replies", json=order).status_code == 200
    assert parse_qs(inbox.receiver.seen[0].body.decode())["From"] == ["+31611111111"]


def test_a_reply_that_the_notifier_refuses_is_told(inbox: RunningInbox) -> None:
    inbox.receiver.answers = [500, 500, 500]
    answer = inbox.http.post("/replies", json={"channel": "SMS", "from": "+31611111111", "text": "hi"})
    assert (answer.status_code, answer.json()["status"], answer.json()["taken"]) == (502, 500, False)


def test_the_list_page_shows_messages_and_escapes_what_customers_are_called(inbox: RunningInbox) -> None:
    inbox.http.post("/tasks", json={"task_id": "t", "phone": "1", "subject": "Bel <script>alert(1)</script>"})
    send_sms(inbox)
    page = inbox.http.get("/")
    assert "Bel &lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script" not in page.text
    assert "Factuur 2026-0001 staat nog open." in page.text
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "Factuur 2026-0001" not in inbox.http.get("/", params={"channel": "CALL"}).text
    assert "Bel &lt;" not in inbox.http.get("/", params={"to": "+31612345678"}).text


def test_a_mails_html_is_locked_up_in_a_sandboxed_frame(inbox: RunningInbox) -> None:
    _mail(inbox)
    number = inbox.messages()[0]["number"]
    page = inbox.http.get(f"/view/{number}")
    assert f'<iframe class="mail" sandbox src="/messages/{number}/html"' in page.text
    assert "Beste heer Jansen" in page.text
    assert f'href="/messages/{number}/attachments/1"' in page.text
    frame = inbox.http.get(f"/messages/{number}/html")
    assert "<b>Jansen</b>" in frame.text
    assert frame.headers["Content-Security-Policy"].endswith("sandbox")
    assert "script-src" not in frame.headers["Content-Security-Policy"]


def test_faults_are_set_and_ended_on_the_page_without_javascript(inbox: RunningInbox) -> None:
    form = {"channel": "SMS", "status": "503", "delay_s": "", "times": "2"}
    assert inbox.http.post("/view/faults", data=form).status_code == 303
    assert "answers 503" in inbox.http.get("/").text
    assert send_sms(inbox).status_code == 503
    wrong = inbox.http.post("/view/faults", data={"status": "abc"}, follow_redirects=True)
    assert "Not set: status" in wrong.text
    inbox.http.post("/view/faults/clear")
    assert inbox.http.get("/faults").json()["items"] == []


def test_a_form_of_another_site_is_refused(inbox: RunningInbox) -> None:
    answer = inbox.http.post("/view/messages/clear", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403


def test_every_kind_of_message_has_a_page_of_its_own(inbox: RunningInbox) -> None:
    _mail(inbox)
    send_sms(inbox)
    send_whatsapp(inbox, template_message("x"))
    inbox.http.post("/tasks", json={"task_id": "t", "phone": "1", "script": "Goedemiddag"})
    pages = [inbox.http.get(f"/view/{item['number']}") for item in inbox.messages()]
    assert [page.status_code for page in pages] == [200] * 4
    assert "reminder_warm" in pages[2].text
    assert inbox.http.get("/view/999999999").status_code == 404


def test_a_taken_port_or_a_wrong_setting_ends_in_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = {"VELVET_INBOX_HTTP_PORT": port, "VELVET_INBOX_SMTP_PORT": "many"}
        for name, value in cases.items():
            free = {"VELVET_INBOX_HTTP_PORT": "0", "VELVET_INBOX_SMTP_PORT": "0"}
            done = subprocess.run(
                [sys.executable, "-m", "sandbox.inbox"],
                cwd=REPOSITORY,
                env={**os.environ, **free, name: value},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert done.returncode in {1, 2}
            assert name in done.stderr
            assert "Traceback" not in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
